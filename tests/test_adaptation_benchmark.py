"""The benchmark of adaptation (`benchmarks/adaptation.py`), on synthetic raters."""

import json
from types import ModuleType

import numpy as np
import pytest

from tests.helpers import ROOT
from tests.helpers.rater_songs import rater_songs


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import adaptation

    monkeypatch.setattr(adaptation, "SCRATCH", ())
    return adaptation


def test_raters_who_hear_more_than_the_model_are_better_met_by_adaptation(benchmark):
    raters = {str(i): rater_songs(22 + 2 * i, level=(0.3, 0.2), seed=i) for i in range(3)}
    found = benchmark.compare(raters, 10, 2)
    assert (found["raters"], found["test_songs"]) == (3, pytest.approx(26 / 3))  # without artists that were adapted to
    assert set(found["arms"]) == {"default", "level only", "adapted"}
    assert found["differences"]["default"]["arousal"]["rmse"]["high"] < -0.05
    assert sum(found["chosen"].values()) == 3 * 2 * 2
    assert found["written"] == found["better_on_other_songs"] == 1
    raters = {str(i): rater_songs(44, level=(0.3, 0.2), seed=i) for i in range(2)}
    choices = benchmark.compare_choices(raters, 10, 1)
    assert set(choices["differences"]) == {"suggested", "far apart"}
    result = {"named_raters": 5, "raters_of_20": 3, "songs": 26, "draws": 2, "sizes": [found], "choices": [choices]}
    page = benchmark.page(json.loads(json.dumps(result, allow_nan=False)))
    assert "## 10 songs of a rater" in page
    assert "| suggested | arousal |" in page
    panels = benchmark.adaptation_figure(result).axes
    assert [float(x) for x in panels[0].lines[-1].get_xdata()] == [
        arm["arousal"]["rmse"]["value"] for arm in found["arms"].values()
    ]


def test_songs_of_a_rater_have_the_raters_own_ratings(benchmark, tmp_path):
    home = tmp_path / "annotations" / "annotations per each rater" / "dynamic (per second annotations)"
    times = range(15000, 30000, 500)
    for axis, values in (("arousal", (0.1, 0.2)), ("valence", (0.3, 0.4))):
        (home / axis).mkdir(parents=True)
        rows = ["WorkerId," + ",".join(f"sample_{t}ms" for t in times)]
        rows += [f"{name}," + ",".join([str(value)] * 30) for name, value in zip("ab", values, strict=True)]
        (home / axis / "1001.csv").write_text("\n".join(rows))
    (one,) = rater_songs(1)
    long = np.arange(60) * 0.5
    features = type(one.song.features)(np.tile(one.song.x, (3, 1)), long, one.song.features.feature_set)
    song = type(one.song)(
        song_id="1001", artist="", title="", genre="", features=features, annotation=one.song.annotation
    )
    outputs = type(one)(
        song=song, values=np.arange(120.0).reshape(60, 2), embedding=np.empty((60, 0)), context_rows=120
    )
    raters = benchmark.raters_of(tmp_path, {"1001": outputs})
    assert set(raters) == {"a", "b"}
    (found,) = raters["b"]
    assert found.song.annotation.times_s.tolist() == [15 + 0.5 * i for i in range(30)]
    assert (found.song.y == [0.2, 0.4]).all()
    np.testing.assert_array_equal(found.values, np.arange(120.0).reshape(60, 2)[30:])
    assert found.song.rated == slice(30, 60)
