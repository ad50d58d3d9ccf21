"""Metrics of predicted curves against rated ones, per song and pooled, with bootstrap intervals over songs."""

from moodcurve.metrics.regression import (
    CONSTANT,
    STATISTICS,
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
    "CONSTANT", "STATISTICS", "Scores", "ccc", "determination", "pearson_r", "r2", "rmse", "scores", "weighted_scores",
]  # fmt: skip
