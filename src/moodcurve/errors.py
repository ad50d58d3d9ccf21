"""The one kind of error that a user can cause and mend: its message is a line that names the input."""


class MoodcurveError(ValueError):
    """Some input cannot be used; the message names it, says what is wrong and what would be accepted.

    Each module that meets a user's input derives its own (AudioError, DatasetError, ModelError), so that the
    command line can turn exactly these into messages and let every other error show itself as a defect.
    """


def one_line(text: str) -> str:
    r"""Give text as one line that any terminal can show: control characters and broken file names escaped.

    Examples
    --------
    >>> print(one_line("two" + chr(10) + "lines.mp3"))
    two\nlines.mp3
    """
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in whole)
