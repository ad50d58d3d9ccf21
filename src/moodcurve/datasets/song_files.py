"""Find the files of songs by their names: no path is ever made from an id of a table."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from moodcurve.datasets.song_ids import abbreviate_ids

_LISTED = 3
"""Most files whose warnings of one kind are listed one by one."""


def song_key(name: str) -> str:
    """Return a key that ignores how a system encodes accents in file names (Unicode normalization form C).

    Examples
    --------
    >>> song_key("Cafe" + chr(0x301)) == song_key("Caf" + chr(0xE9))
    True
    """
    return unicodedata.normalize("NFC", name)


def files_by_key(folder: Path, *, ending: str = "") -> dict[str, list[Path]]:
    """Return the files of a folder by name without ending, except for hidden ones such as ``.DS_Store``."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith(".") and path.suffix.casefold().endswith(ending):
            found.setdefault(song_key(path.stem), []).append(path)
    return found


def summarize_warnings(warnings: Sequence[tuple[str, str]]) -> list[str]:
    """Return notes on warnings about files, given as pairs of file name and warning.

    Warnings that differ only in their numbers become one note if they are of more than three files.

    Examples
    --------
    >>> summarize_warnings([(f"{i}.ogg", f"{i} % clipped") for i in range(1, 8)] + [("x.wav", "is cut short")])
    ['7 files (1.ogg, 2.ogg, 3.ogg, 4.ogg, 5.ogg, …): 1 % clipped, and the like', 'x.wav: is cut short']
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, warning in warnings:
        groups.setdefault(re.sub(r"\d+(\.\d+)?", "0", warning), []).append((name, warning))
    notes = []
    for group in groups.values():
        if len(group) > _LISTED:
            names = abbreviate_ids([name for name, _ in group])
            notes.append(f"{len(group)} files ({names}): {group[0][1]}, and the like")
        else:
            notes += [f"{name}: {warning}" for name, warning in group]
    return notes


def two_files(song_id: str, files: list[Path]) -> str:
    """Return a note on a song that is left out because it has several files."""
    names = ", ".join(path.name for path in files)
    return f"song {song_id} left out: {files[0].parent.name}/ has {names}, expected one file."
