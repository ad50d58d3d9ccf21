"""The door of the extractor: what an array may be to count as samples of one channel."""

import numpy as np
import numpy.typing as npt

from moodcurve.features.frames import F32


def one_channel(x: npt.ArrayLike) -> F32:
    """Give samples (n,) as contiguous single precision; what is single precision already is not copied.

    A double too large for single precision lies beyond full scale and is clipped like any other; NaN and
    infinities stay as they are.

    Raises
    ------
    ValueError
        If x has no or several dimensions, or holds no floats: integers have a full scale of their own, which
        only their source knows.
    """
    samples = np.asarray(x)
    if samples.ndim != 1:
        raise ValueError(f"x must be one channel of samples, got an array of shape {samples.shape}")
    if samples.dtype.kind != "f":
        raise ValueError(
            f"x must hold floats with full scale [-1, 1], got {samples.dtype}; divide integers of 16 bits by 32768"
        )
    if samples.dtype.itemsize > 4:
        samples = np.where(np.isfinite(samples), np.clip(samples, -1, 1), samples)
    with np.errstate(under="ignore"):  # a double too small for single precision is 0, whatever NumPy is set to
        return np.ascontiguousarray(samples, np.float32)
