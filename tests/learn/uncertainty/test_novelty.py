"""Novelty without the level of the recording: the same at any level, for models that are free of it too."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve.features import COMPARE236, Features
from moodcurve.learn.export import export
from moodcurve.learn.held_out import cross_validate, novelty_detector
from moodcurve.learn.training import train
from moodcurve.learn.uncertainty.novelty import accumulate, fit_embedding
from moodcurve.runtime import Model, load_model
from tests.helpers.training_songs import level_exponents, made_sounding_dataset, with_quadrants_only

SONGS = made_sounding_dataset(110)
ROWS = made_sounding_dataset(1, frames=80, seed=9).songs[0].x
QUIET = (ROWS * 0.1 ** level_exponents(COMPARE236)).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path: Path = tmp_path_factory.mktemp("models") / "gp.onnx"
    held = cross_validate(SONGS, "gp")
    assert held.novelty is not None
    export(train(SONGS, "gp"), path, name="gp", calibration=held.calibration, novelty=held.novelty)
    return load_model(path)


def curve(model: Model, rows: np.ndarray):
    features = Features(rows, np.arange(len(rows)) * 0.5, COMPARE236)
    return model.curve(features, source="song.flac", duration_s=len(rows) / 2 + 0.5)


def test_quiet_recording_has_the_same_curve_and_novelty(model: Model) -> None:
    usual, quiet = curve(model, ROWS), curve(model, QUIET)
    assert usual.novelty is not None
    assert usual.novelty == pytest.approx(quiet.novelty, rel=1e-4)
    np.testing.assert_allclose(usual.arousal, quiet.arousal, atol=1e-5)
    np.testing.assert_allclose(usual.valence, quiet.valence, atol=1e-5)


def test_usual_recording_is_usual_and_a_strange_one_is_not(model: Model) -> None:
    assert curve(model, ROWS).novelty < 1
    strange = ROWS.copy()
    strange[:, level_exponents(COMPARE236) == 0] *= -1  # means are large
    assert curve(model, strange).novelty > 1


def test_embedding_with_the_level_moves_with_it() -> None:
    quiet = made_sounding_dataset(1, frames=80, seed=9).songs[0]
    quiet.features.values[:] = QUIET
    usual = made_sounding_dataset(1, frames=80, seed=9).songs[0]
    free, bound = (fit_embedding(SONGS.songs, level=level) for level in ("normalized", "kept"))
    assert accumulate(free, quiet).distance == pytest.approx(accumulate(free, usual).distance, rel=1e-4)
    assert accumulate(bound, quiet).distance > 1.2 * accumulate(bound, usual).distance


def test_songs_count_if_the_family_learns_from_them() -> None:
    """80 rated songs are too few for a limit, and with 30 that have a quadrant there are enough."""
    rated, further = made_sounding_dataset(80), with_quadrants_only(made_sounding_dataset(30, seed=1)).songs
    mixed = type(rated)(name="mixed", songs=(*rated.songs, *further))
    assert novelty_detector(rated, "gp", seed=0) is None
    assert cross_validate(mixed, "mlr").novelty is None
    assert cross_validate(mixed, "gp").novelty is not None
