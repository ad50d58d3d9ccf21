"""The results of a scan, written to the library in batches and counted once they are on disk."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from moodcurve.audio.parts import Part
from moodcurve.audio.tags import NO_TAGS, Tags
from moodcurve.library.database import Library
from moodcurve.library.models import Change, joined_hash
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.library.scanning.selection import NO_SELECTION, Selection
from moodcurve.library.scanning.walk import FileState

BATCH = 50
"""Number of files after which a batch is written."""
BATCH_S = 1.0
"""Seconds after which a batch is written."""

OutcomeKind = Literal[
    "unchanged", "new", "changed", "renewed", "retagged", "recognized", "problems", "kept", "vanished"
]
"""Counts of `ScanStats`; vanished files are divided into moved and gone only at the end."""


@dataclass(eq=False)
class PendingFile:
    """A file that must be opened, and what is known about it so far; `names` as in `FileFound`."""

    path: str
    state: FileState
    content_hash: str | None = None
    tags: Tags = NO_TAGS
    selection: Selection = NO_SELECTION
    parts: tuple[Part, ...] = ()
    """The parts into which it is split; `content_hash` is then that of all, see `joined_hash`."""
    names: tuple[str, ...] = ()

    def keep_parts(self, hashes: Collection[str]) -> None:
        """Leave out all parts but those with these content hashes."""
        pairs = zip(self.parts, (self.content_hash or "").split("|"), strict=True)
        kept = [(part, content_hash) for part, content_hash in pairs if content_hash in hashes]
        self.parts = tuple(part for part, _ in kept)
        self.content_hash = joined_hash([content_hash for _, content_hash in kept])


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of a file.

    Attributes
    ----------
    file : PendingFile
    kind : str
    changes : tuple of Change
        What to write to the library.
    audio_s : float or None
        Duration of its songs, if they were analyzed for this file.
    songs : int
        Number of its songs.
    reason : str
        Why it cannot be used, if it cannot.
    """

    file: PendingFile
    kind: OutcomeKind
    changes: tuple[Change, ...]
    audio_s: float | None = None
    reason: str = ""
    songs: int = 1


class BatchWriter:
    """Collects outcomes, writes each batch in one transaction, then counts and reports it."""

    def __init__(self, library: Library, stats: ScanStats, observer: ScanObserver) -> None:
        self._library = library
        self._stats = stats
        self._observer = observer
        self._outcomes: list[Outcome] = []
        self._written = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of a file to the batch."""
        self._outcomes.append(outcome)

    def write_if_due(self) -> None:
        """Write the batch if it is large or old enough."""
        if len(self._outcomes) >= BATCH or time.monotonic() - self._written > BATCH_S:
            self.write()

    def write(self) -> None:
        """Write the batch, then count it.

        Raises
        ------
        LibraryError
            If it cannot be written; then it is not counted.
        """
        self._written = time.monotonic()
        outcomes, self._outcomes = self._outcomes, []
        if not outcomes:
            return
        self._library.write([change for outcome in outcomes for change in outcome.changes])
        for outcome in outcomes:
            self._count(outcome)
        self._stats.record_pace()

    def _count(self, outcome: Outcome) -> None:
        stats = self._stats
        stats.files_done += 1
        stats.size_done += stats.counted_size(outcome.file.state.size)
        if outcome.kind != "vanished":
            setattr(stats, outcome.kind, getattr(stats, outcome.kind) + 1)
        if outcome.audio_s is not None:
            stats.songs += outcome.songs
            stats.audio_s += outcome.audio_s
        if outcome.kind in ("problems", "kept"):
            file = outcome.file
            self._observer.problem((*file.names, file.path)[0], outcome.reason)
