"""Decide which files of a library were removed, and which are only out of reach: a disk may not be mounted."""

import os
from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple

from moodcurve.library.models import KnownFile
from moodcurve.library.scanning.walk import WalkResult, is_below

_MANY = 10
"""Number of missing files of a folder from which on more than half of its files is suspicious."""


class MissingFiles(NamedTuple):
    """Files of a library that a walk did not find.

    Attributes
    ----------
    gone : list of str
        Files to forget.
    out_of_reach : dict
        Of folders with missing files that the library keeps: why, and how many.
    left_out : int
        Number of known files that the walk left out by its rules; they stay.
    """

    gone: list[str]
    out_of_reach: dict[str, tuple[str, int]]
    left_out: int


def find_missing(
    known: Mapping[str, KnownFile], found: WalkResult, at_new_paths: Collection[str], *, all_missing: bool
) -> MissingFiles:
    """Return which known files are missing.

    Unless `all_missing`, a file counts as removed only if its audio was found at a new path where it lies below an
    empty folder, or where most files of the scanned folder are missing.

    Parameters
    ----------
    known : mapping of str to KnownFile
        By path.
    found : WalkResult
    at_new_paths : collection of str
        Content hashes of files at paths that were not known.
    all_missing : bool
        Count all missing files as removed, and those that the walk left out.
    """
    gone = []
    left_out = 0
    kept: Counter[str] = Counter()
    emptied = set() if all_missing else _emptied_roots(known, found, at_new_paths)
    for path, file in known.items():
        is_at_new_path = file.content_hash in at_new_paths
        if path not in found.files and all(map(found.leaves_out, file.names or (path,))):
            if all_missing or (is_at_new_path and not os.path.lexists(path)):
                gone.append(path)
            else:
                left_out += 1
        elif _is_missing(path, file, found):
            folder = next((root for root in emptied if is_below(path, root)), None) or found.empty_parent(path)
            if folder is None or all_missing or is_at_new_path:
                gone.append(path)
            else:
                kept[folder] += 1
    reasons = {folder: "is empty" if folder in found.empty else "most of its files are missing" for folder in kept}
    return MissingFiles(gone, {folder: (reasons[folder], files) for folder, files in kept.items()}, left_out)


def _emptied_roots(known: Mapping[str, KnownFile], found: WalkResult, at_new_paths: Collection[str]) -> set[str]:
    """Return the scanned folders of which no song's file is left, or most of many are missing."""
    emptied = set()
    for root in found.roots:
        songs = {path: file for path, file in known.items() if file.problem is None and is_below(path, root)}
        missing = sum(
            _is_missing(path, file, found) and file.content_hash not in at_new_paths for path, file in songs.items()
        )
        if missing > max(len(songs) / 2, _MANY - 1) or (
            missing == len(songs) > 0 and not any(is_below(path, root) for path in found.files)
        ):
            emptied.add(root)
    return emptied


def _is_missing(path: str, known: KnownFile, found: WalkResult) -> bool:
    """Return True if all that led to a known file is gone, or lies below an empty folder."""
    return path not in found.files and all(
        found.is_gone(name) or found.empty_parent(name) is not None for name in known.names or (path,)
    )
