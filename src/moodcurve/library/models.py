"""What a library is told and what it tells: songs heard, files seen, problems met.

A song is what a file holds as sound, known by the hash of its audio content; files that hold the same sound share a
song, and a file's tags are its own.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.audio.tags import NO_TAGS, Tags
from moodcurve.curve import Curve


@dataclass(frozen=True, eq=False, kw_only=True)
class Analysis:
    """What analysing a file gives.

    Attributes
    ----------
    curve : Curve
    descriptors : (columns,) float32
        Mean over the song's rows of every column of the model's feature set: songs that sound alike lie near.
    """

    curve: Curve
    descriptors: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SongAnalyzed:
    """A song was analysed; one of the same content that was known takes the new analysis and keeps its number."""

    content_hash: str
    analysis: Analysis


@dataclass(frozen=True)
class FileFound:
    """A file holds a song: it is new, or was moved, copied, changed or tagged anew.

    Its song must be known: from before, or by a `SongAnalyzed` before this among the same changes.
    """

    path: str
    size: int
    mtime_ns: int
    content_hash: str
    tags: Tags = NO_TAGS


@dataclass(frozen=True)
class FileRemoved:
    """A file is no more; its song stays until `DropOrphans`, so that a moved file finds it again."""

    path: str


@dataclass(frozen=True)
class ProblemFound:
    """A file cannot be used, for this reason; it is no song's file until `FileFound`."""

    path: str
    size: int
    mtime_ns: int
    content_hash: str | None
    reason: str


@dataclass(frozen=True)
class DropOrphans:
    """Forget all songs that no file holds."""


Change = SongAnalyzed | FileFound | FileRemoved | ProblemFound | DropOrphans


@dataclass(frozen=True)
class KnownFile:
    """What the library knows of a file: as it was when last looked at.

    Attributes
    ----------
    size : int
        Bytes.
    mtime_ns : int
        Time of change, in nanoseconds as `os.stat` gives it.
    content_hash : str or None
        Hash of its audio content; None where that could not be made.
    problem : str or None
        Why it cannot be used; None where it holds a song.
    current : bool
        Whether the hash is what `moodcurve.audio.content_hash.content_hash` gives now, rather than an earlier version.
    """

    size: int
    mtime_ns: int
    content_hash: str | None
    problem: str | None
    current: bool = True


@dataclass(frozen=True)
class Problem:
    """A file that cannot be used, and why."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredSong:
    """A song of the library.

    Attributes
    ----------
    id : int
        Its number in this library; never given to another song.
    content_hash : str
        Hash of its audio content.
    paths : tuple of str
        Files that hold it, the one known longest first.
    tags : Tags
        Of the first of these.
    analysed_at : str
        Time of its analysis, in UTC, such as ``2026-05-04T03:02:01Z``.
    data : dict
        What `moodcurve.formats.to_dict` gave of its curve, to the digit, with the first path as source;
        `moodcurve.formats.json_text` makes the JSON of it.
    curve : Curve
        Made of that: its numbers are rounded as the JSON's are.
    """

    id: int
    content_hash: str
    paths: tuple[str, ...]
    tags: Tags
    analysed_at: str
    curve: Curve
    data: dict[str, Any] = field(repr=False)
