"""APEv2 tags: of WavPack, Monkey's Audio and Musepack files."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from moodcurve.audio.containers import read
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
_TEXT = 0
_ID3V1 = 128
"""Bytes of an ID3v1 tag at the end of a file."""


class ApeTags:
    """The APEv2 tag of a file, see `moodcurve.tagging.formats.base.FileTags`.

    Parameters
    ----------
    path : Path
    file : mutagen.FileType

    Raises
    ------
    UntaggableError
        If a key occurs twice or is damaged: mutagen would drop it.
    """

    def __init__(self, path: Path, file: Any) -> None:
        from mutagen.apev2 import _APEv2Data

        if file.tags is None:
            file.add_tags()
        self._path, self._tags = path, file.tags
        with path.open("rb") as opened:
            data = _APEv2Data(opened)  # type: ignore[no-untyped-call]
            size = opened.seek(0, 2)
            tail = read(opened, size - _ID3V1, _ID3V1) if size > _ID3V1 else b""
        self._id3v1 = tail if tail[:3] == b"TAG" else b""
        self._sound_end = size - len(self._id3v1) if data.start is None else data.start
        if data.is_at_start or (data.start is not None and data.end != size - len(self._id3v1)):
            raise UntaggableError("its APE tag is not where it belongs")
        if data.items is not None and data.items != len(self._tags):
            raise UntaggableError("its APE tag is damaged, or holds a key twice")

    def entries(self, fields: Collection[str]) -> Entries:
        """See `FileTags`; kind and text of the bytes by key."""
        return {key: _json(self._tags[key]) for key in self._tags if field_of(key, _NAMES) in fields}

    def texts(self, fields: Collection[str]) -> dict[str, list[str]]:
        """See `FileTags`."""
        pairs = [
            (key, text)
            for key, value in self._tags.items()
            if value.kind == _TEXT and field_of(key, _NAMES)
            for text in str(value).split("\0")
        ]
        return group_texts(pairs, _NAMES, fields)

    def foreign(self, fields: Collection[str]) -> Any:
        """See `FileTags`."""
        others = {key: _json(self._tags[key]) for key in self._tags if field_of(key, _NAMES) not in fields}
        with self._path.open("rb") as file:
            return others, digest_parts(file, [(0, self._sound_end), self._id3v1])

    def make(self, texts: FieldTexts) -> Entries:
        """See `FileTags`."""
        return {field: [_TEXT, "\0".join(values)] for field, values in texts.items()}

    def replace(self, fields: Collection[str], entries: Mapping[str, Any]) -> None:
        """See `FileTags`."""
        from mutagen.apev2 import APEValue

        for key in [key for key in self._tags if field_of(key, _NAMES) in fields]:
            del self._tags[key]
        for key, (kind, text) in entries.items():
            value = text if kind != 1 else text.encode("latin-1")
            self._tags[key] = APEValue(value, kind)  # type: ignore[no-untyped-call]

    def write(self, target: BinaryIO, alive: Alive) -> None:
        """See `FileTags`."""
        copy_whole(self._path, target, alive)
        # mutagen would cut an ID3v1 tag off with the old tag, or write the new tag behind it, where nobody looks
        target.seek(self._sound_end)
        target.truncate()
        if len(self._tags):
            target.seek(0)
            self._tags.save(target)
        target.seek(0, 2)
        target.write(self._id3v1)


def _json(value: Any) -> list[Any]:
    return [value.kind, value.value.decode("latin-1") if isinstance(value.value, bytes) else str(value)]
