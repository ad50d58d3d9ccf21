"""What has come of a scan's files: written to the library in batches, and only then counted."""

import time
from dataclasses import dataclass
from typing import Literal

from moodcurve.audio.tags import NO_TAGS, Tags
from moodcurve.library.database import Library
from moodcurve.library.models import Change
from moodcurve.library.scanning.progress import Tally, Teller
from moodcurve.library.scanning.walk import FileState

BATCH = 50
BATCH_S = 1.0
"""So many files, or the files of so long, are written at once."""

Kind = Literal["unchanged", "new", "changed", "renewed", "retagged", "recognised", "problems", "vanished"]
"""Counts of `Tally`; files that vanished are told apart from those that are gone only at the end."""


@dataclass(eq=False)
class OpenedFile:
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
    file : OpenedFile
    kind : str
    changes : tuple of Change
    audio_s : float or None
        Length of its song, if that was analysed for this file.
    reason : str
        Why it cannot be used.
    """

    file: OpenedFile
    kind: Kind
    changes: tuple[Change, ...]
    audio_s: float | None = None
    reason: str = ""


class Ledger:
    """Holds outcomes for a moment, writes them in one transaction, and tells of them then."""

    def __init__(self, library: Library, tally: Tally, teller: Teller) -> None:
        self._library = library
        self._tally = tally
        self._teller = teller
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
        self._tally.mark()

    def _count(self, outcome: Outcome) -> None:
        tally = self._tally
        tally.files_done += 1
        tally.size_done += outcome.file.state.size
        if outcome.kind != "vanished":
            setattr(tally, outcome.kind, getattr(tally, outcome.kind) + 1)
        if outcome.audio_s is not None:
            tally.songs += 1
            tally.audio_s += outcome.audio_s
        if outcome.kind == "problems":
            self._teller.problem(outcome.file.path, outcome.reason)
