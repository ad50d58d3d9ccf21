"""Test training on one set and testing on another: artists, quadrants, metrics, report and command."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.splits import artist_key, k_fold_sets
from moodcurve.features import COMPARE260
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks import across
from moodcurve.learn.benchmarks.across import ALL, AcrossResult, run_across
from moodcurve.learn.benchmarks.across_picture import across_figures
from moodcurve.learn.benchmarks.across_report import across_report, across_table
from moodcurve.learn.models.base import predict_rated
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.training import FAMILIES, Family
from moodcurve.mood.circumplex import QUADRANTS
from tests.helpers.command_line import run as run_command
from tests.helpers.training_songs import made_dataset, with_quadrants_only, write_own_songs


def named(dataset: Dataset, name: str, artists: str) -> Dataset:
    """Return the songs under another name, with other artists."""
    songs = (replace(song, artist=f"{artists} {song.artist}") for song in dataset.songs)
    return replace(dataset, name=name, songs=tuple(songs))


ONE = named(made_dataset(40), "one", "The Ones")
OTHER = named(made_dataset(30, seed=1), "other", "Others")
QUADRANT_SET = with_quadrants_only(named(made_dataset(30, seed=2), "quadrants", "Qs"))


@pytest.fixture(scope="module")
def found() -> AcrossResult:
    return run_across([ONE, OTHER, QUADRANT_SET], ["mlr"])


@pytest.fixture(scope="module")
def result(found: AcrossResult) -> dict[str, Any]:
    return found.results


def pair(result: dict[str, Any], train: str, test: str) -> dict[str, Any]:
    (found,) = (one for one in result["pairs"] if (one["train"], one["test"]) == (train, test))
    return dict(found)


def test_all_pairs(result: dict[str, Any]) -> None:
    names = ["one", "other", "quadrants"]
    assert [(one["train"], one["test"]) for one in result["pairs"]] == [(a, b) for a in [*names, ALL] for b in names]
    assert [one["folds"] for one in result["pairs"]] == [5, 1, 1, 1, 5, 1, 1, 1, 5, 5, 5, 5]
    assert pair(result, ALL, "one")["training_songs"] == [80, 80]
    assert pair(result, "one", "other")["training_songs"] == 40
    assert [one["rated_songs"] for one in result["sets"]] == [40, 30, 0]
    assert [one["songs_with_quadrant"] for one in result["sets"]] == [0, 0, 30]


def test_metrics_of_a_pair(result: dict[str, Any]) -> None:
    """The plain formulas, on the predictions of a model trained on the one set."""
    model = fit_mlr(ONE.songs, MLRConfig(), seed=0)
    p = np.array([np.clip(predict_rated(model, song), -1, 1).mean(axis=0) for song in OTHER.songs])
    y = np.array([song.y.mean(axis=0) for song in OTHER.songs])
    found = pair(result, "one", "other")
    for i, axis in enumerate(("arousal", "valence")):
        r = np.corrcoef(y[:, i], p[:, i])[0, 1]
        ccc = 2 * np.cov(y[:, i], p[:, i], bias=True)[0, 1] / (
            y[:, i].var() + p[:, i].var() + (y[:, i].mean() - p[:, i].mean()) ** 2
        )  # fmt: skip
        expected = {"r": r, "ccc": ccc, "auc": roc_auc_score(y[:, i] >= 0, p[:, i])}
        for metric, value in expected.items():
            assert math.isclose(found[axis][metric]["value"], value, abs_tol=1e-6), (axis, metric)
            assert found[axis][metric]["low"] <= value <= found[axis][metric]["high"]
    # valence given arousal: correlation of residuals
    residuals = [v - np.polyval(np.polyfit(y[:, 0], v, 1), y[:, 0]) for v in (y[:, 1], p[:, 1])]
    assert math.isclose(found["valence_given_arousal"]["value"], np.corrcoef(*residuals)[0, 1], abs_tol=1e-6)
    assert math.isclose(found["axes_r"]["value"], np.corrcoef(p.T)[0, 1], abs_tol=1e-6)
    assert math.isclose(found["label_axes_r"]["value"], np.corrcoef(y.T)[0, 1], abs_tol=1e-6)


def test_quadrants_are_trained_on_and_tested(result: dict[str, Any]) -> None:
    tested = pair(result, "one", "quadrants")
    assert tested["arousal"]["ccc"]["value"] is None
    # arousal is a linear function of the hidden variables, see made_dataset
    assert tested["arousal"]["auc"]["value"] > 0.9
    assert tested["arousal"]["r"]["value"] > 0.6
    assert pair(result, "quadrants", "one")["arousal"]["auc"]["value"] > 0.9
    assert pair(result, "quadrants", "quadrants")["arousal"]["auc"]["value"] > 0.8


def test_families_that_learn_from_quadrants_get_them_beside_ratings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training set of quadrants alone is rated by their middles; others keep songs without ratings."""
    counts: list[tuple[int, int]] = []

    def record(songs: Sequence[Song], config: MLRConfig, **rest: Any) -> Any:
        counts.append((sum(song.is_rated for song in songs), len(songs)))
        return fit_mlr([song.rated_by_quadrant() for song in songs], config, **rest)

    monkeypatch.setitem(FAMILIES, "both", Family(MLRConfig, record, quadrants=True))
    found = run_across([ONE, QUADRANT_SET], ["both"]).results
    ones, quadrants, joined = counts[:5], counts[7:12], counts[12:]
    assert all(rated == total for rated, total in [*ones, *counts[5:7], *quadrants])
    assert joined == [(32, 56)] * 5
    assert pair(found, ALL, "quadrants")["arousal"]["auc"]["value"] > 0.8


def test_f1_of_quadrants(result: dict[str, Any]) -> None:
    model = fit_mlr(ONE.songs, MLRConfig(), seed=0)
    rated = [song.rated_by_quadrant() for song in QUADRANT_SET.songs]
    p = np.array([np.clip(predict_rated(model, song), -1, 1).mean(axis=0) for song in rated])
    numbers = {(True, True): 0, (True, False): 1, (False, False): 2, (False, True): 3}
    guessed = [numbers[bool(a >= 0), bool(v >= 0)] for a, v in p]
    expected = f1_score([QUADRANTS.index(one or "") for one in QUADRANT_SET.quadrants], guessed, average="macro")
    found = pair(result, "one", "quadrants")["f1"]
    assert math.isclose(found["value"], expected, abs_tol=1e-9)
    assert found["low"] <= found["value"] <= found["high"]
    assert pair(result, "one", "other")["f1"] == {"value": None, "low": None, "high": None}


def test_all_sets_together_are_the_joined_folds(result: dict[str, Any]) -> None:
    """Fold i of each set is predicted from all other folds."""
    sets = [[song.rated_by_quadrant() for song in one.songs] for one in (ONE, OTHER, QUADRANT_SET)]
    folds = k_fold_sets(sets, 5, 0)
    p = np.empty((30, 2))
    for i in range(5):
        model = fit_mlr(
            [songs[j] for songs, of in zip(sets, folds, strict=True) for j in of[i][0]], MLRConfig(), seed=0
        )
        for j in folds[1][i][1]:
            p[j] = np.clip(predict_rated(model, sets[1][j]), -1, 1).mean(axis=0)
    y = np.array([song.y.mean(axis=0) for song in OTHER.songs])
    for i, axis in enumerate(("arousal", "valence")):
        r = np.corrcoef(y[:, i], p[:, i])[0, 1]
        assert math.isclose(pair(result, ALL, "other")[axis]["r"]["value"], r, abs_tol=1e-6)


def test_artists_of_test_songs_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the artists are in both sets, in another spelling."""
    shared = replace(
        OTHER,
        songs=tuple(
            replace(song, artist=ONE.songs[i].artist.upper().removeprefix("THE ") if i < 10 else song.artist)
            for i, song in enumerate(OTHER.songs)
        ),
    )
    calls: list[tuple[set[str], set[str]]] = []
    original = across.cross_predict

    def recorded(songs: list[Song], splits: Any, *rest: Any, **named: Any) -> Any:
        for train, test in splits:
            calls.append(tuple({artist_key(songs[i].artist) for i in part} for part in (train, test)))  # type: ignore[arg-type]
        return original(songs, splits, *rest, **named)

    monkeypatch.setattr(across, "cross_predict", recorded)
    found = run_across([ONE, shared], ["mlr"]).results
    assert len(calls) == 12 + 5
    assert not any(train & test for train, test in calls)
    assert pair(found, "one", "other")["training_songs"] == 30


def test_sets_with_the_same_artists_are_tested_in_folds() -> None:
    found = run_across([ONE, replace(ONE, name="again")], ["mlr"]).results
    there = pair(found, "one", "again")
    assert there["folds"] == 5
    assert there["arousal"] == pair(found, "one", "one")["arousal"]
    assert "one to again" in across_report(found)


@pytest.mark.parametrize("artists", ["", "Another {}"], ids=["no table of artists", "other spellings"])
def test_recordings_of_two_sets_are_not_trained_and_tested_on(artists: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """emoMusic's songs are DEAM's under the same ids, whatever it says about their artists."""
    deam = replace(ONE, name="DEAM")
    songs = [replace(song, artist=artists.format(song.artist)) for song in deam.songs[:30]]
    emomusic = replace(deam, name="emoMusic", songs=tuple(songs))
    calls: list[tuple[set[str], set[str]]] = []
    original = across.cross_predict

    def recorded(songs: list[Song], splits: Any, *rest: Any, **named: Any) -> Any:
        for train, test in splits:
            calls.append(tuple({songs[i].song_id for i in part} for part in (train, test)))  # type: ignore[arg-type]
        return original(songs, splits, *rest, **named)

    monkeypatch.setattr(across, "cross_predict", recorded)
    found = run_across([emomusic, deam], ["mlr"])
    assert len(calls) == 5 * 5
    assert not any(train & test for train, test in calls)
    assert found.results["shared_recordings"] == 30
    assert "30 recordings of DEAM in more than one of the sets" in across_report(found.results)


def test_equal_names_are_numbered() -> None:
    assert {one["name"] for one in run_across([ONE, ONE], ["mlr"]).results["sets"]} == {"one (1)", "one (2)"}


def test_predictions_are_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_across([ONE, OTHER], ["mlr"], cache=tmp_path).results
    monkeypatch.setattr(across, "cross_predict", None)
    assert run_across([ONE, OTHER], ["mlr"], cache=tmp_path).results["pairs"] == first["pairs"]


def test_sets_with_different_features_are_refused() -> None:
    with pytest.raises(
        TrainingError, match="must have the same features, got one compare236/1, made songs compare260/1"
    ):
        run_across([ONE, made_dataset(30, feature_set=COMPARE260)], ["mlr"])
    with pytest.raises(TrainingError, match="unknown model family 'x'"):
        run_across([ONE], ["x"])
    with pytest.raises(TrainingError, match="at least one model family"):
        run_across([ONE], [])


def test_report(result: dict[str, Any]) -> None:
    json.dumps(result, allow_nan=False)
    rows = across_table(result)
    assert len(rows) == 13
    assert rows[3][:3] == ("MLR", "one", "quadrants")
    assert rows[3][5] == "–"
    page = across_report(result)
    assert "| quadrants | 30 | 0 | 30 |" in page
    assert page.count("\n| MLR |") == 12


def test_pictures_show_the_metrics_and_each_song(found: AcrossResult) -> None:
    figures = across_figures(found)
    valence_auc = figures["across.png"].axes[3].lines[-1]
    assert list(valence_auc.get_xdata()) == [one["valence"]["auc"]["value"] for one in found.results["pairs"]]
    # a row for each axis of a test set, or for its quadrants, and a column for each training set
    assert len(figures["across-songs.png"].axes) == 5 * 4
    valence = figures["across-songs.png"].axes[5].lines[-1]  # from "other" to "one"
    assert list(valence.get_xdata()) == pytest.approx([song.y[:, 1].mean() for song in ONE.songs])
    r = np.corrcoef(valence.get_xdata(), valence.get_ydata())[0, 1]
    assert pair(found.results, "other", "one")["valence"]["r"]["value"] == pytest.approx(r)
    quadrants = figures["across-songs.png"].axes[16].lines[-4:]
    assert [len(line.get_xdata()) for line in quadrants] == [QUADRANT_SET.quadrants.count(one) for one in QUADRANTS]
    assert [panel.get_title() for panel in figures["across-genres.png"].axes] == [
        f"{name}, {axis}" for name in ("one", "other") for axis in ("arousal", "valence")
    ]


@pytest.mark.slow
def test_command(tmp_path: Path) -> None:
    folders = []
    for dataset in (ONE, OTHER):
        write_own_songs(tmp_path / dataset.name, replace(made_dataset(12, feature_set=COMPARE260), name=dataset.name))
        folders.append(str(tmp_path / dataset.name))
    done = run_command("benchmark", *folders, "--protocol", "across", "--models", "mlr", "-o", str(tmp_path))
    assert done.exit_code == 0, done.stderr
    stored = json.loads((tmp_path / "across.json").read_text())
    assert [one["name"] for one in stored["sets"]] == ["one", "other"]
    page = (tmp_path / "across.md").read_text(encoding="utf-8")
    for name in ("across.png", "across-songs.png", "across-genres.png"):
        assert f"]({name})" in page
        assert (tmp_path / name).is_file()
    refused = run_command("benchmark", *folders, "--models", "mlr")
    assert refused.exit_code == 2
    assert "several folders need --protocol across" in refused.stderr
    refused = run_command("benchmark", folders[0], "--protocol", "across", "--ids", "x.txt")
    assert refused.exit_code == 2
    for protocol in ("deam", "across"):
        refused = run_command("benchmark", folders[0], "--protocol", protocol, "--sound", str(tmp_path))
        assert refused.exit_code == 2
        assert "expected one DEAM folder among the datasets, got 0" in refused.stderr
