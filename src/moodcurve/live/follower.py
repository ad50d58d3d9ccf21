"""Follow one channel of sound with a model: a row as soon as its window has been heard."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.audio import ANALYSIS_SR
from moodcurve.curve import TIME_DECIMALS, VALUE_DECIMALS
from moodcurve.features import Extractor, Features
from moodcurve.features.feature_sets import HOP_S, WINDOW_S
from moodcurve.mood.circumplex import mood_words, quadrant
from moodcurve.runtime import Model, Prediction

READY_S = WINDOW_S + 0.04
"""A row can be computed this long after its window began: the window's last frame of pitch is 0.06 s long."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Arousal and valence of one second of sound.

    Attributes
    ----------
    time_s : float
        Start of the window [t, t + 1.0 s), in seconds since listening began, with interruptions.
    clock : float
        When that window began, in seconds since 1970.
    arousal, valence : float
        In [-1, 1].
    arousal_interval, valence_interval : (float, float) or None
        Low and high end of the 90 % interval; None if the model has none.
    silent : bool
        Far quieter than what was heard so far; the values are those of the sound before.
    """

    time_s: float
    clock: float
    arousal: float
    valence: float
    arousal_interval: tuple[float, float] | None = None
    valence_interval: tuple[float, float] | None = None
    silent: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Up to three mood words, the nearest first."""
        return mood_words(self.arousal, self.valence)

    def to_dict(self) -> dict[str, Any]:
        """Return what a line of JSON holds: values rounded as in files, and the clock in UTC."""
        ends = {}
        for axis, interval in (("arousal", self.arousal_interval), ("valence", self.valence_interval)):
            if interval is not None:
                ends[f"{axis}_low"], ends[f"{axis}_high"] = (round(end, VALUE_DECIMALS) for end in interval)
        return {
            "time_s": round(self.time_s, TIME_DECIMALS),
            "clock": utc_text(self.clock),
            "arousal": round(self.arousal, VALUE_DECIMALS),
            "valence": round(self.valence, VALUE_DECIMALS),
            **ends,
            "silent": self.silent,
            "quadrant": quadrant(self.arousal, self.valence),
            "words": list(self.words),
        }


def utc_text(clock: float) -> str:
    """Return a time in seconds since 1970 in UTC, to the millisecond.

    >>> utc_text(0.25)
    '1970-01-01T00:00:00.250Z'
    """
    return datetime.fromtimestamp(clock, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class Follower:
    """Rows of sound that arrives over time.

    A row needs sound up to `READY_S` after its window began. It is predicted as if the sound ended there: features that
    read further ahead, by up to 2.5 s, take what they have so far (`Extractor.peek`). What the model remembers for
    later rows comes from features that have heard all they read.

    Memory use does not grow.

    Parameters
    ----------
    model : Model
        One that reads forward only.

    Raises
    ------
    ModelError
        If the model needs later rows.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._stream = model.stream()
        self._begin()

    def restart(self) -> None:
        """Begin again after an interruption: no window spans it, but the model remembers what it heard before."""
        rest = self._extractor.flush()
        if len(rest.values):
            self._stream.push(rest)
        self._begin()

    def _begin(self) -> None:
        self._extractor = Extractor(ANALYSIS_SR, self._model.feature_set)
        self._held: list[Float32Array] = []
        self._held_samples = 0
        self._samples = 0  # given to the extractor
        self._rows = 0

    @property
    def heard_s(self) -> float:
        """Seconds of sound since the start or the last interruption."""
        return (self._samples + self._held_samples) / ANALYSIS_SR

    def push(self, x: Float32Array) -> Iterator[tuple[float, Prediction]]:
        """Add samples (n,) at 44.1 kHz; yield each row that is ready: the start of its window, and its prediction.

        Times are in seconds since the start or the last interruption.
        """
        self._held.append(x)
        self._held_samples += len(x)
        while (missing := self._due() - self._samples) <= self._held_samples:
            held = np.concatenate(self._held)
            self._held, self._held_samples = [held[missing:]], len(held) - missing
            self._samples += missing
            yield self._next_row(held[:missing])

    def _due(self) -> int:
        """Return the number of samples that the next row needs."""
        return round((READY_S + HOP_S * self._rows) * ANALYSIS_SR)

    def _next_row(self, x: Float32Array) -> tuple[float, Prediction]:
        complete = self._extractor.push(x)
        if len(complete.values):
            self._stream.push(complete)
        ahead: Features = self._extractor.peek()
        prediction = self._stream.peek(ahead)
        time_s = HOP_S * self._rows
        self._rows += 1
        return time_s, prediction
