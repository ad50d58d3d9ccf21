"""Versions of songs with altered sound: what they lack, and which songs have them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve.datasets.sound.altered import ALTERATIONS, low_passed, recoded, with_versions
from moodcurve.features import COMPARE236, extract, feature_set
from tests.helpers.training_songs import made_sounding_dataset

SR = 44_100
NOISE = np.random.default_rng(0).uniform(-0.3, 0.3, 3 * SR).astype(np.float32)
SONGS = made_sounding_dataset(8, frames=10).songs


def power_db(x: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Power in a band, relative to that of the noise."""
    powers = []
    for one in (x, NOISE):
        spectrum = np.abs(np.fft.rfft(one[SR : 2 * SR])) ** 2
        powers.append(spectrum[int(low_hz) : int(high_hz)].mean())
    return float(10 * np.log10(powers[0] / powers[1]))


@pytest.mark.parametrize(("alter", "kept_hz", "lost_hz"), [(low_passed, 3500, 4500), (recoded, 4000, 9000)])
def test_high_frequencies_are_lost_and_others_kept(alter, kept_hz: float, lost_hz: float) -> None:
    found = alter(NOISE)
    assert found.dtype == np.float32
    assert len(NOISE) <= len(found) + 1 <= len(NOISE) + 3 * 1152
    assert power_db(found, 200, kept_hz) == pytest.approx(0, abs=2)
    assert power_db(found, lost_hz, 20_000) < -40


def test_every_second_song_with_a_file_has_versions(tmp_path: Path) -> None:
    files = {}
    for song in SONGS[1:5]:
        files[song.song_id] = tmp_path / f"{song.song_id}.wav"
        soundfile.write(files[song.song_id], NOISE, SR)
    found = with_versions(SONGS, files, COMPARE236, every=2)
    assert [len(song.versions) for song in found] == [0, 3, 0, 3, 0, 0, 0, 0]
    sound, _ = soundfile.read(files[SONGS[1].song_id], dtype="float32")
    for version, altered in zip(
        found[1].versions, [sound, *(alter(sound) for alter in ALTERATIONS.values())], strict=True
    ):
        np.testing.assert_array_equal(version.values, extract(altered, SR, COMPARE236).values)
    assert all(replace(after, versions=()).x is before.x for before, after in zip(SONGS, found, strict=True))


def test_selected_columns_are_those_of_the_versions_too(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "1.wav", NOISE, SR)
    song = with_versions(SONGS[:1], {SONGS[0].song_id: tmp_path / "1.wav"}, COMPARE236)[0]
    few = feature_set("compare236").names[:5]
    selected = song.select(replace(COMPARE236, name="few", names=few))
    assert [version.feature_set.names for version in selected.versions] == [few] * 3
