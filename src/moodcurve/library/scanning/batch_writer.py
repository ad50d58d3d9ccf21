"""What has come of a scan's files: written to the library in batches, and only then counted."""

import time
from dataclasses import dataclass
from typing import Literal

from moodcurve.audio.tags import NO_TAGS, Tags
from moodcurve.library.database import Library
from moodcurve.library.models import Change
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.library.scanning.walk import FileState

BATCH = 50
BATCH_S = 1.0
"""So many files, or the files of so long, are written at once."""

Kind = Literal["unchanged", "new", "changed", "renewed", "retagged", "recognized", "problems", "vanished"]
"""Counts of `ScanStats`; files that vanished are translate_errors apart from those that are gone only at the end."""


@dataclass(eq=False)
class PendingFile:
    """A file that has to be opened, and what is known of it so far."""

    path: str
    state: FileState
    content: str | None = None
    tags: Tags = NO_TAGS


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a file, and what is to be written of it.

    Attributes
    ----------
    file : PendingFile
    kind : str
    changes : tuple of Change
    audio_s : float or None
        Length of its song, if that was analysed for this file.
    reason : str
        Why it cannot be used.
    """

    file: PendingFile
    kind: Kind
    changes: tuple[Change, ...]
    audio_s: float | None = None
    reason: str = ""


class BatchWriter:
    """Holds outcomes for a moment, writes them in one transaction, and tells of them then."""

    def __init__(self, library: Library, stats: ScanStats, observer: ScanObserver) -> None:
        self._library = library
        self._stats = stats
        self._observer = observer
        self._outcomes: list[Outcome] = []
        self._written = time.monotonic()

    def enter(self, outcome: Outcome) -> None:
        """Take in what came of a file."""
        self._outcomes.append(outcome)

    def write_if_due(self) -> None:
        """Write if there is enough, or it has waited long enough."""
        if len(self._outcomes) >= BATCH or time.monotonic() - self._written > BATCH_S:
            self.write()

    def write(self) -> None:
        """Write what has come so far, then count it.

        Raises
        ------
        LibraryError
            If it cannot be written; it is not counted then.
        """
        self._written = time.monotonic()
        outcomes, self._outcomes = self._outcomes, []
        if not outcomes:
            return
        self._library.write([change for outcome in outcomes for change in outcome.changes])
        for outcome in outcomes:
            self._count(outcome)
        self._stats.mark()

    def _count(self, outcome: Outcome) -> None:
        stats = self._stats
        stats.files_done += 1
        stats.size_done += outcome.file.state.size
        if outcome.kind != "vanished":
            setattr(stats, outcome.kind, getattr(stats, outcome.kind) + 1)
        if outcome.audio_s is not None:
            stats.songs += 1
            stats.audio_s += outcome.audio_s
        if outcome.kind == "problems":
            self._observer.problem(outcome.file.path, outcome.reason)
