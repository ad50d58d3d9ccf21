"""WAV files whose samples are another codec's frames: DTS, and AC-3 as on a digital cable."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import AudioError, open_audio
from tests.audio.test_reader import read, tone
from tests.helpers.damaged_audio import write_av
from tests.helpers.dts import SR, dts_frames, in_14_bits, swapped
from tests.helpers.tones import loudest
from tests.helpers.unusable_files import wav

LENGTH_16, LENGTH_14 = 2048, 1792
"""Bytes of a frame that fills 512 samples of 16 bits in two channels, and of 14 bits."""


@pytest.mark.parametrize("code", [1, 0x2001])
@pytest.mark.parametrize("words", ["big", "little", "14 bits"])
@pytest.mark.parametrize("silence", [0, 4096])
def test_dts_is_decoded(tmp_path: Path, code: int, words: str, silence: int) -> None:
    if words == "14 bits":
        data = in_14_bits(dts_frames(330, 4, length=LENGTH_14))
    else:
        data = dts_frames(330, 4, length=LENGTH_16)
        data = data if words == "big" else swapped(data)
    path = tmp_path / "cd.wav"
    path.write_bytes(wav(rate=SR, channels=2, code=code, bits=16, data=bytes(silence) + data))
    got, reader = read(path)
    assert loudest(got)[:3] == [330] * 3
    assert len(got) / 44_100 == pytest.approx(4, abs=0.1)
    assert (reader.channels, reader.warnings) == (5, ())


def test_ac3_of_a_digital_cable_is_decoded(tmp_path: Path) -> None:
    x = np.repeat(tone(330, sr=SR, seconds=4)[:, None], 2, axis=1)
    bursts = write_av(tmp_path / "x.spdif", "ac3", x, sr=SR, container="spdif").read_bytes()
    path = tmp_path / "cable.wav"
    path.write_bytes(wav(rate=SR, channels=2, data=bursts))
    got, reader = read(path)
    assert loudest(got)[:3] == [330] * 3
    assert reader.warnings == ()


def test_frames_that_cannot_be_decoded_are_not_heard_as_noise(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 20_000, np.uint8).tobytes()
    path = tmp_path / "x.wav"
    path.write_bytes(wav(channels=2, data=(b"\x7f\xfe\x80\x01" + noise) * 5))
    with pytest.raises(AudioError, match=r"its samples are DTS or another codec's, which cannot be decoded"):
        open_audio(path)


def test_one_mark_in_music_is_chance(tmp_path: Path) -> None:
    samples = (tone(330, sr=SR)[:, None] * 30_000).astype("<i2").tobytes()
    path = tmp_path / "x.wav"
    path.write_bytes(wav(rate=SR, data=samples[:1000] + b"\xfe\x7f\x01\x80" + samples[1000:]))
    assert loudest(read(path)[0]) == [330, 330]
