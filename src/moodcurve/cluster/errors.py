"""Define the errors of catalogues, stores and clusters."""

from moodcurve.errors import MoodcurveError


class ClusterError(MoodcurveError):
    """A manifest, a store or a cluster cannot be used; the message names it and a remedy."""


class StoreError(OSError):
    """A store does not give or take a file; the message says why, without its name."""
