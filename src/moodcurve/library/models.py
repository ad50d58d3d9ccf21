"""Records that go into a library and come out of it.

A song is an audio content, identified by its hash. Files with the same audio share a song; each file has its own tags.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.audio.tags import NO_TAGS, Tags
from moodcurve.curve import Curve


@dataclass(frozen=True, eq=False, kw_only=True)
class Analysis:
    """The analysis of a file.

    Attributes
    ----------
    curve : Curve
    descriptors : (columns,) float32
        Mean over the song's rows of every column of the model's feature set, for similarity search.
    model_version : str or None
        What tells models of one name apart, see `moodcurve.runtime.Model.version`.
    stored : dict or None
        The curve as `Curve.to_dict` returned it, if `curve` was read from that: the numbers of the song as a whole
        cannot be computed exactly from rounded points.
    """

    curve: Curve
    descriptors: npt.NDArray[np.float32]
    model_version: str | None = None
    stored: dict[str, Any] | None = field(default=None, repr=False)

    def data(self) -> dict[str, Any]:
        """Return the curve as `Curve.to_dict` does."""
        return self.curve.to_dict() if self.stored is None else dict(self.stored)


@dataclass(frozen=True, eq=False)
class SongAnalyzed:
    """A song was analyzed; a known song with the same content hash keeps its id and takes the new analysis.

    `analysed_at` is the time of the analysis in UTC, see `StoredSong`; by default now.
    """

    content_hash: str
    analysis: Analysis
    analysed_at: str = ""


@dataclass(frozen=True)
class FileFound:
    """A file holds a song: it is new, or was moved, copied, changed or re-tagged.

    Its song must already be stored, or precede it as a `SongAnalyzed` in the same transaction. Each song of a file that
    holds several is a change of its own, after a `FileRemoved`, with where it begins and its length; None is the whole
    file. `selection` is what the scan asked for, see `moodcurve.library.scanning.selection`. `names` are the paths
    that lead to it, the one to show first; empty if that is its own path alone. `external_id` is its id in the user's
    catalogue; None keeps the one that is stored.
    """

    path: str
    size: int
    mtime_ns: int
    content_hash: str
    tags: Tags = NO_TAGS
    start_s: float = 0.0
    length_s: float | None = None
    selection: str = ""
    names: tuple[str, ...] = ()
    external_id: str | None = None


@dataclass(frozen=True)
class FileNamed:
    """Other paths lead to an unchanged file than before: see `FileFound`."""

    path: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class FileIdentified:
    """An unchanged file has another id in the user's catalogue than before."""

    path: str
    external_id: str


@dataclass(frozen=True)
class FileRemoved:
    """A file is gone, with all its parts; its songs stay until `DropOrphans`, so that a moved file is
    matched to them again.

    With `pass_id`, its external id passes to a file of the same song that has none, to which it was moved; if there are
    several, to one of its name.
    """

    path: str
    pass_id: bool = False


@dataclass(frozen=True)
class ProblemFound:
    """A file cannot be used, for this reason; it belongs to no song until a later `FileFound`."""

    path: str
    size: int
    mtime_ns: int
    content_hash: str | None
    reason: str
    selection: str = ""
    names: tuple[str, ...] = ()
    external_id: str | None = None


@dataclass(frozen=True)
class DropOrphans:
    """Delete all songs without a file."""


Change = SongAnalyzed | FileFound | FileNamed | FileIdentified | FileRemoved | ProblemFound | DropOrphans


def joined_hash(parts: Sequence[str]) -> str:
    """Return one hash for a file that holds these songs; that of a single song is its own."""
    return "|".join(parts)


@dataclass(frozen=True)
class KnownFile:
    """A file as the last scan found it.

    Attributes
    ----------
    size : int
        Bytes.
    mtime_ns : int
        Modification time in nanoseconds, see `moodcurve.library.scanning.walk.FileState`.
    content_hash : str or None
        Hash of its audio content; None if it could not be computed. Those of several parts are joined, see
        `joined_hash`.
    problem : str or None
        Why it cannot be used; None if it holds a song.
    hash_is_current : bool
        Whether the hash comes from the current version of `moodcurve.audio.content_hash`.
    selection : str
        What the scan asked for that found it.
    parts : tuple of str
        Content hashes of its songs, if it was split into parts.
    names : tuple of str
        See `FileFound`.
    external_id : str or None
        Its id in the user's catalogue.
    """

    size: int
    mtime_ns: int
    content_hash: str | None
    problem: str | None
    hash_is_current: bool = True
    selection: str = ""
    parts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    external_id: str | None = None


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
        Its id in this library; never reused for another song.
    content_hash : str
        Hash of its audio content.
    paths : tuple of str
        Files that hold it, in the order in which they were added: their real paths.
    shown : str
        Path of the first, as `FileFound` names it: that of a link if only links lead to it.
    tags : Tags
        Tags of the first file.
    external_id : str or None
        Id of the first file in the user's catalogue.
    analysed_at : str
        Time of its analysis in UTC, for example ``2026-05-04T03:02:01Z``.
    data : dict
        Its curve as `moodcurve.curve.Curve.to_dict` returned it, with `shown` as source.
        `moodcurve.formats.json_text` converts it to JSON.
    curve : Curve
        The curve read from `data`, with the same rounded numbers.
    """

    id: int
    content_hash: str
    paths: tuple[str, ...]
    shown: str
    tags: Tags
    external_id: str | None
    analysed_at: str
    curve: Curve
    data: dict[str, Any] = field(repr=False)
