"""Which folders this user scanned into which library.

The list is kept in the user's own folder, not in the library: a library from elsewhere could name any folder, and its
songs are served as files of this machine.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from moodcurve.errors import MoodcurveError
from moodcurve.library.scanning.walk import is_below
from moodcurve.util.files import AnyPath, write_text
from moodcurve.util.paths import state_dir

_NAME = "scanned-folders.json"


def remember_roots(library: AnyPath, roots: Iterable[str]) -> None:
    """Add folders and files, by their real paths, to those scanned into a library.

    If the list cannot be written, which is not worth a scan, their songs are not served.
    """
    known = scanned_roots(library)
    fresh = [root for root in roots if not any(is_below(root, other) for other in known)]
    if not fresh:
        return
    kept = [root for root in known if not any(is_below(root, other) for other in fresh)]
    with suppress(MoodcurveError, OSError):
        write_text(
            _path(), json.dumps({**_read(), os.path.realpath(library): sorted({*kept, *fresh})}, indent=1) + "\n"
        )


def scanned_roots(library: AnyPath) -> list[str]:
    """Return the real paths of the folders and files that this user scanned into a library; empty if none are known."""
    found = _read().get(os.path.realpath(library), [])
    return [root for root in found if isinstance(root, str)] if isinstance(found, list) else []


def _path() -> Path:
    return state_dir() / _NAME


def _read() -> dict[str, object]:
    with suppress(MoodcurveError, OSError, ValueError, RecursionError):
        found = json.loads(_path().read_text("utf-8"))
        if isinstance(found, dict):
            return found
    return {}
