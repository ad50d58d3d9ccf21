"""The pictures of docs/results: each page has one, its file exists, is small, and was drawn from the stored JSON."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from moodcurve.curve import AXES
from moodcurve.datasets.raters.picture import ceilings_figure
from moodcurve.learn.benchmarks.class_picture import mood_classes_figure
from moodcurve.learn.benchmarks.mood_classes import PARTS, mood_class_report, picture_name, schemes_of
from moodcurve.learn.benchmarks.pictures import models_figure
from moodcurve.learn.group_coverage import coverage_page
from moodcurve.learn.model_card import results_page
from moodcurve.learn.studies.picture import study_figure
from moodcurve.util.figures import SOURCE, digest
from tests.helpers import ROOT

RESULTS = ROOT / "docs" / "results"
PAGES = sorted(RESULTS.glob("*.md"))
WITHOUT = {"tried"}
"""A log of attempts in prose."""
IMAGE = re.compile(r"!\[([^]]*)\]\(([^)]*)\)")
LARGEST = 120_000


def stored(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def images(page: Path) -> list[tuple[str, str]]:
    """Return the alt text and the file of each picture of a page."""
    return IMAGE.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_page_has_pictures_that_exist(page: Path) -> None:
    found = images(page)
    assert bool(found) == (page.stem not in WITHOUT)
    for text, file in found:
        assert len(text) > 60, f"{file}: say what one sees"
        assert (RESULTS / file).stat().st_size < LARGEST, file


def test_each_picture_is_on_a_page() -> None:
    used = {file for page in PAGES for _, file in images(page)}
    assert {path.name for path in RESULTS.glob("*.png")} == used


def sources() -> dict[str, Any]:
    """Return the results that each picture shows, by file."""
    with_songs = ("across", "deam", "mediaeval2015", "packaged", "paper", "song_level")
    found = {name: stored(name) for name in (*with_songs, "adaptation", "coverage", "raters")}
    found |= {f"{name}-songs": found[name] for name in with_songs}
    classes = stored("categories")
    for scheme in schemes_of(classes):
        found |= {picture_name(scheme, part).removesuffix(".png"): classes for part in PARTS}
    found |= {f"studies-{study['name']}": study for study in stored("studies")["studies"]}
    return found | {"uncertainty": found["coverage"], "across-genres": found["across"]}


def test_each_picture_has_its_results() -> None:
    """All but that of robustness.md, whose tables are its results: see tests/test_robustness.py."""
    assert {f"{name}.png" for name in sources()} | {"robustness.png"} == {path.name for path in RESULTS.glob("*.png")}


@pytest.mark.parametrize(("name", "results"), sources().items(), ids=list(sources()))
def test_pictures_were_drawn_from_the_stored_results(name: str, results: Any) -> None:
    """A page that was written again without its picture, or the other way round, has another digest."""
    with Image.open(RESULTS / f"{name}.png") as image:
        assert image.info[SOURCE] == digest(results)


def dots(panel: Any) -> list[float]:
    """Return the values that a panel shows as dots, without the ends of intervals."""
    return [float(x) for line in panel.lines if line.get_linestyle() == "None" for x in line.get_xdata()]


def bars(panel: Any) -> list[list[float]]:
    """Return the ends of the intervals that a panel shows; vertical lines have equal ends."""
    return [
        list(line.get_xdata()) for line in panel.lines if len(set(line.get_xdata())) == 2 and line.get_linewidth() > 1
    ]


def test_mood_classes_in_the_picture_are_those_of_the_page() -> None:
    result = stored("categories")
    assert (RESULTS / "categories.md").read_text(encoding="utf-8") == mood_class_report(result)
    panels = mood_classes_figure(result, "quadrants", "songs").axes
    found = result["quadrants"]["songs"]
    assert dots(panels[0]) == [one["accuracy"]["value"] for one in found.values()]
    assert bars(panels[1]) == [[one["macro_f1"]["low"], one["macro_f1"]["high"]] for one in found.values()]
    counts = found["curve"]["confusion"]
    f1 = [2 * row[i] / (sum(row) + sum(other[i] for other in counts)) for i, row in enumerate(counts)]
    assert dots(panels[2])[-4:] == pytest.approx(f1)
    shares = [f"{100 * count / sum(row):.0f}" for row in counts for count in row]
    assert [text.get_text() for text in panels[5].texts] == shares


def test_ceilings_in_the_picture_are_those_of_the_page() -> None:
    result = stored("raters")
    panels = ceilings_figure(result).axes
    for row, axis in enumerate(AXES):
        parts = [part[axis]["ceilings"] for part in result["parts"]]
        expected = [
            one[estimate]["r_song"]["value"] for estimate in ("components", "halves", "one_rater") for one in parts
        ]
        assert dots(panels[4 * row + 3]) == expected


def test_a_study_shows_its_differences_or_else_its_arms() -> None:
    for study in stored("studies")["studies"]:
        metric = "coverage" if study["name"] == "intervals" else "ccc"
        rows = study["differences"] or study["arms"]
        for panel, axis in zip(study_figure(study).axes, AXES, strict=True):
            assert sorted(dots(panel)) == sorted(one[axis][metric]["value"] for one in rows)


def test_pages_of_the_packaged_models_are_made_from_the_stored_results() -> None:
    for name, page in (("packaged", results_page), ("coverage", coverage_page)):
        assert (RESULTS / f"{name}.md").read_text(encoding="utf-8") == page(stored(name))


def test_models_in_the_picture_are_those_of_the_page() -> None:
    result = stored("mediaeval2015")
    panels = models_figure(result).axes
    values = [model["valence"]["r"]["value"] for model in result["models"]]
    published = [one["valence"]["r"] for one in result["published"] if "r" in one["valence"]]
    assert dots(panels[4]) == [*values, *published]
    assert bars(panels[4]) == [[model["valence"]["r"][end] for end in ("low", "high")] for model in result["models"]]
