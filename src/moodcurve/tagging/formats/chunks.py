"""Find and replace the chunk of a WAV or AIFF file that holds an ID3 tag."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from moodcurve.audio.containers import FilePart, read
from moodcurve.tagging.formats.base import UntaggableError

_NAMES = (b"id3 ", b"ID3 ")
_MAX_SIZE = 2**32 - 1


@dataclass(frozen=True)
class Chunk:
    """A chunk: its name, and where its header begins and its content ends."""

    name: bytes
    start: int
    end: int

    @property
    def is_id3(self) -> bool:
        """Return True if it holds an ID3 tag."""
        return self.name in _NAMES


class ChunkFile:
    """A WAV or AIFF file as chunks.

    Parameters
    ----------
    file : binary file

    Raises
    ------
    UntaggableError
        If its chunks do not fill it, as of a recording that was cut short or came from a pipe.
    """

    def __init__(self, file: BinaryIO) -> None:
        head = read(file, 0, 12)
        self.order: Literal["little", "big"] = "little" if head[:4] == b"RIFF" else "big"
        self.head = head
        self.size = file.seek(0, 2)
        self.chunks = list(self._chunks(file))
        stated = int.from_bytes(head[4:8], self.order) + 8
        if stated + stated % 2 != self.size + self.size % 2 or sum(chunk.is_id3 for chunk in self.chunks) > 1:
            raise UntaggableError("the lengths in its header are wrong")

    @property
    def id3(self) -> Chunk | None:
        """Return the chunk that holds an ID3 tag."""
        return next((chunk for chunk in self.chunks if chunk.is_id3), None)

    def others(self) -> list[FilePart]:
        """Return the header without its length, and all chunks without that of ID3."""
        return [self.head[:4], self.head[8:], *((c.start, c.end) for c in self.chunks if not c.is_id3)]

    def with_tag(self, tag: bytes) -> list[FilePart]:
        """Return the parts of the file with another tag, at its end; without a chunk for an empty one.

        Raises
        ------
        UntaggableError
            If it would be too long.
        """
        parts: list[FilePart] = []
        for chunk in self.chunks:
            if not chunk.is_id3:
                parts.append((chunk.start, chunk.end))
                parts.append(bytes((chunk.end - chunk.start) % 2))
        if tag:
            name = _NAMES[0] if self.order == "little" else _NAMES[1]
            parts.append(name + len(tag).to_bytes(4, self.order) + tag + bytes(len(tag) % 2))
        size = 4 + sum(len(part) if isinstance(part, bytes) else part[1] - part[0] for part in parts)
        if size > _MAX_SIZE:
            raise UntaggableError("it would be longer than 4 GiB")
        return [self.head[:4], size.to_bytes(4, self.order), self.head[8:], *parts]

    def _chunks(self, file: BinaryIO) -> Iterator[Chunk]:
        at = 12
        while at < self.size:
            head = read(file, at, 8)
            end = at + 8 + int.from_bytes(head[4:8], self.order)
            if len(head) < 8 or end > self.size or not all(0x20 <= byte < 0x7F for byte in head[:4]):
                raise UntaggableError("the lengths in its header are wrong")
            yield Chunk(head[:4], at, end)
            at = end + end % 2
