"""Find the silent rows of a recording, which take no part in a song's mean and in what follows from it.

The level of a row is that of its window, in dB below full scale:

    level = 10 log10 (amean² + stddev²) of ``pcm_RMSenergy_sma``,

since the mean of squares is the squared mean plus the variance. The gated level of a recording follows EBU R128
(ITU-R BS.1770), on levels without frequency weighting: the mean power of the rows from -70 dB on, without those more
than 10 dB below that mean. A row is silent if it lies more than 50 dB below the gated level, or below -90 dB. In 42
pieces of music, the quietest rows were 41 dB below the gated level.
"""

import numpy as np

from moodcurve._typing import BoolArray, FloatArray, IntArray
from moodcurve.features import Features

BELOW_GATED_DB = 50
"""A row is silent if it lies more than this below the gated level of its recording."""
LOWEST_DB = -90
"""A row below this level is silent in any recording: about the smallest 16-bit step."""
GATE_DB = -70
"""Absolute gate of EBU R128."""
RELATIVE_GATE_DB = -10
"""Relative gate of EBU R128."""
RMS_MEAN, RMS_STD = "pcm_RMSenergy_sma_amean", "pcm_RMSenergy_sma_stddev"
"""Columns that levels are computed from."""


def row_powers(features: Features) -> FloatArray:
    """Return the mean power of each row (rows,), 1 at full scale; all 1 for features without the columns of RMS energy.

    Without them no row counts as silent.
    """
    names = features.feature_set.names
    if RMS_MEAN not in names or RMS_STD not in names:
        return np.ones(len(features.values))
    columns = features.values[:, [names.index(RMS_MEAN), names.index(RMS_STD)]].astype(np.float64)
    powers: FloatArray = (columns**2).sum(axis=1)
    return powers


def levels_db(powers: FloatArray) -> IntArray:
    """Return the levels of rows in whole decibels, rounded down; at least one below `LOWEST_DB`."""
    floor = 10.0 ** ((LOWEST_DB - 1) / 10)
    levels: IntArray = np.floor(10 * np.log10(np.maximum(powers, floor))).astype(np.int64)
    return levels


def gated_power(powers: FloatArray) -> float:
    """Return the gated power of a recording, 1 at full scale; 0 if no row reaches `GATE_DB`."""
    loud = powers[powers >= 10 ** (GATE_DB / 10)]
    if not len(loud):
        return 0.0
    return float(loud[loud >= 10 ** (RELATIVE_GATE_DB / 10) * loud.mean()].mean())


def silence_threshold_db(powers: FloatArray) -> int:
    """Return the level below which the rows of a recording are silent, in whole decibels, rounded down."""
    power = gated_power(powers)
    if power == 0:
        return LOWEST_DB
    return max(LOWEST_DB, int(np.floor(10 * np.log10(power))) - BELOW_GATED_DB)


def silent_rows(powers: FloatArray) -> BoolArray:
    """Return which rows of a recording are silent (rows,), from the power of all of them.

    Examples
    --------
    >>> silent_rows(np.array([1e-2, 2e-2, 1e-8, 0.0]))
    array([False, False,  True,  True])
    """
    return levels_db(powers) < silence_threshold_db(powers)


class SoundingMean:
    """Mean of each feature over the rows of a recording that are not silent, from parts as they arrive.

    Sums are kept apart by level, since which rows are silent is known only at the end.

    Parameters
    ----------
    columns : int
        Number of features.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._sums: dict[int, FloatArray] = {}
        self._powers: list[FloatArray] = [np.empty(0)]

    def add(self, features: Features) -> None:
        """Add rows, any number of them."""
        powers = row_powers(features)
        self._powers.append(powers)
        levels = levels_db(powers)
        for level in np.unique(levels).tolist():
            rows = features.values[levels == level].sum(axis=0, dtype=np.float64)
            self._sums[level] = self._sums.get(level, 0.0) + rows

    def mean(self) -> FloatArray:
        """Return the mean so far, in double precision (columns,); of all rows if all are silent. NaN without rows."""
        powers = np.concatenate(self._powers)
        silent, threshold = silent_rows(powers), silence_threshold_db(powers)
        if silent.all():
            silent, threshold = np.zeros_like(silent), LOWEST_DB - 1
        total = np.zeros(self._columns)
        for level in sorted(self._sums):
            if level >= threshold:
                total += self._sums[level]
        mean: FloatArray = total / np.count_nonzero(~silent) if len(silent) else np.full(self._columns, np.nan)
        return mean


def silence_warning() -> str:
    """Return the warning for a recording whose rows are all silent."""
    return f"silent: no second of it reaches {LOWEST_DB} dB; its values mean nothing"
