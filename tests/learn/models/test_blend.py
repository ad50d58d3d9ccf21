"""The blend against its two parts, its file against the training form."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve.features import Features
from moodcurve.learn import TrainingError
from moodcurve.learn.export import export
from moodcurve.learn.models.blend import BlendConfig, fit_blend
from moodcurve.learn.models.state_space import LiveStateSpaceConfig, fit_state_space
from moodcurve.learn.models.two_level import TwoLevelConfig, fit_two_level
from moodcurve.learn.training import train
from moodcurve.runtime import load_model
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(24, frames=30)
LONG = np.vstack([song.x for song in made_dataset(10, seed=4, frames=40).songs])


def test_the_blend_is_the_stretched_mean_of_its_parts() -> None:
    config = BlendConfig(
        stretch_arousal=2.0,
        stretch_valence=0.5,
        two_level=TwoLevelConfig(context_s=20.0),
        state_space=LiveStateSpaceConfig(level_memory_s=60.0),
    )
    mean = fit_two_level(DATASET.songs, config.two_level).predict(LONG) / 2
    mean += fit_state_space(DATASET.songs, config.state_space).predict(LONG) / 2
    centre = np.vstack([song.y for song in DATASET.songs]).mean(axis=0)
    expected = centre + (mean - centre) * [2.0, 0.5]
    np.testing.assert_allclose(fit_blend(DATASET.songs, config).predict(LONG), expected, atol=1e-9)


def test_file_and_training_form_agree(tmp_path: Path) -> None:
    trained = train(DATASET, "blend")
    export(trained, tmp_path / "m.onnx", name="m")
    model = load_model(tmp_path / "m.onnx")
    for rows in (LONG, LONG[:1], LONG[:7]):
        features = Features(rows, np.arange(len(rows)) * 0.5, DATASET.feature_set)
        # the file answers in single precision
        np.testing.assert_allclose(model.predict(features), np.clip(trained.model.predict(rows), -1, 1), atol=1e-5)


def test_how_the_rows_arrive_does_not_matter(tmp_path: Path) -> None:
    export(train(DATASET, "blend"), tmp_path / "m.onnx", name="m")
    model = load_model(tmp_path / "m.onnx")
    times_s = np.arange(len(LONG)) * 0.5
    whole = model.predict_with_std(Features(LONG, times_s, DATASET.feature_set))
    parts = [Features(LONG[i : i + 7], times_s[i : i + 7], DATASET.feature_set) for i in range(0, len(LONG), 7)]
    found = model.predict_parts(parts)
    np.testing.assert_array_equal(found.values, whole.values)
    np.testing.assert_array_equal(found.times_s, times_s)


@pytest.mark.parametrize("key", ["stretch_arousal", "stretch_valence"])
def test_a_stretch_that_turns_answers_round_is_refused(key: str) -> None:
    with pytest.raises(TrainingError, match=f"{key} must be positive, got -1"):
        BlendConfig(**{key: -1.0})
