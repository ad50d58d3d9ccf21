"""Take an ID3v2 tag apart into frames and join frames to a tag, without touching the frames themselves.

Frames are kept as the bytes that they are. A library that reads frames into objects and writes them again loses some:
frames of a name that may occur once, empty texts, compression, flags, whatever it does not understand.
"""

import re
from dataclasses import dataclass

from moodcurve.audio.containers import syncsafe_int
from moodcurve.tagging.formats.base import UntaggableError

HEADER = 10
"""Bytes of a tag's header."""
_PADDING = 1024
"""Zeros after the frames of a tag that had to grow, so that the next change fits (bytes)."""
_UNSYNCHRONIZED, _EXTENDED, _EXPERIMENTAL, _FOOTER = 0x80, 0x40, 0x20, 0x10
_FRAME_UNSYNCHRONIZED, _FRAME_HAS_LENGTH = 0x02, 0x01
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_DAMAGED = "its ID3 tag is damaged"


@dataclass(frozen=True)
class Frame:
    """A frame: its name, such as ``TXXX`` (``TXX`` in version 2.2), and all its bytes with its header."""

    name: str
    data: bytes


def parse_tag(tag: bytes) -> tuple[int, list[Frame]]:
    """Return the version of a tag, 2 to 4, and its frames.

    Raises
    ------
    UntaggableError
        If the tag does not follow ID3v2.2, 2.3 or 2.4 to its end.
    """
    version, flags = tag[3], tag[5]
    if version not in (2, 3, 4):
        raise UntaggableError(f"its ID3 tag is of version 2.{version}; 2.2, 2.3 and 2.4 can be written")
    body = tag[HEADER : -HEADER if version == 4 and flags & _FOOTER else None]
    if flags & _UNSYNCHRONIZED and version < 4:
        body = body.replace(b"\xff\0", b"\xff")
    if flags & _EXTENDED:
        if version == 2:  # compression, which was never defined
            raise UntaggableError(_DAMAGED)
        # what it says, a checksum and restrictions, does not hold for the new tag
        length = syncsafe_int(body[:4]) if version == 4 else int.from_bytes(body[:4]) + 4
        body = body[length:]
    for syncsafe in (True, False) if version == 4 else (False,):  # old versions of iTunes wrote plain lengths in 2.4
        frames = _frames(body, version, syncsafe=syncsafe)
        if frames is not None:
            break
    else:
        raise UntaggableError(_DAMAGED)
    if flags & _UNSYNCHRONIZED and version == 4:
        frames = [_marked_unsynchronized(frame) for frame in frames]
    return version, frames


def _frames(body: bytes, version: int, *, syncsafe: bool) -> list[Frame] | None:
    """Return the frames of a body, with lengths as this version has them; None unless only zeros follow them."""
    name_size, head = (3, 6) if version == 2 else (4, 10)
    pattern = re.compile(rb"[A-Z][A-Z0-9]{%d}" % (name_size - 1))
    frames: list[Frame] = []
    at = 0
    while at + head <= len(body) and body[at]:
        name, size = body[at : at + name_size], body[at + name_size : at + 2 * name_size]
        if not pattern.fullmatch(name) or (syncsafe and any(byte & 0x80 for byte in size)):
            return None
        length = syncsafe_int(size) if syncsafe else int.from_bytes(size)
        end = at + head + length
        if end > len(body):
            return None
        # with the length that `join_frames` would write
        header = body[at : at + name_size] + _length(length, version) + body[at + 2 * name_size : at + head]
        frames.append(Frame(name.decode("ascii"), header + body[at + head : end]))
        at = end
    return None if any(body[at:]) else frames


def _marked_unsynchronized(frame: Frame) -> Frame:
    """Return a frame of a tag that is unsynchronized as a whole, marked as such itself (2.4, section 6)."""
    return Frame(frame.name, frame.data[:9] + bytes([frame.data[9] | _FRAME_UNSYNCHRONIZED]) + frame.data[10:])


def join_frames(version: int, flags: int, frames: list[Frame], *, length: int, pad: bool = True) -> bytes:
    """Return a tag of frames: as long as before, `length` bytes, if they fit and `pad`; empty without frames.

    Raises
    ------
    UntaggableError
        If they are too long for a tag.
    """
    body = b"".join(frame.data for frame in frames)
    if not body:
        return b""
    needed = len(body) + HEADER
    if pad:
        needed = length if needed <= length else needed + _PADDING
    if needed >= 1 << 28:
        raise UntaggableError("its ID3 tag would be too long")
    size = _syncsafe(needed - HEADER)
    return (b"ID3" + bytes([version, 0, flags & _EXPERIMENTAL]) + size + body).ljust(needed, b"\0")


def text_frame(name: str, description: str | None, texts: list[str], version: int) -> Frame:
    """Return a frame of ASCII texts, several of them separated by zeros; with a description for ``TXXX``."""
    encoding = b"\3" if version == 4 else b"\0"
    parts = ([] if description is None else [description]) + texts
    content = encoding + "\0".join(parts).encode("ascii")
    flags = b"" if version == 2 else b"\0\0"
    return Frame(name, name.encode("ascii") + _length(len(content), version) + flags + content)


def read_text_frame(frame: Frame, version: int) -> list[str] | None:
    """Return the texts of a frame; None if they cannot be read, because they are compressed or malformed."""
    content = frame.data[6 if version == 2 else HEADER :]
    if version == 4:
        flags = frame.data[9]
        if flags & ~(_FRAME_UNSYNCHRONIZED | _FRAME_HAS_LENGTH):
            return None
        content = content[4:] if flags & _FRAME_HAS_LENGTH else content
        content = content.replace(b"\xff\0", b"\xff") if flags & _FRAME_UNSYNCHRONIZED else content
    elif version == 3 and frame.data[9]:
        return None
    if not content or content[0] >= len(_ENCODINGS):
        return None
    encoding = _ENCODINGS[content[0]]
    try:
        # each text has a mark of its byte order
        text = content[1:].decode(encoding)
    except UnicodeDecodeError:
        return None
    return [part.lstrip("\ufeff") for part in text.removesuffix("\0").split("\0")]


def _length(number: int, version: int) -> bytes:
    return _syncsafe(number) if version == 4 else number.to_bytes(3 if version == 2 else 4)


def _syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
