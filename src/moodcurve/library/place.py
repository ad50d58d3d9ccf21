"""Where the library is that no option names."""

import os
import sys
from pathlib import Path

from moodcurve.library.refusals import LibraryError


def default_library() -> Path:
    """Give the file that is the library where none is named.

    ``$MOODCURVE_LIBRARY``, else ``moodcurve/library.sqlite`` in ``$XDG_DATA_HOME``, ``%LOCALAPPDATA%`` on Windows,
    ``~/Library/Application Support`` on macOS, ``~/.local/share`` elsewhere.

    Raises
    ------
    LibraryError
        If the user has no home folder.
    """
    if own := os.environ.get("MOODCURVE_LIBRARY"):
        return Path(own)
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME")
    if not base:
        try:
            home = Path.home()
        except RuntimeError as error:
            raise LibraryError("no home folder to keep a library in; name a file with --library FILE") from error
        base = str(home / ("Library/Application Support" if sys.platform == "darwin" else ".local/share"))
    return Path(base) / "moodcurve" / "library.sqlite"
