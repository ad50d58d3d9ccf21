"""Define the grid of patches, which rows they stand for, and how mel powers become the network's input."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.tags.mel import HOP, WINDOW
from moodcurve.features.tags.resampling import RATE

FRAMES = 187
"""Frames of a patch: 2.99 s."""
GRID_FRAMES = 374
"""Frames from one patch to the next after the first `CLOSE_PATCHES`: every second patch. Moods of songs change slowly,
and the network takes most of the time."""
CLOSE_PATCHES = 10
"""Patches at the start that follow each other without a gap: 30 s. Clips, which have few patches, are heard whole."""
SAMPLES = (FRAMES - 1) * HOP + WINDOW
"""Samples at 16 kHz of a patch."""
REFERENCE_POWER = 0.25
"""Mean mel power to which each patch is scaled: the median of 640 patches of 32 songs as they were published (samples
with full scale 1)."""
LARGEST_GAIN = 1e8
"""Largest factor of the scaling (80 dB), so that silence stays silence. Noise of half a step of 16 bits needs less."""
_COMPRESSION = np.float32(1e4)
_LEAST_FRAMES = (FRAMES + 1) // 2


def frame_count(samples: int) -> int:
    """Return the number of frames of a recording of `samples` at 16 kHz; frame t is centered at sample 256 t."""
    return 1 + samples // HOP


def is_patch(frames: int, first: int) -> bool:
    """Return True if the frames from `first` to the last of a recording make a patch.

    At the end of a recording half of the frames are enough; at its beginning, any.
    """
    return first == 0 or frames - first >= _LEAST_FRAMES


def first_frame(patch: int, grid: int) -> int:
    """Return the first frame of a patch, if those after the first `CLOSE_PATCHES` are `grid` frames apart."""
    close = min(patch, CLOSE_PATCHES)
    return close * FRAMES + (patch - close) * grid


def patch_of_row(row: int, grid: int) -> int:
    """Return the patch of the window [0.5 row, 0.5 row + 1.0 s): the last that begins at its center or before.

    Frames are 256 / 16000 s apart.
    """
    frame = (row + 1) * (RATE // 2) // HOP
    close = CLOSE_PATCHES * FRAMES
    return frame // FRAMES if frame < close else CLOSE_PATCHES + (frame - close) // grid


def to_input(mel: Float32Array, reference: float | None) -> Float32Array:
    """Return log10(1 + 10⁴ mel) of a patch, after scaling it to a mean power.

    Parameters
    ----------
    mel : (n, 96) float32
        Mel powers of 1 to 187 frames; fewer than 187 are repeated.
    reference : float or None
        Mean power, usually `REFERENCE_POWER`; None for no scaling, as the network was trained.
    """
    patch = mel[np.arange(FRAMES) % len(mel)]
    if reference is not None:
        mean = float(patch.mean(dtype=np.float64))
        patch *= np.float32(min(reference / mean, LARGEST_GAIN) if mean > 0 else 1)
    out: Float32Array = np.log10(1 + _COMPRESSION * patch)
    return out
