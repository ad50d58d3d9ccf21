"""Walk folders: which files may be music, and which folders could be read."""

# of a hundred thousand names, pathlib would take seconds
# ruff: noqa: PTH110, PTH112, PTH113, PTH116, PTH118, PTH119, PTH120

import errno
import os
import stat
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from moodcurve.audio.filetypes import may_be_audio
from moodcurve.library.scanning.rules import (
    DEFAULT_RULES,
    IGNORE_FILE,
    LeftOut,
    PatternError,
    Patterns,
    Rules,
    is_named_like_music,
    read_ignore_file,
    verdict,
)
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


@dataclass
class WalkResult:
    """What a walk found, by real paths: each file once, however many links lead to it.

    Attributes
    ----------
    files : dict
        Files that may be music, one folder after the other.
    names : dict
        Of files to which links lead, the paths that lead there: the file's own first, unless only links do.
    roots : list of str
        The roots that exist.
    listed : set of str
        Folders that were read and hold something.
    empty : set of str
        Folders that hold nothing but what is left out by its name: perhaps a disk is not mounted there.
    errors : list of (path, reason)
        Files and folders that could not be read.
    left_out : dict
        Files and folders left out, and why: of hidden ones, folders and those named like audio.
    """

    files: dict[str, FileState] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    errors: list[tuple[str, str]] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)

    def shown(self, path: str) -> str:
        """Return the path to show for a file: that of a link if only links lead to it."""
        return self.names[path][0] if path in self.names else path

    def count_left_out(self) -> Counter[LeftOut]:
        """Count the files and folders that were left out by reason; a folder counts as one."""
        return Counter(self.left_out.values())

    def leaves_out(self, path: str) -> bool:
        """Return True if a path was left out, or a folder above it; the nearest folder that was walked decides."""
        while path not in self.listed and path != os.path.dirname(path):
            if path in self.left_out:
                return True
            path = os.path.dirname(path)
        return False

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
    roots: Sequence[AnyPath],
    *,
    rules: Rules = DEFAULT_RULES,
    known: Container[str] = (),
    check: Callable[[int], None] = lambda files: None,
) -> WalkResult:
    """Find music files in folders and their subfolders.

    Folders and files named in `roots` are accepted whatever they are. Below folders, files that are not music by
    extension or content are skipped. So is what the patterns of `rules` and of each `IGNORE_FILE` leave out; and unless
    a pattern takes it in, what is hidden or one of `SYSTEM_FOLDERS` (`moodcurve.library.scanning.rules`).
    Links to files and folders are followed to their real paths, so that each file counts once and loops end. Broken
    links are skipped. Patterns apply to the names of links, not to those of their targets.

    Parameters
    ----------
    roots : sequence of str or path
        Folders and files.
    rules : Rules
        What to leave out.
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
    walker = _Walker(rules, known, check)
    for root in named:
        walker.add_root(root)
    walker.follow_links()
    return walker.found


_BROKEN_LINK = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""Errors of a link to nothing, or to itself."""


class _Place(NamedTuple):
    """A folder or link to visit: its path, the path to show for it, and the patterns that hold there.

    The two differ below links to folders.
    """

    path: str
    shown: str
    patterns: tuple[Patterns, ...]


class _Walker:
    def __init__(self, rules: Rules, known: Container[str], check: Callable[[int], None]) -> None:
        self.found = WalkResult()
        self._rules = rules
        self._known = known
        self._check = check
        self._links: list[_Place] = []
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
            self._descend(_Place(root, root, self._rules.of_root(root)))
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
                    target = os.path.realpath(link.path, strict=True)
                except OSError as error:
                    if error.errno not in _BROKEN_LINK:  # a failing disk, or permission denied
                        self._add_error(link.path, error)
                    continue
                folder = os.path.isdir(target)
                if self._leaves_out(link, folder=folder):
                    continue
                if folder:
                    self._descend(link._replace(path=target))
                elif os.path.isfile(target):
                    self._add_file(target, link.shown)

    def _descend(self, folder: _Place) -> None:
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            if here.path in self._visited:
                continue
            self._visited.add(here.path)
            self._check(len(self.found.files))
            try:
                with os.scandir(here.path) as entries:
                    listing = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._add_error(here.path, error)
                continue
            waiting += reversed(self._add_listing(here, listing))

    def _add_listing(self, here: _Place, listing: "list[os.DirEntry[str]]") -> list[_Place]:
        """Add the files and links of a folder; return its folders, which are walked next."""
        patterns = here.patterns
        if any(entry.name == IGNORE_FILE for entry in listing):
            given = len(self._rules.exclude[:1])  # those of the command line come first, then the nearest
            patterns = (*patterns[:given], *self._ignore_file(here), *patterns[given:])
        below_link = here.path != here.shown
        folders = []
        is_empty = True
        for entry in listing:
            is_folder = entry.is_dir(follow_symlinks=False)
            why = self._rules.by_name(entry.name, folder=is_folder)
            is_empty = is_empty and why is not None
            shown = os.path.join(here.shown, entry.name) if below_link else entry.path
            if entry.is_symlink() and (patterns or why is None):
                self._links.append(_Place(entry.path, shown, patterns))
            elif (patterns or why is not None) and self._leaves_out(
                _Place(entry.path, shown, patterns), folder=is_folder
            ):
                continue
            elif is_folder:
                folders.append(_Place(entry.path, shown, patterns))
            elif entry.is_file(follow_symlinks=False):
                self._add_file(entry.path, shown)
        (self.found.empty if is_empty else self.found.listed).add(here.path)
        return folders

    def _ignore_file(self, here: _Place) -> tuple[Patterns, ...]:
        """Return the patterns of a folder's `IGNORE_FILE`, none if it cannot be used."""
        path = os.path.join(here.path, IGNORE_FILE)
        try:
            return (read_ignore_file(path, here.shown),)
        except (OSError, PatternError) as error:
            self._add_error(path, error)
        return ()

    def _leaves_out(self, place: _Place, *, folder: bool) -> bool:
        """Return True if a file, link or folder is left out, and record it if it is a folder or may be music."""
        name = os.path.basename(place.path)
        why = self._rules.by_name(name, folder=folder)
        if place.patterns:
            given = verdict(place.patterns, place.shown, folder=folder)
            why = why if given is None else LeftOut.EXCLUDED if given else None
        if why is None:
            return False
        if folder or is_named_like_music(name) or place.path in self._known:
            self.found.left_out[place.path] = why
        return True

    def _add_file(self, path: str, name: str) -> None:
        """Add the file that a name or link leads to, if it may be music."""
        if path in self.found.files:
            if name != path:
                self.found.names.setdefault(path, [path]).append(name)
            return
        try:
            if path in self._known or may_be_audio(name):
                status = os.stat(path)
                self.found.files[path] = state_of(status)
                if name != path:
                    self.found.names[path] = [name]
        except FileNotFoundError:  # removed since the folder was listed
            pass
        except OSError as error:
            self._add_error(path, error)

    def _add_error(self, path: str, error: OSError | ValueError) -> None:
        self.found.errors.append((path, getattr(error, "strerror", None) or str(error)))
