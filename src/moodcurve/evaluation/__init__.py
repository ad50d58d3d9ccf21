"""Evaluate a model on annotated songs: against ratings, quadrants, comparisons and emotion words."""

from moodcurve.evaluation.apply import apply_model
from moodcurve.evaluation.ratings import (
    INTERVAL_METRICS,
    METRICS,
    Prediction,
    count_training_songs,
    describe_predictions,
    evaluate,
    evaluate_intervals,
    evaluate_predictions,
    known_ids,
    predict_songs,
    training_ids,
    training_sets,
)

__all__ = [
    "INTERVAL_METRICS",
    "METRICS",
    "Prediction",
    "apply_model",
    "count_training_songs",
    "describe_predictions",
    "evaluate",
    "evaluate_intervals",
    "evaluate_predictions",
    "known_ids",
    "predict_songs",
    "training_ids",
    "training_sets",
]
