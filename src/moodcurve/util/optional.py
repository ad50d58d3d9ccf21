"""Check for optional dependencies."""

import importlib.util

from moodcurve.errors import MoodcurveError


def require(*names: str, what: str, extra: str, error: type[MoodcurveError]) -> None:
    """Raise an error if a package of an extra is missing; packages are not imported.

    Parameters
    ----------
    *names : str
        Packages that must be installed.
    what : str
        What needs them, the start of the message.
    extra : str
        The extra of moodcurve that installs them.
    error : type of MoodcurveError
        The error to raise.

    Raises
    ------
    error
        If one of the packages is missing.
    """
    for name in names:
        try:
            found = importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:
            found = False
        if not found:
            raise error(f"{what} needs {name}: install it with pip install 'moodcurve[{extra}]'")
