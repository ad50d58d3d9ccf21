"""What the tags of all containers have in common."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from moodcurve.audio.containers import FilePart
from moodcurve.errors import MoodcurveError
from moodcurve.tagging.values import FieldTexts

Entries = dict[str, Any]
"""Entries of a tag by their own names, such as ``TXXX:ENERGY``, as JSON data that restores them exactly."""
Names = Mapping[str, Collection[str]]
"""Names of the entries of each field, the one to write first; case does not matter."""
Alive = Callable[[], None]
"""Called again and again while a long file is read."""
_PIECE = 1 << 20


class UntaggableError(MoodcurveError):
    """A file cannot be tagged safely; the message says why, without the file's name."""


class FileTags(Protocol):
    """The tags of one file, loaded."""

    def entries(self, fields: Collection[str]) -> Entries:
        """Return the entries of these fields."""

    def texts(self, fields: Collection[str]) -> dict[str, list[str]]:
        """Return the texts of the entries of these fields, to show."""

    def foreign(self, fields: Collection[str]) -> Any:
        """Return all other entries, and a digest of whatever else the format keeps beside its sound, to compare."""

    def make(self, texts: FieldTexts) -> Entries:
        """Return the entries that stand for texts of fields."""

    def replace(self, fields: Collection[str], entries: Mapping[str, Any]) -> None:
        """Replace all entries of these fields by others."""

    def write(self, target: BinaryIO, alive: Alive) -> None:
        """Write the file with these tags to an empty file, open to read and write."""


def field_of(key: str, names: Names) -> str | None:
    """Return the field that a key, in any case, is a name of; None if there is none."""
    folded = key.casefold()
    return next((field for field in names if any(folded == name.casefold() for name in names[field])), None)


def group_texts(found: Iterable[tuple[str, str]], names: Names, fields: Collection[str]) -> dict[str, list[str]]:
    """Return the texts of pairs of a key and a text by field, for these fields."""
    grouped: dict[str, list[str]] = {}
    for key, text in found:
        field = field_of(key, names)
        if field is not None and field in fields:
            grouped.setdefault(field, []).append(text)
    return grouped


def copy_parts(source: BinaryIO, parts: Iterable[FilePart], target: BinaryIO, alive: Alive) -> None:
    """Write parts of a file, and bytes between them, to another.

    Raises
    ------
    UntaggableError
        If the file ends before a part does.
    """
    for piece in _pieces(source, parts, alive):
        target.write(piece)


def digest_parts(source: BinaryIO, parts: Iterable[FilePart], alive: Alive = lambda: None) -> str:
    """Return a digest of parts of a file, in order; raises as `copy_parts`."""
    digest = hashlib.blake2b(digest_size=20)
    for piece in _pieces(source, parts, alive):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(source: BinaryIO, parts: Iterable[FilePart], alive: Alive) -> Iterable[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
            continue
        at, end = part
        source.seek(at)
        while at < end:
            piece = source.read(min(end - at, _PIECE))
            if not piece:
                raise UntaggableError("it ends too early")
            at += len(piece)
            yield piece
            alive()


def copy_whole(path: Path, target: BinaryIO, alive: Alive) -> None:
    """Write all of a file to another."""
    with path.open("rb") as source:
        copy_parts(source, [(0, source.seek(0, 2))], target, alive)
    target.flush()
