"""Result pages agree with the stored JSON."""

import json
from typing import Any

import pytest

from moodcurve.learn.benchmarks.across_report import across_report
from moodcurve.learn.benchmarks.report import COLUMNS, report
from moodcurve.learn.benchmarks.song_ratings import song_rating_report
from moodcurve.learn.studies.study import studies_page
from moodcurve.learn.training import FAMILIES
from tests.helpers import ROOT

RESULTS = ROOT / "docs" / "results"
PROTOCOLS = ("paper", "mediaeval2015", "deam")


def stored(name: str) -> Any:
    """Content of a JSON file of docs/results."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def page(name: str) -> str:
    return (RESULTS / f"{name}.md").read_text(encoding="utf-8")


def overview() -> str:
    return (RESULTS.parent / "results.md").read_text(encoding="utf-8")


def cells(lines: list[str]) -> list[list[str]]:
    """Cells of the table rows among lines."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| ")]


def short(value: float) -> str:
    """Three digits without a leading zero."""
    return f"{value:.3f}".replace("0.", ".", 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_benchmark_page_is_made_from_the_stored_json(protocol: str) -> None:
    assert page(protocol) == report(stored(protocol))


def test_other_pages_are_made_from_the_stored_json() -> None:
    assert page("across") == across_report(stored("across"))
    assert page("studies") == studies_page(stored("studies")["studies"])
    assert page("song_level") == song_rating_report(stored("song_level"))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_benchmark_page_has_each_value_with_its_interval(protocol: str) -> None:
    result = stored(protocol)
    rows = cells(page(protocol).splitlines())
    header = next(row for row in rows if row[:2] == ["model", "axis"])
    # gp and gp-blend are made for columns of the sound, which this folder lacks: packaged.md and across.md have them
    assert [model["family"] for model in result["models"]] == [name for name in FAMILIES if not name.startswith("gp")]
    assert bool(result["ceilings"]) == (protocol == "deam")  # the 2015 labels have no ratings of single raters
    titled = [(model["family"].upper(), model) for model in result["models"]]
    titled += [(one["name"], one) for one in (*result["baselines"], *result["ceilings"])]
    for title, model in titled:
        for axis in ("arousal", "valence"):
            row = next(row for row in rows if row[:2] == [title, axis])
            for key, heading in COLUMNS.items():
                metric = model[axis][key]
                expected = "–"
                if metric["value"] is not None:
                    expected = f"{metric['value']:.3f} ({metric['low']:.3f} to {metric['high']:.3f})"
                assert row[header.index(heading)] == expected, (title, axis, key)


def test_targets_are_compared_with_the_stored_values() -> None:
    """Each row has the default family's value, the best family's, and the ceiling, with three digits."""
    lines = overview().split("## Targets")[1].split("\n## ")[0].splitlines()
    header, *rows = cells(lines)
    assert header == ["protocol", "metric", "axis", "target", "`blend`", "best family", "ceiling"]
    assert len(rows) == 10
    keys = {title: key for key, title in COLUMNS.items()}
    for protocol, metric, axis, _, blend, best, ceiling in rows:
        key = keys[metric]
        result = stored(protocol.strip("`"))
        values = {model["family"]: model[axis][key]["value"] for model in result["models"]}
        first = (min if key == "rmse" else max)(values, key=values.__getitem__)
        assert blend == short(values["blend"]), (protocol, metric, axis)
        assert best == f"{short(values[first])} `{first}`", (protocol, metric, axis)
        known = [one[axis][key]["value"] for one in result["ceilings"][:2]]
        low, high = (short(end) for end in sorted(known)) if known else ("–", "–")
        assert ceiling == (low if low == high else f"{low} to {high}"), (protocol, metric, axis)


@pytest.mark.parametrize("protocol", ["mediaeval2015", "deam"])
def test_main_table_has_the_stored_values(protocol: str) -> None:
    result = stored(protocol)
    models = {model["family"]: model for model in result["models"]}
    rows = cells([line for line in overview().splitlines() if line.startswith(f"| `{protocol}`: ")])
    assert rows
    for label, songs, *values in rows:
        model = models[label.split(": ")[1]]
        assert int(songs) == result["songs"]
        expected = [
            " / ".join(short(model[axis][key]["value"]) for axis in ("arousal", "valence"))
            for key in ("rmse", "r", "ccc", "r_song")
        ]
        assert values == expected, label


def test_table_across_sets_has_the_stored_values() -> None:
    _, *rows = cells(overview().split("## Across sets")[1].split("\n## ")[0].splitlines())
    pairs = stored("across")["pairs"]
    assert [row[:2] for row in rows] == [[pair["train"], pair["test"]] for pair in pairs]
    for (_, _, *values), pair in zip(rows, pairs, strict=True):
        both = [[pair[axis][key]["value"] for axis in ("arousal", "valence")] for key in ("r", "ccc", "auc")]
        expected = ["–" if None in two else " / ".join(map(short, two)) for two in both]
        f1, partial, axes, labels = (
            pair[key]["value"] for key in ("f1", "valence_given_arousal", "axes_r", "label_axes_r")
        )
        expected += ["–" if f1 is None else short(f1), short(partial), f"{short(axes)} ({short(labels)})"]
        assert values == expected


def test_main_table_has_the_published_values() -> None:
    rows = cells([line for line in overview().splitlines() if line.startswith("| published: ")])
    published = stored("mediaeval2015")["published"]
    assert len(rows) == len(published)
    for (label, _, rmse, r, *_), one in zip(rows, published, strict=True):
        assert label == f"published: {one['model'].removesuffix(' (published)')}"
        for cell, key in ((rmse, "rmse"), (r, "r")):
            known = key in one["arousal"]
            assert cell == (" / ".join(short(one[axis][key]) for axis in ("arousal", "valence")) if known else "–")
