"""Walk folders: which files may be music, and which folders could be read."""

# of a hundred thousand names, pathlib would take seconds
# ruff: noqa: PTH110, PTH112, PTH113, PTH116, PTH120

import errno
import os
import stat
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from moodcurve.audio.filetypes import may_be_audio
from moodcurve.util.files import AnyPath


@dataclass(frozen=True)
class FileState:
    """What must stay the same for a file to count as unchanged: size in bytes and modification time.

    The time is in nanoseconds since 1970, modulo 2**64: it lies in [-2**63, 2**63), the integers of SQLite.
    """

    size: int
    mtime_ns: int


def state_of(status: os.stat_result) -> FileState:
    """Return the state of a file from its `os.stat` result."""
    # a file may claim to be of the year 2400, beyond 63 bits
    return FileState(status.st_size, (status.st_mtime_ns + 2**63) % 2**64 - 2**63)


SYSTEM_FOLDERS = frozenset({"lost+found", "System Volume Information", "$RECYCLE.BIN"})
"""Folders that file systems and systems make, which hold no music."""


@dataclass
class WalkResult:
    """What a walk found, by real paths: each file once, however many links lead to it.

    Attributes
    ----------
    files : dict
        Files that may be music, one folder after the other.
    roots : list of str
        The roots that exist.
    listed : set of str
        Folders that were read and hold something.
    empty : set of str
        Folders that hold nothing but hidden files and `SYSTEM_FOLDERS`: perhaps a disk is not mounted there.
    errors : list of (path, reason)
        Files and folders that could not be read.
    """

    files: dict[str, FileState] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def is_gone(self, path: str) -> bool:
        """Return True if a file known from before is gone: a folder above it was read and does not hold it.

        A file below a folder that could not be read, was not walked, or is empty does not count as gone.
        """
        if path in self.files:
            return False
        child, parent = path, os.path.dirname(path)
        while parent not in self.listed:
            if parent == os.path.dirname(parent):
                return False
            child, parent = parent, os.path.dirname(parent)
        try:
            mode = os.lstat(child).st_mode
        except FileNotFoundError:
            return True
        except OSError:
            return False
        if stat.S_ISLNK(mode):  # replaced by a link since; its target may be unavailable for the moment
            return os.path.exists(child)
        return child == path and not stat.S_ISREG(mode)

    def empty_parent(self, path: str) -> str | None:
        """Return the empty folder above a path, or None if there is none."""
        parent = os.path.dirname(path)
        while parent not in self.empty:
            if parent == os.path.dirname(parent):
                return None
            parent = os.path.dirname(parent)
        return parent


def is_below(path: str, folder: str) -> bool:
    """Return True if a path is a folder's or lies below it; both are real paths."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def walk(
    roots: Sequence[AnyPath], *, known: Container[str] = (), check: Callable[[int], None] = lambda files: None
) -> WalkResult:
    """Find music files in folders and their subfolders.

    Files named in `roots` are accepted whatever they are. Below folders, files that are not music by
    extension or content are skipped. So are hidden files and folders: names that start with a dot, such as macOS's
    ``._`` files. So are `SYSTEM_FOLDERS`.
    Links to files and folders are followed to their real paths, so that each file counts once and loops end. Broken
    links are skipped.

    Parameters
    ----------
    roots : sequence of str or path
        Folders and files.
    known : container of str
        Paths known from before, which are not opened to check whether they are music.
    check : callable
        Called repeatedly with the number of files found; stops the walk by raising an error.

    Raises
    ------
    ValueError
        If a root is an empty string.
    """
    named = [os.fspath(root) for root in roots]
    if "" in named:  # the system would take it for the current folder
        raise ValueError("roots must be paths of folders and files, got ''")
    walker = _Walker(known, check)
    for root in named:
        walker.add_root(root)
    walker.follow_links()
    return walker.found


_BROKEN_LINK = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""Errors of a link to nothing, or to itself."""


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in SYSTEM_FOLDERS


class _Walker:
    def __init__(self, known: Container[str], check: Callable[[int], None]) -> None:
        self.found = WalkResult()
        self._known = known
        self._check = check
        self._links: list[str] = []
        self._visited: set[str] = set()

    def add_root(self, root: str) -> None:
        try:
            root = os.path.realpath(root, strict=True)
            status = os.stat(root)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            self._add_error(root, error)
            return
        self.found.roots.append(root)
        if stat.S_ISDIR(status.st_mode):
            self._descend(root)
        elif stat.S_ISREG(status.st_mode):
            self.found.files[root] = state_of(status)
        else:
            self.found.errors.append((root, "is a pipe or a device; expected a folder or a file"))

    def follow_links(self) -> None:
        """Follow links at the very end: files that a folder holds directly are found by then."""
        while self._links:
            links, self._links = self._links, []
            for link in links:
                try:
                    target = os.path.realpath(link, strict=True)
                except OSError as error:
                    if error.errno not in _BROKEN_LINK:  # a failing disk, or permission denied
                        self._add_error(link, error)
                    continue
                if os.path.isdir(target):
                    self._descend(target)
                elif os.path.isfile(target):
                    self._add_file(target, link)

    def _descend(self, folder: str) -> None:
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            if here in self._visited:
                continue
            self._visited.add(here)
            self._check(len(self.found.files))
            try:
                with os.scandir(here) as entries:
                    seen = (entry for entry in entries if not _is_hidden(entry.name))
                    listing = sorted(seen, key=lambda entry: entry.name)
            except OSError as error:
                self._add_error(here, error)
                continue
            (self.found.listed if listing else self.found.empty).add(here)
            folders = [path for path in map(self._add_entry, listing) if path is not None]
            waiting += reversed(folders)

    def _add_entry(self, entry: "os.DirEntry[str]") -> str | None:
        """Add a file or link; return the path of a folder, which is walked next."""
        if entry.is_symlink():
            self._links.append(entry.path)
        elif entry.is_dir(follow_symlinks=False):
            return entry.path
        elif entry.is_file(follow_symlinks=False):
            self._add_file(entry.path, entry.path)
        return None

    def _add_file(self, path: str, name: str) -> None:
        """Add the file that a name or link leads to, if it may be music."""
        if path in self.found.files:
            return
        try:
            if path in self._known or may_be_audio(name):
                status = os.stat(path)
                self.found.files[path] = state_of(status)
        except FileNotFoundError:  # removed since the folder was listed
            pass
        except OSError as error:
            self._add_error(path, error)

    def _add_error(self, path: str, error: OSError | ValueError) -> None:
        self.found.errors.append((path, getattr(error, "strerror", None) or str(error)))
