"""The smoothed descriptors and their deltas as they become known, to the end of the file.

Finished rows pile up in ``smoothed`` and ``deltas``; whoever takes them cuts them off.
"""

import numpy as np

from moodcurve.features import smoothing
from moodcurve.features.framing import F32


class Linear:
    """Smoothing and deltas of descriptors that are defined in every frame."""

    MEMORY = ("mean", "delta", "smoothed", "deltas", "count")

    def __init__(self, columns: int) -> None:
        self.mean = smoothing.Sliding(smoothing.mean3, reach=1, columns=columns)
        self.delta = smoothing.Sliding(smoothing.delta, reach=2, columns=columns)
        self.smoothed: F32 = np.empty((0, columns), np.float32)
        self.deltas: F32 = np.empty((0, columns), np.float32)
        self.count = 0

    def push(self, rows: F32) -> None:
        """Take in rows, one for each frame."""
        self._add(self.mean.push(rows))

    def finish(self, rows: F32, most: int) -> None:
        """Take in the last rows; the deltas see no more than so many smoothed rows of the recording."""
        smoothed = np.concatenate([self.mean.push(rows), self.mean.flush()])
        self._add(smoothed[: most - self.count])
        self.deltas = np.concatenate([self.deltas, self.delta.flush()])

    def _add(self, smoothed: F32) -> None:
        self.count += len(smoothed)
        self.smoothed = np.concatenate([self.smoothed, smoothed])
        self.deltas = np.concatenate([self.deltas, self.delta.push(smoothed)])


class Nonzero:
    """Smoothing and deltas of F0, voicing, jitter, DDP jitter, shimmer and logHNR, where 0 means undefined."""

    MEMORY = ("divisor", "pitch", "voice", "delta", "smoothed", "deltas")

    def __init__(self, *, deltas: bool) -> None:
        self.divisor = np.full(1, 10, np.float32)
        self.pitch = smoothing.Sliding(smoothing.mean3_nonzero, reach=1, columns=2)
        self.voice = smoothing.Sliding(smoothing.mean3_nonzero, reach=1, columns=4)
        self.delta = smoothing.Sliding(self._delta, reach=2, columns=6)
        self.wants_deltas = deltas
        self.smoothed: F32 = np.empty((0, 6), np.float32)
        self.deltas: F32 = np.empty((0, 6), np.float32)

    def _delta(self, x: F32) -> F32:
        if not self.wants_deltas:
            return np.zeros((len(x) - 4, 6), np.float32)
        return smoothing.delta_nonzero(x, self.divisor)

    def push(self, pitch: F32, voice: F32) -> None:
        """Take in frames whose F0 is decided: F0 and voicing (n, 2), and the four others (n, 4)."""
        self._add(self.pitch.push(pitch), self.voice.push(voice))

    def finish(self, pitch: F32, voice: F32) -> None:
        """Take in the frames that were decided only because the recording ended, and finish.

        The reference does not wait for them everywhere. With K frames decided before and n in all, rows K - 1
        and K of jitter, shimmer and HNR are smoothed as if frame K - 1 went on for ever. Of the deltas, those of
        rows K - 1 to K + 2 are taken as if smoothed row K went on for ever, and that of row K + 3 as if row n - 1
        did.
        """
        if len(pitch) == 0 or len(self.voice.held) < 2:
            self.push(pitch, voice)
            self._add(self.pitch.flush(), self.voice.flush())
            self.deltas = np.concatenate([self.deltas, self.delta.flush()])
            return
        late = smoothing.mean3_nonzero(_lengthened(voice, 2))
        smoothed = np.concatenate(  # rows K - 1 to n
            [
                np.concatenate([self.pitch.push(pitch), self.pitch.flush()]),
                np.concatenate([self.voice.flush(), late]),
            ],
            axis=1,
        )
        self.smoothed = np.concatenate([self.smoothed, smoothed])
        deltas = [self.deltas, self.delta.push(smoothed[:2]), self.delta.flush()]
        if len(pitch) > 2:
            deltas.append(self._delta(_lengthened(smoothed[2:-1], 4)[:5]))
        if len(pitch) > 3:
            deltas.append(self._delta(_lengthened(smoothed[3:], 2)))
        self.deltas = np.concatenate(deltas)

    def _add(self, pitch: F32, voice: F32) -> None:
        smoothed = np.concatenate([pitch, voice], axis=1)
        self.smoothed = np.concatenate([self.smoothed, smoothed])
        self.deltas = np.concatenate([self.deltas, self.delta.push(smoothed)])


def _lengthened(rows: F32, count: int) -> F32:
    """Repeat the last row so many times more."""
    return np.concatenate([rows, np.repeat(rows[-1:], count, axis=0)])
