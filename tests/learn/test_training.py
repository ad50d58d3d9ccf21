"""Training by family name, and the log of a training."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from moodcurve.datasets import DatasetError
from moodcurve.learn import TrainingError
from moodcurve.learn.export import export
from moodcurve.learn.models.ffnn import FFNNConfig
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.models.svr import SVRConfig
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig
from moodcurve.learn.training import FAMILIES, save_log, train
from tests.helpers.training_songs import made_dataset, made_sounding_dataset, with_quadrants_only

pytestmark = pytest.mark.slow

DATASET = made_dataset(16)
FAST = FFNNConfig(
    hidden=(8,),
    epochs=4,
    learning_rate=0.03,
    dropout=0,
    batch_size=32,
    held_out=0.15,
    preprocessing=PreprocessingConfig(pca_components=6),
)


@pytest.mark.parametrize("family", ["mlr", "svr", "ffnn"])
def test_families_are_trained_by_name(family: str) -> None:
    trained = train(DATASET, family, config=FAST if family == "ffnn" else None)
    assert trained.family == family
    assert trained.dataset is DATASET
    assert trained.seconds > 0
    if family != "ffnn":
        assert trained.model.config == FAMILIES[family].config()
    # arousal is nearly linear in the features: each family fits it on the training songs
    assert trained.training_metrics()["arousal"]["r"] > 0.8


def test_unknown_family_names_the_known_ones() -> None:
    with pytest.raises(TrainingError, match="unknown model family 'knn'; known are mlr, svr, ffnn"):
        train(DATASET, "knn")


def test_settings_of_another_family_raise() -> None:
    with pytest.raises(TrainingError, match="config must be a SVRConfig for svr, got a MLRConfig"):
        train(DATASET, "svr", config=MLRConfig())


def test_same_call_gives_the_same_model() -> None:
    first, again = (train(DATASET, "ffnn", config=FAST, seed=3).model.predict(DATASET.songs[0].x) for _ in "12")
    np.testing.assert_array_equal(first, again)


def test_preprocessing_is_fitted_to_the_training_songs_only() -> None:
    half = made_dataset(16)
    part = type(half)(name="half", songs=half.songs[:8])
    config = MLRConfig(preprocessing=PreprocessingConfig(pca_components=5))
    of_part, of_all = (train(d, "mlr", config=config).model.preprocessing.steps[0] for d in (part, half))
    rows = np.vstack([song.x for song in part.songs]).astype(float)
    np.testing.assert_allclose(of_part.offset, np.median(rows, axis=0), rtol=1e-12)
    assert not np.allclose(of_part.offset, of_all.offset, rtol=1e-3)


def test_log_of_a_network_has_a_loss_curve(tmp_path: Path) -> None:
    trained = train(DATASET, "ffnn", config=FAST, seed=2)
    files = save_log(trained, tmp_path / "net.onnx")
    assert files == (tmp_path / "net.training.json", tmp_path / "net.loss.png")
    log = json.loads(files[0].read_text())
    assert [epoch["number"] for epoch in log["epochs"]] == [1, 2, 3, 4]
    assert log["epochs"][0]["held_out_rmse"] == trained.model.history[0].held_out_rmse
    assert (log["family"], log["seed"], log["songs"]) == ("ffnn", 2, 16)
    assert (log["training_data"], log["feature_set"]) == ("made songs", "compare236/1")
    assert log["config"]["hidden"] == [8]
    assert files[1].read_bytes().startswith(b"\x89PNG")


def test_log_of_svr_has_no_loss_curve(tmp_path: Path) -> None:
    files = save_log(train(DATASET, "svr", config=SVRConfig(row_step=4)), tmp_path / "svr.onnx")
    assert files == (tmp_path / "svr.training.json",)
    assert json.loads(files[0].read_text())["epochs"] == []


def test_the_number_of_threads_does_not_change_a_network(tmp_path: Path) -> None:
    config = FFNNConfig(hidden=(16, 16), epochs=3, preprocessing=PreprocessingConfig(pca_components=40))
    dataset = made_dataset(100, frames=60)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        try:
            with threadpool_limits(limits=threads):
                export(train(dataset, "ffnn", config=config), tmp_path / f"{threads}", name="threads")
        finally:
            torch.set_num_threads(1)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_songs_with_a_quadrant_only_are_learned_from_but_not_measured(tmp_path: Path) -> None:
    rated = made_sounding_dataset(16)
    further = with_quadrants_only(made_sounding_dataset(8, seed=1)).songs
    mixed = replace(rated, songs=(*rated.songs, *further))
    trained = train(mixed, "gp")
    assert trained.dataset is mixed
    assert trained.training_metrics()["songs"] == 16
    assert json.loads(save_log(trained, tmp_path / "gp.onnx")[0].read_text())["songs"] == 24
    alone = train(rated, "gp").model
    assert np.abs(trained.model.predict(rated.songs[0].x) - alone.predict(rated.songs[0].x)).max() > 1e-3
    assert train(mixed, "mlr").dataset.songs == rated.songs
    for family in ("mlr", "gp", "gp-blend", "gp-live"):
        with pytest.raises(DatasetError, match="its 8 songs have quadrants, but no ratings"):
            train(replace(rated, songs=further), family)
