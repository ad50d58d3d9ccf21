"""Compute the columns of ``tonal1`` from blocks of samples."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.framing import Framing
from moodcurve.features.tonal.columns import CHROMA, HARMONY, ONSETS, RHYTHM, SONG1, TONAL1
from moodcurve.features.tonal.halving import Halving
from moodcurve.features.tonal.harmony import Harmony
from moodcurve.features.tonal.onsets import Onsets
from moodcurve.features.tonal.rhythm import Rhythm

_ONSET_SR = 16_000
"""Onsets are computed at the rate (Hz) between this and its double to which the rate can be halved; pitch at half."""
_STEPS = 2
"""Steps per second in which samples are processed, at fixed positions, so that rows do not depend on the blocks."""


class TonalExtractor:
    """Harmony, mode, register and rhythm of a recording, from blocks of samples.

    Row r belongs to the window [0.5 r, 0.5 r + 1.0 s). It describes what came before the end of the window: the last
    4 s (pitch), the last 8 s (rhythm), and a memory with a time constant of 30 s (key). It reads at most 0.2 s of sound
    beyond the end, and is returned at most 1.7 s after it. Rows do not depend on the lengths of the blocks, to the last
    bit. They do not depend on the level of the recording but for rounding. Memory use does not grow with the recording.

    Parameters
    ----------
    sr : int
        Sample rate of the samples in Hz, from 8000 to 384000.

    Attributes
    ----------
    names : tuple of str
        Names of the columns: those of ``tonal1``, then those of ``song1``.

    Raises
    ------
    ValueError
        If `sr` is invalid.

    Examples
    --------
    >>> extractor = TonalExtractor(44100)
    >>> noise = np.random.default_rng(0).uniform(-0.1, 0.1, 5 * 44100).astype(np.float32)
    >>> extractor.push(noise).shape
    (7, 133)
    >>> extractor.flush(9).shape
    (2, 133)
    """

    names = (*TONAL1, *SONG1)
    _STATE = (
        "_chunk", "_filled", "_rows", "_to_onsets", "_to_pitch", "_harmony", "_onsets", "_rhythm",
        "_harmony_rows", "_rhythm_rows",
    )  # fmt: skip

    def __init__(self, sr: int) -> None:
        sr = int(Framing(sr).sr)
        halvings = max(0, int(np.log2(sr / _ONSET_SR)))
        more = 1 if sr >= _ONSET_SR else 0
        self._to_onsets = Halving(halvings)
        self._to_pitch = Halving(more)
        self._harmony = Harmony(sr, 2 ** (halvings + more))
        self._onsets = Onsets(sr, 2**halvings)
        self._rhythm = Rhythm()
        self._chunk: Float32Array = np.zeros(sr // _STEPS, np.float32)
        self._filled = 0  # samples in _chunk
        self._rows = -1  # rows returned; the first row of both streams ends where half a window ends, and is left out
        self._harmony_rows: Float32Array = np.empty((0, len(HARMONY) + len(CHROMA)), np.float32)
        self._rhythm_rows: Float32Array = np.empty((0, len(RHYTHM) + len(ONSETS)), np.float32)

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples (n,), finite and in [-1, 1]; return the rows (m, columns) that are complete."""
        done = [self._pop_rows()]
        start = 0
        while start < len(x):
            part = x[start : start + len(self._chunk) - self._filled]
            self._chunk[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            start += len(part)
            if self._filled == len(self._chunk):
                self._process()
                done.append(self._pop_rows())
        return np.concatenate(done)

    def flush(self, rows: int) -> Float32Array:
        """Return the remaining rows, so that `rows` were returned in total; the object cannot be used afterwards.

        Silence follows the recording. Rows beyond `rows` that were returned before are not taken back.
        """
        missing = rows - max(self._rows, 0)
        done = [self._pop_rows()]
        while sum(map(len, done)) < missing:
            self._chunk[self._filled :] = 0
            self._process()
            done.append(self._pop_rows())
        return np.concatenate(done)[: max(missing, 0)]

    def _process(self) -> None:
        """Process the samples in _chunk."""
        x = self._to_onsets.push(self._chunk)
        self._harmony_rows = np.concatenate([self._harmony_rows, self._harmony.push(self._to_pitch.push(x))])
        self._rhythm_rows = np.concatenate([self._rhythm_rows, self._rhythm.push(self._onsets.push(x))])
        self._filled = 0

    def _pop_rows(self) -> Float32Array:
        """Return and remove the rows that both streams have."""
        n = min(len(self._harmony_rows), len(self._rhythm_rows))
        pitch, chroma = np.split(self._harmony_rows[:n], [len(HARMONY)], axis=1)
        rhythm, onsets = np.split(self._rhythm_rows[:n], [len(RHYTHM)], axis=1)
        rows = np.concatenate([pitch, rhythm, chroma, onsets], axis=1)
        self._harmony_rows, self._rhythm_rows = self._harmony_rows[n:], self._rhythm_rows[n:]
        rows = rows[1:] if self._rows < 0 else rows
        self._rows += n
        return rows
