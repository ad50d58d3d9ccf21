"""Compare two models on the same annotated songs: paired differences, per song and by genre, and a picture."""

from moodcurve.comparison.compare import ComparisonError, ModelComparison, compare

__all__ = ["ComparisonError", "ModelComparison", "compare"]
