"""The one kind of error that a user can cause and mend: its message is a line that names the input."""


class MoodcurveError(ValueError):
    """Some input cannot be used; the message names it, says what is wrong and what would be accepted.

    Each module that meets a user's input derives its own (AudioError, DatasetError, ModelError), so that the
    command line can turn exactly these into messages and let every other error show itself as a defect.
    """
