"""The smoothed descriptors and their deltas as they become known, to the end of the file.

Finished rows pile up in ``smoothed`` and ``deltas``; whoever takes them cuts them off.
"""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features import smoothing


class SmoothedDeltas:
    """Smoothing and deltas of descriptors that are defined in every frame."""

    _STATE = ("_mean", "_delta", "smoothed", "deltas", "_count")

    def __init__(self, columns: int) -> None:
        self._mean = smoothing.SlidingFilter(smoothing.mean3, reach=1, columns=columns)
        self._delta = smoothing.SlidingFilter(smoothing.delta, reach=2, columns=columns)
        self.smoothed: Float32Array = np.empty((0, columns), np.float32)
        self.deltas: Float32Array = np.empty((0, columns), np.float32)
        self._count = 0

    def push(self, rows: Float32Array) -> None:
        """Take in rows, one for each frame."""
        self._add(self._mean.push(rows))

    def finish(self, rows: Float32Array, most: int) -> None:
        """Take in the last rows; the deltas see no more than so many smoothed rows of the recording."""
        smoothed = np.concatenate([self._mean.push(rows), self._mean.flush()])
        self._add(smoothed[: most - self._count])
        self.deltas = np.concatenate([self.deltas, self._delta.flush()])

    def _add(self, smoothed: Float32Array) -> None:
        self._count += len(smoothed)
        self.smoothed = np.concatenate([self.smoothed, smoothed])
        self.deltas = np.concatenate([self.deltas, self._delta.push(smoothed)])


class NonzeroSmoothedDeltas:
    """Smoothing and deltas of F0, voicing, jitter, DDP jitter, shimmer and logHNR, where 0 means undefined."""

    _STATE = ("_divisor", "_pitch", "_voice", "_delta", "smoothed", "deltas")

    def __init__(self, *, deltas: bool) -> None:
        self._divisor = np.full(1, 10, np.float32)
        self._pitch = smoothing.SlidingFilter(smoothing.mean3_nonzero, reach=1, columns=2)
        self._voice = smoothing.SlidingFilter(smoothing.mean3_nonzero, reach=1, columns=4)
        self._delta = smoothing.SlidingFilter(self._compute_deltas, reach=2, columns=6)
        self._with_deltas = deltas
        self.smoothed: Float32Array = np.empty((0, 6), np.float32)
        self.deltas: Float32Array = np.empty((0, 6), np.float32)

    def _compute_deltas(self, x: Float32Array) -> Float32Array:
        if not self._with_deltas:
            return np.zeros((len(x) - 4, 6), np.float32)
        return smoothing.delta_nonzero(x, self._divisor)

    def push(self, pitch: Float32Array, voice: Float32Array) -> None:
        """Take in frames whose F0 is decided: F0 and voicing (n, 2), and the four others (n, 4)."""
        self._add(self._pitch.push(pitch), self._voice.push(voice))

    def finish(self, pitch: Float32Array, voice: Float32Array) -> None:
        """Take in the frames that were decided only because the recording ended, and finish.

        The reference does not wait for them everywhere. With K frames decided before and n in all, rows K - 1
        and K of jitter, shimmer and HNR are smoothed as if frame K - 1 went on for ever. Of the deltas, those of
        rows K - 1 to K + 2 are taken as if smoothed row K went on for ever, and that of row K + 3 as if row n - 1
        did.
        """
        if len(pitch) == 0 or len(self._voice.buffer) < 2:
            self.push(pitch, voice)
            self._add(self._pitch.flush(), self._voice.flush())
            self.deltas = np.concatenate([self.deltas, self._delta.flush()])
            return
        late = smoothing.mean3_nonzero(_repeat_last(voice, 2))
        smoothed = np.concatenate(  # rows K - 1 to n
            [
                np.concatenate([self._pitch.push(pitch), self._pitch.flush()]),
                np.concatenate([self._voice.flush(), late]),
            ],
            axis=1,
        )
        self.smoothed = np.concatenate([self.smoothed, smoothed])
        deltas = [self.deltas, self._delta.push(smoothed[:2]), self._delta.flush()]
        if len(pitch) > 2:
            deltas.append(self._compute_deltas(_repeat_last(smoothed[2:-1], 4)[:5]))
        if len(pitch) > 3:
            deltas.append(self._compute_deltas(_repeat_last(smoothed[3:], 2)))
        self.deltas = np.concatenate(deltas)

    def _add(self, pitch: Float32Array, voice: Float32Array) -> None:
        smoothed = np.concatenate([pitch, voice], axis=1)
        self.smoothed = np.concatenate([self.smoothed, smoothed])
        self.deltas = np.concatenate([self.deltas, self._delta.push(smoothed)])


def _repeat_last(rows: Float32Array, count: int) -> Float32Array:
    """Repeat the last row so many times more."""
    return np.concatenate([rows, np.repeat(rows[-1:], count, axis=0)])
