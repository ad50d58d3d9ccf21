"""More than fifty small files that are broken, not music, or malicious."""

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.helpers.damaged_audio import ENCODED, write_encoded, write_silent_film, write_sound

SR = 44_100
Change = Callable[[bytes], bytes]


def cut(share: float) -> Change:
    """Keep the start of a file."""
    return lambda data: data[: max(1, round(share * len(data)))]


def flipped(bits: int, *, seed: int = 0, first: int = 0, last: int | None = None) -> Change:
    """Flip single bits between two offsets."""

    def change(data: bytes) -> bytes:
        rng, found = random.Random(seed), bytearray(data)
        for _ in range(bits):
            found[rng.randrange(first, min(last or len(found), len(found)))] ^= 1 << rng.randrange(8)
        return bytes(found)

    return change


def hole(data: bytes) -> bytes:
    """Remove some bytes in the middle."""
    return data[: len(data) // 2] + data[len(data) // 2 + 5000 :]


def noise_inside(data: bytes) -> bytes:
    """Overwrite some bytes in the middle with noise."""
    middle = len(data) // 2
    return data[:middle] + random.Random(0).randbytes(5000) + data[middle + 5000 :]


def without_beginning(data: bytes) -> bytes:
    """Remove the first disk block."""
    return data[4096:]


def blocks_swapped(data: bytes) -> bytes:
    """Shuffle disk blocks, as after damage to a file system."""
    blocks = [data[i : i + 4096] for i in range(0, len(data), 4096)]
    random.Random(0).shuffle(blocks)
    return b"".join(blocks)


def put(mark: bytes, offset: int, value: bytes) -> Change:
    """Overwrite bytes at an offset from the first occurrence of a mark."""

    def change(data: bytes) -> bytes:
        at = data.index(mark) + offset
        return data[:at] + value + data[at + len(value) :]

    return change


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def id3(body: bytes, *, claimed: int | None = None) -> bytes:
    return b"ID3\4\0\0" + syncsafe(len(body) if claimed is None else claimed) + body


def frame(name: bytes, body: bytes, *, claimed: int | None = None) -> bytes:
    return name + syncsafe(len(body) if claimed is None else claimed) + b"\0\0" + body


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def nested(depth: int) -> bytes:
    """Return nested MP4 boxes."""
    head = [struct.pack(">I", 8 * (depth - i)) + b"moov" for i in range(depth)]
    return box(b"ftyp", b"M4A \0\0\0\0") + b"".join(head)


def zipped(size: int) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("song.mp3", bytes(size))
    return into.getvalue()


def many_streams(number: int) -> bytes:
    """Return Ogg pages, each of which starts a stream."""
    return b"".join(
        b"OggS\0\2" + bytes(8) + struct.pack("<III", i, 0, 0) + b"\1\x13OpusHead\1\2\0\0\x80\xbb\0\0\0\0\0"
        for i in range(number)
    )


def deep_matroska(depth: int) -> bytes:
    """Return nested Matroska elements of unknown size."""
    head = bytes.fromhex("1a45dfa38442828877656262 6d".replace(" ", ""))
    return head + bytes.fromhex("18538067 01ffffffffffffff".replace(" ", "")) * depth


def wav(*, rate: int = SR, channels: int = 1, bits: int = 16, code: int = 1, data: bytes, claimed: int = -1) -> bytes:
    align = channels * bits // 8
    head = struct.pack("<HHIIHH", code, channels, rate, rate * align & 0xFFFFFFFF, align & 0xFFFF, bits)
    size = len(data) if claimed < 0 else claimed
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + head
        + (b"data" + struct.pack("<I", size) + data)
    )


TEXT = b"All work and no play makes a dull song.\n" * 500
SAMPLES = np.random.default_rng(0).normal(0, 3000, 2 * SR).astype("<i2").tobytes()

CHANGED: dict[str, tuple[str, Change]] = {
    # name: (intact file, change)
    "cut half.mp3": ("lame.mp3", cut(0.5)),
    "cut half.flac": ("av.flac", cut(0.5)),
    "cut half.ogg": ("x.ogg", cut(0.5)),
    "cut half.opus": ("x.opus", cut(0.5)),
    "cut half.m4a": ("aac.m4a", cut(0.5)),
    "cut half index first.m4a": ("aac-index-first.m4a", cut(0.5)),
    "cut half.wma": ("wma.wma", cut(0.5)),
    "cut half.wv": ("wavpack.wv", cut(0.5)),
    "cut half.webm": ("opus.webm", cut(0.5)),
    "cut half.wav": ("x.wav", cut(0.5)),
    "cut to a header.mp3": ("lame.mp3", cut(0.002)),
    "cut to a header.flac": ("av.flac", cut(0.0005)),
    "one byte.mp3": ("lame.mp3", cut(0)),
    "bits.mp3": ("lame.mp3", flipped(200)),
    "bits.flac": ("av.flac", flipped(200)),
    "bits.ogg": ("x.ogg", flipped(200)),
    "bits.m4a": ("aac.m4a", flipped(200)),
    "bits.wma": ("wma.wma", flipped(200)),
    "bits of a header.mp3": ("lame.mp3", flipped(30, last=200)),
    "bits of a header.flac": ("av.flac", flipped(30, first=4, last=200)),
    "bits of a header.ogg": ("x.ogg", flipped(30, last=200)),
    "bits of an index.m4a": ("aac-index-first.m4a", flipped(60, first=40, last=600)),
    "bits of a header.wv": ("wavpack.wv", flipped(10, first=4, last=40)),
    "hole.mp3": ("lame.mp3", hole),
    "hole.flac": ("av.flac", hole),
    "noise inside.ogg": ("x.ogg", noise_inside),
    "noise inside.m4a": ("alac.m4a", noise_inside),
    "without its beginning.mp3": ("lame.mp3", without_beginning),
    "without its beginning.flac": ("av.flac", without_beginning),
    "blocks swapped.mp3": ("lame.mp3", blocks_swapped),
    "blocks swapped.m4a": ("alac.m4a", blocks_swapped),
    "claims a year.mp3": ("lame.mp3", put(b"Info", 8, b"\xff\xff\xff\xff")),
    "claims a century.flac": ("x.flac", put(b"fLaC", 21, b"\xff\xff\xff\xff\xff")),
    "claims hours.wav": ("x.wav", put(b"data", 4, struct.pack("<I", 0x7FFFFFF0))),
    "claims an age.m4a": ("aac-index-first.m4a", put(b"mdhd", 20, b"\x7f\xff\xff\xff")),
    "claims samples.m4a": ("aac-index-first.m4a", put(b"stsz", 12, b"\x7f\xff\xff\xff")),
    "claims chunks.m4a": ("aac-index-first.m4a", put(b"stco", 8, b"\x7f\xff\xff\xff")),
    "tag over its end.mp3": ("lame.mp3", lambda data: id3(b"", claimed=2**28 - 1) + data),
    "picture over its end.mp3": (
        "lame.mp3", lambda data: id3(frame(b"APIC", b"\0image/png\0\3\0", claimed=2**28 - 1)) + data,
    ),
    "comment over its end.flac": ("x.flac", put(b"fLaC", 42, b"\x84\xff\xff\xff\xff\xff\xff\xff")),
}  # fmt: skip

MADE: dict[str, Callable[[], bytes]] = {
    "empty.mp3": lambda: b"",
    "zeros.flac": lambda: bytes(100_000),
    "ones.mp3": lambda: b"\xff" * 100_000,
    "random.mp3": lambda: random.Random(0).randbytes(100_000),
    "text.mp3": lambda: TEXT,
    "page.m4a": lambda: b"<!DOCTYPE html><html><title>404</title></html>",
    "picture.mp3": lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde" + bytes(500),
    "program.ogg": lambda: b"\x7fELF\2\1\1" + bytes(1000),
    "list of files.mp3": lambda: b"#EXTM3U\n#EXTINF:9,\n/etc/passwd\n",
    "list to join.mp3": lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "zip bomb.mp3": lambda: zipped(50_000_000),
    "gzip bomb.flac": lambda: gzip.compress(bytes(50_000_000)),
    "tag alone.mp3": lambda: id3(frame(b"TIT2", b"\3a title")),
    "tag bomb.mp3": lambda: id3(frame(b"TXXX", b"\0a\0b") * 50_000),
    "tags in tags.mp3": lambda: id3(frame(b"CHAP", b"a\0" + bytes(16)) * 20_000),
    "metadata bomb.flac": lambda: b"fLaC\0\0\0\x22" + bytes(34) + b"\1\0\0\0" * 100_000,
    "boxes in boxes.m4a": lambda: nested(20_000),
    "streams without end.ogg": lambda: many_streams(5000),
    "elements in elements.webm": lambda: deep_matroska(20_000),
    "channels without end.wav": lambda: wav(channels=65_535, data=SAMPLES),
    "no channel.wav": lambda: wav(channels=0, data=SAMPLES),
    "no rate.wav": lambda: wav(rate=0, data=SAMPLES),
    "rate without end.wav": lambda: wav(rate=2**31 - 1, data=SAMPLES),
    "not numbers.wav": lambda: wav(code=3, bits=32, data=b"\0\0\xc0\x7f" * SR),
    "too short.wav": lambda: wav(data=SAMPLES[:2000]),
    "samples without data.wav": lambda: wav(data=b"", claimed=2**31),
}


def write_kinds(folder: Path) -> list[Path]:
    """Write all of these files, and a silent film; return their paths."""
    whole = folder / "whole"
    whole.mkdir(parents=True)
    paths = []
    noise = np.random.default_rng(1).normal(0, 0.1, (3 * SR, 2)).astype(np.float32)
    bases: dict[str, bytes] = {}
    for name, (base, change) in CHANGED.items():
        if base not in bases:
            write = write_encoded if base in ENCODED else lambda folder, base, x: write_sound(folder / base, x, SR)
            if base == "x.opus":
                write = lambda folder, base, x: write_sound(folder / base, x, 48_000)  # noqa: E731
            bases[base] = write(whole, base, noise).read_bytes()
        paths.append(folder / name)
        paths[-1].write_bytes(change(bases[base]))
    for name, make in MADE.items():
        paths.append(folder / name)
        paths[-1].write_bytes(make())
    paths.append(write_silent_film(folder / "film without sound.mp4"))
    for path in whole.iterdir():
        path.unlink()
    whole.rmdir()
    return paths
