"""MP3s joined with `cat`: all are read, and the tags between them are no damage."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audio.test_reader import read, tone
from tests.helpers.damaged_audio import write_av, write_sound
from tests.helpers.tones import loudest
from tests.helpers.unusable_files import frame, id3

SR = 44_100
PICTURE = bytes(range(1, 250)) * 200


def song(folder: Path, frequency: int, *, xing: bool = True) -> bytes:
    x = tone(frequency, seconds=4)[:, None]
    if xing:
        return write_sound(folder / f"{frequency}.mp3", x, SR).read_bytes()
    options = {"write_xing": "0", "id3v2_version": "0"}
    path = folder / f"bare-{frequency}.mp3"
    return write_av(path, "libmp3lame", x, sr=SR, container="mp3", options=options).read_bytes()


def id3v2(song: bytes, picture: bytes = PICTURE) -> bytes:
    return id3(frame(b"TIT2", b"\3A title") + frame(b"APIC", b"\0image/png\0\3\0" + picture)) + song


def id3v1(song: bytes) -> bytes:
    return song + b"TAG" + b"A title".ljust(125, b"\0")


def ape(song: bytes) -> bytes:
    items = b"".join(struct.pack("<II", 50, 0) + b"Key%d\0" % number + b"x" * 50 for number in range(20))
    ends = [b"APETAGEX" + struct.pack("<IIIIQ", 2000, len(items) + 32, 20, flags << 29, 0) for flags in (5, 4)]
    return song + ends[0] + items + ends[1]


@pytest.mark.parametrize("tagged", [id3v2, id3v1, ape, lambda song: id3v2(id3v1(ape(song)))])
@pytest.mark.parametrize("xing", [True, False])
def test_all_songs_are_heard_without_a_complaint(tmp_path: Path, tagged: Callable[[bytes], bytes], xing: bool) -> None:
    path = tmp_path / "joined.mp3"
    path.write_bytes(b"".join(tagged(song(tmp_path, frequency, xing=xing)) for frequency in (330, 440, 550)))
    got, reader = read(path)
    assert loudest(got)[:12] == [330] * 4 + [440] * 4 + [550] * 4
    assert len(got) / SR == pytest.approx(12, abs=0.25)  # of each song, up to 0.05 s of delay and padding stay
    assert reader.warnings == ()


def test_sound_inside_a_tag_is_not_heard(tmp_path: Path) -> None:
    path = tmp_path / "joined.mp3"
    inside = song(tmp_path, 990, xing=False)
    path.write_bytes(song(tmp_path, 330) + id3v2(song(tmp_path, 440), picture=inside))
    got, reader = read(path)
    assert 990 not in loudest(got)
    assert loudest(got)[:8] == [330] * 4 + [440] * 4
    assert reader.warnings == ()


def test_noise_between_songs_is_still_damage(tmp_path: Path) -> None:
    path = tmp_path / "joined.mp3"
    path.write_bytes(song(tmp_path, 330) + bytes(range(1, 200)) * 100 + song(tmp_path, 440))
    got, reader = read(path)
    assert loudest(got)[:8] == [330] * 4 + [440] * 4
    assert "damaged packets skipped: 1" in reader.warnings[0]
