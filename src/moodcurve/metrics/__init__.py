"""Compute metrics of predicted against rated curves, per song and pooled, with bootstrap intervals over songs."""

from moodcurve.metrics.moments import CONSTANT
from moodcurve.metrics.regression import (
    METRICS,
    Scores,
    ccc,
    determination,
    pearson_r,
    r2,
    rmse,
    scores,
    weighted_scores,
)

__all__ = [
    "CONSTANT", "METRICS", "Scores", "ccc", "determination", "pearson_r", "r2", "rmse", "scores", "weighted_scores",
]  # fmt: skip
