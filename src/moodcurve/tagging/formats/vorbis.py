"""Vorbis comments: of FLAC, Ogg Vorbis and Opus."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from moodcurve.audio.containers import id3v2_length, read
from moodcurve.tagging.formats.base import (
    Alive,
    Entries,
    Names,
    UntaggableError,
    copy_whole,
    digest_parts,
    field_of,
    group_texts,
)
from moodcurve.tagging.values import FIELDS, FieldTexts

_NAMES: Names = {field: (field,) for field in FIELDS}
_COMMENTS, _PADDING = 4, 1
"""Types of FLAC's metadata blocks."""
_MARKS = (b"\x03vorbis", b"OpusTags")


class VorbisTags:
    """The comments of a file, see `moodcurve.tagging.formats.base.FileTags`.

    Parameters
    ----------
    path : Path
    file : mutagen.FileType
        Its metadata.

    Raises
    ------
    UntaggableError
        If some comment is not as the format wants it: mutagen would drop or change it.
    """

    def __init__(self, path: Path, file: Any) -> None:
        if file.tags is None:
            file.add_tags()
        self._path, self._file = path, file
        self._in_flac = type(file).__name__ == "FLAC"
        raw = _flac_comments(path) if self._in_flac else _ogg_comments(path)
        if raw is not None and raw != [f"{key}={text}".encode() for key, text in list(file.tags)]:
            raise UntaggableError("its Vorbis comments are damaged, or not in UTF-8")

    def entries(self, fields: Collection[str]) -> Entries:
        """See `FileTags`; lists of texts by key."""
        found: Entries = {}
        for key, text in list(self._file.tags):
            if field_of(key, _NAMES) in fields:
                found.setdefault(key, []).append(text)
        return found

    def texts(self, fields: Collection[str]) -> dict[str, list[str]]:
        """See `FileTags`."""
        return group_texts(list(self._file.tags), _NAMES, fields)

    def foreign(self, fields: Collection[str]) -> Any:
        """See `FileTags`."""
        others = [pair for pair in list(self._file.tags) if field_of(pair[0], _NAMES) not in fields]
        blocks = None
        if self._in_flac:
            with self._path.open("rb") as file:
                parts = [part for kind, *part in _flac_blocks(self._path) if kind not in (_COMMENTS, _PADDING)]
                blocks = digest_parts(file, [(start, end) for start, end in parts])
        return self._file.tags.vendor, others, blocks

    def make(self, texts: FieldTexts) -> Entries:
        """See `FileTags`."""
        return {field: list(values) for field, values in texts.items()}

    def replace(self, fields: Collection[str], entries: Mapping[str, Any]) -> None:
        """See `FileTags`."""
        kept = [pair for pair in list(self._file.tags) if field_of(pair[0], _NAMES) not in fields]
        self._file.tags[:] = kept + [(key, text) for key, texts in entries.items() for text in texts]

    def write(self, target: BinaryIO, alive: Alive) -> None:
        """See `FileTags`."""
        copy_whole(self._path, target, alive)
        target.seek(0)
        self._file.save(target)


def _flac_blocks(path: Path) -> list[tuple[int, int, int]]:
    """Return type, start and end of the content of each metadata block of a FLAC file (RFC 9639, section 8)."""
    blocks = []
    with path.open("rb") as file:
        at = 0
        while length := id3v2_length(file, at):
            at += length
        at += 4
        while len(head := read(file, at, 4)) == 4:
            end = at + 4 + int.from_bytes(head[1:])
            blocks.append((head[0] & 0x7F, at + 4, end))
            at = end
            if head[0] & 0x80:
                break
    return blocks


def _flac_comments(path: Path) -> list[bytes] | None:
    """Return the comments of a FLAC file; None if it has none."""
    with path.open("rb") as file:
        found = [read(file, start, end - start) for kind, start, end in _flac_blocks(path) if kind == _COMMENTS]
    return _split(found[0]) if found else None


def _ogg_comments(path: Path) -> list[bytes]:
    """Return the comments of an Ogg file: of the second packet of its first stream."""
    from mutagen.ogg import OggPage

    pages: list[Any] = []
    whole = 0
    with path.open("rb") as file:
        while whole < 2:
            page = OggPage(file)  # type: ignore[no-untyped-call]
            if not pages or page.serial == pages[0].serial:
                pages.append(page)
                whole += len(page.packets) - (not page.complete)
    packet: bytes = OggPage.to_packets(pages)[1]  # type: ignore[no-untyped-call]
    for mark in _MARKS:
        packet = packet.removeprefix(mark)
    return _split(packet)


def _split(block: bytes) -> list[bytes]:
    """Return the comments of a block: the vendor, their number, and each with its length before it.

    Raises
    ------
    UntaggableError
        If they do not fit in it.
    """
    at = 4 + int.from_bytes(block[:4], "little")
    number = int.from_bytes(block[at : at + 4], "little")
    at += 4
    comments = []
    for _ in range(min(number, len(block) // 4)):
        end = at + 4 + int.from_bytes(block[at : at + 4], "little")
        comments.append(block[at + 4 : end])
        at = end
    if len(comments) < number or at > len(block):
        raise UntaggableError("its Vorbis comments are damaged")
    return comments
