"""Silent rows: the rule, and what they take no part in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve import Curve, analyze
from moodcurve._typing import FloatArray
from moodcurve.audio import ANALYSIS_SR, open_audio
from moodcurve.features import COMPARE236, Features, FeatureSet, extract
from moodcurve.runtime import Model, load_model
from moodcurve.runtime.silence import (
    SoundingMean,
    gated_power,
    levels_db,
    row_powers,
    silence_threshold_db,
    silence_warning,
    silent_rows,
)
from tests.helpers.damaged_audio import write_sound

pytestmark = pytest.mark.slow

SR = ANALYSIS_SR


def decibels(*levels: float) -> FloatArray:
    """Return the powers of levels; a little more, so that whole decibels stay what they are."""
    return 10 ** ((np.array(levels) + 0.01) / 10)


def music(seconds: float, *, seed: int = 0) -> FloatArray:
    """Return chords of changing height and level with noise."""
    t = np.arange(round(seconds * SR)) / SR
    rng = np.random.default_rng(seed)
    pitch = 110 * 2 ** (np.repeat(rng.integers(0, 24, int(seconds * 2) + 1), SR // 2)[: len(t)] / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / SR
    tone = sum(np.sin(h * phase) / h for h in (1, 2, 3, 5))
    return (0.1 * tone * (1.3 + np.sin(2 * np.pi * 2 * t)) + 0.02 * rng.standard_normal(len(t))).astype(np.float32)


# The rule


def test_power_of_a_row_is_the_mean_square_of_its_window() -> None:
    """Against the samples: within the smoothing of the RMS over 30 ms, and the frames at the end of the window."""
    x = music(6)
    powers = row_powers(extract(x, SR, COMPARE236))
    expected = [np.mean(x[round(0.5 * r * SR) : round((0.5 * r + 1) * SR)] ** 2) for r in range(len(powers))]
    assert np.abs(10 * np.log10(powers / expected)).max() < 0.5


def test_features_without_the_columns_are_never_silent() -> None:
    features = Features(np.zeros((3, 1), np.float32), np.arange(3) / 2, FeatureSet("other", "1", ("x",)))
    np.testing.assert_array_equal(row_powers(features), np.ones(3))
    assert not silent_rows(row_powers(features)).any()


def test_gated_power_is_that_of_ebu_r128() -> None:
    """-70 dB, then 10 dB below the mean of what is left: -33 dB does not count next to -20 dB, -25 dB does."""
    assert gated_power(decibels(-20, -20, -25, -33, -80)) == pytest.approx(decibels(-20, -20, -25).mean())
    assert gated_power(decibels(-71, -80)) == 0
    assert gated_power(np.empty(0)) == 0


@pytest.mark.parametrize(("level", "threshold"), [(0, -50), (-20, -70), (-39.5, -90), (-60, -90), (-75, -90)])
def test_threshold(level: float, threshold: int) -> None:
    powers = np.full(10, decibels(level))
    assert silence_threshold_db(powers) == threshold
    edge = decibels(threshold, threshold - 0.2)
    assert silent_rows(np.concatenate([powers, edge])).tolist() == [False] * 10 + [False, True]


def test_levels_are_rounded_down() -> None:
    assert levels_db(np.array([1.0, 0.5, 0.1001, 1e-9 * 1.001, 0.0])).tolist() == [0, -4, -10, -90, -91]


def test_a_quieter_recording_has_the_same_silent_rows() -> None:
    powers = decibels(-20, -22, -69, -73, -85, -40)
    for gain_db in (0, -5, -10, -20):
        assert silent_rows(powers * 10 ** (gain_db / 10)).tolist() == [False, False, False, True, True, False]


def test_mean_of_rows_that_sound() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([music(8), np.zeros(5 * SR, np.float32), 1e-4 * rng.standard_normal(5 * SR).astype(np.float32)])
    features = extract(x, SR, COMPARE236)
    silent = silent_rows(row_powers(features))
    assert 8 <= silent.sum() <= 20
    for size in (1, 7, len(silent)):
        mean = SoundingMean(236)
        for start in range(0, len(silent), size):
            rows = slice(start, start + size)
            mean.add(replace(features, values=features.values[rows], times_s=features.times_s[rows]))
        expected = features.values[~silent].mean(axis=0, dtype=np.float64)
        np.testing.assert_allclose(mean.mean(), expected, rtol=1e-12)
    nothing = extract(np.zeros(3 * SR), SR, COMPARE236)
    mean = SoundingMean(236)
    assert np.isnan(mean.mean()).all()
    mean.add(nothing)
    np.testing.assert_allclose(mean.mean(), nothing.values.mean(axis=0, dtype=np.float64))


# Models


@pytest.fixture(scope="module", params=["fast", "live"])
def model(request: pytest.FixtureRequest) -> Model:
    return load_model(request.param)


def song_values(curve: Curve) -> dict[str, object]:
    """Return what is said of the song as a whole."""
    return curve.to_dict()["song"] | {"novelty": curve.novelty, "ranges": curve.summary.arousal_range}


def with_rows(model: Model, features: Features, values: np.ndarray) -> Curve:
    """Return the curve of a song's rows and further ones after them, as the model predicts them."""
    joined = np.concatenate([features.values, values.astype(np.float32)])
    times = 0.5 * np.arange(len(joined))
    return model.curve(Features(joined, times, features.feature_set), source="x", duration_s=1 + times[-1])


def test_silent_rows_count_only_as_points(model: Model) -> None:
    """All that is said of the song follows from the points that sound, as plain formulas say."""
    x = np.concatenate([music(12), np.zeros(9 * SR, np.float32), music(13, seed=1)])
    curve = model.curve(extract(x, SR, model.feature_set), source="x", duration_s=34)
    assert curve.silent is not None
    assert 15 <= curve.silent.sum() <= 17  # smoothing over 30 ms reaches into the first and the last
    keep = ~curve.silent
    mean = np.array([curve.arousal[keep].mean(), curve.valence[keep].mean()])
    assert (curve.summary.arousal, curve.summary.valence) == tuple(mean)
    assert curve.summary.arousal_range == (curve.arousal[keep].min(), curve.arousal[keep].max())
    assert f"{mean[0]:+.2f}" in repr(curve)
    if model.song_rating is not None:
        np.testing.assert_array_equal(curve.rating, model.song_rating.of_song(mean)[0])
    if curve.song_interval is not None:
        assert (curve.song_interval[:, 0] < mean).all()
        assert (mean < curve.song_interval[:, 1]).all()


def test_novelty_is_that_of_the_rows_that_sound(model: Model) -> None:
    """Silence after a whole number of passages changes nothing, as long as no row depends on rows after it."""
    x = music(30.55)
    features = extract(x, SR, model.feature_set)
    silence = extract(np.zeros(12 * SR), SR, model.feature_set).values
    assert len(features.values) == 60  # three passages
    before, after = with_rows(model, features, silence[:0]), with_rows(model, features, silence)
    assert after.silent is not None
    assert after.silent.sum() == len(silence)
    if before.novelty is not None and before.novelty > 0:
        assert after.novelty == pytest.approx(before.novelty, rel=1e-9)


def test_live_predictions_say_the_same_in_the_end() -> None:
    model = load_model("live")
    x = np.concatenate([1e-3 * music(6), music(25), np.zeros(11 * SR, np.float32)])
    features = extract(x, SR, model.feature_set)
    whole = model.predict_with_std(features)
    stream, parts = model.stream(), []
    for start in range(0, len(features.values), 7):
        rows = slice(start, start + 7)
        part = replace(features, values=features.values[rows], times_s=features.times_s[rows])
        parts.append(stream.push(part))
    assert parts[-1].novelty == pytest.approx(whole.novelty, rel=1e-9)
    silent = np.concatenate([part.silent for part in parts])  # type: ignore[arg-type]
    assert whole.silent is not None
    np.testing.assert_array_equal(silent[20:], whole.silent[20:])  # the quiet beginning is silent only in hindsight
    assert whole.silent[:7].all()
    assert not silent[:7].any()


def test_refused_rows_leave_no_trace() -> None:
    model = load_model("live")
    features = extract(music(12), SR, model.feature_set)
    first, second = model.stream(), model.stream()
    damaged = features.values.copy()
    damaged[3, 5] = np.nan
    with pytest.raises(ValueError, match="finite"):
        first.push(replace(features, values=damaged))
    one, two = first.push(features), second.push(features)
    assert one.novelty == two.novelty
    np.testing.assert_array_equal(one.values, two.values)


@pytest.mark.parametrize("level", [0.0, 2e-5])
def test_a_recording_without_sound_keeps_all_points(level: float, tmp_path: Path) -> None:
    """With one warning, by the reader if there is no 16-bit step, else by the model."""
    x = level * np.sign(np.sin(np.arange(12 * SR) * 0.03))
    curve = analyze(write_sound(tmp_path / "x.wav", x[:, None], SR, "FLOAT"))
    assert curve.silent is not None
    assert curve.silent.all()
    assert curve.sounding.all()
    assert curve.summary.arousal == curve.arousal.mean()
    assert [warning for warning in curve.warnings if warning.startswith("silent")] == (
        ["silent: no sample reaches the smallest 16-bit step"]
    )


def test_a_recording_below_the_lowest_level_has_a_warning() -> None:
    """A sample of one 16-bit step 50 times a second: not silent for the reader."""
    x = np.zeros(12 * SR)
    x[::882] = 1.01 * 2**-15
    curve = analyze(x, sr=SR)
    assert curve.silent is not None
    assert curve.silent.all()
    assert curve.warnings[0] == silence_warning()


@pytest.mark.real
@pytest.mark.parametrize("name", ["classical-2", "electronic-1", "pop-8", "rock-3"])
def test_silence_around_a_song(data_dir: Path, name: str, model: Model) -> None:
    """20 s before and after: no row of the song is silent, and its mean is that of its own rows."""
    with open_audio(data_dir / "audio" / "various" / f"{name}.mp3") as reader:
        x = np.concatenate(list(reader.blocks()))
    silence = np.zeros(20 * SR, np.float32)
    alone = analyze(x, sr=SR, model=model)
    assert alone.silent is None
    both = analyze(np.concatenate([silence, x, silence]), sr=SR, model=model)
    assert both.silent is not None
    rows = slice(40, 40 + len(alone.times_s))
    assert not both.silent[rows].any()
    outside = np.delete(both.silent, rows)
    assert (~outside).sum() <= 4  # windows that reach into the song
    assert both.summary.arousal == pytest.approx(both.arousal[rows].mean(), abs=0.02)
    assert both.summary.valence == pytest.approx(both.valence[rows].mean(), abs=0.02)
