"""Packages of extras, asked for at the door of the room that needs them."""

import importlib.util

from moodcurve.errors import MoodcurveError


def require(*names: str, what: str, extra: str, error: type[MoodcurveError]) -> None:
    """Refuse to go on without packages, which are looked for and not imported.

    Raises
    ------
    error
        If one is missing: `what` needs it, and `extra` brings it.
    """
    for name in names:
        try:
            found = importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:
            found = False
        if not found:
            raise error(f"{what} needs {name}: install it with pip install 'moodcurve[{extra}]'")
