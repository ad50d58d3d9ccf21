"""Comparing two models: differences of known models, genres, refusals, results of the command."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.comparison import ComparisonError, compare
from moodcurve.comparison.picture import coverage_by_prediction
from moodcurve.comparison.report import verdicts
from moodcurve.curve import AXES
from moodcurve.datasets import Annotation, Dataset, Song
from moodcurve.evaluation import SongPrediction, evaluate
from moodcurve.features import COMPARE260
from moodcurve.learn.export import export
from moodcurve.learn.training import train
from moodcurve.metrics.bootstrap import bootstrap_difference
from moodcurve.runtime import Model, load_model
from tests.helpers.command_line import run
from tests.helpers.training_songs import made_dataset, write_own_songs

pytestmark = pytest.mark.slow
GENRES = ("rock", "rock,folk", "jazz ", "")


def with_genres(dataset: Dataset) -> Dataset:
    return replace(dataset, songs=tuple(replace(song, genre=GENRES[i % 4]) for i, song in enumerate(dataset.songs)))


DATASET = with_genres(made_dataset(24, feature_set=COMPARE260))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a linear model of these songs, and one of songs whose ratings are exchanged."""
    folder = tmp_path_factory.mktemp("models")
    exchanged = tuple(
        replace(
            song,
            annotation=replace(song.annotation, arousal=song.annotation.valence, valence=song.annotation.arousal),
        )
        for song in DATASET.songs
    )
    paths = folder / "good.onnx", folder / "bad.onnx"
    for path, dataset in zip(paths, (DATASET, replace(DATASET, songs=exchanged, name="exchanged")), strict=True):
        export(train(dataset, "mlr"), path, name=path.stem)
    return paths


@pytest.fixture(scope="module")
def models(files: tuple[Path, Path]) -> tuple[Model, Model]:
    return load_model(files[0]), load_model(files[1])


def test_metrics_and_differences_are_those_of_evaluate_and_the_bootstrap(models: tuple[Model, Model]) -> None:
    found = compare([DATASET, DATASET], models)
    assert list(found.models) == [evaluate(DATASET, model) for model in models]
    ordered = found.dataset.songs
    predicted = [[np.clip(model.predict(song.features), -1, 1) for song in ordered] for model in models]
    for column, axis in enumerate(AXES):
        y_true = [song.y[:, column] for song in ordered]
        expected = bootstrap_difference(y_true, *([p[:, column] for p in one] for one in predicted), seed=0)
        assert found.differences[axis]["ccc"] == expected["ccc"]
        assert found.differences[axis]["ccc"].value == pytest.approx(
            found.models[0][axis]["ccc"] - found.models[1][axis]["ccc"]
        )
        rmse = np.sqrt(((predicted[1][3][:, column] - ordered[3].y[:, column]) ** 2).mean())
        assert found.song_rmse[3, 1, column] == pytest.approx(rmse)
    assert "good is better" in verdicts(found)[0]


def test_exchanging_the_models_changes_the_signs_only(models: tuple[Model, Model]) -> None:
    one, other = compare([DATASET] * 2, models), compare([DATASET] * 2, models[::-1])
    for axis in AXES:
        assert one.differences[axis]["rmse"].low == pytest.approx(-other.differences[axis]["rmse"].high)
    same = compare([DATASET] * 2, [models[0]] * 2)
    assert same.differences["arousal"]["ccc"].as_dict() == {"value": 0, "low": 0, "high": 0}
    assert all("no clear difference" in sentence for sentence in verdicts(same))


def test_genres_are_compared_apart(models: tuple[Model, Model]) -> None:
    found = compare([DATASET] * 2, models)
    assert [(one.genre, one.songs) for one in found.genres] == [("rock", 12), ("folk", 6), ("jazz", 6)]
    rock = [song for song in found.dataset.songs if song.genre.startswith("rock")]
    of_rock = compare([replace(DATASET, songs=tuple(rock))] * 2, models)
    assert found.genres[0].differences["valence"]["ccc"] == of_rock.differences["valence"]["ccc"]
    few = replace(DATASET, songs=DATASET.songs[:8])
    assert compare([few] * 2, models).genres == ()


def test_only_common_songs_are_compared(models: tuple[Model, Model]) -> None:
    halves = replace(DATASET, songs=DATASET.songs[:14]), replace(DATASET, songs=DATASET.songs[6:])
    assert {song.song_id for song in compare(halves, models).dataset.songs} == {str(i) for i in range(7, 15)}
    with pytest.raises(ComparisonError, match="no song in common"):
        compare([replace(DATASET, songs=DATASET.songs[:6]), replace(DATASET, songs=DATASET.songs[6:])], models)


def test_songs_are_paired_at_common_times(models: tuple[Model, Model]) -> None:
    def cut(song: Song, rows: slice) -> Song:
        features = replace(song.features, values=song.x[rows], times_s=song.features.times_s[rows])
        ratings = {name: getattr(song.annotation, name)[rows] for name in ("times_s", "arousal", "valence")}
        return replace(song, features=features, annotation=Annotation(**ratings))

    def part(rows: slice) -> Dataset:
        return replace(DATASET, songs=tuple(cut(song, rows) for song in DATASET.songs))

    both = compare([part(slice(3, 17))] * 2, models)
    overlapping = compare([part(slice(0, 17)), part(slice(3, 20))], models)
    assert overlapping.as_dict() == both.as_dict()
    with pytest.raises(ComparisonError, match="song 1: the models' features are at different times"):
        compare([part(slice(0, 20)), part(slice(0, 20, 2))], models)


def test_coverage_is_counted_in_groups_of_predictions() -> None:
    song = made_dataset(1, frames=10).songs[0]
    values = np.linspace(-0.9, 0.9, 10)[:, None].repeat(2, axis=1)
    inside = np.arange(10) < 7  # the highest three are outside
    ends = np.where(inside[:, None], song.y, song.y + 5)[:, :, None] + [-0.1, 0.1]
    predicted, covered = coverage_by_prediction([song], [SongPrediction(values, ends)], 0)
    assert covered.tolist() == [1, 1, 1, 0.5, 0]
    assert predicted == pytest.approx([-0.8, -0.4, 0, 0.4, 0.8])


def test_the_command_prints_and_writes_everything(files: tuple[Path, Path], tmp_path: Path) -> None:
    songs = tmp_path / "songs"
    write_own_songs(songs, DATASET)
    done = run("compare", *files, str(songs), "-o", str(tmp_path / "out"))
    assert done.exit_code == 0, done.stderr
    assert "good is better" in done.stdout
    assert "jazz" in done.stdout
    result = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert result["songs"] == 24
    assert result["differences"]["arousal"]["ccc"]["low"] > 0
    assert [one["genre"] for one in result["by_genre"]] == ["rock", "folk", "jazz"]
    rows = list(csv.DictReader((tmp_path / "out" / "songs.csv").read_text().splitlines()))
    by_id = {one["song_id"]: one for one in result["per_song"]}
    assert len(rows) == 24
    assert float(rows[5]["valence_rmse_second"]) == pytest.approx(
        by_id[rows[5]["song_id"]]["valence"]["rmse"][1], abs=1e-4
    )
    page = (tmp_path / "out" / "compare.md").read_text()
    assert "| arousal | CCC |" in page
    assert "![" in page
    assert (tmp_path / "out" / "compare.png").stat().st_size > 20_000
    done = run("compare", *files, str(songs), "--json", "-")
    assert json.loads(done.stdout) == result
    done = run("compare", files[0], "none.onnx", str(songs))
    assert done.exit_code == 1
    assert "none.onnx: no such model" in done.stderr
