"""The commands `train --from`, `models` and `suggest`: a model of ten songs, refused or kept by name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.features import COMPARE236, COMPARE260
from moodcurve.runtime import load_model
from tests.helpers.command_line import run
from tests.helpers.library_fixtures import made_library
from tests.helpers.training_songs import made_sounding_dataset, write_own_songs


def write_songs(home: Path, *, shift: float) -> Path:
    """Write ten songs that a listener rates as the model fast does, but for a shift of arousal."""
    fast, rng = load_model("fast"), np.random.default_rng(0)
    dataset = made_sounding_dataset(10, seed=3, feature_set=COMPARE260)
    rated = []
    for song in dataset.songs:
        y = fast.predict(song.features.select(COMPARE236)) + [shift, 0] + 0.1 * rng.normal(size=2)
        annotation = replace(song.annotation, arousal=y[:, 0].clip(-1, 1), valence=y[:, 1].clip(-1, 1))
        rated.append(replace(song, annotation=annotation))
    write_own_songs(home, replace(dataset, songs=tuple(rated)))
    return home


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOODCURVE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_a_better_model_is_kept_by_name_and_used(tmp_path, models):
    songs = write_songs(tmp_path / "songs", shift=0.5)
    made = run("train", songs, "--from", "fast", "--name", "mine", "--json", tmp_path / "result.json")
    assert made.exit_code == 0, made.stderr
    assert "use it with --model mine" in made.stderr
    assert "the adapted model is better" in made.stdout
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["better"]
    assert result["file"] == str(models / "mine.onnx")
    assert result["difference"]["arousal"]["rmse"]["high"] < 0

    listed = json.loads(run("models", "--json").stdout)
    assert [one["name"] for one in listed] == ["default", "fast", "live", "mine"]
    assert listed[3]["training_data"] == "DEAM + 4Q + songs"
    assert "mine" in run("models").stdout

    evaluated = run("evaluate", songs, "--model", "mine", "--json")
    assert json.loads(evaluated.stdout)["model"] == result["model"]
    assert "trained on 10 of these 10 songs" in evaluated.stderr


def test_a_model_that_is_not_better_replaces_none(tmp_path, models):
    songs = write_songs(tmp_path / "songs", shift=0.0)
    models.mkdir()
    (models / "mine.onnx").write_bytes(b"as it was")
    refused = run("train", songs, "--from", "fast", "--name", "mine", "--json")
    assert refused.exit_code == 1
    assert "not written: the adapted model is not better" in refused.stderr
    result = json.loads(refused.stdout)
    assert result["model"] is None
    assert result["before"]["arousal"]["rmse"]["value"] > 0
    assert (models / "mine.onnx").read_bytes() == b"as it was"

    forced = run("train", songs, "--from", "fast", "-o", tmp_path / "mine.onnx", "--force")
    assert forced.exit_code == 0
    assert "not shown to be better" in forced.stdout
    assert load_model(tmp_path / "mine.onnx").metadata["family"] == "adapted"


def test_wrong_calls_say_what_is_missing(tmp_path, models):
    for words, message in (
        ((), "either a file, -o MINE.onnx, or a name"),
        (("--name", "a", "-o", "b.onnx"), "either a file"),
        (("--name", "mine", "--model", "mlr"), "--from does not go together"),
    ):
        result = run("train", tmp_path, "--from", "default", *words)
        assert result.exit_code == 2
        assert message in result.stderr
    result = run("train", tmp_path, "--model", "mlr", "-o", tmp_path / "x.onnx", "--name", "mine")
    assert (result.exit_code, "only used with --from" in result.stderr) == (2, True)
    result = run("train", tmp_path, "--from", "default", "--name", "default")
    assert (result.exit_code, "name of a packaged model" in result.stderr) == (1, True)


def test_features_alone_need_the_model_fast(tmp_path, models):
    songs = write_songs(tmp_path / "songs", shift=0.5)
    result = run("train", songs, "--from", "default", "--name", "mine")
    assert result.exit_code == 1
    assert "has no audio/, and default needs features" in result.stderr
    assert not models.exists()


def test_songs_to_rate_are_listed_in_order(tmp_path):
    library = tmp_path / "library.sqlite"
    made_library(library, 30)
    result = run("suggest", "--limit", "5", "--json", "--library", library)
    songs = json.loads(result.stdout)
    assert (result.exit_code, len(songs), len({song["id"] for song in songs})) == (0, 5, 5)
    assert len(run("suggest", "--library", library).stdout.strip().splitlines()) == 21
    (tmp_path / "rated" / "audio").mkdir(parents=True)
    result = run("suggest", "--library", library, "--rated", tmp_path / "rated")
    assert "0 of the 0 songs" in result.stderr
    assert run("suggest", "--library", library, "--sort", "year").exit_code == 2
