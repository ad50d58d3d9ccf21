"""Tags of WMA files: attributes of ASF."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from moodcurve.tagging.formats.base import Alive, Entries, Names, copy_whole, field_of, group_texts
from moodcurve.tagging.values import BPM, FIELDS, KEY, MOOD, FieldTexts

_NAMES: Names = {field: (field,) for field in FIELDS} | {
    MOOD: ("WM/Mood",),
    BPM: ("WM/BeatsPerMinute",),
    KEY: ("WM/InitialKey",),
}
_TEXT = 0


class AsfTags:
    """The attributes of a WMA file, see `moodcurve.tagging.formats.base.FileTags`.

    Parameters
    ----------
    path : Path
    file : mutagen.asf.ASF
    """

    def __init__(self, path: Path, file: Any) -> None:
        self._path, self._file, self._tags = path, file, file.tags

    def entries(self, fields: Collection[str]) -> Entries:
        """See `FileTags`; type, value, language and stream of each attribute by name."""
        found: Entries = {}
        for key, value in list(self._tags):
            if field_of(key, _NAMES) in fields:
                found.setdefault(key, []).append(_json(value))
        return found

    def texts(self, fields: Collection[str]) -> dict[str, list[str]]:
        """See `FileTags`."""
        pairs = [(key, str(value)) for key, value in list(self._tags) if field_of(key, _NAMES)]
        return group_texts(pairs, _NAMES, fields)

    def foreign(self, fields: Collection[str]) -> Any:
        """See `FileTags`; in any order, since mutagen sorts attributes by where they fit."""
        others = [[key, *_json(value)] for key, value in list(self._tags) if field_of(key, _NAMES) not in fields]
        return sorted(others, key=repr)

    def make(self, texts: FieldTexts) -> Entries:
        """See `FileTags`."""
        return {
            next(iter(_NAMES[field])): [[_TEXT, text, None, None] for text in values] for field, values in texts.items()
        }

    def replace(self, fields: Collection[str], entries: Mapping[str, Any]) -> None:
        """See `FileTags`."""
        from mutagen.asf import ASFValue  # type: ignore[attr-defined]

        kept = [pair for pair in list(self._tags) if field_of(pair[0], _NAMES) not in fields]
        added = []
        for key, values in entries.items():
            for kind, value, language, stream in values:
                content = value.encode("latin-1") if kind in _BYTES else value
                added.append((key, ASFValue(content, kind, language=language, stream=stream)))  # type: ignore[no-untyped-call]
        self._tags[:] = kept + added

    def write(self, target: BinaryIO, alive: Alive) -> None:
        """See `FileTags`."""
        copy_whole(self._path, target, alive)
        target.seek(0)
        self._file.save(target)


_BYTES = (1, 6)
"""Types whose values are bytes: arrays of bytes, and GUIDs."""


def _json(value: Any) -> list[Any]:
    content = value.value
    # 0 stands for all languages and all streams, as None does where the attribute's object has no place for them
    return [
        value.TYPE,
        content.decode("latin-1") if isinstance(content, bytes) else content,
        value.language or None,
        value.stream or None,
    ]
