"""Rating studies in the browser: raters hear songs and rate arousal and valence as they listen."""

from moodcurve.errors import MoodcurveError


class StudyError(MoodcurveError):
    """A study's folder or file cannot be used; the message says what is wrong and what was expected."""
