"""The part of a file that a download has received, on the disk beside it, with what the server said of the file."""

import json
from pathlib import Path
from typing import Any

from moodcurve.util.files import write_text


class PartialFile:
    """The bytes of a file received so far, and what the server said of it.

    Parameters
    ----------
    url : str
    target : Path
        The file when it is complete; the part has its name with ``.part``, and the state with ``.part.json``.

    Attributes
    ----------
    path : Path
        The part.
    is_complete : bool
        Whether all bytes were received.
    """

    def __init__(self, url: str, target: Path) -> None:
        self.url = url
        self.path = target.with_name(target.name + ".part")
        self._state_path = target.with_name(target.name + ".part.json")
        self.is_complete = False
        self._state: dict[str, Any] = {}
        try:
            state = json.loads(self._state_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            state = {}
        if isinstance(state, dict) and state.get("url") == url and self.path.exists():
            self._state = state

    @property
    def size(self) -> int:
        """Number of bytes received."""
        return self.path.stat().st_size if self._state and self.path.exists() else 0

    @property
    def validator(self) -> str:
        """What shows that the file on the server is still the same; empty if the server gave nothing for it."""
        return str(self._state.get("validator", ""))

    def begin(self, validator: str) -> None:
        """Forget all bytes, and note what the server says of the file."""
        self.path.unlink(missing_ok=True)
        self._state = {"url": self.url, "validator": validator}
        write_text(self._state_path, json.dumps(self._state) + "\n")
        self.path.touch()

    def forget(self) -> None:
        """Remove everything."""
        self._state = {}
        self.path.unlink(missing_ok=True)
        self._state_path.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """Give the file its name."""
        self.path.replace(target)
        self._state_path.unlink(missing_ok=True)
