"""Hashes of packets."""

from pathlib import Path

import pytest

from moodcurve.audio.packets import packet_hash
from tests.helpers.damaged_audio import cut, write_silent_film
from tests.helpers.tagged_songs import FORMATS, write_foreign_tags, write_format


@pytest.mark.parametrize("name", FORMATS)
def test_the_hash_is_that_of_the_sound_alone(tmp_path: Path, name: str) -> None:
    path = write_format(tmp_path, name)
    digest = packet_hash(path)
    assert digest is not None
    assert len(digest) == 40
    assert packet_hash(cut(path, 0.8)) != digest
    write_foreign_tags(path)
    assert packet_hash(path) == digest
    assert packet_hash(write_format(tmp_path / "other", name, seed=1)) != digest


def test_without_sound_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    for content in (b"", b"no music" * 100, b"ID3\4\0\0\0\0\0\0"):
        path.write_bytes(content)
        assert packet_hash(path) is None
    assert packet_hash(write_silent_film(tmp_path / "film.mp4")) is None
    with pytest.raises(FileNotFoundError):
        packet_hash(tmp_path / "absent.mp3")


def test_an_unknown_codec_has_packets_too(tmp_path: Path) -> None:
    path = write_format(tmp_path, "x.wav")
    data = path.read_bytes()
    path.write_bytes(data[:20] + b"\x77\x77" + data[22:])
    assert packet_hash(path) not in (None, packet_hash(write_format(tmp_path / "other", "x.wav")))
