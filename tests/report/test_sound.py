import base64
import io
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve.audio import AudioError
from moodcurve.report import sound
from moodcurve.report.sound import playable_type, preview_level, read_sound, waveform
from tests.helpers.short_song import SR, tone, write_song

PLAYED = {
    "pcm16.wav": "audio/wav",
    "pcm24.wav": "audio/wav",
    "float.wav": "audio/wav",
    "x.flac": "audio/flac",
    "x.ogg": "audio/ogg",
    "x.opus": "audio/ogg",
    "x.mp3": "audio/mpeg",
    "aac.m4a": "audio/mp4",
}
NOT_PLAYED = ["double.wav", "adpcm.wav", "alac.m4a", "x.wma", "x.aiff"]


def content(address: str) -> tuple[str, bytes]:
    match = re.fullmatch(r"data:(audio/\w+);base64,([A-Za-z0-9+/=]+)", address)
    assert match
    return match[1], base64.b64decode(match[2], validate=True)


@pytest.mark.parametrize("name", PLAYED)
def test_files_that_browsers_play_are_embedded_unchanged(tmp_path: Path, name: str) -> None:
    path = write_song(tmp_path, name, 1.5)
    found = read_sound(path, 1.5)
    assert content(found.data_url) == (PLAYED[name], path.read_bytes())
    assert found.note == ""


@pytest.mark.parametrize("name", NOT_PLAYED)
def test_other_files_become_a_preview_of_the_same_sound(tmp_path: Path, name: str) -> None:
    found = read_sound(write_song(tmp_path, name, 1.5), 1.5)
    mime, data = content(found.data_url)
    assert mime == "audio/mpeg"
    assert "preview" in found.note
    x, sr = soundfile.read(io.BytesIO(data), dtype="float32")
    assert sr == SR
    # WMA and AAC pad up to a frame of 2048 samples at each end
    assert len(x) / sr == pytest.approx(1.5, abs=0.1)
    middle = slice(len(x) // 3, 2 * len(x) // 3)
    spectrum = np.abs(np.fft.rfft(x[middle] * np.hanning(len(x[middle]))))
    assert np.argmax(spectrum) / len(x[middle]) * sr == pytest.approx(220, abs=3)  # bins are 2 Hz apart


def test_the_type_depends_on_the_content_not_the_name(tmp_path: Path) -> None:
    path = write_song(tmp_path, "x.aiff", 1.0)
    assert content(read_sound(path.rename(tmp_path / "x.mp3"), 1.0).data_url)[0] == "audio/mpeg"
    assert playable_type((tmp_path / "x.mp3").read_bytes()) == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"R",
        b"\xff",
        b"RIFF1234WAVE",
        b"RIFF1234WAVEfmt ",
        b"OggS",
        b"<html>",
        b"\0\0\0\0ftypM4A alacmp4a",
    ],
)
def test_unknown_content_is_not_playable(data: bytes) -> None:
    assert playable_type(data) == ""


def test_a_large_file_becomes_a_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_song(tmp_path, "pcm16.wav", 1.5)
    monkeypatch.setattr(sound, "EMBED_LIMIT_BYTES", path.stat().st_size)
    assert content(read_sound(path, 1.5).data_url)[0] == "audio/wav"
    monkeypatch.setattr(sound, "EMBED_LIMIT_BYTES", path.stat().st_size - 1)
    assert content(read_sound(path, 1.5).data_url)[0] == "audio/mpeg"


@pytest.mark.parametrize(("minutes", "level"), [(0, 0.75), (27, 0.75), (28, 0.95), (55, 0.95), (56, None)])
def test_previews_get_smaller_with_length(minutes: float, level: float | None) -> None:
    assert preview_level(minutes * 60) == level


@pytest.mark.parametrize(("limit", "bits_per_s"), [(240_000, 96_000), (130_000, 48_000)])
def test_previews_stay_below_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, bits_per_s: int
) -> None:
    # noise is the hardest to compress: an encoder that varied its rate would show it here
    x = np.random.default_rng(0).uniform(-0.5, 0.5, 20 * SR)
    soundfile.write(tmp_path / "x.wav", x, SR)
    monkeypatch.setattr(sound, "EMBED_LIMIT_BYTES", limit)
    _, data = content(read_sound(tmp_path / "x.wav", 20.0).data_url)
    # the length of MP3 is a whole number of frames, with one or two for delay and tag: 0.1 s
    assert len(data) == pytest.approx(20 * bits_per_s / 8, abs=0.1 * bits_per_s / 8)


def test_a_recording_of_hours_keeps_its_waveform_without_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_song(tmp_path, "pcm16.wav", 8.0)
    monkeypatch.setattr(sound, "EMBED_LIMIT_BYTES", 1000)
    found = read_sound(path, 8.0)
    assert found.data_url == ""
    assert "too long" in found.note
    assert found.peaks.max() == pytest.approx(0.5, abs=0.001)  # the tone's own peak, in 16 bits


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone\.mp3: no such file"):
        read_sound(tmp_path / "gone.mp3", 8.0)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 100_000), max_size=8))
def test_the_waveform_does_not_depend_on_the_blocks(cuts: list[int]) -> None:
    x = np.random.default_rng(2).normal(0, 0.1, 200 * 441).astype(np.float32)
    edges = [0, *sorted(cut for cut in cuts if cut < len(x)), len(x)]
    peaks = waveform((x[a:b] for a, b in pairwise(edges)), SR)
    assert peaks.tolist() == [float(max(abs(step))) for step in x.reshape(200, 441)]  # steps of 10 ms


def test_the_waveform_of_a_long_recording_keeps_its_peaks() -> None:
    x = np.zeros(3 * sound.MAX_PEAKS * 10, np.float32)  # three steps of 10 ms for each peak
    x[10 * 3 * 7 + 5] = -0.25
    peaks = waveform([x], 1000)
    assert len(peaks) == sound.MAX_PEAKS
    assert np.flatnonzero(peaks).tolist() == [7]
    assert peaks[7] == 0.25


def test_the_waveform_of_few_or_no_samples() -> None:
    assert waveform([], SR).tolist() == [0.0]
    assert waveform([np.array([-0.5], np.float32)], SR).tolist() == [0.5]
    silence = waveform([np.zeros(SR, np.float32)], SR)
    assert len(silence) == 100
    assert not silence.any()
    assert len(waveform([tone(8.015)], SR)) == 802  # the last step is shorter
