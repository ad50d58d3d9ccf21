"""Check for the packages of optional extras."""

import importlib.util

from moodcurve.errors import MoodcurveError


def install_hint(extra: str) -> str:
    """Return how to install an extra: moodcurve is not on a package index.

    >>> install_hint("web")
    "in moodcurve's checkout, run: pip install -c constraints.txt '.[web]'"
    """
    return f"in moodcurve's checkout, run: pip install -c constraints.txt '.[{extra}]'"


def require(*names: str, what: str, extra: str, error: type[MoodcurveError]) -> None:
    """Check that packages can be imported, without importing them.

    Raises
    ------
    error
        If any is missing; the message names them, `what` needs them, and how to install `extra`.
    """
    missing = [name for name in names if not _found(name)]
    if missing:
        raise error(f"{what} needs {', '.join(missing)}: {install_hint(extra)}")


def _found(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
