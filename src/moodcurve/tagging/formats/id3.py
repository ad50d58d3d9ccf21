"""ID3v2 tags: before the sound of MP3, AAC and TTA files, and in a chunk of WAV and AIFF files.

A tag keeps its version, since some players read 2.3 alone; a new one has 2.4. TMOO came with 2.4: in earlier versions
MOOD is a TXXX frame, and several words are one text.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from moodcurve.audio.containers import FilePart, id3v2_length, read
from moodcurve.tagging.formats.base import (
    Alive,
    Entries,
    Names,
    UntaggableError,
    copy_parts,
    digest_parts,
    field_of,
    group_texts,
)
from moodcurve.tagging.formats.chunks import ChunkFile
from moodcurve.tagging.formats.id3_frames import Frame, join_frames, parse_tag, read_text_frame, text_frame
from moodcurve.tagging.values import BPM, FIELDS, KEY, MOOD, FieldTexts

_NAMES: Names = {field: (f"TXXX:{field}",) for field in FIELDS} | {
    MOOD: ("TMOO", "TXXX:MOOD"),
    BPM: ("TBPM",),
    KEY: ("TKEY",),
}
_SHORT = {"TXX": "TXXX", "TBP": "TBPM", "TKE": "TKEY"}
"""Names in version 2.2."""
_LONG = {name: short for short, name in _SHORT.items()}
_NEW_VERSION = 4


class Id3Tags:
    """The ID3v2 tag of a file, see `moodcurve.tagging.formats.base.FileTags`.

    Parameters
    ----------
    path : Path
    in_chunk : bool
        The tag is in a chunk, rather than at the start of the file.

    Raises
    ------
    UntaggableError
        If the tag, or the chunks, cannot be taken apart.
    """

    def __init__(self, path: Path, *, in_chunk: bool) -> None:
        self._path = path
        self._in_chunk = in_chunk
        with path.open("rb") as file:
            self._file = ChunkFile(file) if in_chunk else None
            chunk = None if self._file is None else self._file.id3
            start = 0 if chunk is None else chunk.start + 8
            self._length = 0 if in_chunk and chunk is None else id3v2_length(file, start)
            tag = read(file, start, self._length)
            self._size = file.seek(0, 2)
            if len(tag) < self._length or (not self._length and read(file, start, 3) == b"ID3"):
                raise UntaggableError("its ID3 tag is damaged")
        self._flags = tag[5] if tag else 0
        self._version, self._frames = parse_tag(tag) if tag else (_NEW_VERSION, [])

    def entries(self, fields: Collection[str]) -> Entries:
        """See `FileTags`; a list of frames by version and name, each as text of its bytes."""
        found: Entries = {}
        for frame in self._frames:
            key = self._key(frame)
            if field_of(key, _NAMES) in fields:
                found.setdefault(f"2.{self._version} {key}", []).append(frame.data.decode("latin-1"))
        return found

    def texts(self, fields: Collection[str]) -> dict[str, list[str]]:
        """See `FileTags`."""
        pairs = [
            (key, text)
            for frame in self._frames
            for key in [self._key(frame)]
            for text in (read_text_frame(frame, self._version) or [])[1 if key.startswith("TXXX") else 0 :]
        ]
        return group_texts(pairs, _NAMES, fields)

    def foreign(self, fields: Collection[str]) -> Any:
        """See `FileTags`."""
        frames = [frame for frame in self._frames if field_of(self._key(frame), _NAMES) not in fields]
        with self._path.open("rb") as file:
            rest: list[FilePart] = [(self._length, self._size)] if self._file is None else self._file.others()
            return frames, digest_parts(file, rest)

    def make(self, texts: FieldTexts) -> Entries:
        """See `FileTags`."""
        made: Entries = {}
        for field, values in texts.items():
            key = "TXXX:MOOD" if field == MOOD and self._version < 4 else next(iter(_NAMES[field]))
            several = list(values) if self._version == 4 else ["; ".join(values)]
            name, _, description = key.partition(":")
            name = _LONG[name] if self._version == 2 else name
            frame = text_frame(name, description or None, several, self._version)
            made[f"2.{self._version} {key}"] = [frame.data.decode("latin-1")]
        return made

    def replace(self, fields: Collection[str], entries: Mapping[str, Any]) -> None:
        """See `FileTags`."""
        kept = [frame for frame in self._frames if field_of(self._key(frame), _NAMES) not in fields]
        size = 3 if self._version == 2 else 4
        added = [text.encode("latin-1") for key in entries for text in entries[key]]
        self._frames = kept + [Frame(data[:size].decode("ascii"), data) for data in added]

    def write(self, target: BinaryIO, alive: Alive) -> None:
        """See `FileTags`."""
        tag = join_frames(self._version, self._flags, self._frames, length=self._length, pad=not self._in_chunk)
        parts: list[FilePart] = [tag, (self._length, self._size)] if self._file is None else self._file.with_tag(tag)
        with self._path.open("rb") as file:
            copy_parts(file, parts, target, alive)

    def _key(self, frame: Frame) -> str:
        """Return a frame's name, that of version 2.3 if it has one there, with the description of a user's text."""
        name = _SHORT.get(frame.name, frame.name)
        if name != "TXXX":
            return name
        texts = read_text_frame(frame, self._version)
        return f"{name}:{texts[0]}" if texts else name
