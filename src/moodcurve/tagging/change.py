"""Change the tags of one file: plan the change, write it to a copy, check the copy, and put it in the file's place."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from moodcurve.audio.content_hash import content_hash
from moodcurve.audio.packets import packet_hash
from moodcurve.tagging.formats.base import Alive, Entries, FileTags, UntaggableError
from moodcurve.tagging.formats.opening import open_tags, tag_errors
from moodcurve.tagging.scratch import check_replaceable, check_unchanged, finish, put_in_place, scratch_file


@dataclass(frozen=True, kw_only=True)
class TagChange:
    """What was changed in a file's tags, or would be.

    Attributes
    ----------
    before, after : dict
        Texts of each field, as far as it has any.
    changed : bool
        False if the tags were as wanted.
    notes : tuple of str
        What the user should know.
    """

    before: dict[str, list[str]]
    after: dict[str, list[str]]
    changed: bool
    notes: tuple[str, ...] = ()


def change_tags(
    path: Path,
    fields: Collection[str],
    wanted: Callable[[FileTags], Entries],
    *,
    record: Callable[[Entries, Entries], None] = lambda before, after: None,
    content: str | None = None,
    keep_times: bool = False,
    dry_run: bool = False,
    alive: Alive = lambda: None,
) -> TagChange:
    """Replace the entries of some fields in a file's tags, and nothing else.

    The new file is written next to the old one and takes its place only if it holds the wanted entries, all other
    entries as they were, and the same sound: equal `content_hash` and `packet_hash`.

    Parameters
    ----------
    path : Path
        A file, without links.
    fields : collection of str
        Of `moodcurve.tagging.values.FIELDS`.
    wanted : callable
        Returns the new entries of these fields.
    record : callable
        Called with the entries before and after, once the new file is on disk and before it takes its place.
    content : str, optional
        Content hash that the file must have.
    keep_times : bool
        Keep the time of modification.
    dry_run : bool
        Change nothing.
    alive : callable
        Called again and again.

    Raises
    ------
    UntaggableError
        If it cannot be changed safely; it is as it was.
    OSError
        If it cannot be read or written; it is as it was.
    """
    status = path.lstat()
    check_replaceable(status)
    tags = open_tags(path)
    with tag_errors():
        before, shown = tags.entries(fields), tags.texts(fields)
        after = wanted(tags)
        if content is not None and content_hash(path, progress=alive) != content:
            raise UntaggableError("its sound changed since it was scanned; scan it again")
        if after == before:
            return TagChange(before=shown, after=shown, changed=False)
        foreign = None if dry_run else tags.foreign(fields)
        tags.replace(fields, after)
        change = TagChange(before=shown, after=tags.texts(fields), changed=True)
    if dry_run:
        return change
    sound = _sound(path, alive)
    with scratch_file(path) as (scratch, file):
        with tag_errors():
            tags.write(file, alive)
            file.flush()
        written = open_tags(scratch)
        with tag_errors():
            if written.entries(fields) != after:
                raise UntaggableError("its tags cannot hold these values")
            if written.foreign(fields) != foreign:
                raise UntaggableError("its other tags would not stay as they are")
        if _sound(scratch, alive) != sound:
            raise UntaggableError("its sound would not stay as it is")
        finish(file, path, status, keep_times=keep_times)
        check_unchanged(path, status)
        record(before, after)
        put_in_place(scratch, path, status)
    return change


def _sound(path: Path, alive: Alive) -> tuple[str, str]:
    packets = packet_hash(path, progress=alive)
    if packets is None:
        raise UntaggableError("its sound cannot be read, so that nothing could be checked")
    return content_hash(path, progress=alive), packets


def real_path(path: str) -> Path:
    """Return the file that a path leads to, without links."""
    return Path(os.path.realpath(path))
