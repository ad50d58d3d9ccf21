"""Evaluate a model on annotated songs: against ratings, quadrants, comparisons and emotion words."""

from moodcurve.evaluation.apply import apply_model
from moodcurve.evaluation.ratings import (
    EVALUATION_METRICS,
    INTERVAL_METRICS,
    SongPrediction,
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
    "EVALUATION_METRICS",
    "INTERVAL_METRICS",
    "SongPrediction",
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
