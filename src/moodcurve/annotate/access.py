"""Who may open a study: the token of the person who runs it, and one token for each invited rater.

They are in ``raters/access.json``, which only its owner may read. The server notices when another process invites or
deletes raters.
"""

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moodcurve.annotate import StudyError
from moodcurve.datasets.raters.study_reader import STUDY_FOLDER
from moodcurve.util.lock import try_lock

ACCESS_FILE = "access.json"
_LOCK_FILE = ".access.lock"
_LOCK_S = 10.0
_TOKEN_BYTES = 18


class Access:
    """Tokens of a study; they are read again when the file changes.

    Parameters
    ----------
    folder : Path
        Folder of the study; ``raters`` is created in it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / STUDY_FOLDER / ACCESS_FILE
        self._state: tuple[int, int, int] | None = None
        self._owner = ""
        self._raters: dict[str, str] = {}
        self._deleted: list[str] = []
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        if not self._path.exists():
            with self._changing():
                pass

    @property
    def owner(self) -> str:
        """Token of the person who runs the study."""
        self._read()
        return self._owner

    @property
    def raters(self) -> dict[str, str]:
        """Token of each rater by name, in the order of the invitations."""
        self._read()
        return dict(self._raters)

    def invite(self, count: int) -> list[str]:
        """Add raters; return their names. Names of deleted raters are not given again."""
        with self._changing() as content:
            first = content["invited"] + 1
            content["invited"] += count
            names = [f"r{number:03d}" for number in range(first, first + count)]
            content["raters"] |= {name: secrets.token_urlsafe(_TOKEN_BYTES) for name in names}
        return names

    @property
    def deleted(self) -> set[str]:
        """Names of deleted raters."""
        self._read()
        return set(self._deleted)

    def remove(self, rater: str) -> None:
        """Remove a rater's token, if there is one."""
        with self._changing() as content:
            if content["raters"].pop(rater, None) is not None:
                content["deleted"].append(rater)

    def _read(self) -> None:
        try:
            status = self._path.stat()
            state = (status.st_ino, status.st_mtime_ns, status.st_size)
            if state != self._state:
                content = json.loads(self._path.read_bytes())
                self._owner, self._raters = str(content["owner"]), dict(content["raters"])
                self._deleted = list(content["deleted"])
                self._state = state
        except OSError as error:
            raise StudyError(f"{self._path}: cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError) as error:
            raise StudyError(f"{self._path}: damaged; expected what `moodcurve annotate` wrote") from error

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        """Yield the content of the file, which is written at the end, while no other process changes it."""
        with locked(self._path.with_name(_LOCK_FILE), wait_s=_LOCK_S):
            content = {"owner": secrets.token_urlsafe(_TOKEN_BYTES), "invited": 0, "raters": {}, "deleted": []}
            if self._path.exists():
                self._read()
                content = json.loads(self._path.read_bytes())
            yield content
            scratch = self._path.with_name(f".{ACCESS_FILE}.{os.getpid()}")
            with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(content, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(self._path)


def check_is_study(folder: Path) -> None:
    """Check that a study was started in a folder.

    Raises
    ------
    StudyError
        If not.
    """
    if not (folder / STUDY_FOLDER / ACCESS_FILE).is_file():
        raise StudyError(f"{folder}: no study was started here; expected {STUDY_FOLDER}/{ACCESS_FILE}")


@contextmanager
def locked(path: Path, *, wait_s: float = 0.0) -> Iterator[None]:
    """Return a context in which this process alone holds a lock file.

    Raises
    ------
    StudyError
        If another process holds it for longer than `wait_s`.
    """
    deadline = time.monotonic() + wait_s
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not try_lock(handle):
            if time.monotonic() >= deadline:
                raise StudyError(f"{path}: held by another `moodcurve annotate`")
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)
