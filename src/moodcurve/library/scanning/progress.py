"""The progress of a scan: counts of what is stored on disk, and callbacks."""

import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_PACE_S = 120.0
"""Time span over which the pace is measured: moved files are a hundred times as fast as new ones."""
_MIN_PACE_S = 5.0
"""Shortest time whose pace says something about the rest."""
_MAX_TIMES_MEDIAN = 20
"""A file counts as at most so many typical ones: a sparse file, or one that is no music, takes no time for its size."""


@dataclass(kw_only=True)
class ScanStats:
    """What a scan has done so far; everything counted is on disk.

    Attributes
    ----------
    files, files_done : int
        Files that are or may be music; those done, unchanged ones included.
    size, size_done : int
        Bytes of the files that must be opened; of those done. Of a file, at most `max_file_size` count.
    max_file_size : int
        Twenty times the median of the sizes, see `set_sizes`.
    unchanged : int
        Files that did not change since the last scan.
    other_model : int
        Those among them whose songs another model, or another version of it, analyzed.
    new, changed, renewed : int
        Files analyzed in this scan, or sharing such an analysis: new files, files with different audio than before,
        and files whose analysis was out of date.
    retagged : int
        Files that were modified, with the same audio as before.
    recognized : int
        New paths whose audio was known: moved or copied files.
    moved, gone : int
        Recognized files whose old path is gone; files that are gone without a new path. Known at the end.
    problems : int
        Files that cannot be used, including those from earlier scans.
    kept : int
        Files that could not be analyzed again, whose earlier curve stays; the next scan tries them again.
    unread : int
        Folders and files that could not be read, and folders that are empty but held files before.
    hidden, system, excluded : int
        Files and folders that were left out: hidden ones, recycle bins and other folders of systems, and those that a
        pattern excludes. A folder counts as one, and of files those named like audio.
    left_out_known : int
        Files of earlier scans that are now left out, and kept in the library.
    unknown_ids : int
        Ids of the user's catalogue that were given for files that the scan did not find.
    songs, audio_s : int, float
        Analyzed songs, and their duration in seconds.
    interrupted : bool
        Whether the scan was stopped before its end.
    started : float
        `time.monotonic` at the start.
    """

    files: int = 0
    files_done: int = 0
    size: int = 0
    size_done: int = 0
    max_file_size: int = sys.maxsize
    unchanged: int = 0
    other_model: int = 0
    new: int = 0
    changed: int = 0
    renewed: int = 0
    retagged: int = 0
    recognized: int = 0
    moved: int = 0
    gone: int = 0
    problems: int = 0
    kept: int = 0
    unread: int = 0
    hidden: int = 0
    system: int = 0
    excluded: int = 0
    left_out_known: int = 0
    unknown_ids: int = 0
    songs: int = 0
    audio_s: float = 0.0
    interrupted: bool = False
    started: float = field(default_factory=time.monotonic)
    _pace: deque[tuple[float, int]] = field(default_factory=deque)

    def set_sizes(self, sizes: Sequence[int]) -> None:
        """Set `size` and `max_file_size` from the sizes of all files that must be opened."""
        if sizes:
            self.max_file_size = _MAX_TIMES_MEDIAN * max(1, statistics.median_low(sizes))
        self.size = sum(map(self.counted_size, sizes))

    def counted_size(self, size: int) -> int:
        """Return the bytes that a file of a size counts as."""
        return min(size, self.max_file_size)

    def record_pace(self) -> None:
        """Record the bytes done at this time, for `left_s`."""
        now = time.monotonic()
        self._pace.append((now, self.size_done))
        while now - self._pace[0][0] > _PACE_S and len(self._pace) > 2:
            self._pace.popleft()

    @property
    def copied(self) -> int:
        """Recognized files whose old path still exists; correct once `moved` is known."""
        return self.recognized - self.moved

    @property
    def elapsed_s(self) -> float:
        """Seconds since the scan started."""
        return time.monotonic() - self.started

    @property
    def speed(self) -> float:
        """Seconds of audio analyzed per second."""
        return self.audio_s / self.elapsed_s

    @property
    def left_s(self) -> float | None:
        """Estimated seconds left, from the bytes of the last two minutes; None while unknown.

        The estimate grows while no file is finished.
        """
        if not self._pace:
            return None
        (since, before), (_, done) = self._pace[0], self._pace[-1]
        elapsed_s = time.monotonic() - since
        if elapsed_s < _MIN_PACE_S or done <= before:
            return None
        return (self.size - done) * elapsed_s / (done - before)


@dataclass(frozen=True, kw_only=True)
class ScanObserver:
    """Callbacks that report how a scan proceeds.

    Attributes
    ----------
    files_found : callable
        Called with the number of files found so far, while folders are searched.
    starting : callable
        Called before the worker processes start, if there are files to open.
    progress : callable
        Called with the statistics several times a second.
    problem : callable
        Called with the path of an unusable file or folder and the reason, once that is stored.
    """

    files_found: Callable[[int], None] = lambda files: None
    starting: Callable[[], None] = lambda: None
    progress: Callable[[ScanStats], None] = lambda stats: None
    problem: Callable[[str, str], None] = lambda path, reason: None
