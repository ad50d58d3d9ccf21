"""Level normalization: powers of the amplitude, real sound at several levels, silent rows, and the ONNX graph."""

import numpy as np
import pytest

from moodcurve.demo.composer import DEMO_SECTIONS, compose
from moodcurve.features import COMPARE236, Features, extract
from moodcurve.learn.preprocessing.loudness import FLOOR, REFERENCE_LEVEL, fit_level_normalization
from moodcurve.runtime.silence import RMS_MEAN, RMS_STD, gated_power, row_powers, silent_rows
from tests.helpers.onnx_values import onnx_values
from tests.helpers.training_songs import level_exponents, made_sounding_dataset

NAMES = COMPARE236.names
EXPONENTS = level_exponents(COMPARE236)
SONGS = made_sounding_dataset(12).songs
X = np.vstack([song.x for song in SONGS]).astype(np.float64)
STEP = fit_level_normalization(NAMES, X)
ONE = SONGS[3].x.astype(np.float64)


def at_gain(x: np.ndarray, gain: float) -> np.ndarray:
    return x * gain**EXPONENTS


def with_silence(x: np.ndarray, rows: int) -> np.ndarray:
    """Append rows of digital silence."""
    return np.vstack([x, np.where(EXPONENTS > 0, 0.0, x[:1]).repeat(rows, axis=0)])


def test_28_columns_depend_on_the_level() -> None:
    assert (EXPONENTS > 0).sum() == 28
    np.testing.assert_array_equal(STEP.exponents, EXPONENTS)
    # logarithms only of what cannot be negative: no means of slopes and deltas
    signed = [n for n, log, e in zip(NAMES, STEP.logarithmic, EXPONENTS, strict=True) if e > 0 and not log]
    assert all(name.endswith("_amean") and ("_de_" in name or "Slope" in name) for name in signed)
    assert len(signed) == 8


@pytest.mark.parametrize("gain", [0.1, 0.01, 2.0, 30.0])
def test_gain_does_not_change_the_rows(gain: float) -> None:
    np.testing.assert_allclose(STEP.apply(at_gain(ONE, gain)), STEP.apply(ONE), rtol=1e-9, atol=1e-12)


def test_rows_are_scaled_to_the_reference_level() -> None:
    rms = list(STEP.rms)
    powers = (ONE[:, rms] ** 2).sum(axis=1)
    # the song's rows are within 10 dB of each other: the gated level is that of all rows
    level = np.sqrt(powers.mean())
    assert STEP.logarithmic[rms].all()
    np.testing.assert_allclose(np.exp(STEP.apply(ONE)[:, rms]), ONE[:, rms] * REFERENCE_LEVEL / level)
    others = EXPONENTS == 0
    np.testing.assert_array_equal(STEP.apply(ONE)[:, others], ONE[:, others])


def test_logarithm_starts_at_the_floor() -> None:
    logs = STEP.apply(with_silence(ONE, 1))[-1][STEP.logarithmic]
    np.testing.assert_allclose(logs, np.log(FLOOR * np.median(X, axis=0)[STEP.logarithmic]))


def test_column_that_is_0_in_training_keeps_no_logarithm() -> None:
    x = X.copy()
    column = NAMES.index("pcm_fftMag_spectralFlux_sma_amean")
    x[:, column] = 0
    step = fit_level_normalization(NAMES, x)
    assert not step.logarithmic[column]
    assert np.isfinite(step.apply(x)).all()


@pytest.fixture(scope="module")
def sound() -> dict[float, np.ndarray]:
    """Features of a composed song at three levels; its peak is 0.3 at gain 1, so that none is clipped."""
    made = compose([DEMO_SECTIONS[2]], seed=3)
    samples = made.audio.mean(axis=1)
    samples *= np.float32(0.3) / np.abs(samples).max()
    return {
        gain: extract([samples * np.float32(gain)], made.sr, COMPARE236).values.astype(np.float64)
        for gain in (1.0, 0.1, 2.0)
    }


@pytest.mark.parametrize("gain", [0.1, 2.0])
def test_real_sound_at_other_levels_has_the_same_columns(sound: dict[float, np.ndarray], gain: float) -> None:
    step = fit_level_normalization(NAMES, sound[1.0])
    usual, other = step.apply(sound[1.0]), step.apply(sound[gain])
    levels = EXPONENTS > 0
    std = usual.std(axis=0)[levels]
    changed = np.abs(other - usual)[:, levels] / std
    # what remains is rounding to 16 bits, in the song's last second, which fades out
    assert changed.max() < 0.25
    assert changed.mean() < 0.005
    # without the step they move by about as much as within the song
    logs = step.logarithmic
    raw = np.log(sound[gain][:, logs] / sound[1.0][:, logs]) / usual.std(axis=0)[logs]
    assert np.median(np.abs(raw)) > 0.5


@pytest.mark.parametrize("gain", [1.0, 1e-2])
def test_silent_rows_are_those_of_the_runtime(gain: float) -> None:
    x = at_gain(with_silence(ONE, 5), gain)
    x[7] *= 1e-4 ** (EXPONENTS > 0)  # 80 dB below the others
    features = Features(x.astype(np.float32), np.arange(len(x)) * 0.5, COMPARE236)
    expected = ~silent_rows(row_powers(features))
    assert expected.sum() == len(ONE) - 1
    np.testing.assert_array_equal(STEP.sounding(x)[:, 0], expected)


def test_silence_does_not_change_the_rows_of_the_song() -> None:
    np.testing.assert_allclose(STEP.apply(with_silence(ONE, 40))[: len(ONE)], STEP.apply(ONE), rtol=1e-12)


def test_quiet_row_counts_as_sounding_until_50_db_below_the_gated_level() -> None:
    for db, expected in ((-49.9, 1.0), (-50.1, 0.0)):
        x = ONE.copy()
        rest = np.sqrt(gated_power((ONE[1:, list(STEP.rms)] ** 2).sum(axis=1)))
        x[0, list(STEP.rms)] = rest * 10 ** (db / 20), 0.0
        assert STEP.sounding(x)[0, 0] == expected


@pytest.mark.parametrize("scale", [0.0, 1e-6])
def test_recording_without_sound_is_finite_and_all_of_it_counts(scale: float) -> None:
    x = np.where(EXPONENTS > 0, scale * ONE, ONE)
    assert np.isfinite(STEP.apply(x)).all()
    np.testing.assert_array_equal(STEP.sounding(x), 1.0)


RECORDINGS = {
    "usual": ONE,
    "quiet": at_gain(ONE, 0.01),
    "with silence": with_silence(ONE, 5),
    "silent": np.where(EXPONENTS > 0, 0.0, ONE),
    "one row": ONE[:1],
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_graph_computes_the_same(name: str) -> None:
    x = RECORDINGS[name].astype(np.float32)
    expected = STEP.apply(x.astype(np.float64))
    # both compute in double precision, and the graph's output is rounded to single
    found = onnx_values(x, lambda graph: STEP.build(graph, graph.x), len(NAMES))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-30)
    sounding = onnx_values(x, lambda graph: STEP.build_sounding(graph, graph.x), 1)
    np.testing.assert_array_equal(sounding, STEP.sounding(x.astype(np.float64)))


def test_only_the_names_of_columns_decide() -> None:
    kept = ["F0final_sma_amean", RMS_STD, "pcm_fftMag_fband250-650_sma_amean", RMS_MEAN]
    step = fit_level_normalization(kept, np.abs(np.random.default_rng(0).normal(size=(9, 4))))
    assert step.rms == (3, 1)
    np.testing.assert_array_equal(step.exponents, [0, 1, 2, 1])
