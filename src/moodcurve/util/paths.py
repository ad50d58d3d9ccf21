"""Locate the user's cache folder, default library file and models."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs

from moodcurve.errors import MoodcurveError

_APP = "moodcurve"


def cache_dir() -> Path:
    """Return the cache folder; its content may be deleted at any time.

    ``$MOODCURVE_CACHE``, else the folder of a version before 0.1.0 if it exists (``$XDG_CACHE_HOME/moodcurve`` or
    ``~/.cache/moodcurve`` on every system), else the system's usual one as `platformdirs` knows it.

    Raises
    ------
    MoodcurveError
        If no variable is set and the user has no home folder.
    """
    if given := os.environ.get("MOODCURVE_CACHE"):
        return Path(given)
    earlier = _base("XDG_CACHE_HOME", ".cache") / _APP
    return earlier if earlier.is_dir() else _user_path(platformdirs.user_cache_path)


def private_cache_dir() -> Path:
    """Return the cache folder in the user's home, whatever the environment's variables name.

    Raises
    ------
    MoodcurveError
        If the user has no home folder.
    """
    return _home() / ".cache" / _APP


def default_library() -> Path:
    r"""Return the default library file.

    ``$MOODCURVE_LIBRARY``, else the file of a version before 0.1.0 if it exists, else ``library.sqlite`` in the
    system's usual folder for data: ``~/.local/share/moodcurve`` on Linux, ``~/Library/Application Support/moodcurve``
    on macOS, ``%LOCALAPPDATA%\moodcurve`` on Windows.

    Raises
    ------
    MoodcurveError
        If no variable is set and the user has no home folder.
    """
    if given := os.environ.get("MOODCURVE_LIBRARY"):
        return Path(given)
    earlier = _base("XDG_DATA_HOME", ".local/share") / _APP / "library.sqlite"
    return earlier if earlier.is_file() else _user_path(platformdirs.user_data_path) / "library.sqlite"


def models_dir() -> Path:
    """Return the folder of the user's own models, which are used by name.

    ``$MOODCURVE_MODELS``, else ``models`` in the system's usual folder for data, see `default_library`.

    Raises
    ------
    MoodcurveError
        If the variable is not set and the user has no home folder.
    """
    if given := os.environ.get("MOODCURVE_MODELS"):
        return Path(given)
    return _user_path(platformdirs.user_data_path) / "models"


def state_dir() -> Path:
    """Return the folder for what this user did on this machine, ``~/.local/state/moodcurve`` on Linux.

    Raises
    ------
    MoodcurveError
        If the user has no home folder.
    """
    return _user_path(platformdirs.user_state_path)


def _base(variable: str, below_home: str) -> Path:
    """Return the folder of an XDG variable, or its default below the home folder."""
    if given := os.environ.get(variable):
        return Path(given)
    return _home() / below_home


def _user_path(find: Callable[..., Path]) -> Path:
    if sys.platform != "win32":  # on Windows the system names the folder
        _home()
    return find(_APP, appauthor=False)


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise MoodcurveError(
            "no home folder for moodcurve's files; set MOODCURVE_CACHE to a folder and MOODCURVE_LIBRARY to a file"
        ) from error
