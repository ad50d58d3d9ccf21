"""How far a scan is, counted from what is on the disk."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_PACE_S = 120.0
"""Over how long the pace is taken: files that are only moved go by a hundred times as fast as new ones."""


@dataclass(kw_only=True)
class ScanStats:
    """What a scan has done; all of it is on the disk.

    Attributes
    ----------
    files, files_done : int
        Files that hold music or may; those that are dealt with, be it that they are as they were.
    size, size_done : int
        Bytes of the files that have to be opened, and of those of them that are dealt with.
    unchanged : int
        Files that are as they were.
    new, changed, renewed : int
        Files that were analysed, or share another's analysis in this scan: of a new file, of one with other sound than
        before, of one whose analysis was out of date.
    retagged : int
        Files that were written to, with the same sound as before.
    recognized : int
        Files under a new name whose sound was known: moved or copied.
    moved, gone : int
        Of these, files that are under their old name no more; and files that are no more at all. Known at the end.
    problems : int
        Files that cannot be used, those that earlier scans met included.
    unread : int
        Folders and files that were asked for or met and could not be looked into; empty folders where files were.
    songs, audio_s : int, float
        Songs that were analysed, and their length in seconds.
    interrupted : bool
        Whether it was stopped before its end.
    """

    files: int = 0
    files_done: int = 0
    size: int = 0
    size_done: int = 0
    unchanged: int = 0
    new: int = 0
    changed: int = 0
    renewed: int = 0
    retagged: int = 0
    recognized: int = 0
    moved: int = 0
    gone: int = 0
    problems: int = 0
    unread: int = 0
    songs: int = 0
    audio_s: float = 0.0
    interrupted: bool = False
    begun: float = field(default_factory=time.monotonic)
    _pace: deque[tuple[float, int]] = field(default_factory=deque)

    def mark(self) -> None:
        """Note how far it is by now, for `left_s`."""
        now = time.monotonic()
        self._pace.append((now, self.size_done))
        while now - self._pace[0][0] > _PACE_S and len(self._pace) > 2:
            self._pace.popleft()

    @property
    def copied(self) -> int:
        """Files with a known sound under a new name that are there under the old one too, once `moved` is known."""
        return self.recognized - self.moved

    @property
    def elapsed_s(self) -> float:
        """Seconds since the scan began."""
        return time.monotonic() - self.begun

    @property
    def speed(self) -> float:
        """Seconds of audio that were analysed in a second."""
        return self.audio_s / self.elapsed_s

    @property
    def left_s(self) -> float | None:
        """Seconds that the rest will take at the pace of the last two minutes, by bytes; None while that is unknown.

        While nothing is finished the pace falls, and what is left grows.
        """
        if not self._pace:
            return None
        (since, before), (_, done) = self._pace[0], self._pace[-1]
        return (self.size - done) * (time.monotonic() - since) / (done - before) if done > before else None


@dataclass(frozen=True, kw_only=True)
class ScanObserver:
    """Who is translate_errors how a scan goes on.

    Attributes
    ----------
    files_found : callable
        Told the number of files found while folders are still being looked into.
    starting : callable
        Told that there are files to open: the worker processes are about to start.
    progress : callable
        Told how far it is, several times a second.
    problem : callable
        Told the path of a file or folder that cannot be used, and why; of a file once that is on record.
    """

    files_found: Callable[[int], None] = lambda files: None
    starting: Callable[[], None] = lambda: None
    progress: Callable[[ScanStats], None] = lambda stats: None
    problem: Callable[[str, str], None] = lambda path, reason: None
