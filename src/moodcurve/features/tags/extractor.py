"""Compute the rows of the feature set ``tags1``: what the tag network predicts, twice a second."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.tags import mel, patches, resampling
from moodcurve.features.tags.names import TAGS1
from moodcurve.features.tags.network import TagNetwork
from moodcurve.features.tags.patches import GRID_FRAMES, REFERENCE_POWER

_DELAY = (11, 10)
"""A row is returned 1.1 s after its window began: no recording that long lacks it."""


class TagExtractor:
    """Embedding, tags and layers of a recording, from blocks of samples: one row every 0.5 s.

    The network reads patches of 2.99 s on a fixed grid; each row has the values of one patch (`patches.patch_of_row`).
    Rows do not depend on the lengths of the blocks, to the last bit. The last patch of a recording may be incomplete:
    its frames are repeated if it has at least half of them, else the rows have the values of the patch before. A
    recording shorter than a patch is repeated.

    Parameters
    ----------
    sr : int
        Sample rate of the samples in Hz, from 8000 to 384000.
    grid_frames : int
        Frames of 16 ms from one patch to the next after the first ten, which follow each other; 187 is every patch.
    reference : float or None
        Mean mel power to which each patch is scaled, so that the rows do not depend on the recording's level. None for
        no scaling.

    Raises
    ------
    ValueError
        If `sr` is not a whole number in this range, or `grid_frames` is not positive.

    Examples
    --------
    >>> extractor = TagExtractor(44100)
    >>> extractor.push(np.zeros(4 * 44100, np.float32)).shape
    (5, 442)
    >>> extractor.flush(7).shape
    (2, 442)
    """

    names = TAGS1
    _STATE = ("_wave", "_count", "_patch", "_rows", "_values")

    def __init__(self, sr: int, *, grid_frames: int = GRID_FRAMES, reference: float | None = REFERENCE_POWER) -> None:
        if grid_frames < 1:
            raise ValueError(f"grid_frames must be positive, got {grid_frames}")
        self._resampling = resampling.make_plan(sr)
        self.sr = int(sr)
        self._grid = grid_frames
        self._reference = reference
        self._mel = mel.make_plan()
        self._network = TagNetwork()
        plan = self._resampling
        inputs = -(-patches.SAMPLES * plan.down // plan.up) + plan.before + plan.after + 1
        self._wave = np.zeros(inputs, np.float32)  # inputs of the next patch, from its first on
        self._count = 0  # samples of the recording so far
        self._patch = 0  # the next patch
        self._rows = 0  # rows returned
        self._values: Float32Array = np.zeros(len(TAGS1), np.float32)  # of the last patch

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples of one channel, float32 (n,) with full scale [-1, 1]; return the complete rows (rows, 442)."""
        out = []
        while True:
            first, end = self._inputs()
            x = x[self._skip(len(x), first) :]
            used = min(len(x), end - self._count)
            self._wave[self._count - first : self._count - first + used] = x[:used]
            self._count += used
            x = x[used:]
            if self._count < end:
                break
            out.append(self._pop_rows(self._complete_rows()))
            self._hear(patches.FRAMES)
            self._advance(first)
        out.append(self._pop_rows(self._complete_rows()))
        return np.concatenate(out)

    def flush(self, rows: int) -> Float32Array:
        """Return the remaining rows, so that `rows` were returned in all; the extractor cannot be used afterwards."""
        out = []
        frames = patches.frame_count(self._resampling.outputs(self._count))
        while patches.is_patch(frames, patches.first_frame(self._patch, self._grid)):
            first, _ = self._inputs()
            self._wave[max(0, self._count - first) :] = 0
            out.append(self._pop_rows(rows))
            self._hear(min(patches.FRAMES, frames - patches.first_frame(self._patch, self._grid)))
            self._advance(first)
        out.append(np.repeat(self._values[None], rows - self._rows, axis=0))
        self._rows = rows
        return np.concatenate(out)

    def _inputs(self) -> tuple[int, int]:
        """Return the first input of the next patch, negative before the recording, and the one after its last."""
        first = self._first_output()
        plan = self._resampling
        return plan.first_input(first), plan.last_input(first + patches.SAMPLES - 1) + 1

    def _first_output(self) -> int:
        """Return the index at 16 kHz of the next patch's first sample."""
        return patches.first_frame(self._patch, self._grid) * mel.HOP - mel.WINDOW // 2

    def _skip(self, samples: int, first: int) -> int:
        """Leave out samples between two patches; return how many."""
        skipped = min(samples, max(0, first - self._count))
        self._count += skipped
        return skipped

    def _complete_rows(self) -> int:
        """Return the number of rows whose windows certainly lie within the recording."""
        tenths, whole = _DELAY
        return max(0, (2 * whole * self._count - 2 * tenths * self.sr) // (whole * self.sr) + 1)

    def _pop_rows(self, limit: int) -> Float32Array:
        """Return the next rows of the last patch, up to row `limit`; none before the first patch."""
        count = 0
        while self._rows + count < limit and patches.patch_of_row(self._rows + count, self._grid) < self._patch:
            count += 1
        self._rows += count
        return np.repeat(self._values[None], count, axis=0)

    def _hear(self, frames: int) -> None:
        """Run the network on the next patch, given its number of frames."""
        first = self._first_output()
        # a multiple of sixteen frames, and zeros outside the recording
        wave = np.zeros(patches.SAMPLES + (-patches.FRAMES % 16) * mel.HOP, np.float32)
        start, _ = self._inputs()
        resampling.resample(self._wave, start, first, self._resampling, wave[: patches.SAMPLES])
        wave[: max(0, -first)] = 0
        wave[max(0, self._resampling.outputs(self._count) - first) :] = 0
        power = np.empty((frames, mel.BANDS), np.float32)
        mel.mel_power(wave, self._mel, power)
        self._values = self._network.run(patches.to_input(power, self._reference))

    def _advance(self, first: int) -> None:
        """Go to the next patch, and keep the samples that it shares with this one, which began at input `first`."""
        self._patch += 1
        shift = self._inputs()[0] - first
        kept = max(0, len(self._wave) - shift)
        self._wave[:kept] = self._wave[len(self._wave) - kept :]
