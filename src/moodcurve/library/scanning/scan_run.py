"""The steps of one scan: plan the work, run it in processes, forget removed files."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from moodcurve.errors import MoodcurveError
from moodcurve.library.database import Library
from moodcurve.library.models import (
    Analysis,
    Change,
    DropOrphans,
    FileFound,
    FileIdentified,
    FileNamed,
    FileRemoved,
    ProblemFound,
    SongAnalyzed,
    joined_hash,
)
from moodcurve.library.scanning.batch_writer import BatchWriter, Outcome, OutcomeKind, PendingFile
from moodcurve.library.scanning.earlier import EarlierScans
from moodcurve.library.scanning.missing import find_missing
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.library.scanning.rules import LeftOut
from moodcurve.library.scanning.selection import NO_SELECTION, Selection, part_tags
from moodcurve.library.scanning.walk import FileState, WalkResult, is_below
from moodcurve.library.scanning.worker import (
    AnalysisResult,
    AnalyzeTask,
    FileChangedError,
    ProbeResult,
    ProbeTask,
)
from moodcurve.runtime import ModelError
from moodcurve.util.text import counted, one_line, reason_of
from moodcurve.workers import FILE_LIMITS, CrashError, LimitError, Pool

_IF_GONE_FOR_GOOD = "; if they are gone for good, scan it with --forget"
_KEPT = "; its earlier curve is kept"
_RETRY = -1
"""Stored as modification time of a file whose problem may be temporary: it matches no file."""


class ScanRun:
    """One scan of an open library.

    Parameters
    ----------
    library : Library
        Open to write, with the scan lock held.
    model_key : (str, str)
        Name of the model and key of the feature set that analyze songs in this scan.
    observer : ScanObserver
    selection : Selection
        What is analyzed in each file.

    Attributes
    ----------
    stats : ScanStats
    earlier : EarlierScans
        What the library held before this scan.
    to_probe : deque of PendingFile
        Files to open, once `plan` has run.
    """

    def __init__(
        self,
        library: Library,
        model_key: tuple[str, str],
        observer: ScanObserver,
        selection: Selection = NO_SELECTION,
    ) -> None:
        self.stats = ScanStats()
        self.earlier = EarlierScans(library)
        self.to_probe: deque[PendingFile] = deque()
        self._library = library
        self._model_key = model_key
        self._observer = observer
        self._selection = selection
        self._found: dict[str, set[str]] = {}
        """Content hashes of the parts that this scan's analyses found, by the hash of all parts of the cue sheet."""
        self._current: set[str] = set()
        """Content hashes of songs that need no analysis, or no longer need one."""
        self._to_analyze: deque[PendingFile] = deque()
        self._in_progress: dict[int, PendingFile] = {}
        self._same_audio: dict[str, list[PendingFile]] = {}
        """Files by content hash while it is being analyzed, the file that a process reads first."""
        self._writer = BatchWriter(library, self.stats, observer)
        self._recognized: list[str] = []
        """Content hash of each recognized file."""
        self._at_new_paths: set[str] = set()
        """Content hashes of files at new paths."""
        self._vanished: list[str] = []
        self._ids: Mapping[str, str] = {}
        """Ids of files in the user's catalogue that this scan was given, by real path."""

    def plan(self, found: WalkResult, *, again: bool, ids: Mapping[str, str] | None = None) -> None:
        """Decide which files must be opened; `again` as for `moodcurve.library.scanning.scan.scan`.

        `ids` are the files' ids in the user's catalogue, by their real paths.
        """
        self._ids = ids or {}
        stats = self.stats
        self._current = set(self.earlier.models)
        if again:
            self._current = {key for key, model in self.earlier.models.items() if model == self._model_key}
            lacking = self._library.without_sound()
            self._current = {key for key in self._current if lacking.isdisjoint(key.split("|"))}
        named: list[Change] = []
        for path, state in found.files.items():
            stats.files += 1
            known = self.earlier.files.get(path)
            other = known is not None and str(self._selection) not in ("", known.selection)
            names = self.earlier.names_of(path, found)
            if known is not None and known.names != names:
                named.append(FileNamed(path, names))
            if known is not None and (given := self._ids.get(path, known.external_id)) != known.external_id and given:
                named.append(FileIdentified(path, given))
            if known is None or other or (known.size, known.mtime_ns) != (state.size, state.mtime_ns):
                self.to_probe.append(self._pending(path, state, names))
            elif known.problem is not None and not again:
                stats.problems += 1
            elif known.problem is None and known.hash_is_current and known.content_hash in self._current:
                stats.unchanged += 1
                stats.other_model += self.earlier.models[known.content_hash] != self._model_key
            else:
                self.to_probe.append(self._pending(path, state, names))
        self._library.write(named)
        stats.files_done = stats.files - len(self.to_probe)
        stats.set_sizes([file.state.size for file in self.to_probe])
        left_out = found.count_left_out()
        stats.hidden, stats.system, stats.excluded = (left_out[why] for why in LeftOut)
        for path, reason in found.errors:
            self._report_unread(path, reason, self._count_below(path))

    def _pending(self, path: str, state: FileState, names: tuple[str, ...]) -> PendingFile:
        """Return a file to open, with the selection that this scan asks for, else that of the one before."""
        known = self.earlier.files.get(path)
        if self._selection == NO_SELECTION and known is not None:
            return PendingFile(path, state, selection=Selection.parse(known.selection), names=names)
        return PendingFile(path, state, selection=self._selection, names=names)

    def work(self, make: Callable[[], Any], workers: int, check: Callable[[], None]) -> None:
        """Open all planned files in processes; `make` returns their job."""
        self.stats.record_pace()
        with Pool(make, workers=workers, progress=lambda number, share: None, limits=FILE_LIMITS) as pool:
            try:
                while self.to_probe or self._to_analyze or pool.unfinished:
                    check()
                    self._feed(pool, workers)
                    for number, result in pool.poll():
                        self._handle_result(self._in_progress.pop(number), result)
                    self._writer.write_if_due()
                    self._observer.progress(self.stats)
            except (KeyboardInterrupt, MoodcurveError, OSError):  # of a failed write, nothing is left to write
                self._writer.write()
                raise
        self._writer.write()

    def forget(self, found: WalkResult, *, all_missing: bool = False) -> None:
        """Forget removed files, see `find_missing`, and songs without a file; count which files were moved."""
        missing = find_missing(self.earlier.files, found, self._at_new_paths, all_missing=all_missing)
        self.stats.left_out_known += missing.left_out
        for folder, (reason, files) in missing.out_of_reach.items():
            self._report_unread(folder, f"{reason}, perhaps a disk is not mounted", files, hint=_IF_GONE_FOR_GOOD)
        gone = [*self._vanished, *missing.gone]
        self._library.write([*(FileRemoved(path, pass_id=True) for path in gone), DropOrphans()])
        left = Counter(self.earlier.files[path].content_hash for path in gone)
        for content_hash in self._recognized:
            if left[content_hash]:
                left[content_hash] -= 1
                self.stats.moved += 1
        self.stats.gone = len(gone) - self.stats.moved
        self._observer.progress(self.stats)

    def _feed(self, pool: Pool[ProbeTask, Any], ahead: int) -> None:
        """Keep one task per process waiting, so that no process idles; analyses go before probes."""
        while pool.waiting < ahead and (self._to_analyze or self.to_probe):
            file = (self._to_analyze or self.to_probe).popleft()
            task = ProbeTask(file.path, file.state, file.selection)
            if file.content_hash is not None:
                task = AnalyzeTask(file.path, file.state, file.selection, file.parts)
            self._in_progress[pool.add(task)] = file

    def _handle_result(
        self, file: PendingFile, result: ProbeResult | AnalysisResult | MoodcurveError | OSError
    ) -> None:
        if isinstance(result, ProbeResult):
            selection = self.earlier.selection_of(result.content_hash)
            if file.selection == NO_SELECTION and selection is not None:  # it was moved
                file.selection = selection
                self.to_probe.append(file)
                return
            file.tags, file.parts = result.tags, result.parts
            hashes = file.selection.hashes(result.content_hash, result.parts)
            file.content_hash = joined_hash(hashes)
            if found := self._found.get(file.content_hash) or self.earlier.parts_of(file, hashes):
                file.keep_parts(found)
            self._handle_probe(file, file.content_hash)
        elif isinstance(result, Analysis | dict):
            self._handle_analysis(file, result)
        else:
            self._handle_error(file, result)

    def _handle_probe(self, file: PendingFile, content_hash: str) -> None:
        """Store a file whose audio is known; queue any other for analysis, once per content hash."""
        if content_hash in self._current:
            known = self.earlier.files.get(file.path)
            kind: OutcomeKind = "changed"
            if known is None:
                kind = "recognized" if content_hash in self.earlier.models else "new"
            elif self.earlier.only_rehashes(file):
                kind = "unchanged" if known.content_hash == content_hash else "renewed"
            elif known.content_hash == content_hash and known.problem is None:
                kind = "retagged"
            if kind == "recognized":
                self._recognized.append(content_hash)
            self._store(file, kind)
        elif content_hash in self._same_audio:
            self._same_audio[content_hash].append(file)
        else:
            self._same_audio[content_hash] = [file]
            self._to_analyze.append(file)

    def _handle_analysis(self, file: PendingFile, result: AnalysisResult) -> None:
        """Store an analysis with all files that hold its audio."""
        content_hash = file.content_hash
        assert content_hash is not None  # nosec B101 # narrows the type for mypy
        same_audio = self._same_audio.pop(content_hash)
        hashes = content_hash.split("|")
        analyses = [result] if isinstance(result, Analysis) else list(result.values())
        if isinstance(result, dict):  # without parts beyond the file's end
            hashes = [name for name, part in zip(hashes, file.parts, strict=True) if part in result]
            self._found[content_hash] = set(hashes)
            for other in same_audio:
                other.keep_parts(hashes)
        content_hash = joined_hash(hashes)
        was_known = content_hash in self.earlier.models
        self._current.add(content_hash)
        songs = tuple(SongAnalyzed(name, analysis) for name, analysis in zip(hashes, analyses, strict=True))
        audio_s = sum(analysis.curve.duration_s for analysis in analyses)
        lengths_s = [analysis.curve.duration_s for analysis in analyses]
        for number, other in enumerate(same_audio):
            known = self.earlier.files.get(other.path)
            kind: OutcomeKind
            if known is None:
                kind = "new"
            elif (was_known and known.content_hash == content_hash) or self.earlier.only_rehashes(other):
                kind = "renewed"
            else:
                kind = "changed"
            first = number == 0
            self._store(other, kind, songs if first else (), audio_s if first else None, lengths_s)

    def _handle_error(self, file: PendingFile, error: MoodcurveError | OSError) -> None:
        if file.content_hash is not None:  # perhaps only this file is broken: try the next with the same audio
            others = self._same_audio.pop(file.content_hash)[1:]
            if others:
                self._same_audio[file.content_hash] = others
                self._to_analyze.append(others[0])
        if isinstance(error, FileNotFoundError):
            if file.path in self.earlier.files:
                self._vanished.append(file.path)
            self._writer.add(Outcome(file, "vanished", ()))
            return
        # short of memory or time, perhaps only for the moment
        temporary = isinstance(error, OSError | FileChangedError | CrashError | LimitError | ModelError)
        reason = reason_of(error, file.path, one_line(file.path))
        if self.earlier.keeps_curve(file, temporary=temporary):
            self._writer.add(Outcome(file, "kept", (), reason=reason + _KEPT))
            return
        mtime_ns = _RETRY if temporary else file.state.mtime_ns
        problem = ProblemFound(
            file.path,
            file.state.size,
            mtime_ns,
            file.content_hash,
            reason,
            str(file.selection),
            file.names,
            self._external_id(file.path),
        )
        self._writer.add(Outcome(file, "problems", (FileRemoved(file.path), problem), reason=reason))

    def _store(
        self,
        file: PendingFile,
        kind: OutcomeKind,
        before: tuple[Change, ...] = (),
        audio_s: float | None = None,
        lengths_s: Sequence[float] | None = None,
    ) -> None:
        """Store a file with its songs, which last `lengths_s` if they were analyzed just now."""
        assert file.content_hash is not None  # nosec B101 # narrows the type for mypy
        changes: list[Change] = [*before]
        known = self.earlier.files.get(file.path)
        if file.parts or (known is not None and known.parts):
            changes.append(FileRemoved(file.path))
        base = FileFound(
            file.path, file.state.size, file.state.mtime_ns, file.content_hash, file.tags,
            selection=str(file.selection), names=file.names, external_id=self._external_id(file.path),
        )  # fmt: skip
        if not file.parts:
            changes.append(base)
        lengths = lengths_s or [part.length_s or 0.0 for part in file.parts]
        hashes = file.content_hash.split("|")
        for part, content_hash, length_s in zip(file.parts, hashes, lengths, strict=bool(file.parts)):
            changes.append(
                replace(
                    base, content_hash=content_hash, tags=part_tags(part, file.tags), start_s=part.start_s,
                    length_s=length_s,
                )
            )  # fmt: skip
        self._writer.add(Outcome(file, kind, tuple(changes), audio_s, songs=len(file.parts) or 1))
        if file.path not in self.earlier.files:
            self._at_new_paths.add(file.content_hash)

    def _external_id(self, path: str) -> str | None:
        """Return the id of a file in the user's catalogue: what this scan was given, else that of an earlier one."""
        known = self.earlier.files.get(path)
        return self._ids.get(path, None if known is None else known.external_id)

    def _report_unread(self, path: str, reason: str, files: int, *, hint: str = "") -> None:
        """Report a folder or file that could not be read, with the number of its files that the library keeps."""
        self.stats.unread += 1
        if files:
            reason += f"; the library keeps {counted(files, 'file')} from there{hint}"
        self._observer.problem(path, reason)

    def _count_below(self, path: str) -> int:
        """Count the known files at or below a path."""
        return sum(is_below(known, path) for known in self.earlier.files)
