"""Find the audio files that a command's paths stand for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


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
    """

    files: tuple[Path, ...]
    problems: tuple[tuple[Path, str], ...]
    in_folders: bool


def find_songs(paths: Sequence[Path]) -> AudioFiles:
    """Replace each folder by the audio files below it, found by the rules of a library scan.

    Hidden files and folders are skipped, and files whose extension or content is not audio. A path that is not a
    folder is taken as it is.
    """
    files: list[Path] = []
    problems: list[tuple[Path, str]] = []
    folders = [path for path in paths if path.is_dir()]
    for path in paths:
        if path not in folders:
            files.append(path)
            continue
        found, unreadable = _below(path)
        files += found
        problems += unreadable
        if not found and not unreadable:
            problems.append((path, "no audio files in this folder"))
    return AudioFiles(tuple(files), tuple(problems), bool(folders))


def _below(folder: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the audio files below a folder, and what cannot be read, as paths that start like the folder's."""
    from moodcurve.library.scanning.walk import walk

    root = os.path.realpath(folder)

    def as_given(path: str) -> Path:
        # links may lead elsewhere
        return folder / os.path.relpath(path, root) if Path(path).is_relative_to(root) else Path(path)

    found = walk([folder])
    return [as_given(path) for path in found.files], [(as_given(path), reason) for path, reason in found.errors]
