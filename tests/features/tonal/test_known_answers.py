"""Rows of sounds whose harmony, mode, roughness, register and rhythm are known."""

import numpy as np
import pytest

from moodcurve.features.tonal.columns import SONG1, TONAL1
from tests.features.tonal.notes import MAJOR, MINOR, SR, chord, clicks, last_row, melody, noise, progression, rows_of

KEYS = range(48, 60)
TUNINGS = (440.0, 427.0, 446.4, 452.9)
"""Frequencies of A4 (Hz): 0, -52, +25 and +50 cents."""
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2, 0, 0, 0, 0)
MINOR_SCALE = (0, 2, 3, 5, 7, 8, 11, 12, 11, 8, 7, 5, 3, 2, 0, 0, 0, 0)
MODES = ("key_krumhansl_mode_30s", "key_temperley_mode_30s", "key_krumhansl_mode_4s", "key_temperley_mode_4s")


@pytest.mark.parametrize("a4", TUNINGS)
@pytest.mark.parametrize("root", KEYS)
def test_triads_in_all_keys_and_tunings(root: int, a4: float) -> None:
    major = last_row(np.tile(chord(MAJOR, root, a4=a4), 4))
    minor = last_row(np.tile(chord(MINOR, root, a4=a4), 4))
    for row, sign in ((major, 1), (minor, -1)):
        assert sign * row["chord_mode"] > 0.1
        assert sign * row["key_temperley_mode_4s"] > 0.2
        assert row["chord_change_rate"] == 0
    assert major["chord_major"] > major["chord_augmented"]
    assert major["chord_major"] > major["chord_diminished"]


@pytest.mark.parametrize("a4", TUNINGS)
@pytest.mark.parametrize("root", KEYS)
def test_cadences_in_all_keys_and_tunings(root: int, a4: float) -> None:
    """Tonic, subdominant, dominant (major in minor keys too), tonic."""
    major = last_row(progression([(MAJOR, 0), (MAJOR, 5), (MAJOR, 7), (MAJOR, 0)], root, a4=a4))
    minor = last_row(progression([(MINOR, 0), (MINOR, 5), (MAJOR, 7), (MINOR, 0)], root, a4=a4))
    assert min(major[name] for name in MODES) > 0.05
    assert max(minor[name] for name in MODES) < -0.1
    assert min(major["key_krumhansl_major_30s"], major["key_temperley_major_30s"]) > 0.7
    assert 0.5 <= major["chord_change_rate"] <= 1.5  # three changes in 4 s, with a transition at each


@pytest.mark.parametrize("a4", TUNINGS)
@pytest.mark.parametrize("root", KEYS)
def test_scales_in_all_keys_and_tunings(root: int, a4: float) -> None:
    """Harmonic minor; the third harmonics of a major scale's notes make Temperley's margin ambiguous."""
    major, minor = last_row(melody(MAJOR_SCALE, root, a4=a4)), last_row(melody(MINOR_SCALE, root, a4=a4))
    assert major["key_krumhansl_mode_30s"] > 0.05
    assert major["key_krumhansl_major_30s"] > 0.7
    assert minor["key_krumhansl_mode_30s"] < -0.2
    assert minor["key_temperley_mode_30s"] < -0.3


@pytest.mark.parametrize("root", KEYS)
def test_thirds_above_the_bass(root: int) -> None:
    """A triad above its root two octaves below. The third of a close triad is part of the bass, and blurs it."""
    for triad, sign in ((MAJOR, 1), (MINOR, -1)):
        notes = (-12, *(12 + note for note in triad))
        assert sign * last_row(np.tile(chord(notes, root), 4))["bass_mode"] > 0.1


def test_harmony_does_not_depend_on_key_and_tuning() -> None:
    """Columns that do not say where on the axis of pitch the sound lies change little with a semitone or 30 cents."""
    names = ("chord_mode", "chord_major", "key_temperley_mode_4s", "chroma_entropy", "chroma_autocorrelation[5]")
    here = last_row(np.tile(chord(MAJOR, 55), 4))
    for root, a4 in ((56, 440.0), (54, 440.0), (55, 447.7), (55, 432.4)):
        there = last_row(np.tile(chord(MAJOR, root, a4=a4), 4))
        for name in names:
            assert there[name] == pytest.approx(here[name], abs=0.05)  # frames mix neighboring semitones differently


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("chord_diminished", (0, 3, 6)),
        ("chord_augmented", (0, 4, 8)),
        ("chord_dominant7", (0, 4, 7, 10)),
        ("chord_major7", (0, 4, 7, 11)),
        ("chord_minor7", (0, 3, 7, 10)),
        ("chord_fifth", (0, 7)),
    ],
)
def test_kinds_of_chords(name: str, notes: tuple[int, ...]) -> None:
    """A chord fits its own kind better than other chords do; sines, since overtones belong to other chords."""
    t = np.arange(4 * SR) / SR
    others = [(0, 3, 6), (0, 4, 8), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 7)]

    def fit(notes: tuple[int, ...]) -> float:
        x = sum(np.sin(2 * np.pi * 440 * 2 ** (note / 12) * t) for note in notes)
        return last_row(np.asarray(0.05 * x, np.float32))[name]

    assert fit(notes) > 0.97
    assert max(fit(other) for other in others if other != notes) < fit(notes) - 0.05


def test_chromatic_cluster() -> None:
    cluster = last_row(np.tile(chord(tuple(range(12)), 60), 8))
    triad = last_row(np.tile(chord(MAJOR, 60), 8))
    assert abs(cluster["chord_mode"]) < 0.02
    assert abs(cluster["key_krumhansl_mode_30s"]) < 0.15
    assert cluster["roughness"] > 3 * triad["roughness"]
    assert cluster["chroma_entropy"] > triad["chroma_entropy"] + 0.15


def test_roughness_of_two_tones() -> None:
    """Roughest about a quarter of a critical band apart (Plomp & Levelt 1965), smooth at an octave."""
    t = np.arange(5 * SR) / SR

    def roughness(semitones: float) -> float:
        x = np.sin(2 * np.pi * 500 * t) + np.sin(2 * np.pi * 500 * 2 ** (semitones / 12) * t)
        return last_row(np.asarray(0.1 * x, np.float32))["roughness"]

    one, three, seven, twelve = (roughness(s) for s in (1.0, 3.0, 7.0, 12.0))
    assert one > three > seven
    assert one > 0.4
    assert twelve < 0.02


@pytest.mark.parametrize(("midi", "octave"), [(42, 0), (54, 1), (66, 2), (78, 3), (90, 4), (102, 5)])
def test_register_of_a_sine(midi: int, octave: int) -> None:
    """C2 is MIDI 36."""
    t = np.arange(5 * SR) / SR
    row = last_row(np.asarray(0.1 * np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * t), np.float32))
    assert row["register_center"] == pytest.approx(midi - 36, abs=0.5)  # the main lobe is wider below
    assert row[f"register_octave[{octave}]"] > 0.9
    assert row[f"salience_octave[{octave}]"] > 0.9
    assert row["register_center_std"] < 0.1
    assert row["level_std"] < 0.1
    assert row["harmonic_stability"] > 0.95


@pytest.mark.parametrize("bpm", [60, 66, 75, 90, 100, 113, 120, 128, 140, 150, 160, 170, 180])
def test_tempo_of_clicks(bpm: float) -> None:
    row = last_row(clicks(bpm))
    assert 115 * 2 ** row["tempo"] == pytest.approx(bpm, rel=0.02)
    assert row["pulse_clarity"] > 0.8  # less where the period lies between two lags
    assert row["onset_rate"] == pytest.approx(bpm / 60, abs=0.15)  # one onset more or less in 8 s
    assert row["onset_irregularity"] < 0.05


def test_irregular_clicks() -> None:
    rng = np.random.default_rng(1)
    x = np.zeros(12 * SR, np.float32)
    for start in np.cumsum(rng.uniform(0.15, 0.85, 30)):
        x[round(start * SR) : round(start * SR) + 1000] += 0.1 * rng.standard_normal(len(x[round(start * SR) :][:1000]))
    row = last_row(x)
    steady = last_row(clicks(120))
    assert row["pulse_clarity"] < 0.6 * steady["pulse_clarity"]
    assert row["onset_irregularity"] > 0.3


def test_onsets_by_band() -> None:
    """Beats of a low sine are onsets of the low band."""
    t = np.arange(12 * SR) / SR
    row = last_row(np.asarray(0.3 * np.sin(2 * np.pi * 80 * t) * np.exp(-8 * (t % 0.5)), np.float32))
    assert 115 * 2 ** row["tempo"] == pytest.approx(120, rel=0.02)
    assert row["onset_mean_low"] > 2 * row["onset_mean_high"]


def test_noise() -> None:
    row = last_row(noise(12))
    assert abs(row["chord_mode"]) < 0.03
    assert row["chroma_entropy"] > 0.93
    assert row["roughness"] > 0.8
    assert row["pulse_clarity"] < 0.3


def test_silence_is_zero() -> None:
    rows = rows_of(np.zeros(6 * SR, np.float32))
    assert rows.shape == (11, len(TONAL1) + len(SONG1))
    assert not rows.any()


def test_silence_before_and_after_music() -> None:
    """Rows without sound are 0 once the contexts have passed, and music after silence is as at the start."""
    music = progression([(MAJOR, 0), (MAJOR, 5), (MAJOR, 7), (MAJOR, 0)] * 2, 60)
    silence = np.zeros(10 * SR, np.float32)
    rows = rows_of(np.concatenate([silence, music, silence]))
    assert not rows[:18].any()
    assert not rows[53:].any()  # the contexts are 4 s and 8 s
    columns = [TONAL1.index(name) for name in ("chord_mode", "roughness", "onset_rate", "key_krumhansl_mode_30s")]
    # two frames hold silence and sound
    np.testing.assert_allclose(rows[34, columns], rows_of(music)[14, columns], atol=0.01)
