"""Which files of some folders may hold music, and which folders were really looked into."""

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
    """By what a file is taken for unchanged: its size in bytes, and the time of its last change.

    The time is in nanoseconds since 1970, modulo 2**64: it lies in [-2**63, 2**63), the whole numbers of SQLite.
    """

    size: int
    mtime_ns: int


def state_of(status: os.stat_result) -> FileState:
    """Give the state of a file from what the system says of it."""
    # a file may say that it is of the year 2400, which 63 bits do not reach
    return FileState(status.st_size, (status.st_mtime_ns + 2**63) % 2**64 - 2**63)


@dataclass
class WalkResult:
    """What was found below some folders, by real paths: each file once, however many links lead to it.

    Attributes
    ----------
    files : dict
        Files that may hold music, in the order of a person who opens one folder after the other.
    listed : set of str
        Folders whose entries are all known, at least one.
    empty : set of str
        Folders that hold nothing at all: what a disk leaves behind that is not mounted, perhaps.
    faults : list of (path, reason)
        What was asked for or met and could not be looked into.
    """

    files: dict[str, FileState] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    faults: list[tuple[str, str]] = field(default_factory=list)

    def is_gone(self, path: str) -> bool:
        """Tell whether a file that was there before is gone: a folder above it was looked into, and it is not there.

        What lies below a folder that could not be looked into, or was not, or is empty, is not gone.
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
        if stat.S_ISLNK(mode):  # real paths have none; but what it leads to may be away for the moment
            return os.path.exists(child)
        return child == path and not stat.S_ISREG(mode)

    def empty_parent(self, path: str) -> str | None:
        """Give the empty folder that a file was below, if there is one."""
        parent = os.path.dirname(path)
        while parent not in self.empty:
            if parent == os.path.dirname(parent):
                return None
            parent = os.path.dirname(parent)
        return parent


def walk(
    roots: Sequence[AnyPath], *, known: Container[str] = (), check: Callable[[int], None] = lambda files: None
) -> WalkResult:
    """Look through folders and what is below them.

    Files that are named are taken whatever they are. Below folders, hidden ones (their names begin with a full stop,
    as those of macOS's ``._`` files) are passed over, and those that by ending or content hold no music. Links are
    followed: to files and folders by their real paths, so that each counts once and loops end; links that lead nowhere
    are passed over.

    Parameters
    ----------
    roots : sequence of str or path
        Folders and files.
    known : container of str
        Paths that are not to be opened to see whether they hold music, since that is known.
    check : callable
        Called again and again with the number of files found; stops the walk by raising an error.

    Raises
    ------
    ValueError
        If a root is empty text.
    """
    named = [os.fspath(root) for root in roots]
    if "" in named:  # to the system it would be the folder one is in
        raise ValueError("roots must be paths of folders and files, got ''")
    walker = _Walker(known, check)
    for root in named:
        walker.begin(root)
    walker.follow_links()
    return walker.found


_LEADS_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""What the system says of a link to nothing, or to itself."""


class _Walker:
    def __init__(self, known: Container[str], check: Callable[[int], None]) -> None:
        self.found = WalkResult()
        self._known = known
        self._check = check
        self._links: list[str] = []
        self._visited: set[str] = set()

    def begin(self, root: str) -> None:
        try:
            root = os.path.realpath(root, strict=True)
            status = os.stat(root)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            self._fault(root, error)
            return
        if stat.S_ISDIR(status.st_mode):
            self._descend(root)
        elif stat.S_ISREG(status.st_mode):
            self.found.files[root] = state_of(status)
        else:
            self.found.faults.append((root, "is a pipe or a device; a folder or a file is accepted"))

    def follow_links(self) -> None:
        """Go where links lead, last of all: what lies there by itself has been met by then."""
        while self._links:
            links, self._links = self._links, []
            for link in links:
                try:
                    target = os.path.realpath(link, strict=True)
                except OSError as error:
                    if error.errno not in _LEADS_NOWHERE:  # the disk does not give it, or it may not be read
                        self._fault(link, error)
                    continue
                if os.path.isdir(target):
                    self._descend(target)
                elif os.path.isfile(target):
                    self._take(target, link)

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
                    listing = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._fault(here, error)
                continue
            (self.found.listed if listing else self.found.empty).add(here)
            folders = [path for path in map(self._entry, listing) if path is not None]
            waiting += reversed(folders)

    def _entry(self, entry: "os.DirEntry[str]") -> str | None:
        """Take an entry if it is a file; give its path if it is a folder to go through."""
        if entry.name.startswith("."):
            return None
        if entry.is_symlink():
            self._links.append(entry.path)
        elif entry.is_dir(follow_symlinks=False):
            return entry.path
        elif entry.is_file(follow_symlinks=False):
            self._take(entry.path, entry.path)
        return None

    def _take(self, path: str, name: str) -> None:
        """Take a file that is found by a name, if it may hold music."""
        if path in self.found.files:
            return
        try:
            if path in self._known or may_be_audio(name):
                status = os.stat(path)
                self.found.files[path] = state_of(status)
        except FileNotFoundError:  # gone since it was listed
            pass
        except OSError as error:
            self._fault(path, error)

    def _fault(self, path: str, error: OSError | ValueError) -> None:
        self.found.faults.append((path, getattr(error, "strerror", None) or str(error)))
