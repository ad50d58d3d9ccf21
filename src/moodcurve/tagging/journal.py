"""The journal of changes of tags: what each change replaced, one line of JSON each, on disk before the change is made.

Lines are only ever added. A line that was cut by a loss of power belongs to a change that was never made.
"""

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from moodcurve.errors import MoodcurveError
from moodcurve.tagging.formats.base import Entries
from moodcurve.tagging.scratch import sync_folder
from moodcurve.util.files import AnyPath, plain_file_problem
from moodcurve.util.ownership import is_changeable
from moodcurve.util.text import one_line, path_text, text_path

FORMAT = "moodcurve-tags/1"
"""Name and version of a line."""


class JournalError(MoodcurveError):
    """A journal cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of the tags of one file.

    Attributes
    ----------
    run : str
        Names the call that made it; later ones sort after earlier ones.
    path : str
        Of the file, without links.
    fields : tuple of str
        Which fields it concerns.
    before, after : dict
        Their entries, see `moodcurve.tagging.formats.base.Entries`.
    undoes : str or None
        The run that this change undid.
    """

    run: str
    path: str
    fields: tuple[str, ...]
    before: Entries
    after: Entries
    undoes: str | None = None


def append(journal: Path, change: Change) -> None:
    """Add a change to a journal; it is on disk when this returns.

    Raises
    ------
    JournalError
        If the file is not a journal of this user.
    OSError
        If it cannot be written.
    """
    line = json.dumps({"format": FORMAT, **asdict(change), "path": path_text(change.path)}) + "\n"
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    check(journal)
    journal.parent.mkdir(parents=True, exist_ok=True)
    is_new = not journal.exists()
    handle = os.open(journal, flags, 0o666)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":  # the line before was cut
            line = "\n" + line
        data = line.encode("ascii")
        if os.write(handle, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(journal))
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        sync_folder(journal.parent)


def check(journal: Path) -> None:
    """Check that a file is missing, or may be a journal: a plain file that other users cannot write.

    Raises
    ------
    JournalError
        If it is something else: it could lead to another file, or make an undo write what others planted.
    """
    name = one_line(os.fspath(journal))
    try:
        status = journal.lstat()
    except FileNotFoundError:
        return
    problem = plain_file_problem(status)
    if problem is None and is_changeable(status):
        problem = "can be written by other users"
    if problem is not None:
        raise JournalError(f"{name}: {problem}, so it is not used as the journal of tags; give another with --journal")


def read(journal: AnyPath) -> Iterator[Change]:
    """Yield the changes of a journal, in order; lines that are cut or of another format are skipped.

    Raises
    ------
    JournalError
        If there is no journal, or it is not this user's.
    """
    path = Path(journal)
    check(path)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise JournalError(f"{one_line(os.fspath(path))}: no such journal; nothing was tagged from there") from None
    with file:
        for line in file:
            change = _parse(line)
            if change is not None:
                yield change


def pending(changes: Iterator[Change]) -> dict[str, list[Change]]:
    """Return the changes that were not undone, by run, the earliest run first."""
    runs: dict[str, dict[str, Change]] = {}
    for change in changes:
        if change.undoes is None:
            runs.setdefault(change.run, {})[change.path] = change
        else:
            runs.get(change.undoes, {}).pop(change.path, None)
    return {run: [*by_path.values()] for run, by_path in runs.items() if by_path}


def _parse(line: bytes) -> Change | None:
    try:
        data: Any = json.loads(line)
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            return None
        change = Change(**{field.name: data[field.name] for field in fields(Change)})
        if not (isinstance(change.path, str) and isinstance(change.run, str)):
            return None
        if not (isinstance(change.before, dict) and isinstance(change.after, dict)):
            return None
        return Change(**{**vars(change), "path": text_path(change.path), "fields": tuple(map(str, change.fields))})
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
