"""Protocols: who trains, who is tested, the figures that follow, and how they are shown."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets.splits import k_fold
from moodcurve.features import COMPARE260
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.baselines import NAMES
from moodcurve.learn.benchmarks.benchmark import run_benchmark
from moodcurve.learn.benchmarks.noise_ceiling import NAMES as CEILING_NAMES
from moodcurve.learn.benchmarks.noise_ceiling import ceiling_rows
from moodcurve.learn.benchmarks.protocols import PROTOCOLS, read_for
from moodcurve.learn.benchmarks.report import beside_table, difference_table, draw, explanations, report, table
from moodcurve.learn.config import read_configs
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.ffnn import FFNNConfig
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.models.recurrent_config import ForwardConfig
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig
from moodcurve.learn.training import FAMILIES, Family
from tests.helpers import ROOT
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(20, frames=8)
FAST = {"ffnn": FFNNConfig(hidden=(8,), epochs=2)}


@pytest.fixture(scope="module")
def benchmark():
    return run_benchmark(DATASET, "deam", ["mlr", "svr"], seed=1)


def test_no_song_is_predicted_by_a_model_that_has_learned_from_its_artist() -> None:
    learned = []

    class Spy:
        def predict(self, x):
            return np.full((len(x), 2), float(len(learned)))

    def fit(songs, config, *, seed, progress):
        learned.append({song.artist for song in songs})
        return Spy()

    told = []
    splits = k_fold(DATASET.songs, 5, 0, by="artist")
    kind = Family(config=MLRConfig, fit=fit)
    predicted = cross_predict(DATASET.songs, splits, kind, MLRConfig(), seed=0, report=told.append)
    assert told == [0, 1, 2, 3, 4, 5]
    tested = {int(i): artists for (_, test), artists in zip(splits, learned, strict=True) for i in test}
    assert sorted(tested) == list(range(20))
    assert all(song.artist not in tested[i] for i, song in enumerate(DATASET.songs))
    # a spy answers with ever more than 1: what is beyond the scale is cut off
    assert all((p == 1).all() for p in predicted)


def test_figures_are_those_of_the_predictions(benchmark) -> None:
    for model in benchmark.models:
        for column, axis in enumerate(("arousal", "valence")):
            t = np.concatenate([song.y[:, column] for song in DATASET.songs])
            p = np.concatenate([p[:, column] for p in model.predicted])
            assert model.intervals[axis]["r"].value == pytest.approx(np.corrcoef(t, p)[0, 1])
            assert model.intervals[axis]["rmse"].value == pytest.approx(np.sqrt(((t - p) ** 2).mean()))
            for interval in model.intervals[axis].values():
                assert interval.low < interval.value < interval.high
        assert sum(split["songs"] for split in model.splits) == 20
        assert len(model.splits) == 5


def test_differences_are_the_later_model_less_the_earlier(benchmark) -> None:
    (pair,) = benchmark.differences
    mlr, svr = benchmark.models
    assert (pair.model, pair.other) == ("svr", "mlr")
    expected = svr.intervals["valence"]["rmse"].value - mlr.intervals["valence"]["rmse"].value
    assert pair.intervals["valence"]["rmse"].value == pytest.approx(expected)


def test_same_seed_gives_the_same_figures_and_json_is_strict() -> None:
    first, again = (run_benchmark(DATASET, "deam", ["ffnn"], configs=FAST, seed=4).as_dict() for _ in range(2))
    for result in (first, again):
        del result["models"][0]["seconds"]
    assert json.dumps(first, allow_nan=False) == json.dumps(again)
    assert first["models"][0]["config"]["hidden"] == [8]
    assert (first["protocol"], first["songs"], first["points"]) == ("deam", 20, 160)
    assert first["feature_set"] == "compare236/1"


def test_valence_beside_arousal_is_stated_of_models_and_labels(benchmark) -> None:
    """By numpy's correlations of all points; what the regressions on arousal leave."""
    y = np.concatenate([song.y for song in DATASET.songs])
    stated = benchmark.as_dict()
    assert stated["label_axes_r"]["value"] == pytest.approx(np.corrcoef(y.T)[0, 1])
    rows = {row[0]: row for row in beside_table(benchmark)}
    for model, found in zip(benchmark.models, stated["models"], strict=True):
        p = np.concatenate(model.predicted)
        assert found["axes_r"]["value"] == pytest.approx(np.corrcoef(p.T)[0, 1])
        left = [x - np.polyval(np.polyfit(y[:, 0], x, 1), y[:, 0]) for x in (y[:, 1], p[:, 1])]
        expected = np.corrcoef(*left)[0, 1]
        assert found["valence_given_arousal"]["value"] == pytest.approx(expected)
        assert rows[model.family.upper()][1].startswith(f"{expected:.3f}\n")
        assert set(found["r_song_without_growth"]) == {"arousal", "valence"}
    assert rows["labels"][2].startswith(f"{stated['label_axes_r']['value']:.3f}\n")


def test_baselines_stand_beside_the_models(benchmark) -> None:
    """The oracle's error is the spread within songs; neither has a course, so neither has an r per song."""
    mean, oracle = benchmark.as_dict()["baselines"]
    assert (mean["name"], oracle["name"]) == NAMES
    within = np.concatenate([song.y[:, 0] - song.y[:, 0].mean() for song in DATASET.songs])
    assert oracle["arousal"]["rmse"]["value"] == pytest.approx(np.sqrt((within**2).mean()))
    # each split's mean is that of other songs: a little worse than the mean of all
    assert 1 < mean["arousal"]["rmse"]["value"] / benchmark.label_spread["arousal"] < 1.1
    for baseline in (mean, oracle):
        assert baseline["valence"]["r_song"]["value"] is None
        assert baseline["r_song_without_growth"]["valence"]["value"] is None


def test_label_spread_is_the_error_of_the_labels_mean(benchmark) -> None:
    y = np.concatenate([song.y[:, 0] for song in DATASET.songs])
    expected = np.sqrt(((y - y.mean()) ** 2).mean())
    assert benchmark.as_dict()["label_spread"]["arousal"] == pytest.approx(expected)


def test_undefined_figures_are_null_and_dashes() -> None:
    flat = made_dataset(10, frames=8)
    for song in flat.songs:
        song.annotation.valence[:] = 0.2
    result = run_benchmark(flat, "deam", ["mlr"])
    assert result.as_dict()["models"][0]["valence"]["r"] == {"value": None, "low": None, "high": None}
    json.dumps(result.as_dict(), allow_nan=False)
    assert any("– (valence)" in line for line in explanations(result))
    valence = table(result)[2]
    assert valence[:2] == ("MLR", "valence")
    assert valence[table(result)[0].index("r")] == "–"
    assert result.as_dict()["models"][0]["valence_given_arousal"]["value"] is None
    assert beside_table(result)[1][1] == "–"


def test_other_settings_than_the_defaults_are_named() -> None:
    result = run_benchmark(DATASET, "deam", ["mlr", "ffnn"], configs=FAST)
    (line,) = (line for line in explanations(result) if "other settings" in line)
    assert line == "FFNN has other settings than its defaults: hidden [8], epochs 2."


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_table_and_figure_show_ours_beside_the_published(protocol: str, tmp_path: Path) -> None:
    result = run_benchmark(made_dataset(20, frames=4), protocol, ["mlr", "ffnn"], configs=FAST)
    rows = table(result)
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [row[0] for row in rows[1::2]] == [
        "MLR", "FFNN", *NAMES, *(p.model for p in PROTOCOLS[protocol].published)
    ]  # fmt: skip
    r = result.models[0].intervals["arousal"]["r"]
    assert rows[1][rows[0].index("r")] == f"{r.value:.3f}\n{r.low:.3f} {r.high:.3f}"
    beside = beside_table(result)
    assert [row[0] for row in beside[1:]] == ["MLR", "FFNN", *NAMES, "labels"]
    assert {len(row) for row in beside} == {len(beside[0])}
    assert f"| {beside[0][1]} | {beside[0][2]} |" in report(result)
    assert [row[:2] for row in difference_table(result)[1:]] == [
        ("FFNN - MLR", "arousal"), ("FFNN - MLR", "valence")
    ]  # fmt: skip
    lines = explanations(result)
    assert PROTOCOLS[protocol].description in lines[0]
    single = [split["arousal"]["r2"] for split in result.models[0].splits]
    assert any(f"MLR, r² of single splits: {min(single):.3f} to {max(single):.3f} (arousal)" in x for x in lines)
    draw(result, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.real
def test_the_ceilings_stand_in_the_table_as_on_the_page_of_the_raters(deam_dir: Path, tmp_path: Path) -> None:
    """The page was written by another command, over the same songs; no label is without its features' song."""
    stored = json.loads((ROOT / "docs" / "results" / "raters.json").read_text(encoding="utf-8"))
    dataset = read_for(deam_dir, "deam")
    rows = ceiling_rows(deam_dir, dataset, "deam", seed=stored["seed"])
    assert [row.name for row in rows] == list(CEILING_NAMES.values())
    whole = stored["parts"][0]
    assert whole["songs"] == len(dataset.songs)
    for way, row in zip(CEILING_NAMES, rows, strict=True):
        for axis in ("arousal", "valence"):
            for name in ("rmse", "r", "ccc", "r_song"):
                expected = whole[axis]["ceilings"][way][name]
                assert row.intervals[axis][name].as_dict() == pytest.approx(expected)
            r, r2 = (row.intervals[axis][name] for name in ("r", "r2"))
            assert r2.low == pytest.approx(r.low**2)
            explained = row.intervals[axis]["determination"].value
            assert math.isnan(explained) if way == "one_rater" else explained == r2.value
    made = replace(run_benchmark(DATASET, "deam", ["mlr"]), ceilings=rows)
    assert [row[0] for row in table(made)[1::2]] == ["MLR", *NAMES, *CEILING_NAMES.values()]
    draw(made, tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").stat().st_size > 0
    assert [row["name"] for row in made.as_dict()["ceilings"]] == list(CEILING_NAMES.values())
    assert any(line.startswith("Ceilings: ") for line in explanations(made))


def test_no_ceiling_without_raters(small_deam: Path) -> None:
    dataset = read_for(small_deam, "deam")
    assert ceiling_rows(small_deam, dataset, "deam", seed=0) == ()
    result = run_benchmark(DATASET, "deam", ["mlr"])
    assert result.as_dict()["ceilings"] == []
    assert not any("Ceilings" in line for line in explanations(result))


def test_the_papers_table_1_is_quoted() -> None:
    result = run_benchmark(made_dataset(10, frames=4), "paper", ["mlr"])
    rows = {row[:2]: dict(zip(table(result)[0], row, strict=True)) for row in table(result)}
    assert rows["FFNN (paper)", "arousal"]["r²"] == "0.680"
    assert rows["FFNN (paper)", "valence"]["r²"] == "0.660"
    assert rows["MLR (paper)", "valence"]["RMSE"] == "0.170"
    assert rows["SVR (paper)", "arousal"]["RMSE"] == "–"
    lines = explanations(result)
    assert any(
        line.startswith("FFNN (paper): ")
        and line.endswith('Feng, Markov & Yu, "Music Emotion Recognition", 2016, Table 1.')
        for line in lines
    )
    assert any(line.startswith("r² is the squared correlation") for line in lines)


@pytest.mark.parametrize(
    ("protocol", "families", "message"),
    [
        ("mirex", ["mlr"], "protocol 'mirex' is not known; there are paper, mediaeval2015, deam"),
        ("deam", ["mlr", "rnn"], "unknown model family 'rnn'"),
        ("deam", [], "no model family given"),
    ],
)
def test_unknown_names_are_refused_before_anything_is_trained(protocol: str, families: list[str], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        run_benchmark(DATASET, protocol, families)


@pytest.mark.real
def test_least_squares_reaches_the_reference_on_the_2015_labels(deam_dir: Path) -> None:
    """Within about .01, as other splits change it, of an independent least-squares run on these songs: over
    three splits it had r .664 to .671 (arousal), .630 to .638 (valence), RMSE .256 to .258, .284 to .288."""
    dataset = read_for(deam_dir, "mediaeval2015")
    assert len(dataset.songs) == 261
    assert dataset.feature_set is COMPARE260
    unclipped = MLRConfig(preprocessing=PreprocessingConfig(compress=False, clip=0))
    result = run_benchmark(dataset, "mediaeval2015", ["mlr"], configs={"mlr": unclipped})
    arousal, valence = (result.models[0].intervals[axis] for axis in ("arousal", "valence"))
    assert 0.66 <= arousal["r"].value < 0.69
    assert 0.625 <= valence["r"].value < 0.66
    assert arousal["rmse"].value == pytest.approx(0.256, abs=0.01)
    assert valence["rmse"].value == pytest.approx(0.285, abs=0.01)


def test_settings_of_families_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[gru-forward]\nnetworks = 1\n[mlr.preprocessing]\nclip = 3\n")
    kinds = {name: kind.config for name, kind in FAMILIES.items()}
    found = read_configs(file, kinds)
    assert found == {
        "gru-forward": ForwardConfig(networks=1),
        "mlr": MLRConfig(preprocessing=PreprocessingConfig(clip=3.0)),
    }
    for text, message in (
        ("[rnn]\nnetworks = 1", "unknown model family 'rnn'; known are mlr, svr"),
        ("[mlr]\nnetworks = 1", "mlr: unknown key 'networks'; known are preprocessing"),
        ("mlr = 1", "mlr must be a table of settings, got 1"),
        ("[mlr", "is not TOML"),
    ):
        file.write_text(text)
        with pytest.raises(TrainingError, match=message):
            read_configs(file, kinds)
