"""Compare two models on the same annotated songs: paired differences, per song and by genre, and a picture."""

from moodcurve.comparison.compare import Comparison, ComparisonError, compare

__all__ = ["Comparison", "ComparisonError", "compare"]
