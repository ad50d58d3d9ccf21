"""The folder of a scan's results, on this machine or in an object store: a file appears in it whole or not at all."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from moodcurve.cluster.errors import ClusterError, StoreError
from moodcurve.cluster.fetch import TABLE_LIMITS, fetch
from moodcurve.cluster.retries import answer, ask, is_missing
from moodcurve.util.text import one_line, text_path
from moodcurve.util.urls import OBJECT_STORES, file_system, scheme_of

_UPLOAD_S = 600.0
"""Seconds for writing a shard, which has about twenty megabytes."""
_LISTING_S = 3600.0


class Store(Protocol):
    """A folder of files that are written once, whole or not at all."""

    def names(self) -> Iterator[str]:
        """Yield the names of its files."""

    def holds(self, name: str) -> bool:
        """Return True if it holds a file."""

    def put(self, source: Path, name: str) -> None:
        """Copy a file into it; of several writers of one name, the last one's file stays, whole."""

    def get(self, name: str, target: Path) -> None:
        """Copy a file out of it."""

    def remove(self, name: str) -> None:
        """Remove a file."""


def open_store(url: str) -> Store:
    """Return the store at a path or URL.

    Raises
    ------
    ClusterError
        If nothing can be written there.
    """
    scheme = scheme_of(url)
    if scheme is None:
        return LocalStore(Path(text_path(url)))
    if scheme not in OBJECT_STORES:
        raise ClusterError(f"{one_line(url)}: nothing can be written there; use a folder, s3:// or gs://")
    return ObjectStore(url)


class LocalStore:
    """A folder of this machine, or one that several share: files are renamed once they are complete.

    Incomplete ones have names that begin with a dot and end in ``.part``, which no reader of ``*.parquet`` takes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Iterator[str]:
        """Yield the names of its files; none if it does not exist."""
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        yield entry.name
        except FileNotFoundError:
            return

    def holds(self, name: str) -> bool:
        """Return True if it holds a file."""
        return (self._folder / name).is_file()

    def put(self, source: Path, name: str) -> None:
        """Copy a file into it, and remove what earlier attempts at it left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{name}-", suffix=".part", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as stream, source.open("rb") as written:
                shutil.copyfileobj(written, stream)
                stream.flush()
                os.fsync(stream.fileno())
                umask = os.umask(0)
                os.umask(umask)
                os.fchmod(stream.fileno(), 0o666 & ~umask)  # mkstemp creates files for their owner alone
            try:
                Path(part).replace(self._folder / name)
            except FileNotFoundError:  # another writer of the same shard was done first, and removed it
                if not self.holds(name):
                    raise
        finally:
            for left in self._folder.glob(f".{name}-*.part"):
                left.unlink(missing_ok=True)

    def get(self, name: str, target: Path) -> None:
        """Copy a file out of it."""
        shutil.copyfile(self._folder / name, target)

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._folder / name).unlink(missing_ok=True)


class ObjectStore:
    """A prefix of an object store, where an upload that is not complete leaves no object."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._system, self._path = file_system(self._url, error=ClusterError)

    def names(self) -> Iterator[str]:
        """Yield the names of its files; none if there are none."""
        try:
            listed = self._ask("ls", self._path, detail=False, timeout_s=_LISTING_S)
        except StoreError as error:
            if is_missing(error):
                return
            raise ClusterError(f"{one_line(self._url)}: {error}") from error
        for name in listed:
            yield name.rpartition("/")[2]

    def holds(self, name: str) -> bool:
        """Return True if it holds a file."""
        try:
            self._ask("info", self._at(name))
        except StoreError as error:
            if is_missing(error):
                return False
            raise
        return True

    def put(self, source: Path, name: str) -> None:
        """Upload a file."""
        self._ask("put_file", os.fspath(source), self._at(name))

    def get(self, name: str, target: Path) -> None:
        """Download a file."""
        answer(fetch(f"{self._url}/{name}", target, TABLE_LIMITS))

    def remove(self, name: str) -> None:
        """Remove an object."""
        self._ask("rm_file", self._at(name))

    def _ask(self, method: str, *arguments: str, timeout_s: float = _UPLOAD_S, **options: bool) -> Any:
        return answer(ask(self._system, method, *arguments, timeout_s=timeout_s, **options))

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}"


def check_store(store: Store, folder: Path) -> None:
    """Write and remove a small file, before hours of work.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    name = f"_moodcurve-{secrets.token_hex(8)}"  # not by process: those of containers have the same numbers
    probe = folder / "probe"
    probe.write_bytes(b"")
    store.put(probe, name)
    try:
        if not store.holds(name):
            raise OSError(errno.EIO, "what is written there does not stay")
    finally:
        store.remove(name)
