"""Tempo, key and danceability of synthesized songs, and of a song through the whole analysis."""

import numpy as np
import pytest

from moodcurve import analyze
from moodcurve.features import COMPARE236, FeatureSet, extract
from moodcurve.features.feature_sets import SONG1, TONAL1, Features, join
from moodcurve.features.song.key_names import CAMELOT, KEYS, parse_key
from moodcurve.features.song.rhythm import RhythmMeter
from moodcurve.features.song.sound import Sound, SoundMeter
from tests.helpers.synthesized_songs import SR, synthesized_song

pytestmark = pytest.mark.usefixtures("prepared")

EXTENDED = join([TONAL1, SONG1])


def measured(x: np.ndarray, rows_at_once: int = 7) -> Sound:
    found = extract(x, SR, EXTENDED)
    meter = SoundMeter(TONAL1)
    for start in range(0, len(found.values), rows_at_once):
        part = slice(start, start + rows_at_once)
        meter.take(Features(found.values[part], found.times_s[part], EXTENDED, sr=SR))
    return meter.sound(None)


@pytest.mark.parametrize("style", ["four", "rock", "shuffle", "ballad"])
@pytest.mark.parametrize("tempo_bpm", [84, 93.5, 105, 118, 128, 137.2])
def test_tempo_of_synthesized_songs(style: str, tempo_bpm: float) -> None:
    found = measured(synthesized_song(tempo_bpm, style=style)).tempo_bpm
    assert found == pytest.approx(tempo_bpm, rel=0.002)


@pytest.mark.parametrize("tempo_bpm", [60, 70, 174])
def test_very_slow_and_very_fast_songs_may_be_heard_at_double_or_half_tempo(tempo_bpm: float) -> None:
    found = measured(synthesized_song(tempo_bpm)).tempo_bpm
    assert found is not None
    assert min(abs(found / (tempo_bpm * factor) - 1) for factor in (0.5, 1, 2)) < 0.002


@pytest.mark.parametrize("minor", [False, True])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_in_several_tunings(tonic: int, minor: bool) -> None:
    tuning = (-0.4, -0.2, 0.0, 0.2, 0.4)[tonic % 5]
    x = synthesized_song(110, tonic=tonic, minor=minor, tuning=tuning, seconds=20)
    assert measured(x).key == KEYS[tonic + 12 * minor]


def test_a_steady_beat_is_more_danceable_than_a_ballad_without_drums_and_noise_is_least() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 24 * SR).astype(np.float32)
    values = [
        measured(x).danceability or 0 for x in (synthesized_song(120), synthesized_song(62, style="ballad"), noise)
    ]
    assert values[0] > 0.6
    assert values == sorted(values, reverse=True)
    assert values[2] < 0.1


def test_silence_has_no_tempo_and_no_key() -> None:
    assert measured(np.zeros(10 * SR, np.float32)) == Sound()


def test_a_song_shorter_than_a_window_has_a_tempo() -> None:
    assert measured(synthesized_song(120, seconds=10)).tempo_bpm == pytest.approx(120, rel=0.01)


def test_the_memory_of_rhythm_does_not_grow() -> None:
    meter = RhythmMeter(2)
    for _ in range(100):
        meter.add(np.random.default_rng(0).random((333, 2)))
    assert len(meter._pending) < 16 * 50


def test_a_model_without_tonal_columns_measures_loudness_alone() -> None:
    meter = SoundMeter(COMPARE236)
    assert meter.extended is COMPARE236
    assert meter.sound(-9.5) == Sound(loudness_lufs=-9.5)


def test_the_curve_of_the_extended_set_is_the_same_and_has_the_sound() -> None:
    x = synthesized_song(128, tonic=9, minor=True, seconds=20)
    both = np.stack([x, x], axis=1)
    curve = analyze(both, sr=SR)
    assert curve.sound is not None
    assert curve.sound.key == "Am"
    assert curve.sound.tempo_bpm == pytest.approx(128, rel=0.002)
    assert curve.to_dict()["sound"]["camelot"] == "8A"
    louder = analyze(both / 2, sr=SR).sound
    assert louder is not None
    assert curve.sound.loudness_lufs - (louder.loudness_lufs or 0) == pytest.approx(6.02, abs=0.01)  # type: ignore[operator]


def test_take_returns_the_columns_of_the_model() -> None:
    small = FeatureSet("small", "1", TONAL1.names)
    found = extract(synthesized_song(120, seconds=3), SR, EXTENDED)
    taken = SoundMeter(small).take(found)
    assert taken.feature_set is small
    np.testing.assert_array_equal(taken.values, extract(synthesized_song(120, seconds=3), SR, TONAL1).values)


def test_camelot_codes_are_those_of_the_wheel() -> None:
    majors = ["8B", "3B", "10B", "5B", "12B", "7B", "2B", "9B", "4B", "11B", "6B", "1B"]
    minors = ["5A", "12A", "7A", "2A", "9A", "4A", "11A", "6A", "1A", "8A", "3A", "10A"]
    wheel = [*majors, *minors]
    assert list(CAMELOT.values()) == wheel
    assert [parse_key(code) for code in wheel] == list(KEYS)
    assert parse_key("Db") == "C#"
    assert parse_key(" bbm ") == "A#m"
    assert parse_key("13A") is None
