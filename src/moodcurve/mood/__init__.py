"""Name points on the plane of arousal and valence: quadrants, mood words and mood classes; and the tags of songs."""

from moodcurve.mood.circumplex import (
    QUADRANTS,
    Summary,
    describe,
    distance,
    intensity,
    mood_words,
    quadrant,
    summarize,
)
from moodcurve.mood.classes import MOODS, classes, probabilities

__all__ = [
    "MOODS", "QUADRANTS", "Summary", "classes", "describe", "distance", "intensity", "mood_words", "probabilities",
    "quadrant", "summarize",
]  # fmt: skip
