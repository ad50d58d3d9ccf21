"""Tags of MP4 files: atoms of iTunes, and free-form ones for what it has no atom for."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from moodcurve.tagging.formats.base import Alive, Entries, Names, copy_whole, field_of, group_texts
from moodcurve.tagging.values import BPM, FIELDS, KEY, FieldTexts

_FREE = "----:com.apple.iTunes:"
_NAMES: Names = {field: (f"{_FREE}{field}",) for field in FIELDS} | {BPM: ("tmpo",), KEY: (f"{_FREE}initialkey",)}
_UTF8 = 1


class Mp4Tags:
    """The tags of an MP4 file, see `moodcurve.tagging.formats.base.FileTags`.

    Parameters
    ----------
    path : Path
    file : mutagen.mp4.MP4
    """

    def __init__(self, path: Path, file: Any) -> None:
        if file.tags is None:
            file.add_tags()
        self._path, self._file, self._tags = path, file, file.tags

    def entries(self, fields: Collection[str]) -> Entries:
        """See `FileTags`; numbers, or texts of bytes with their type and version."""
        return {key: _json(value) for key, value in self._tags.items() if field_of(key, _NAMES) in fields}

    def texts(self, fields: Collection[str]) -> dict[str, list[str]]:
        """See `FileTags`."""
        pairs = [
            (key, bytes(part).decode("utf-8", "replace") if isinstance(part, bytes) else str(part))
            for key, value in self._tags.items()
            for part in value
            if field_of(key, _NAMES) is not None
        ]
        return group_texts(pairs, _NAMES, fields)

    def foreign(self, fields: Collection[str]) -> Any:
        """See `FileTags`."""
        others = {key: _comparable(value) for key, value in self._tags.items() if field_of(key, _NAMES) not in fields}
        return others, self._tags._failed_atoms

    def make(self, texts: FieldTexts) -> Entries:
        """See `FileTags`."""
        made: Entries = {}
        for field, values in texts.items():
            name = next(iter(_NAMES[field]))
            made[name] = [int(text) for text in values] if name == "tmpo" else [[text, _UTF8, 0] for text in values]
        return made

    def replace(self, fields: Collection[str], entries: Mapping[str, Any]) -> None:
        """See `FileTags`."""
        from mutagen.mp4 import MP4FreeForm

        for key in [key for key in self._tags if field_of(key, _NAMES) in fields]:
            del self._tags[key]
        for key, value in entries.items():
            self._tags[key] = [
                MP4FreeForm(part[0].encode("utf-8", "surrogateescape"), part[1], part[2])  # type: ignore[no-untyped-call]
                if isinstance(part, list)
                else part
                for part in value
            ]

    def write(self, target: BinaryIO, alive: Alive) -> None:
        """See `FileTags`."""
        copy_whole(self._path, target, alive)
        target.seek(0)
        self._file.save(target)


def _json(value: list[Any]) -> list[Any]:
    from mutagen.mp4 import MP4FreeForm

    return [
        [bytes(part).decode("utf-8", "surrogateescape"), int(part.dataformat), part.version]
        if isinstance(part, MP4FreeForm)
        else part
        for part in value
    ]


def _comparable(value: Any) -> Any:
    return [(part, getattr(part, "dataformat", None)) for part in value] if isinstance(value, list) else value
