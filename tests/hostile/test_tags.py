"""Tags that are meant to harm: the song has no tags, and is analyzed like any other."""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio.reader import open_audio
from moodcurve.library import open_library
from tests.helpers.damaged_audio import write_encoded
from tests.helpers.limited import MAIN, run_limited
from tests.helpers.scans import write_song

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform != "linux", reason="limits of memory"),
]
COMPRESSED = b"\x00\x09"
MB = 2**20


def id3(*frames: tuple[bytes, bytes, bytes]) -> bytes:
    """Return an ID3v2.4 tag of frames: name, flags, content."""
    joined = b"".join(name + syncsafe(len(data)) + flags + data for name, flags, data in frames)
    return b"ID3\x04\0\0" + syncsafe(len(joined)) + joined


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def bomb(megabytes: int) -> bytes:
    """Return text that takes 1000 times the memory once it is unpacked."""
    deflate = zlib.compressobj(9)
    packed = [deflate.compress(b"\x03"), *(deflate.compress(b"a\0" * (MB // 2)) for _ in range(megabytes))]
    return struct.pack(">I", 0x7F7F7F7F) + b"".join(packed) + deflate.flush()


def with_comments(flac: bytes, comments: list[bytes]) -> bytes:
    """Return a FLAC file with another block of comments, after STREAMINFO."""
    body = struct.pack("<II", 0, len(comments)) + b"".join(struct.pack("<I", len(c)) + c for c in comments)
    return flac[:42] + b"\x04" + len(body).to_bytes(3, "big") + body + flac[42:]


TAGS = {
    "many artists": lambda: id3((b"TPE1", b"\0\0", b"\x03" + b"a\0" * 5_000_000)),
    "a compressed text": lambda: id3((b"TPE1", COMPRESSED, bomb(3000))),
    "a compressed picture": lambda: id3((b"APIC", COMPRESSED, bomb(3000))),
    "many frames": lambda: id3(*((b"TXXX", b"\0\0", b"\x03k%d\0v" % i) for i in range(500_000))),
    "two tags": lambda: id3((b"TPE1", b"\0\0", b"\x03a")) + id3((b"TPE1", COMPRESSED, bomb(1000))),
}
COMMENTS = {
    "many keys": [b"k%d=v" % i for i in range(500_000)],
    "many values": [b"artist=a"] * 1_000_000,
    "many short artists": [b"artist=%d" % i for i in range(5)],
}


def write_harmful(folder: Path, kind: str) -> tuple[Path, Path]:
    """Write a song without and one with tags of a kind."""
    if kind in TAGS:
        noise = np.random.default_rng(0).normal(0, 0.1, (66_150, 1)).astype(np.float32)
        plain = write_encoded(folder, "lame.mp3", noise)
        harmful = folder / "music" / "bad.mp3"
        content = TAGS[kind]() + plain.read_bytes()
    else:
        plain = write_song(folder / "plain.flac", seconds=1.5)
        harmful = folder / "music" / "bad.flac"
        content = with_comments(plain.read_bytes(), COMMENTS[kind])
    harmful.parent.mkdir()
    harmful.write_bytes(content)
    return plain, harmful


@pytest.mark.parametrize("kind", [*TAGS, *COMMENTS])
def test_a_song_of_harmful_tags_is_analyzed(tmp_path: Path, kind: str) -> None:
    plain, harmful = write_harmful(tmp_path, kind)
    samples = []
    for path in (plain, harmful):
        with open_audio(path) as reader:
            samples.append(np.concatenate(list(reader.blocks())))
            claimed = reader.claimed_duration_s
    assert np.array_equal(*samples)
    assert claimed == pytest.approx(1.5, abs=0.01)
    ended = run_limited("analyze", harmful, folder=tmp_path, seconds=60, megabytes=1500)
    assert (ended.exit_code, ended.stderr) == (0, ""), ended


@pytest.mark.parametrize(("kind", "artist"), [("a compressed text", None), ("many short artists", "0; 1; 2; 3; 4")])
def test_a_scan_leaves_harmful_tags_out(tmp_path: Path, kind: str, artist: str | None) -> None:
    write_harmful(tmp_path, kind)
    ended = run_limited("scan", "music", "--library", "library.sqlite", folder=tmp_path, seconds=90)
    assert (ended.exit_code, ended.stderr) == (0, ""), ended
    with open_library(tmp_path / "library.sqlite") as opened:
        (stored,) = opened.songs()
    assert stored.tags.artist == artist


@pytest.mark.parametrize("kind", ["many artists", "a compressed picture", "many frames", "many keys", "many values"])
def test_reading_harmful_tags_ends_in_time(tmp_path: Path, kind: str) -> None:
    _, harmful = write_harmful(tmp_path, kind)
    code = "import sys; sys.path.remove(''); from moodcurve.library.scanning.worker import tags_within_limits as t\n"
    ended = run_limited(harmful, folder=tmp_path, code=f"{code}print(t(sys.argv[1]).artist)", seconds=30, megabytes=900)
    assert (ended.exit_code, ended.stderr) == (0, ""), ended


def test_one_song_has_a_limit_of_memory(tmp_path: Path) -> None:
    songs = [write_song(tmp_path / f"{seed}.flac", seed=seed, seconds=60) for seed in range(2)]
    code = "import functools, av\nimport moodcurve.workers as w\nw.Limits = functools.partial(w.Limits, memory_mb=2)\n"
    ended = run_limited("analyze", *songs, folder=tmp_path, code=code + MAIN)
    assert ended.exit_code == 1, ended
    assert ended.stderr.splitlines() == [f"moodcurve: {song}: needs more than 2 MB of memory" for song in songs]
