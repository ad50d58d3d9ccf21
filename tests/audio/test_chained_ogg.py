"""Streams that follow one another in an Ogg file, as recorders of internet radio leave them, and impossible lengths."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import ANALYSIS_SR
from tests.audio.test_reader import read, tone
from tests.helpers.damaged_audio import write_sound
from tests.helpers.tones import loudest

TONES = (330, 440, 550)


def link(folder: Path, number: int, name: str, *, sr: int, channels: int = 2) -> bytes:
    x = np.repeat(tone(TONES[number], sr=sr)[:, None], channels, axis=1)
    return write_sound(folder / f"{number}-{name}", x, sr).read_bytes()


@pytest.mark.parametrize(("name", "sr"), [("radio.ogg", 44_100), ("radio.opus", 48_000)])
def test_all_streams_are_heard(tmp_path: Path, name: str, sr: int) -> None:
    path = tmp_path / name
    path.write_bytes(b"".join(link(tmp_path, number, name, sr=sr) for number in range(3)))
    got, reader = read(path)
    assert loudest(got) == [330, 330, 440, 440, 550, 550]
    assert (len(got), reader.claimed_duration_s, reader.warnings) == (6 * ANALYSIS_SR, None, ())


def test_streams_of_different_rates_and_channels(tmp_path: Path) -> None:
    path = tmp_path / "radio.ogg"
    kinds = [{"sr": 44_100}, {"sr": 22_050, "channels": 1}, {"sr": 48_000}]
    path.write_bytes(b"".join(link(tmp_path, number, "x.ogg", **kind) for number, kind in enumerate(kinds)))
    got, reader = read(path)
    assert loudest(got) == [330, 330, 440, 440, 550, 550]
    assert abs(len(got) - 6 * ANALYSIS_SR) < 10
    assert reader.warnings == ()


@pytest.mark.parametrize(
    ("change", "last", "warning"),
    [
        (lambda links: [links[0], links[1][:-500], links[2]], 550, None),  # its recorder changed songs in the middle
        (lambda links: [*links[:2], links[2][:-500]], 550, "the Ogg end-of-stream mark is missing"),
        (lambda links: [links[0], b"\xff" * 5000, links[2]], 550, None),
        (lambda links: [links[0], links[1][:200] + bytes(4000) + links[1][4200:], links[2]], 550, "1 of the 3 streams"),
    ],
)
def test_a_damaged_stream_leaves_the_others(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], last: int, warning: str | None
) -> None:
    path = tmp_path / "radio.ogg"
    path.write_bytes(b"".join(change([link(tmp_path, number, "x.ogg", sr=ANALYSIS_SR) for number in range(3)])))
    got, reader = read(path)
    assert loudest(got)[:2] == [330, 330]
    assert loudest(got)[-1] == last
    assert len(reader.warnings) == (warning is not None), reader.warnings
    assert all(str(warning) in line for line in reader.warnings)


def test_a_single_stream_states_its_length(tmp_path: Path) -> None:
    path = tmp_path / "one.ogg"
    path.write_bytes(link(tmp_path, 0, "x.ogg", sr=ANALYSIS_SR))
    assert read(path)[1].claimed_duration_s == 2.0


def test_a_length_that_cannot_be_is_none(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "x.flac", tone(330)[:, None], ANALYSIS_SR)
    whole = bytearray(path.read_bytes())
    whole[21:26] = b"\xff\xff\xff\xff\xff"  # STREAMINFO: 36 bits of samples, here 18 days
    path.write_bytes(whole)
    got, reader = read(path)
    assert (len(got), reader.claimed_duration_s, reader.warnings) == (2 * ANALYSIS_SR, None, ())
