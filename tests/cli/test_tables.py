"""Tables on narrow terminals."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from moodcurve.cli.curve_views import curve_view, curves_table
from moodcurve.cli.tables import Column, fit_table
from tests.helpers.command_line import run
from tests.helpers.full_curve import whole_curve
from tests.helpers.library_fixtures import made_library
from tests.helpers.tag_strengths import made_tags

CURVES = [whole_curve(50, source="/a/the long name of a song.mp3"), whole_curve(20, seed=3, source="/b/x.flac")]


def shown(what: RenderableType, width: int) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width).print(what)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("width", [28, 30, 40, 50, 60, 80])
def test_numbers_of_songs_are_never_cut(width: int) -> None:
    lines = shown(curves_table(CURVES, width=width), width)
    assert "…" not in "".join(lines)
    wide = shown(curves_table(CURVES, width=200), 200)
    for name in ("the long", "x.flac"):
        (line,) = (line for line in lines if line.startswith(name))
        (whole,) = (line for line in wide if line.startswith(name))
        numbers = re.findall(r"[+−]\d\.\d\d", whole)
        assert len(numbers) == 2
        assert re.findall(r"[+−]\d\.\d\d", line) == numbers
    headings = lines[0].split()
    assert headings == [
        name
        for name, least in (("song", 0), ("length", 36), ("arousal", 0), ("valence", 28), ("mood", 47))
        if width >= least
    ]


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (15, ["mean"]),
        (30, ["mean", "highest"]),
        (32, ["mean", "lowest", "highest"]),
        (47, ["mean", "lowest", "highest", "90 % interval"]),
    ],
)
def test_numbers_of_a_song_are_never_cut(width: int, headings: list[str]) -> None:
    lines = shown(curve_view(CURVES[0], columns=0, width=width), width)
    assert "…" not in "".join(lines)
    (first,) = (i for i, line in enumerate(lines) if line.lstrip().startswith("mean"))
    assert re.split(r" {2,}", lines[first].strip()) == headings
    for line in lines[first + 1 : first + 3]:
        assert len(re.findall(r"[+−]?\d\.\d\d", line)) == len(headings) + ("90 % interval" in headings)


def test_optional_columns_are_dropped_before_text_is_folded() -> None:
    columns = (Column("a", ["some text"], fold_width=4), Column("b", ["1234"]), Column("c", ["5678"], drop_order=1))
    assert shown(fit_table(columns, 16), 16) == ["a        b     c", "some  1234  5678", "text"]
    assert shown(fit_table(columns, 15), 15)[1:] == ["some text  1234"]


def test_tags_are_shown_only_where_nothing_has_to_be_folded_for_them() -> None:
    whole = shown(curves_table(CURVES, width=300), 300)
    assert whole[0].split()[-1] == "tags"
    assert whole[1].endswith("acoustic 0.61, folk 0.44, guitar 0.30")
    width = max(map(len, whole))
    assert shown(curves_table(CURVES, width=width), width) == whole
    narrow = shown(curves_table(CURVES, width=width - 1), width - 1)
    assert "tags" not in narrow[0]
    assert len(narrow) == 3
    without = [replace(curve, tags=None) for curve in CURVES]
    assert "tags" not in shown(curves_table(without, width=300), 300)[0]


def test_the_view_of_a_song_names_its_tags() -> None:
    (line,) = (line for line in shown(curve_view(CURVES[0], columns=0), 80) if "Last.fm" in line)
    assert line == "likely Last.fm tags, 0 to 1  acoustic 0.61, folk 0.44, guitar 0.30"
    weak = replace(CURVES[0], tags=made_tags())
    assert "likely Last.fm tags, 0 to 1  none from 0.1 on" in shown(curve_view(weak, columns=0), 80)
    assert "Last.fm" not in "".join(shown(curve_view(replace(weak, tags=None), columns=0), 80))


def test_the_table_of_a_library_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_library(tmp_path / "library.sqlite", 5)
    monkeypatch.setattr("moodcurve.cli.library_views.results", lambda: Console(width=40))
    done = run("search", "--library", tmp_path / "library.sqlite", "--sort", "title")
    assert "…" not in done.stdout
    assert len(re.findall(r"[+−]\d\.\d\d|0\.00", done.stdout)) == 10
