"""Run benchmarks: splits, metrics, baselines, ceilings, and how results are shown."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets import DatasetError
from moodcurve.datasets.splits import k_fold
from moodcurve.features import COMPARE260
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.baselines import BASELINES
from moodcurve.learn.benchmarks.benchmark import join_models, run_benchmark
from moodcurve.learn.benchmarks.noise_ceiling import CEILING_NAMES, noise_ceilings
from moodcurve.learn.benchmarks.pictures import models_figure
from moodcurve.learn.benchmarks.protocols import PROTOCOLS, read_for
from moodcurve.learn.benchmarks.report import (
    difference_table,
    explanations,
    partial_correlation_table,
    report,
    table,
)
from moodcurve.learn.config import read_configs
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.ffnn import FFNNConfig
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.models.recurrent_config import ForwardConfig
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig
from moodcurve.learn.training import FAMILIES, Family
from tests.helpers import ROOT
from tests.helpers.training_songs import made_dataset

pytestmark = pytest.mark.slow

DATASET = made_dataset(20, frames=8)
FAST = {"ffnn": FFNNConfig(hidden=(8,), epochs=2)}


@pytest.fixture(scope="module")
def benchmark():
    return run_benchmark(DATASET, "deam", ["mlr", "svr"], seed=1)


@pytest.fixture(scope="module")
def result(benchmark):
    return benchmark.as_dict()


def test_no_song_is_predicted_by_a_model_trained_on_its_artist() -> None:
    training_artists = []

    class Spy:
        def predict(self, x):
            return np.full((len(x), 2), float(len(training_artists)))

    def fit(songs, config, *, seed, progress):
        training_artists.append({song.artist for song in songs})
        return Spy()

    reported = []
    splits = k_fold(DATASET.songs, 5, 0, by="artist")
    kind = Family(config=MLRConfig, fit=fit)
    predicted = cross_predict(DATASET.songs, splits, kind, MLRConfig(), seed=0, report=reported.append)
    assert reported == [0, 1, 2, 3, 4, 5]
    tested = {int(i): artists for (_, test), artists in zip(splits, training_artists, strict=True) for i in test}
    assert sorted(tested) == list(range(20))
    assert all(song.artist not in tested[i] for i, song in enumerate(DATASET.songs))
    # the spy predicts values above 1, which are clipped
    assert all((p == 1).all() for p in predicted)


def test_metrics_are_those_of_the_predictions(benchmark) -> None:
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


def test_differences_are_the_later_model_minus_the_earlier(benchmark) -> None:
    (pair,) = benchmark.differences
    mlr, svr = benchmark.models
    assert (pair.model, pair.other) == ("svr", "mlr")
    expected = svr.intervals["valence"]["rmse"].value - mlr.intervals["valence"]["rmse"].value
    assert pair.intervals["valence"]["rmse"].value == pytest.approx(expected)


def test_same_seed_repeats_results_and_json_is_strict() -> None:
    first, again = (run_benchmark(DATASET, "deam", ["ffnn"], configs=FAST, seed=4).as_dict() for _ in range(2))
    for result in (first, again):
        del result["models"][0]["seconds"]
    assert json.dumps(first, allow_nan=False) == json.dumps(again)
    assert first["models"][0]["config"]["hidden"] == [8]
    assert (first["protocol"], first["songs"], first["points"]) == ("deam", 20, 160)
    assert first["feature_set"] == "compare236/1"


def test_partial_correlations_of_models_and_labels(benchmark, result) -> None:
    """NumPy correlates all points, and the residuals of regressions on arousal."""
    y = np.concatenate([song.y for song in DATASET.songs])
    assert result["label_axes_r"]["value"] == pytest.approx(np.corrcoef(y.T)[0, 1])
    rows = {row[0]: row for row in partial_correlation_table(result)}
    for model, found in zip(benchmark.models, result["models"], strict=True):
        p = np.concatenate(model.predicted)
        assert found["axes_r"]["value"] == pytest.approx(np.corrcoef(p.T)[0, 1])
        residuals = [x - np.polyval(np.polyfit(y[:, 0], x, 1), y[:, 0]) for x in (y[:, 1], p[:, 1])]
        expected = np.corrcoef(*residuals)[0, 1]
        assert found["valence_given_arousal"]["value"] == pytest.approx(expected)
        assert rows[model.family.upper()][1].startswith(f"{expected:.3f}\n")
        assert set(found["r_song_without_growth"]) == {"arousal", "valence"}
    assert rows["labels"][2].startswith(f"{result['label_axes_r']['value']:.3f}\n")


def test_baselines(benchmark) -> None:
    """The error of true song means is the deviation within songs. Constant predictions have no r per song."""
    training_mean, song_mean = benchmark.as_dict()["baselines"]
    assert (training_mean["name"], song_mean["name"]) == BASELINES
    within = np.concatenate([song.y[:, 0] - song.y[:, 0].mean() for song in DATASET.songs])
    assert song_mean["arousal"]["rmse"]["value"] == pytest.approx(np.sqrt((within**2).mean()))
    # a split's training mean is slightly worse than the mean of all songs
    assert 1 < training_mean["arousal"]["rmse"]["value"] / benchmark.label_std["arousal"] < 1.1
    for baseline in (training_mean, song_mean):
        assert baseline["valence"]["r_song"]["value"] is None
        assert baseline["r_song_without_growth"]["valence"]["value"] is None


def test_label_std_is_the_error_of_the_labels_mean(benchmark) -> None:
    y = np.concatenate([song.y[:, 0] for song in DATASET.songs])
    expected = np.sqrt(((y - y.mean()) ** 2).mean())
    assert benchmark.as_dict()["label_spread"]["arousal"] == pytest.approx(expected)


def test_undefined_metrics_are_null_and_dashes() -> None:
    flat = made_dataset(10, frames=8)
    for song in flat.songs:
        song.annotation.valence[:] = 0.2
    result = run_benchmark(flat, "deam", ["mlr"]).as_dict()
    assert result["models"][0]["valence"]["r"] == {"value": None, "low": None, "high": None}
    json.dumps(result, allow_nan=False)
    assert any("– (valence)" in line for line in explanations(result))
    valence = table(result)[2]
    assert valence[:2] == ("MLR", "valence")
    assert valence[table(result)[0].index("r")] == "–"
    assert result["models"][0]["valence_given_arousal"]["value"] is None
    assert partial_correlation_table(result)[1][1] == "–"


def test_settings_that_differ_from_the_defaults_are_named() -> None:
    result = run_benchmark(DATASET, "deam", ["mlr", "ffnn"], configs=FAST).as_dict()
    (line,) = (line for line in explanations(result) if "other settings" in line)
    assert line == "FFNN has other settings than its defaults: hidden [8], epochs 2."


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_table_page_and_figure_include_published_models(protocol: str) -> None:
    result = run_benchmark(made_dataset(20, frames=4), protocol, ["mlr", "ffnn"], configs=FAST).as_dict()
    rows = table(result)
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [row[0] for row in rows[1::2]] == [
        "MLR", "FFNN", *BASELINES, *(p.model for p in PROTOCOLS[protocol].published)
    ]  # fmt: skip
    r = result["models"][0]["arousal"]["r"]
    assert rows[1][rows[0].index("r")] == f"{r['value']:.3f}\n{r['low']:.3f} {r['high']:.3f}"
    partial = partial_correlation_table(result)
    assert [row[0] for row in partial[1:]] == ["MLR", "FFNN", *BASELINES, "labels"]
    assert {len(row) for row in partial} == {len(partial[0])}
    assert f"| {partial[0][1]} | {partial[0][2]} |" in report(result)
    assert [row[:2] for row in difference_table(result)[1:]] == [
        ("FFNN - MLR", "arousal"), ("FFNN - MLR", "valence")
    ]  # fmt: skip
    lines = explanations(result)
    assert PROTOCOLS[protocol].description in lines[0]
    single = [split["arousal"]["r2"] for split in result["models"][0]["splits"]]
    assert any(f"MLR, r² of single splits: {min(single):.3f} to {max(single):.3f} (arousal)" in x for x in lines)
    panel = models_figure(result).axes[1]
    dots = next(line for line in panel.lines if line.get_marker() == "o")
    assert list(dots.get_xdata()) == [model["arousal"]["r"]["value"] for model in result["models"]]


@pytest.mark.real
def test_ceilings_equal_those_of_the_raters_page(deam_dir: Path) -> None:
    """Another command wrote that page, for the same songs."""
    stored = json.loads((ROOT / "docs" / "results" / "raters.json").read_text(encoding="utf-8"))
    dataset = read_for(deam_dir, "deam")
    rows = noise_ceilings(deam_dir, dataset, "deam", seed=stored["seed"])
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
    made = replace(run_benchmark(DATASET, "deam", ["mlr"]), ceilings=rows).as_dict()
    assert [row[0] for row in table(made)[1::2]] == ["MLR", *BASELINES, *CEILING_NAMES.values()]
    ceiling = models_figure(made).axes[1].lines[-1]
    assert ceiling.get_linestyle() == "--"
    assert list(ceiling.get_xdata()) == [rows[0].intervals["arousal"]["r"].value] * 2
    assert [row["name"] for row in made["ceilings"]] == list(CEILING_NAMES.values())
    assert any(line.startswith("Ceilings: ") for line in explanations(made))


def test_no_ceiling_without_raters(small_deam: Path) -> None:
    dataset = read_for(small_deam, "deam")
    assert noise_ceilings(small_deam, dataset, "deam", seed=0) == ()
    result = run_benchmark(DATASET, "deam", ["mlr"]).as_dict()
    assert result["ceilings"] == []
    assert not any("Ceilings" in line for line in explanations(result))


def test_table_1_of_the_paper_is_quoted() -> None:
    result = run_benchmark(made_dataset(10, frames=4), "paper", ["mlr"]).as_dict()
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
        ("mirex", ["mlr"], "unknown protocol 'mirex'; known are paper, mediaeval2015, deam"),
        ("deam", ["mlr", "rnn"], "unknown model family 'rnn'"),
        ("deam", [], "no model family given"),
    ],
)
def test_unknown_names_raise_before_training(protocol: str, families: list[str], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        run_benchmark(DATASET, protocol, families)


@pytest.mark.real
def test_least_squares_on_the_2015_labels_agrees_with_a_reference(deam_dir: Path) -> None:
    """An independent least-squares run on these songs, over three splits, had r .664 to .671 (arousal) and .630 to .638
    (valence), RMSE .256 to .258 and .284 to .288. Other splits change them by about .01."""
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


def test_settings_of_families_are_read_from_a_file(tmp_path: Path) -> None:
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
        ("mlr = 1", "mlr must be a table, got 1"),
        ("[mlr", "is not TOML"),
    ):
        file.write_text(text)
        with pytest.raises(TrainingError, match=message):
            read_configs(file, kinds)


@pytest.mark.parametrize("protocol", ["paper", "mediaeval2015"])
def test_missing_2015_labels_are_named_with_a_way_out(small_deam: Path, tmp_path: Path, protocol: str) -> None:
    folder = tmp_path / "DEAM"
    shutil.copytree(small_deam, folder, ignore=shutil.ignore_patterns("mediaeval2015"))
    (folder / "mediaeval2015").mkdir()
    (folder / "mediaeval2015" / "dynamic_arousal_dev431.csv").touch()
    with pytest.raises(
        DatasetError,
        match=f"protocol '{protocol}' needs the MediaEval 2015 development labels; "
        r"missing: mediaeval2015/dynamic_valence_dev431.csv\. Add .*docs/data.md.* use --protocol deam",
    ):
        read_for(folder, protocol)


def test_joined_models_have_the_differences_of_each_pair(benchmark) -> None:
    mlr, svr = benchmark.models
    third = replace(mlr, family="third", predicted=tuple(p / 2 for p in mlr.predicted))
    joined = join_models(benchmark, (svr, third, mlr))
    assert [model.family for model in joined.models] == ["svr", "third", "mlr"]
    assert [(d.model, d.other) for d in joined.differences] == [("third", "svr"), ("mlr", "svr"), ("mlr", "third")]
    (pair,) = benchmark.differences
    expected = -pair.intervals["valence"]["rmse"].value
    assert joined.differences[1].intervals["valence"]["rmse"].value == pytest.approx(expected)
    assert joined.baselines == benchmark.baselines
