"""Check for optional dependencies."""

import importlib.util

from moodcurve.errors import MoodcurveError


def install_hint(extra: str) -> str:
    """Return how to install an extra: moodcurve is not on a package index.

    >>> install_hint("web")
    "in moodcurve's checkout, run: pip install -c constraints.txt '.[web]'"
    """
    return f"in moodcurve's checkout, run: pip install -c constraints.txt '.[{extra}]'"


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
    missing = [name for name in names if not _found(name)]
    if missing:
        raise error(f"{what} needs {', '.join(missing)}: {install_hint(extra)}")


def _found(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
