"""Evaluate a model on annotated songs: against ratings, quadrants, comparisons and emotion words."""

from moodcurve.evaluation.ratings import (
    INTERVAL_METRICS,
    METRICS,
    Prediction,
    describe_predictions,
    evaluate,
    evaluate_file,
    evaluate_intervals,
    evaluate_predictions,
    predict_songs,
    training_ids,
)

__all__ = [
    "INTERVAL_METRICS",
    "METRICS",
    "Prediction",
    "describe_predictions",
    "evaluate",
    "evaluate_file",
    "evaluate_intervals",
    "evaluate_predictions",
    "predict_songs",
    "training_ids",
]
