"""Average what the tag network predicts over the rows of a recording that are not silent.

A model whose feature set has the network's fifty tags as columns (`moodcurve.features.tags.names.TAGS`) states them for
the song as well. Each row is the network's answer for one patch of three seconds.
"""

from collections.abc import Mapping

import numpy as np

from moodcurve._typing import Float32Array, FloatArray, IntArray
from moodcurve.features import FeatureSet
from moodcurve.features.tags.names import TAG_PREFIX, TAGS


class TagMean:
    """Mean strength of each tag over the rows of one recording, from parts as they arrive.

    Sums are kept by level, since which rows are silent is known only at the end: the memory does not grow.

    Parameters
    ----------
    feature_set : FeatureSet
        One for which `has_tags` is true.
    """

    def __init__(self, feature_set: FeatureSet) -> None:
        place = {name: i for i, name in enumerate(feature_set.names)}
        self._columns = [place[TAG_PREFIX + tag] for tag in TAGS]
        self._sums: dict[int, FloatArray] = {}
        self._counts: dict[int, int] = {}

    def add(self, values: Float32Array, levels: IntArray) -> None:
        """Add rows (n, columns of the feature set) with their levels in whole decibels (n,)."""
        tags = values[:, self._columns].astype(np.float64)
        for level in np.unique(levels).tolist():
            of_level = levels == level
            self._sums[level] = self._sums.get(level, 0.0) + tags[of_level].sum(axis=0)
            self._counts[level] = self._counts.get(level, 0) + int(of_level.sum())

    def mean(self, threshold_db: float) -> Mapping[str, float] | None:
        """Return the mean so far, in the network's order, of the rows from a level on; of all rows if all are below it.

        None without rows. Strengths are limited to [0, 1].
        """
        if not self._counts:
            return None
        levels = [level for level in sorted(self._sums) if level >= threshold_db] or sorted(self._sums)
        total = np.sum([self._sums[level] for level in levels], axis=0)
        mean = np.clip(total / sum(self._counts[level] for level in levels), 0, 1)
        return dict(zip(TAGS, mean.tolist(), strict=True))


def has_tags(feature_set: FeatureSet) -> bool:
    """Return True if a feature set has the network's tags among its columns."""
    return {TAG_PREFIX + tag for tag in TAGS} <= set(feature_set.names)
