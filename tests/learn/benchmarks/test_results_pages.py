"""The pages of the benchmark say what the stored figures say."""

import json

import pytest

from moodcurve.learn.benchmarks.report import COLUMNS
from moodcurve.learn.studies.study import page
from moodcurve.learn.training import FAMILIES
from tests.helpers import ROOT

RESULTS = ROOT / "docs" / "results"
TITLES = {
    "rmse": "RMSE",
    "r": "r",
    "r2": "r²",
    "determination": "determination",
    "ccc": "CCC",
    "rmse_song": "RMSE per song",
    "r_song": "r per song",
}


@pytest.mark.parametrize("protocol", ["paper", "mediaeval2015", "deam"])
def test_page_holds_the_stored_figures(protocol: str) -> None:
    stored = json.loads((RESULTS / f"{protocol}.json").read_text(encoding="utf-8"))
    lines = (RESULTS / f"{protocol}.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    header = next(row for row in rows if row[:2] == ["model", "axis"])
    assert [model["family"] for model in stored["models"]] == list(FAMILIES)
    assert bool(stored["ceilings"]) == (protocol == "deam")  # the 2015 labels were published without their raters
    titled = [(model["family"].upper(), model) for model in stored["models"]]
    titled += [(one["name"], one) for one in (*stored["baselines"], *stored["ceilings"])]
    for title, model in titled:
        for axis in ("arousal", "valence"):
            row = next(row for row in rows if row[:2] == [title, axis])
            for key, heading in TITLES.items():
                figure = model[axis][key]
                stated = "–"
                if figure["value"] is not None:
                    stated = f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
                assert row[header.index(heading)] == stated, (title, axis, key)


def test_the_page_of_studies_is_that_of_the_stored_figures() -> None:
    studies = json.loads((RESULTS / "studies.json").read_text(encoding="utf-8"))["studies"]
    assert (RESULTS / "studies.md").read_text(encoding="utf-8") == page(studies)


def test_the_targets_stand_beside_the_stored_figures() -> None:
    """Each row of the table of targets: the default's figure, the best family's, and the ceiling, to their digits."""
    text = (RESULTS.parent / "results.md").read_text(encoding="utf-8")
    lines = text.split("## How far the targets are")[1].split("\n## ")[0].splitlines()
    header, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| "))
    assert header == ["protocol", "figure", "axis", "wanted", "`blend`", "best family", "ceiling"]
    assert len(rows) == 10
    keys = {title: key for key, title in COLUMNS.items()}
    for protocol, figure, axis, _, blend, best, ceiling in rows:
        key = keys[figure]
        stored = json.loads((RESULTS / f"{protocol.strip('`')}.json").read_text(encoding="utf-8"))
        values = {model["family"]: model[axis][key]["value"] for model in stored["models"]}
        first = (min if key == "rmse" else max)(values, key=values.__getitem__)
        assert blend == short(values["blend"]), (protocol, figure, axis)
        assert best == f"{short(values[first])} `{first}`", (protocol, figure, axis)
        known = [one[axis][key]["value"] for one in stored["ceilings"][:2]]
        low, high = (short(end) for end in sorted(known)) if known else ("–", "–")
        assert ceiling == (low if low == high else f"{low} to {high}"), (protocol, figure, axis)


def short(value: float) -> str:
    """Three digits without the nought before the point."""
    return f"{value:.3f}".replace("0.", ".", 1)


@pytest.mark.parametrize("protocol", ["mediaeval2015", "deam"])
def test_readme_states_the_stored_figures(protocol: str) -> None:
    """Each row of the README's table of ours is one of the protocol's models, to its digits."""
    stored = json.loads((RESULTS / f"{protocol}.json").read_text(encoding="utf-8"))
    models = {model["family"]: model for model in stored["models"]}
    readme = (RESULTS.parents[1] / "README.md").read_text(encoding="utf-8")
    lines = [line for line in readme.splitlines() if line.startswith(f"| `{protocol}`")]
    assert lines
    for line in lines:
        label, songs, *cells = [cell.strip() for cell in line.split("|")[1:-1]]
        model = models[label.split(": ")[1].split(",")[0]]
        assert int(songs) == stored["songs"]
        stated = [
            " / ".join(f"{model[axis][key]['value']:.3f}".replace("0.", ".") for axis in ("arousal", "valence"))
            for key in ("rmse", "r", "ccc", "r_song")
        ]
        assert cells == stated, label
