"""Find the parts of FLAC, WAV, AIFF, WMA and Ogg files that determine their sound.

Each function of a format leaves out known tags and nothing else: a wrong length, as left by a program that was killed
or wrote to a pipe, must never hide audio. Each returns None if a file does not follow its format.
"""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Literal

FilePart = tuple[int, int] | bytes
"""A byte range of a file (start, end), or bytes derived from its content."""

_WAV_TAGS = frozenset(b"id3 |ID3 |JUNK|junk|PAD |FLLR|bext|iXML|axml|_PMX|cue |PEAK|DISP|inst|smpl|acid".split(b"|"))
_AIFF_TAGS = frozenset(b"ID3 |id3 |NAME|AUTH|(c) |ANNO|COMT|APPL|MARK|INST|MIDI|FLLR|PEAK".split(b"|"))

_ASF_EXTENSION = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_TAGS = frozenset(
    bytes.fromhex(kind)
    for kind in (
        "3326b2758e66cf11a6d900aa0062ce6c",  # content description
        "40a4d0d207e3d21197f000a0c95ea850",  # extended content description
        "fab3112223bdd211b4b700a0c955fc6e",  # content branding
        "eacbf8c5af5b77488467aa8c44fa4cca",  # metadata
        "941c23449894d149a1411d134e457054",  # metadata library
        "74d40618dfca0945a4ba9aabcb96aae8",  # padding
    )
)
_ASF_INDEXES = frozenset(
    bytes.fromhex(kind)
    for kind in (
        "90080033b1e5cf1189f400a0c90349cb",  # simple index
        "d329e2d6da35d111903400a0c90349be",  # index
        "f803b1fead12644c840f2a1d2f7ad48c",  # media object index
        "d03fb73c4a0c0348953dedf7b6228f0c",  # timecode index
    )
)

_OGG_HEADERS = {b"\x01vorbis": 3, b"OpusHead": 2}
"""Number of header packets before the audio, by their first bytes; the second packet holds the tags."""
_OGG_BEGINNING = re.compile(rb"OggS\0[\2\3\6\7]")
"""Version 0, and the flag of a stream's first page."""
_PIECE = 1 << 20
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def flac(file: BinaryIO, start: int, end: int) -> list[FilePart] | None:
    """Return STREAMINFO and the frames (RFC 9639, section 8).

    A metadata block is one byte of type, three of length, and its content.
    """
    found: list[FilePart] = []
    at = start + 4
    while len(head := read(file, at, 4)) == 4:
        inside = at + 4
        at = inside + int.from_bytes(head[1:])
        if head[0] & 0x7F == 0:
            found.append((inside, at))
        if head[0] & 0x80:
            # a frame begins with a 14-bit sync code
            sync = read(file, at, 2)
            return [*found, (at, end)] if sync[:1] == b"\xff" and sync[1:] in (b"\xf8", b"\xf9") else None
    return None


def wav(file: BinaryIO, start: int, end: int) -> list[FilePart] | None:
    """Return all chunks of a WAV file except tags; see `_chunks`."""
    return _chunks(file, start, end, order="little", required=(b"fmt ", b"data"), tags=_WAV_TAGS)


def aiff(file: BinaryIO, start: int, end: int) -> list[FilePart] | None:
    """Return all chunks of an AIFF file except tags; see `_chunks`."""
    return _chunks(file, start, end, order="big", required=(b"COMM", b"SSND"), tags=_AIFF_TAGS)


def _chunks(
    file: BinaryIO,
    start: int,
    end: int,
    *,
    order: Literal["little", "big"],
    required: tuple[bytes, bytes],
    tags: frozenset[bytes],
) -> list[FilePart] | None:
    """Return all chunks except `tags`; None unless both chunks of `required` are present.

    A chunk is a four-letter name, 4 bytes of length, its content, and a zero after an odd number of bytes. A samples
    chunk whose length is 0 or too large extends to the end of the file, as for decoders: programs that write to a
    pipe do not know its length. Everything from the first malformed chunk on is included.
    """
    found: list[FilePart] = []
    seen = set()
    at = start + 12
    while at < end:
        head = read(file, at, 12)
        length = int.from_bytes(head[4:8], order)
        after = at + 8 + length
        is_chunk = len(head) >= 8 and head[:4].isascii() and head[:4].decode("ascii").isprintable()
        # in AIFF, 8 bytes precede the samples
        if not is_chunk or after > end or (head[:4] == required[1] and length <= 8):
            found.append((at, end))
            seen.add(head[:4])
            break
        if head[:4] not in tags and (head[:4], head[8:12]) not in ((b"LIST", b"INFO"), (b"LIST", b"adtl")):
            seen.add(head[:4])
            found.append((at, after))
        at = after + length % 2
    return found if seen.issuperset(required) else None


def asf(file: BinaryIO, start: int, end: int) -> list[FilePart] | None:
    """Return a WMA file's data and the objects of its header except tags.

    An object is 16 bytes of type, 8 of length (these 24 included), and its content. The data extend to the end of the
    file unless only indexes follow them.
    """
    head = read(file, start, 24)
    at = start + int.from_bytes(head[16:], "little")
    found = _asf_objects(file, start + 30, at) if at < end else None
    if found is None or len(head := read(file, at, 24)) < 24 or head[:16] != _ASF_DATA:
        return None
    after = at + int.from_bytes(head[16:], "little")
    known = after >= at + 50 and _asf_indexes(file, after, end)
    return [*found, (at, after if known else end)]


def _asf_objects(file: BinaryIO, at: int, end: int) -> list[FilePart] | None:
    """Return the objects of a header and of its extension except tags; None if they do not fill it."""
    found: list[FilePart] = []
    while at < end:
        head = read(file, at, 24)
        after = at + int.from_bytes(head[16:], "little")
        if len(head) < 24 or not at + 24 <= after <= end:
            return None
        if head[:16] == _ASF_EXTENSION:
            at += 46  # two fields and the length of the content
            continue
        if head[:16] not in _ASF_TAGS:
            # the file properties begin with the file's size and creation time
            found += [head[:16], (at + 24 + (32 if head[:16] == _ASF_PROPERTIES else 0), after)]
        at = after
    return found


def _asf_indexes(file: BinaryIO, at: int, end: int) -> bool:
    """Return True if only indexes follow from here to the end."""
    while at < end:
        head = read(file, at, 24)
        length = int.from_bytes(head[16:], "little")
        if head[:16] not in _ASF_INDEXES or length < 24:
            return False
        at += length
    return at == end


def ogg(file: BinaryIO, start: int, end: int) -> list[FilePart] | None:
    """Return the content of all pages (RFC 3533, section 6) except the tags packet, and the last page's position.

    The neighbors of the tags packet may begin and end anywhere in a page; the audio begins on a new page. Page headers
    are left out because page numbers change with the length of the tags. Decoders skip pages with a wrong checksum, so
    such a file is hashed as a whole.
    """
    found: list[FilePart] = []
    headers = packet = 0
    stream = position = b""
    at = start
    while at < end:
        head = read(file, at, 27)
        laces = file.read(head[26]) if len(head) == 27 else b""
        body = file.read(sum(laces))
        if head[:4] != b"OggS" or len(body) < sum(laces) or not _is_whole_page(head, laces, body):
            return None
        if not headers:
            headers = next((n for mark, n in _OGG_HEADERS.items() if body.startswith(mark)), 0)
            stream = head[14:18]
        inside = at + 27 + len(laces)
        at = inside + len(body)
        if packet >= headers:
            found.append((inside, at))
            position = head[6:14]
            continue
        if not headers or head[14:18] != stream:
            return None
        for lace in laces:
            if packet != 1:
                found.append((inside, inside + lace))
            inside += lace
            packet += lace < 255
        if packet > headers:
            return None
    return [*found, position] if position else None


def ogg_links(file: BinaryIO) -> list[tuple[int, int]]:
    """Return start and end of each link of a chained Ogg file: of the streams that follow one another (RFC 3533, 4).

    Recorders of internet radio write a link for each song. It begins with pages that are marked as the beginning of a
    stream: several of them, one after the other, begin streams that sound at the same time. The whole file is searched
    for such pages, since the lengths of others may be wrong after damage.
    """
    starts = [0]
    begun = -1  # where a further beginning would belong to the same link
    for at in _find_all(file, _OGG_BEGINNING):
        head = read(file, at, 27)
        laces = file.read(head[26]) if len(head) == 27 else b""
        body = file.read(sum(laces))
        # one short packet; a longer page is chance
        if len(laces) > 4 or len(body) < sum(laces) or not _is_whole_page(head, laces, body):
            continue
        if at not in (0, begun):
            starts.append(at)
        begun = at + 27 + len(laces) + len(body)
    return list(zip(starts, [*starts[1:], file.seek(0, 2)], strict=True))


def _find_all(file: BinaryIO, pattern: re.Pattern[bytes]) -> Iterator[int]:
    """Yield the offsets of a pattern of six bytes in a file, read piece by piece."""
    at = 0
    while data := read(file, at, _PIECE):
        for found in pattern.finditer(data):
            yield at + found.start()
        if len(data) < _PIECE:
            return
        at += len(data) - 5


def _is_whole_page(head: bytes, laces: bytes, body: bytes) -> bool:
    """Return True if a page's checksum is right: CRC-32 without bit reversal, initial value or final inversion."""
    page = head[:22] + bytes(4) + head[26:] + laces + body
    crc = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2) == int.from_bytes(head[22:26], "little")


def read(file: BinaryIO, start: int, length: int) -> bytes:
    """Read `length` bytes from offset `start`, fewer at the end of the file."""
    file.seek(max(0, start))
    return file.read(length)


def id3v2_length(file: BinaryIO, start: int) -> int:
    """Return the length of the ID3v2 tag that begins here, or 0 (ID3v2.4, section 3.1)."""
    head = read(file, start, 10)
    return tag_length(head) if head[:3] == b"ID3" else 0


def syncsafe_int(data: bytes) -> int:
    r"""Return the integer stored in four bytes of seven bits each (ID3v2.4, section 6.2).

    >>> syncsafe_int(b"\x00\x00\x02\x01")
    257
    """
    return sum((byte & 127) << shift for byte, shift in zip(data, (21, 14, 7, 0), strict=True))


def tag_length(head: bytes) -> int:
    """Return the length in bytes of the tag that begins with these 32 bytes, ID3 (both versions) or APE, or 0.

    >>> tag_length(b"ID3" + bytes([4, 0, 0, 0, 0, 2, 1])), tag_length(b"TAG"), tag_length(b"TAP")
    (267, 128, 0)
    """
    if head[:3] == b"ID3" and len(head) >= 10 and 0xFF not in head[3:5] and not any(byte & 0x80 for byte in head[6:10]):
        return 10 + syncsafe_int(head[6:10]) + (10 if head[5] & 0x10 else 0)
    if head[:8] == b"APETAGEX" and len(head) >= 16:
        return 32 + int.from_bytes(head[12:16], "little")
    return 128 if head[:3] == b"TAG" else 0
