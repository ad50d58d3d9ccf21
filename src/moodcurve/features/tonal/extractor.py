"""Compute the columns of ``tonal1`` from blocks of samples."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.framing import Framing
from moodcurve.features.tonal.columns import HARMONY, RHYTHM, TONAL1
from moodcurve.features.tonal.halving import Halving
from moodcurve.features.tonal.harmony import Harmony
from moodcurve.features.tonal.onsets import Onsets
from moodcurve.features.tonal.rhythm import Rhythm

_WIDE_SR = 16_000
"""The lowest rate (Hz) to which samples are reduced for onsets, at most twice as high; half of it for harmony."""
_STEPS = 4
"""Steps per second in which samples are processed, at fixed positions, so that rows do not depend on the blocks."""


class TonalExtractor:
    """Harmony and rhythm columns of a recording, from blocks of samples; see `TONAL1`.

    Row r is that of the window [0.5 r, 0.5 r + 1.0 s): it describes the 4 s (harmony) and 8 s (rhythm) up to the end
    of the window, and a longer memory that fades with a time constant of 30 s. It reads at most 0.19 s of sound beyond
    the window's end, and is returned at most 1.4 s after it. Rows do not depend on the lengths of the blocks, to the
    last bit, nor (to single precision) on the level of the recording. Memory use does not grow with the recording.

    Parameters
    ----------
    sr : int
        Sample rate of the samples in Hz, from 8000 to 384000.

    Raises
    ------
    ValueError
        If `sr` is invalid.
    """

    names = TONAL1
    _STATE = (
        "_chunk", "_filled", "_rows", "_to_wide", "_to_narrow", "_harmony", "_onsets", "_rhythm",
        "_harmony_rows", "_rhythm_rows",
    )  # fmt: skip

    def __init__(self, sr: int) -> None:
        sr = int(Framing(sr).sr)
        wide = 0
        while sr >= _WIDE_SR * 2 ** (wide + 1):
            wide += 1
        narrow = 1 if sr >= _WIDE_SR * 2**wide else 0
        self._to_wide = Halving(wide)
        self._to_narrow = Halving(narrow)
        self._harmony = Harmony(sr, wide + narrow)
        self._onsets = Onsets(sr, wide)
        self._rhythm = Rhythm()
        self._chunk: Float32Array = np.zeros(sr // _STEPS, np.float32)
        self._filled = 0  # samples in _chunk
        self._rows = -1  # rows returned; the first half second has no window that ends with it
        self._harmony_rows: Float32Array = np.empty((0, len(HARMONY)), np.float32)
        self._rhythm_rows: Float32Array = np.empty((0, len(RHYTHM)), np.float32)

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples (n,) in [-1, 1], finite; return the rows (m, columns) that are complete."""
        start = 0
        while start < len(x):
            part = x[start : start + len(self._chunk) - self._filled]
            self._chunk[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            start += len(part)
            if self._filled == len(self._chunk):
                self._process()
        return self._pop_rows(None)

    def flush(self, rows: int) -> Float32Array:
        """Return the remaining rows, so that `rows` were returned in total; the object cannot be used afterwards.

        The recording is continued by silence.
        """
        done: list[Float32Array] = []
        count = max(self._rows, 0)
        while count < rows:
            self._chunk[self._filled :] = 0
            self._process()
            done.append(self._pop_rows(rows - count))
            count += len(done[-1])
        return np.concatenate(done) if done else np.empty((0, len(TONAL1)), np.float32)

    def _process(self) -> None:
        wide = self._to_wide.push(self._chunk.copy())
        self._harmony_rows = np.concatenate([self._harmony_rows, self._harmony.push(self._to_narrow.push(wide))])
        self._rhythm_rows = np.concatenate([self._rhythm_rows, self._rhythm.push(self._onsets.push(wide))])
        self._filled = 0

    def _pop_rows(self, limit: int | None) -> Float32Array:
        """Return and remove the rows that both streams have."""
        n = min(len(self._harmony_rows), len(self._rhythm_rows))
        rows = np.concatenate([self._harmony_rows[:n], self._rhythm_rows[:n]], axis=1)
        self._harmony_rows, self._rhythm_rows = self._harmony_rows[n:], self._rhythm_rows[n:]
        if self._rows < 0 and n:
            rows, self._rows = rows[1:], 0
        rows = rows[:limit]
        self._rows = self._rows + len(rows) if self._rows >= 0 else -1
        return rows
