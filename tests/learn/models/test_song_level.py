"""Song-level regression compared with scikit-learn; its interval; the benchmark of song ratings."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.svm import SVR

from moodcurve.datasets import Dataset, DatasetError
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.song_rating_picture import rated_songs_figure, song_ratings_figure
from moodcurve.learn.benchmarks.song_ratings import run_song_ratings, song_rating_report
from moodcurve.learn.models.song_level import (
    SongLevelConfig,
    conformal_half_width,
    fit_song_level,
    song_rating,
)
from moodcurve.learn.preprocessing.pipeline import fit_preprocessing, stack_songs
from tests.helpers import ROOT
from tests.helpers.training_songs import made_dataset


def rated(songs: int, *, seed: int = 0) -> Dataset:
    """Return synthetic songs with a rating of the whole song: the mean of the labels, stretched and lowered."""
    dataset = made_dataset(songs, seed=seed)
    return replace(
        dataset,
        songs=tuple(
            replace(
                song,
                annotation=replace(
                    song.annotation,
                    song_arousal=1.1 * float(song.annotation.arousal.mean()) - 0.1,
                    song_valence=1.1 * float(song.annotation.valence.mean()) - 0.1,
                ),
            )
            for song in dataset.songs
        ),
    )


SONGS = rated(40).songs


def test_prediction_equals_scikit_learn() -> None:
    model = fit_song_level(SONGS, SongLevelConfig())
    steps = fit_preprocessing(stack_songs(SONGS)[0], SongLevelConfig().preprocessing)

    def summaries(songs) -> np.ndarray:
        z = [steps.apply(song.x) for song in songs]
        return np.array([np.hstack([v.mean(axis=0), v.std(axis=0)]) for v in z])

    known, new = summaries(SONGS), summaries(rated(8, seed=4).songs)
    center, std = known.mean(axis=0), known.std(axis=0)
    known, new = (np.clip((s - center) / std, -5, 5) for s in (known, new))
    found = np.array([model.predict(song.x) for song in rated(8, seed=4).songs])
    for axis in range(2):
        machine = SVR(C=1.0, epsilon=0.1, gamma=0.25 / known.shape[1])
        machine.fit(known.astype(np.float32).astype(float), [song_rating(song)[axis] for song in SONGS])
        # the same kernels in double precision, added in another order
        np.testing.assert_allclose(found[:, axis], machine.predict(new), atol=1e-9)


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (8, 8), (9, 9), (10, 10), (19, 18), (99, 90)])
def test_half_width_is_the_conformal_quantile(n: int, rank: int) -> None:
    errors = np.column_stack([np.arange(1.0, n + 1), np.arange(n, 0.0, -1) * 2])
    np.testing.assert_array_equal(conformal_half_width(errors), [rank, 2 * rank])


def test_interval_contains_ninety_percent_of_new_songs() -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(2000):
        errors = np.abs(rng.standard_t(3, size=(60, 2)))
        held.append((np.abs(rng.standard_t(3, size=2)) <= conformal_half_width(errors)).mean())
    # exchangeable errors: between .9 and .9 + 1/61; chance moves 4000 draws by .005
    assert 0.885 < np.mean(held) < 0.93


def test_interval_comes_from_cross_validation() -> None:
    model = fit_song_level(SONGS, SongLevelConfig(C=100.0, epsilon=0.0))
    fitted = np.array([np.abs(model.predict(song.x) - song_rating(song)) for song in SONGS])
    assert (model.half_width > 3 * np.quantile(fitted, 0.9, axis=0)).all()


def test_songs_without_a_rating_are_ignored_and_none_at_all_raises() -> None:
    some = (*SONGS, *made_dataset(6, seed=9).songs)
    np.testing.assert_array_equal(
        fit_song_level(some, SongLevelConfig()).predict(SONGS[0].x),
        fit_song_level(SONGS, SongLevelConfig()).predict(SONGS[0].x),
    )
    with pytest.raises(TrainingError, match="songs must be songs with a rating of the whole song"):
        fit_song_level(made_dataset(6).songs, SongLevelConfig())
    with pytest.raises(DatasetError, match="made songs: no song is rated as a whole"):
        run_song_ratings(made_dataset(6))


@pytest.mark.parametrize(("key", "value"), [("C", 0.0), ("epsilon", -0.1), ("gamma", 0.0)])
def test_settings_out_of_range_raise(key: str, value: float) -> None:
    with pytest.raises(TrainingError, match=f"{key} must be"):
        SongLevelConfig(**{key: value})


def test_benchmark_recovers_the_line_that_made_the_ratings() -> None:
    found = run_song_ratings(rated(40), curve="mlr")
    result = found.results
    for axis in ("arousal", "valence"):
        ways = result[axis]
        assert 0 <= ways["line"]["coverage"]["value"] <= 1
        assert ways["line"]["rmse"]["value"] < ways["mean"]["rmse"]["value"]
    page = song_rating_report(result)
    assert f"{result['arousal']['regression']['ccc']['value']:.3f}" in page
    assert f"{4 * result['valence']['mean']['half_width']:.2f}" in page
    dots = rated_songs_figure(found, seed=0).axes[0].lines[-1]
    rmse = np.sqrt(np.mean((dots.get_xdata() - dots.get_ydata()) ** 2))
    assert rmse == pytest.approx(result["arousal"]["line"]["rmse"]["value"])
    bars = song_ratings_figure(result).axes[3].lines
    assert list(bars[-1].get_xdata()) == [one["rmse"]["value"] for one in result["valence"].values()]


def test_published_page_shows_the_stored_results() -> None:
    folder = ROOT / "docs" / "results"
    result = json.loads((folder / "song_level.json").read_text(encoding="utf-8"))
    assert (folder / "song_level.md").read_text(encoding="utf-8") == song_rating_report(result)
