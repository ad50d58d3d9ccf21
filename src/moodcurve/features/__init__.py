"""Audio to Features: 65 descriptors every 10 ms, their deltas, and means and spreads over 1 s twice a second."""

from moodcurve.features.table import COMPARE248, COMPARE260, FEATURE_SETS, Features, FeatureSet, feature_set

__all__ = ["COMPARE248", "COMPARE260", "FEATURE_SETS", "FeatureSet", "Features", "feature_set"]
