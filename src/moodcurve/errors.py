"""Define the base class of errors about input that a user can correct."""


class MoodcurveError(ValueError):
    """Some input cannot be used; the one-line message names it, the problem, and what is accepted.

    Modules that read input derive their own (AudioError, DatasetError, ModelError). The command line shows exactly
    these as messages; any other exception is a bug.
    """
