"""Compute the columns of compare260 and its subsets: window statistics of the ComParE descriptors."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.feature_sets import VOICE_NAMES, VOICE_QUALITY_NAMES, window_columns
from moodcurve.features.low_level import Descriptors, Profile, Voiced
from moodcurve.features.windows import WindowStatistics


class CompareExtractor:
    """Window means and standard deviations of the ComParE descriptors, from blocks of samples as they arrive.

    Parameters
    ----------
    sr : int
        Sample rate of the samples in Hz, from 8000 to 384000.
    names : tuple of str
        Columns of `moodcurve.features.COMPARE260`, in any order. Descriptors that no column needs are not computed.
    profile : {"2016", "is13"}
        Which periods count for jitter and shimmer; see `Descriptors`.

    Attributes
    ----------
    names : tuple of str
        As passed.

    Raises
    ------
    ValueError
        If `sr` or `profile` is invalid.
    """

    _STATE = ("_descriptors", "_windows", "_count")

    def __init__(self, sr: int, names: tuple[str, ...], *, profile: Profile = "2016") -> None:
        self.names = names
        self._descriptors = Descriptors(sr, profile=profile, voiced=_voiced(names))
        self._windows = WindowStatistics(len(self._descriptors.names))
        indices = {name: i for i, name in enumerate(window_columns(self._descriptors.names))}
        self._columns = np.array([indices[name] for name in names])
        self._count = 0  # rows returned

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples (n,); return the rows (n, columns) that are complete."""
        return self._rows(self._descriptors.push(x))

    def flush(self, rows: int) -> Float32Array:
        """Return the remaining rows, so that there are `rows` in total; the object cannot be used afterwards."""
        rest = rows - self._count
        return self._rows(self._descriptors.flush())[:rest]

    def _rows(self, descriptors: Float32Array) -> Float32Array:
        values = self._windows.push(descriptors)[:, self._columns]
        self._count += len(values)
        return values


def _voiced(names: tuple[str, ...]) -> Voiced:
    """Return the voice descriptors that the columns need."""
    if not any(name.startswith(VOICE_NAMES) for name in names):
        return "none"
    if any(name.startswith(VOICE_NAMES) and "_sma_de" in name for name in names):
        return "all"
    return "smoothed" if any(name.startswith(VOICE_QUALITY_NAMES) for name in names) else "pitch"
