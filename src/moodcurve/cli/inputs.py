"""Find the audio files that a command's paths stand for."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moodcurve.library.scanning.rules import LeftOut, Rules


@dataclass(frozen=True)
class AudioFiles:
    """Audio files to analyze.

    Attributes
    ----------
    files : tuple of Path
        In the order of the paths; those of a folder are sorted.
    problems : tuple of (Path, str)
        Folders that cannot be read or hold no audio, each with the reason.
    in_folders : bool
        True if any of the paths is a folder.
    left_out : Counter
        How many files and folders of folders were left out, and why.
    """

    files: tuple[Path, ...]
    problems: tuple[tuple[Path, str], ...]
    in_folders: bool
    left_out: "Counter[LeftOut]"


def find_songs(paths: Sequence[Path], rules: "Rules") -> AudioFiles:
    """Replace each folder by the audio files below it, found by the rules of a library scan.

    Files whose extension or content is not audio are skipped, and what the rules leave out. A path that is not a folder
    is taken as it is.
    """
    from moodcurve.library.scanning.walk import walk

    files: list[Path] = []
    problems: list[tuple[Path, str]] = []
    left_out: Counter[LeftOut] = Counter()
    folders = [path for path in paths if path.is_dir()]
    for path in paths:
        if path not in folders:
            files.append(path)
            continue
        found = walk([path], rules=rules)
        files += [_as_given(path, found.shown(name)) for name in found.files]
        problems += [(_as_given(path, name), reason) for name, reason in found.errors]
        left_out += found.count_left_out()
        if not found.files and not found.errors:
            problems.append((path, "no audio files in this folder"))
    return AudioFiles(tuple(files), tuple(problems), bool(folders), left_out)


def _as_given(folder: Path, path: str) -> Path:
    """Return a path below a folder so that it starts like the folder's; links may lead elsewhere."""
    root = os.path.realpath(folder)
    return folder / os.path.relpath(path, root) if Path(path).is_relative_to(root) else Path(path)
