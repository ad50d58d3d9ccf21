"""Rules of a folder walk: which files and folders are left out, by their names and by patterns of the user."""

import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from moodcurve.audio.filetypes import AUDIO_EXTENSIONS
from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line

IGNORE_FILE = ".moodcurveignore"
"""A file of patterns that hold for its folder and all below, in the syntax of ``.gitignore``."""
SYSTEM_FOLDERS = frozenset({
    "lost+found", "system volume information",
    "$recycle.bin", "#recycle", "@recycle", ".trash", ".trashes", ".dtrash", "network trash folder",
    "@eadir", ".@__thumb", ".appledouble", ".spotlight-v100", ".fseventsd",
    "@recently-snapshot", "#snapshot", "~snapshot", ".snapshot", ".snapshots", ".zfs", ".stversions",
})  # fmt: skip
"""Folders of file systems and servers: recycle bins, snapshots, previews. In small letters; `.Trash-1000` and its like
are known by their beginning."""
_MAX_BYTES = 65_536
_MAX_LINES = 1_000
_MAX_WILDCARDS = 3
"""Most `*` in one part of a pattern: with four, trying one name of 255 letters can take a quarter of a second, and ten
seconds with five."""


class LeftOut(StrEnum):
    """Why a walk leaves out a file or folder."""

    HIDDEN = "hidden"
    SYSTEM = "system"
    EXCLUDED = "excluded"


class PatternError(MoodcurveError):
    """A pattern is not one of gitignore's syntax, or has too many wildcards."""


class Patterns:
    """Patterns in gitignore's syntax, which hold below one folder.

    Parameters
    ----------
    lines : iterable of str
        One pattern each; the last that matches a name decides. ``!`` in front takes a name in.
    base : str
        The folder: patterns with a slash start here.

    Raises
    ------
    PatternError
        If a line cannot be used; the message names it.
    """

    def __init__(self, lines: Iterable[str], base: str) -> None:
        self._start = len(base.rstrip(os.sep)) + 1
        self._patterns = [found for line in lines if (found := _compiled(line)) is not None][::-1]

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """Return True if a path below the base is left out, False if it is taken in, and None if no line matches."""
        name = path[self._start :].replace("\n", "\r") + "/" * folder  # in pathspec's expressions, . is no line end
        for leaves_out, regex in self._patterns:
            # "foo" matches all below a folder foo too, of which only the folder itself is asked here
            whole = "ps_d" not in regex.groupindex
            if any(whole or match.end() == len(name) for match in regex.finditer(name)):
                return leaves_out
        return None


def _compiled(line: str) -> tuple[bool, re.Pattern[str]] | None:
    """Return whether a pattern leaves out or takes in, and its expression; None for comments and the like."""
    from pathspec import GitIgnoreSpec

    parts = [] if line.startswith("#") else line.split("/")
    if any(part.count("*") > _MAX_WILDCARDS for part in parts):
        raise PatternError(f"the pattern {one_line(line)!r} has more than {_MAX_WILDCARDS} * between slashes")
    try:
        patterns = GitIgnoreSpec.from_lines([line]).patterns
    except ValueError:
        raise PatternError(f"the pattern {one_line(line)!r} is not in gitignore's syntax") from None
    for pattern in patterns:  # none for an empty line
        if pattern.include is not None and (regex := getattr(pattern, "regex", None)) is not None:
            return pattern.include, regex
    return None


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a walk leaves out.

    Attributes
    ----------
    exclude : tuple of str
        Patterns in gitignore's syntax, relative to each folder that is walked; they overrule those of `IGNORE_FILE`.
    include_hidden : bool
        Whether hidden files and folders are taken in. `SYSTEM_FOLDERS` are not, nor are macOS's ``._`` files.

    Raises
    ------
    PatternError
        If a pattern cannot be used.
    """

    exclude: tuple[str, ...] = ()
    include_hidden: bool = False

    def __post_init__(self) -> None:
        Patterns(self.exclude, "")

    def by_name(self, name: str, *, folder: bool) -> LeftOut | None:
        """Return why a file or folder is left out for its name, or None."""
        if folder and ((lowered := name.lower()) in SYSTEM_FOLDERS or lowered.startswith(".trash-")):
            return LeftOut.SYSTEM
        if name[0] == "." and is_hidden(name) and not (self.include_hidden and not name.startswith("._")):
            return LeftOut.HIDDEN
        return None

    def of_root(self, folder: str) -> tuple[Patterns, ...]:
        """Return the patterns that hold in a folder named by the user."""
        return (Patterns(self.exclude, folder),) if self.exclude else ()


DEFAULT_RULES = Rules()


def is_hidden(name: str) -> bool:
    """Return True if a name begins with exactly one dot: with more it is a title, as ``...And Justice for All``.

    >>> is_hidden(".git"), is_hidden("...and other promises"), is_hidden("song.mp3")
    (True, False, False)
    """
    return name.startswith(".") and not name.startswith("..")


def is_named_like_music(name: str) -> bool:
    """Return True if a file has the extension of audio, and is not the other half that macOS writes: ``._song.mp3``."""
    return not name.startswith("._") and os.path.splitext(name)[1][1:].lower() in AUDIO_EXTENSIONS  # noqa: PTH122


def read_ignore_file(path: str, folder: str) -> Patterns:
    """Read an `IGNORE_FILE`, whose patterns hold in `folder`.

    Raises
    ------
    PatternError
        If a pattern cannot be used, or the file is too long, or none.
    OSError
        If it cannot be read.
    """
    # without waiting: a pipe of this name must not stop the walk
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PatternError("is no file")
        content = file.read(_MAX_BYTES + 1)
    lines = re.split(r"\r?\n", content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"))
    if len(content) > _MAX_BYTES or len(lines) > _MAX_LINES:
        raise PatternError(f"is longer than {_MAX_LINES:,} lines or {_MAX_BYTES // 1024} KiB; its patterns do not hold")
    return Patterns(lines, folder)


def verdict(patterns: Sequence[Patterns], path: str, *, folder: bool) -> bool | None:
    """Return the verdict of the first patterns that have one, or None."""
    for each in patterns:
        found = each.verdict(path, folder=folder)
        if found is not None:
            return found
    return None
