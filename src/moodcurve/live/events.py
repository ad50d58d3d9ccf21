"""Define what a source of live sound yields: sound, interruptions and notices."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from moodcurve.audio.decoders import SampleArray
from moodcurve.errors import MoodcurveError

PATIENCE_S = 0.25
"""Longest time in seconds for which a source that can wait by itself yields nothing, not even None."""


class LiveError(MoodcurveError):
    """A source of live sound cannot be opened or read any further."""


@dataclass(frozen=True, eq=False)
class AudioBlock:
    """Sound that has just arrived.

    Attributes
    ----------
    rate : int
        Sample rate in Hz; it may change from one to the next, as may the number of channels.
    samples : (frames, channels)
        Floats with full scale ±1, neither clipped nor checked.
    arrived : float
        When the last of them arrived, in seconds since 1970.
    """

    rate: int
    samples: SampleArray
    arrived: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Break:
    """Sound is missing here: what follows does not continue what came before.

    Attributes
    ----------
    reason : str
        For the user.
    """

    reason: str


@dataclass(frozen=True)
class Notice:
    """Something that the user should know.

    Attributes
    ----------
    text : str
        One line.
    """

    text: str


Event = AudioBlock | Break | Notice
Source = Iterator[Event | None]
"""Yields what arrives, and None where it waits and nothing has arrived: it can be ended there."""
