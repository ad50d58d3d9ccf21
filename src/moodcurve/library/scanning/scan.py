"""A scan: the files below some folders to songs in a library, so that it can be killed at any moment and goes on."""

import os
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from moodcurve.errors import MoodcurveError
from moodcurve.library.database import Library, open_library
from moodcurve.library.models import (
    Analysis,
    Change,
    DropOrphans,
    FileFound,
    FileRemoved,
    KnownFile,
    ProblemFound,
    SongAnalyzed,
)
from moodcurve.library.scanning.batch_writer import BatchWriter, Kind, Outcome, PendingFile
from moodcurve.library.scanning.lock import scan_lock
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.library.scanning.walk import WalkResult, walk
from moodcurve.library.scanning.worker import AnalyzeTask, ChangedError, ProbeResult, ProbeTask, make_job
from moodcurve.runtime import load_model
from moodcurve.util.files import AnyPath
from moodcurve.util.text import counted, one_line
from moodcurve.workers import Limits, Pool, default_workers

LIMITS = Limits(stall_s=60.0)
"""What one file may take."""
_GONE_FOR_GOOD = "; if that is gone for good, remove the folder and scan the one above it"
_RETRY = -1
"""The time of change that is stored of a file whose problem may pass by itself: no file has it."""


def scan(
    roots: Sequence[AnyPath],
    library: AnyPath,
    *,
    model: AnyPath = "default",
    workers: int | None = None,
    again: bool = False,
    observer: ScanObserver | None = None,
    check: Callable[[], None] = lambda: None,
) -> ScanStats:
    """Bring a library up to date with folders and files: analyse what is new, forget what is gone.

    A file of the same path, size and time of change as before is not opened. Any other is known by its sound
    (`moodcurve.audio.content_hash`): one that was moved, copied or tagged anew is not analysed again, and of several new
    files with one sound one is. Files that are gone are forgotten only where the folder was looked into and holds
    something: an empty one may be a disk that is not mounted. What was translate_errors as done by `ScanObserver.progress` is on disk.

    Parameters
    ----------
    roots : sequence of str or path
        Folders and files, see `moodcurve.library.scanning.walk.walk`.
    library : str or path
        Made if it is not there, unless none of the roots is there either.
    model : str or path
        A packaged model's name, or a model file.
    workers : int, optional
        How many processes work at once; one for each core if not given.
    again : bool
        Also analyse what another model or feature set analysed, and try files with problems again.
    observer : ScanObserver, optional
        Hears how it goes.
    check : callable
        Called several times a second; stops the scan by raising KeyboardInterrupt, once what is done is on the disk.

    Returns
    -------
    ScanStats
        What was done.

    Raises
    ------
    LibraryError
        If the library cannot be opened or written, or another scan works on it.
    ModelError
        If there is no such model.
    """
    loaded = load_model(model)  # refused here rather than once a process
    observer = observer or ScanObserver()

    def looking(files: int) -> None:
        check()
        observer.files_found(files)

    if _is_absent(library) and all(map(_is_absent, roots)):
        # a name that is misspelt is no reason to make a library
        stats = ScanStats()
        for path, reason in walk(roots).faults:
            stats.unread += 1
            observer.problem(path, reason)
        return stats

    with scan_lock(library), open_library(library, write=True) as opened:
        run = _Scan(opened, (loaded.name, loaded.feature_set.key), observer)
        try:
            found = walk(roots, known=run.known, check=looking)
            run.plan(found, again=again)
            if run.to_probe:
                observer.starting()
                count = workers or default_workers(len(run.to_probe))
                run.work(partial(make_job, model), min(count, len(run.to_probe)), check)
            run.forget(found)
        except KeyboardInterrupt:
            run.stats.interrupted = True
        return run.stats


class _Scan:
    """A scan at work."""

    def __init__(self, library: Library, key: tuple[str, str], observer: ScanObserver) -> None:
        self.stats = ScanStats()
        self.known = library.known_files()
        self.to_probe: deque[PendingFile] = deque()
        self._library = library
        self._key = key
        self._observer = observer
        self._analysed = library.song_models()
        """What analysed each sound that was known before this scan."""
        self._current: set[str] = set()
        """Sounds that need no analysis, or none any more."""
        self._to_analyze: deque[PendingFile] = deque()
        self._at_work: dict[int, PendingFile] = {}
        self._sharing: dict[str, list[PendingFile]] = {}
        """Files by sound that is being analysed, the one at work first."""
        self._writer = BatchWriter(library, self.stats, observer)
        self._recognized: list[str] = []
        self._placed: set[str] = set()
        """Sounds of files under new names."""
        self._vanished: list[str] = []

    def plan(self, found: WalkResult, *, again: bool) -> None:
        """Tell what is as it was from what has to be opened."""
        stats = self.stats
        self._current = {c for c, made_by in self._analysed.items() if not again or made_by == self._key}
        for path, state in found.files.items():
            stats.files += 1
            known = self.known.get(path)
            if known is None or (known.size, known.mtime_ns) != (state.size, state.mtime_ns):
                self.to_probe.append(PendingFile(path, state))
            elif known.problem is not None and not again:
                stats.problems += 1
            elif known.problem is None and known.current and known.content_hash in self._current:
                stats.unchanged += 1
            else:
                self.to_probe.append(PendingFile(path, state))
        stats.files_done = stats.files - len(self.to_probe)
        stats.size = sum(file.state.size for file in self.to_probe)
        for path, reason in found.faults:
            self._fault(path, reason, self._below(path))

    def work(self, make: Callable[[], Any], workers: int, check: Callable[[], None]) -> None:
        """Open all files that are to be opened."""
        self.stats.mark()
        with Pool(make, workers=workers, progress=lambda number, share: None, limits=LIMITS) as pool:
            try:
                while self.to_probe or self._to_analyze or pool.unfinished:
                    check()
                    self._feed(pool, workers)
                    for number, result in pool.poll():
                        self._take(self._at_work.pop(number), result)
                    self._writer.write_if_due()
                    self._observer.progress(self.stats)
            except KeyboardInterrupt:
                self._writer.write()
                raise
        self._writer.write()

    def forget(self, found: WalkResult) -> None:
        """Forget the files that are gone, and songs that no file holds; tell what was moved.

        Of a folder that is empty by now, files are gone whose sound has come up elsewhere.
        """
        gone = list(self._vanished)
        away: Counter[str] = Counter()
        for path, known in self.known.items():
            folder = None if path in found.files else found.empty_parent(path)
            if found.is_gone(path) if folder is None else known.content_hash in self._placed:
                gone.append(path)
            elif folder is not None:
                away[folder] += 1
        for folder, files in away.items():
            self._fault(folder, "is empty, a disk that is not mounted perhaps", files, then=_GONE_FOR_GOOD)
        self._library.write([*(FileRemoved(path) for path in gone), DropOrphans()])
        left = Counter(self.known[path].content_hash for path in gone)
        for content in self._recognized:
            if left[content]:
                left[content] -= 1
                self.stats.moved += 1
        self.stats.gone = len(gone) - self.stats.moved
        self._observer.progress(self.stats)

    def _feed(self, pool: Pool[ProbeTask, Any], ahead: int) -> None:
        """Keep as many items waiting as there are processes, so that no process waits; analyze_file before probing more."""
        while pool.waiting < ahead and (self._to_analyze or self.to_probe):
            file = (self._to_analyze or self.to_probe).popleft()
            kind = ProbeTask if file.content is None else AnalyzeTask
            self._at_work[pool.add(kind(file.path, file.state))] = file

    def _take(self, file: PendingFile, result: ProbeResult | Analysis | MoodcurveError | OSError) -> None:
        if isinstance(result, ProbeResult):
            file.content, file.tags = result.content, result.tags
            self._probed(file, result.content)
        elif isinstance(result, Analysis):
            self._analyzed(file, result)
        else:
            self._failed(file, result)

    def _probed(self, file: PendingFile, content: str) -> None:
        """Look whether the sound is known, or is being analysed."""
        if content in self._current:
            known = self.known.get(file.path)
            kind: Kind = "changed"
            if known is None:
                kind = "recognized" if content in self._analysed else "new"
            elif _hashed_anew(known, file):
                kind = "unchanged" if known.content_hash == content else "renewed"
            elif known.content_hash == content and known.problem is None:
                kind = "retagged"
            if kind == "recognized":
                self._recognized.append(content)
            self._settle(file, kind)
        elif content in self._sharing:
            self._sharing[content].append(file)
        else:
            self._sharing[content] = [file]
            self._to_analyze.append(file)

    def _analyzed(self, file: PendingFile, heard: Analysis) -> None:
        """Give an analysis to all files of the sound."""
        content = file.content
        assert content is not None
        was_known = content in self._analysed
        self._current.add(content)
        song: tuple[Change, ...] = (SongAnalyzed(content, heard),)
        for number, other in enumerate(self._sharing.pop(content)):
            known = self.known.get(other.path)
            kind: Kind = "new" if known is None else "changed"
            if known is not None and ((was_known and known.content_hash == content) or _hashed_anew(known, other)):
                kind = "renewed"
            self._settle(other, kind, song if number == 0 else (), heard.curve.duration_s if number == 0 else None)

    def _failed(self, file: PendingFile, error: MoodcurveError | OSError) -> None:
        if file.content is not None:  # perhaps it is only this file's fault: the next of the same sound is tried
            others = self._sharing.pop(file.content)[1:]
            if others:
                self._sharing[file.content] = others
                self._to_analyze.append(others[0])
        if isinstance(error, FileNotFoundError):
            if file.path in self.known:
                self._vanished.append(file.path)
            self._writer.enter(Outcome(file, "vanished", ()))
            return
        passing = isinstance(error, OSError | ChangedError)
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        for name in (file.path, one_line(file.path)):
            reason = reason.removeprefix(f"{name}: ")
        mtime_ns = _RETRY if passing else file.state.mtime_ns
        met = ProblemFound(file.path, file.state.size, mtime_ns, file.content, reason)
        self._writer.enter(Outcome(file, "problems", (met,), reason=reason))

    def _settle(
        self, file: PendingFile, kind: Kind, before: tuple[Change, ...] = (), audio_s: float | None = None
    ) -> None:
        assert file.content is not None
        seen = FileFound(file.path, file.state.size, file.state.mtime_ns, file.content, file.tags)
        self._writer.enter(Outcome(file, kind, (*before, seen), audio_s))
        if file.path not in self.known:
            self._placed.add(file.content)

    def _fault(self, path: str, reason: str, kept: int, *, then: str = "") -> None:
        """Tell that a place was not looked into, of which so many files are known."""
        self.stats.unread += 1
        if kept:
            reason += f"; the library keeps what it has of it, {counted(kept, 'file')}{then}"
        self._observer.problem(path, reason)

    def _below(self, path: str) -> int:
        """Count the files that are known of a folder, or of a path itself."""
        return sum(known == path or known.startswith(path.rstrip(os.sep) + os.sep) for known in self.known)


def _hashed_anew(known: KnownFile, file: PendingFile) -> bool:
    """Tell whether a file is opened only since its content was hashed by an earlier version."""
    as_it_was = (known.size, known.mtime_ns) == (file.state.size, file.state.mtime_ns)
    return as_it_was and known.problem is None and not known.current


def _is_absent(path: AnyPath) -> bool:
    """Tell whether nothing is there; what may not be looked at may be."""
    try:
        os.stat(path)  # noqa: PTH116  any name
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
