"""Novelty of recordings: against plain formulas, and for sounds that are not songs."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import open_audio
from moodcurve.datasets import Dataset, Song, read_dataset
from moodcurve.features import COMPARE236, Features, extract
from moodcurve.learn import TrainingError
from moodcurve.learn.uncertainty.novelty import NOISE, NoveltyDetector, accumulate, fit_embedding, fit_novelty_detector
from moodcurve.runtime.metadata import as_json, from_json
from moodcurve.runtime.novelty import MAX_NOVELTY, PASSAGE_ROWS, NoveltyAccumulator, NoveltyLimits, novelty_warning
from tests.helpers.training_songs import made_dataset

pytestmark = pytest.mark.slow

LIMITS = NoveltyLimits(distance=4.0, variance=0.5, usual=0.99)


def seen(places: np.ndarray) -> NoveltyAccumulator:
    found = NoveltyAccumulator.empty(places.shape[1])
    found.add(places)
    return found


def test_running_sums_equal_plain_moments_for_any_split_of_rows() -> None:
    places = np.random.default_rng(4).normal(0.3, 2, (107, 5))
    passages = [places[i : i + 20].mean(axis=0) for i in range(0, 100, 20)]
    for size in (107, 1, 7, 20, 33):
        found = NoveltyAccumulator.empty(5)
        for start in range(0, 107, size):
            found.add(places[start : start + size].astype(np.float64))
        assert (found.rows, found.passages) == (107, 5)
        assert found.distance == pytest.approx(np.mean([m @ m for m in passages]), rel=1e-12)
        assert found.variance == pytest.approx(np.prod(places.var(axis=0)) ** (1 / 5), rel=1e-12)


def test_novelty_is_the_larger_of_distance_and_stillness() -> None:
    rng = np.random.default_rng(4)
    lively = rng.choice([-1.0, 1.0], (2000, 3))  # variance 1, mean near 0
    near = seen(lively).novelty(LIMITS)
    assert near is not None
    assert 0.5 <= near < 0.55
    # |mean embedding|² is 3 · 2² plus 3/20, what means of 20 vary by
    assert seen(lively + 2).novelty(LIMITS) == pytest.approx((12 + 3 / 20) / 4, rel=0.05)
    # a tenth of the movement is a hundredth of the variance, in each coordinate
    assert seen(lively / 10).novelty(LIMITS) == pytest.approx(50, rel=0.01)


def test_undefined_cases() -> None:
    assert seen(np.zeros((PASSAGE_ROWS - 1, 3))).novelty(LIMITS) is None
    assert seen(np.zeros((PASSAGE_ROWS, 3))).novelty(LIMITS) == pytest.approx(MAX_NOVELTY)
    assert seen(np.full((50, 3), 1e30)).novelty(LIMITS) == MAX_NOVELTY
    nothing = NoveltyAccumulator.empty(3)
    assert math.isnan(nothing.distance)
    assert math.isnan(nothing.variance)
    assert nothing.novelty(LIMITS) is None


def test_limits_are_written_and_read_back() -> None:
    assert from_json(NoveltyLimits, as_json(LIMITS)) == LIMITS
    for text, message in (
        ("[]", "the value must be a table"),
        ('{"distance": 1, "variance": 2}', "missing key 'usual'"),
        ('{"distance": "1", "variance": 2, "usual": 0.9}', "distance must be a finite number, got '1'"),
        ('{"distance": 0, "variance": 2, "usual": 0.9}', "distance must be positive, got 0"),
        ('{"distance": 1, "variance": 2, "usual": 99}', "usual must be 1 or less, got 99"),
        ("", "Expecting value"),
    ):
        with pytest.raises(ValueError, match=message):
            from_json(NoveltyLimits, text)


def test_the_warning_states_the_novelty() -> None:
    assert novelty_warning(2.345).startswith("unlike the model's training songs (novelty 2.3, the limit is 1)")


def test_distance_is_the_mahalanobis_distance() -> None:
    """Compare with the textbook formula, d² = zᵀ (R + NOISE · 1)⁻¹ z / columns.

    z are the passages' means, standardized over passages, and R their correlations. Single precision of the stored
    rotation leaves an error of about 1e-6.
    """
    songs = made_dataset(60, frames=40).songs
    places = fit_embedding(songs)
    z = [places.preprocessing.apply(song.x) for song in songs]
    means = np.vstack([song.reshape(2, 20, -1).mean(axis=1) for song in z])
    unit = (means - means.mean(axis=0)) / means.std(axis=0)
    inverse = np.linalg.inv(np.corrcoef(unit.T) + NOISE * np.eye(236))
    expected = np.einsum("pi,ij,pj->p", unit, inverse, unit).reshape(60, 2).mean(axis=1) / 236
    found = [accumulate(places, song).distance for song in songs]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.fixture(scope="module")
def familiarity() -> NoveltyDetector:
    return fit_novelty_detector(made_dataset(400, frames=40).songs)


def novelties(familiarity: NoveltyDetector, songs: tuple[Song, ...]) -> np.ndarray:
    return np.array([accumulate(familiarity.embedding, song).novelty(familiarity.limits) for song in songs])


def with_rows(song: Song, values: np.ndarray) -> Song:
    return replace(song, features=Features(values.astype(np.float32), song.features.times_s, COMPARE236))


def test_similar_songs_are_rarely_flagged(familiarity: NoveltyDetector) -> None:
    flagged = novelties(familiarity, made_dataset(1000, frames=40, seed=5).songs) > 1
    # each limit is exceeded by one in a hundred: twice that, with a standard error of .01 from 400 songs
    assert 0 < flagged.mean() < 0.045


def test_songs_of_mixed_columns_are_flagged(familiarity: NoveltyDetector) -> None:
    """Each column of another song: none is extreme for itself."""
    made = made_dataset(300, frames=40, seed=6).songs
    rng = np.random.default_rng(6)
    mixed = []
    for song in made[:30]:
        source = rng.integers(0, 300, 236)
        mixed.append(with_rows(song, np.column_stack([made[i].x[:, c] for c, i in enumerate(source)])))
    assert (novelties(familiarity, tuple(mixed)) > 1).all()


def test_songs_without_change_are_flagged(familiarity: NoveltyDetector) -> None:
    made = made_dataset(30, frames=40, seed=7).songs
    still = tuple(with_rows(song, np.tile(song.x.mean(axis=0), (40, 1))) for song in made)
    assert (novelties(familiarity, still) > 10).all()


def test_too_few_songs_are_refused() -> None:
    with pytest.raises(TrainingError, match="at least 99 songs of 20 rows, got 98"):
        fit_novelty_detector(made_dataset(98).songs)
    # songs of less than a passage do not count
    with pytest.raises(TrainingError, match="got 0"):
        fit_novelty_detector(made_dataset(120, frames=PASSAGE_ROWS - 1).songs)


def unlike_music() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    t = np.arange(15 * 44100) / 44100
    return {
        "silence": np.zeros(len(t)),
        "white noise": 0.1 * rng.standard_normal(len(t)),
        "sine": 0.5 * np.sin(2 * np.pi * 440 * t),
        "sweep": 0.5 * np.sin(2 * np.pi * (20 * t + 600 * t**2)),
        "clicks": 0.8 * (np.arange(len(t)) % 11025 == 0),
        "hum": 0.05 * sum(np.sin(2 * np.pi * 50 * k * t) / k for k in (1, 2, 3, 5)),
    }


@pytest.mark.real
def test_sounds_other_than_songs_are_flagged(data_dir: Path, deam_dir: Path) -> None:
    dataset: Dataset = read_dataset(deam_dir, feature_set=COMPARE236)
    familiarity = fit_novelty_detector(dataset.songs[::3])

    def novelty(values: np.ndarray) -> float:
        found = seen(familiarity.embedding.apply(values)).novelty(familiarity.limits)
        assert found is not None
        return found

    for name, x in unlike_music().items():
        features = extract(iter([x.astype(np.float32)]), 44100, COMPARE236)
        assert novelty(features.values) > 1, name
    audio = data_dir / "audio"
    for path in [*sorted((audio / "deam_clips").glob("*.mp3"))[:2], *sorted((audio / "various").glob("*-1.mp3"))]:
        with open_audio(path) as reader:
            features = extract(reader.blocks(), reader.sr, COMPARE236)
        assert novelty(features.values) < 1, path.name
