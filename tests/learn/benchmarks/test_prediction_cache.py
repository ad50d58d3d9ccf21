"""Cached predictions are used if and only if nothing they depend on has changed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets import Dataset
from moodcurve.datasets.splits import k_fold
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks import prediction_cache
from moodcurve.learn.benchmarks.benchmark import run_benchmark
from moodcurve.learn.benchmarks.prediction_cache import cache_key
from moodcurve.learn.models.blend import fit_blend
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.models.two_level import TwoLevelConfig, fit_two_level
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(12, frames=6)
SPLITS = k_fold(DATASET.songs, 3, 0, by="artist")


def key(dataset: Dataset = DATASET, *, splits=SPLITS, fit=fit_mlr, config=None, seed: int = 0) -> str:
    return cache_key(dataset.songs, splits, fit, config or MLRConfig(), seed)


def changed(column: str) -> Dataset:
    """The synthetic songs with one number of the first song changed slightly."""
    first = DATASET.songs[0]
    if column == "rating":
        first = replace(first, annotation=replace(first.annotation, song_valence=0.25))
    elif column == "version":
        first = replace(first, versions=(first.features,))
    elif column == "label":
        arousal = first.annotation.arousal.copy()
        arousal[2] += 1e-9
        first = replace(first, annotation=replace(first.annotation, arousal=arousal))
    else:
        values = first.features.values.copy()
        values[2, 7] = np.nextafter(values[2, 7], np.inf)
        first = replace(first, features=replace(first.features, values=values))
    return replace(DATASET, songs=(first, *DATASET.songs[1:]))


def test_second_run_trains_only_new_families(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_benchmark(DATASET, "deam", ["mlr"], cache=tmp_path / "cache")
    monkeypatch.setattr("moodcurve.learn.models.mlr.LinearRegression", None)  # fitting again would fail
    again = run_benchmark(DATASET, "deam", ["mlr", "two-level"], cache=tmp_path / "cache")
    assert all((a == b).all() for a, b in zip(first.models[0].predicted, again.models[0].predicted, strict=True))
    assert again.models[0].seconds == first.models[0].seconds
    assert again.models[0].intervals == first.models[0].intervals
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_everything_that_predictions_depend_on_changes_the_key() -> None:
    keys = [
        key(),
        key(changed("label")),
        key(changed("feature")),
        key(changed("rating")),
        key(changed("version")),
        key(seed=1),
        key(splits=k_fold(DATASET.songs, 3, 1, by="artist")),
        key(splits=SPLITS[::-1]),
        key(config=MLRConfig(preprocessing=PreprocessingConfig(clip=4))),
        key(fit=fit_two_level, config=TwoLevelConfig()),
    ]
    assert len(set(keys)) == len(keys)
    assert key() == keys[0]


def test_key_includes_the_sources_of_a_family_and_its_imports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = {path.stem for path in prediction_cache._sources(fit_blend.__module__)}
    assert {"blend", "two_level", "state_space", "filter", "nodes", "mlr", "ffnn", "pipeline", "splits"} <= names
    assert not {"recurrent", "training", "benchmark", "__init__"} & names
    before = key()
    other = tmp_path / "mlr.py"
    other.write_text("# other source code\n")
    monkeypatch.setattr(prediction_cache, "_sources", lambda module: [other])
    assert key() != before


def test_damaged_file_is_named(tmp_path: Path) -> None:
    run_benchmark(DATASET, "deam", ["mlr"], cache=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(TrainingError, match=f"{file.name}: cannot be read as cached predictions; delete it"):
        run_benchmark(DATASET, "deam", ["mlr"], cache=tmp_path)
    np.savez(file, rows=np.zeros((3, 2)), seconds=1.0)
    with pytest.raises(TrainingError, match="has 3 rows, expected 72; delete it"):
        run_benchmark(DATASET, "deam", ["mlr"], cache=tmp_path)
