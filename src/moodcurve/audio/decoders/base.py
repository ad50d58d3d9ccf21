"""What a decoder gives, whichever it is."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

# float32, or float64 from a file of that
SampleArray = npt.NDArray[np.floating[Any]]
Chunks = Generator[tuple[int, SampleArray], None, None]

CHUNK = 1 << 17
"""Samples in a chunk, all channels together: memory stays flat, and a chunk's fixed cost does not show."""


class UnreadableError(Exception):
    """The file holds nothing that can be decoded; the message says why, without the file's name."""


@dataclass
class DecodedFile:
    """A file that has been opened.

    Attributes
    ----------
    chunks : generator of (rate, samples)
        The rate in Hz (it may change within a file), and float samples of shape (frames, channels) with full
        scale at ±1, neither clipped nor checked. Closing the generator closes the file.
    claimed_s : float or None
        Length in seconds by the file's header; None where that gives none.
    damage : list of str
        What was found wrong so far; complete once ``chunks`` is exhausted.
    """

    chunks: Chunks
    claimed_s: float | None
    damage: list[str] = field(default_factory=list)
