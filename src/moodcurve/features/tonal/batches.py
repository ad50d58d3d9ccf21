"""Cut a stream of samples into batches of sixteen overlapping frames at exact times."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.framing import round_half_away
from moodcurve.features.jit.simd import LANES


class Batches:
    """Batches of sixteen frames; frame t is centered at the time t / frame_rate, to half a sample.

    Half a frame of silence is put before the recording. The first frame of each batch is at its exact time, rounded to
    a sample, so that no error accumulates; within a batch, frames are a whole number of samples apart.

    Parameters
    ----------
    sr, divisor : int
        The samples have the rate sr / divisor in Hz.
    length : int
        Samples of a frame.
    frame_rate : int
        Frames per second.

    Attributes
    ----------
    hop : int
        Samples from one frame of a batch to the next.
    """

    _STATE = ("_wave", "_base", "_count")

    def __init__(self, sr: int, divisor: int, length: int, frame_rate: int) -> None:
        self.hop = round_half_away(sr / (divisor * frame_rate))
        self._needed = (LANES - 1) * self.hop + length
        self._sr, self._divisor = sr, divisor * frame_rate
        self._wave: Float32Array = np.zeros(length // 2, np.float32)
        self._base = 0  # index of _wave[0]
        self._count = 0  # batches returned

    def push(self, x: Float32Array) -> list[Float32Array]:
        """Add samples; return the samples of the batches that are complete."""
        self._wave = np.concatenate([self._wave, x])
        batches = []
        start = self._start() - self._base
        while len(self._wave) >= start + self._needed:
            batches.append(self._wave[start : start + self._needed])
            self._count += 1
            start = self._start() - self._base
        self._wave, self._base = self._wave[start:], self._base + start
        return batches

    def _start(self) -> int:
        """Return the index of the next batch's first sample."""
        return (2 * self._count * LANES * self._sr + self._divisor) // (2 * self._divisor)


def hann_window(length: int) -> Float32Array:
    """Return a Hann window (length,) with which the sum of a spectrum's bins is about the signal's mean power."""
    phase = 2 * np.pi * (np.arange(length) + 0.5) / length
    return np.asarray((0.5 - 0.5 * np.cos(phase)) * np.sqrt(8 / 3) / length, np.float32)
