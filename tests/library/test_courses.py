"""Searches by course: starts, ends, ranges of measures, time in a quadrant, and drawings."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodcurve.library import Library, open_library
from moodcurve.library.queries.drawing import BAND, drawn_course, warped_distances
from moodcurve.library.queries.parse import QueryError, QueryOptions
from moodcurve.library.queries.query import RANGES, SORTS
from moodcurve.library.queries.search import COLUMNS, FoundSong, Query, count, search
from moodcurve.mood.circumplex import quadrant, word_position
from moodcurve.mood.course import POINTS
from tests.helpers.library_fixtures import file, made_library, song, wandering_curve

N = 200


def shaped(arousal: np.ndarray, valence: np.ndarray | None = None) -> Any:
    valence = np.zeros(N) + 0.3 if valence is None else valence
    return wandering_curve(N, everything=False, arousal=arousal, valence=valence)


SHAPES = {
    "rising": np.linspace(-0.6, 0.7, N),
    "falling": np.linspace(0.7, -0.6, N),
    "arch": 0.6 * np.sin(np.linspace(0, math.pi, N)) - 0.2,
    "flat": np.full(N, 0.1),
    "late": np.concatenate([np.full(150, -0.6), np.linspace(-0.6, 0.7, 50)]),
}


@pytest.fixture
def library(tmp_path: Path) -> Any:
    with open_library(tmp_path / "library.sqlite", write=True) as opened:
        for name, arousal in SHAPES.items():
            opened.write([song(name, shaped(arousal)), file(f"/{name}", name, title=name)])
        yield opened


def titles(library: Library, **options: Any) -> list[str | None]:
    found = list(search(library, QueryOptions(**options).parse()))
    assert count(library, QueryOptions(**options).parse()) == len(found)
    return [row.title for row in found]


def test_from_calm_to_excited(library: Library) -> None:
    assert titles(library, starts="calm", ends="excited") == ["late", "rising"]
    assert titles(library, starts="excited", ends="calm-positive") == ["falling"]
    assert titles(library, ends="sad,tense-negative") == []


def test_ranges_and_shares(library: Library) -> None:
    assert titles(library, rise="1:", sort="title") == ["late", "rising"]
    assert titles(library, fall="1:") == ["falling"]
    assert titles(library, peak_at="0.4:0.6") == ["arch"]
    assert titles(library, arousal_range=":0.1") == ["flat"]
    assert titles(library, time_in="calm-positive:0.7") == ["late"]
    assert titles(library, time_in="calm-positive:0.3,excited-positive:0.5", sort="title") == ["falling", "rising"]


def test_drawings_sort_by_distance(library: Library) -> None:
    rows = list(search(library, QueryOptions(arousal_drawing="0:-0.6,1:0.7").parse()))
    assert rows[0].title == "rising"
    assert rows[-1].title == "falling"
    assert rows[0].distance == pytest.approx(0, abs=0.02)
    assert [row.distance for row in rows] == sorted(row.distance or 0 for row in rows)
    # in combination with a condition in SQL, filters, and the reverse order
    drawn = QueryOptions(
        arousal_drawing="0:-0.6,1:0.7", where="title <> 'late'", sort="-drawing", ends="calm", fall="1:"
    ).parse()
    assert [row.title for row in search(library, drawn)] == ["falling"]
    both = QueryOptions(arousal_drawing="0:0.1", valence_drawing="0:0.9").parse()
    assert next(search(library, both)).distance == pytest.approx(0.6, abs=0.01)


def reference(x: np.ndarray, y: np.ndarray) -> float:
    """Dynamic time warping of one pair, as the textbook has it."""
    n = len(x)
    cost = np.full((n + 1, n + 1), np.inf)
    cost[0, 0] = 0
    for i in range(n):
        for j in range(n):
            if abs(i - j) <= BAND:
                best = min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
                cost[i + 1, j + 1] = ((x[i] - y[j]) ** 2).sum() + best
    return math.sqrt(cost[n, n] / n)


def test_warped_distances_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(3)
    courses = rng.normal(0, 0.3, (12, POINTS, 2)).astype(np.float32)
    found = warped_distances(courses, courses[4])
    np.testing.assert_allclose(found, [reference(x, courses[4]) for x in courses], rtol=1e-5, atol=1e-7)
    assert found[4] == 0


def test_warping_forgives_what_comes_a_little_later() -> None:
    times = np.linspace(0, 1, POINTS)
    early, late, reverse = (
        np.tanh(8 * x)[:, None].astype(np.float32) for x in (times - 0.5, times - 0.57, 0.5 - times)
    )
    distances = warped_distances(np.stack([late, reverse]), early)
    assert distances[0] < 0.05 < 0.1 < np.sqrt(((late - early) ** 2).mean())
    assert distances[1] > 1


def test_a_drawing_is_straight_between_its_points_and_constant_outside() -> None:
    drawn, axes = drawn_course(Query(valence_drawing=((0.5, -1.0), (1.0, 1.0))))
    assert (axes, drawn.shape) == ([1], (POINTS, 1))
    assert drawn[: POINTS // 2].max() == -1
    assert drawn[POINTS * 3 // 4, 0] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"starts": "loud"}, "'loud' is not a quadrant or mood word"),
        ({"time_in": "calm-positive"}, "is not QUADRANT:SHARE"),
        ({"time_in": "calm-positive:2"}, "is not QUADRANT:SHARE"),
        ({"arousal_drawing": "0:2"}, "is not SHARE:VALUE"),
        ({"valence_drawing": "0.5:0,0.2:1"}, "must have shares that increase"),
        ({"sort": "drawing"}, "drawing requires a drawn course"),
        ({"key": "H"}, "'H' is not a key, such as Am"),
        ({"peak_at": "2:"}, "is outside 0 to 1"),
    ],
)
def test_malformed_options_are_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        QueryOptions(**options).parse()
    assert caught.value.name == next(iter(options))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"starts": ("loud",)}, "starts must be among"),
        ({"time_in": (("neutral", 0.5),)}, "time_in must have quadrants"),
        ({"keys": ("8A",)}, "keys must be among"),
        ({"arousal_drawing": ((0.5, 0.0), (0.5, 1.0))}, "arousal_drawing must have times that increase"),
        ({"valence_drawing": ((0.5, 1.5),)}, "valence_drawing must have values"),
        ({"sort": ("drawing",)}, "requires a drawing"),
        ({"rise": (0.5, 0.2)}, "rise must have a lowest value"),
    ],
)
def test_impossible_queries_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Query(**fields)


def test_places_and_ranges_are_those_of_a_filter_in_python(tmp_path: Path) -> None:
    made_library(tmp_path / "library.sqlite", 120)
    with open_library(tmp_path / "library.sqlite") as opened:
        rows = list(search(opened, Query(sort=("id",))))

        def found(query: Query) -> list[int]:
            return sorted(row.id for row in search(opened, query))

        for name in ("calm-positive", "tense-negative", "neutral"):
            inside = [r.id for r in rows if quadrant(r.arousal_start or 0, r.valence_start or 0) == name]
            assert found(Query(starts=(name,))) == inside
        assert found(Query(ends=("calm",))) == [row.id for row in rows if near_word(row, "calm")]
        for name, column in RANGES.items():
            values = [getattr(row, column) for row in rows]
            middle = sorted(value for value in values if value is not None)[len(values) // 2 : len(values) // 2 + 1]
            limit = float(middle[0]) if middle else 0.0
            above = [r.id for r, value in zip(rows, values, strict=True) if value is not None and value >= limit]
            assert found(Query(**{name: (limit, None)})) == above


def near_word(row: FoundSong, word: str) -> bool:
    a, v = row.arousal_end or 0, row.valence_end or 0
    sine, cosine = word_position(word)
    return math.hypot(a, v) >= 0.1 and (a * sine + v * cosine) / math.hypot(a, v) >= math.cos(math.pi / 4)


def test_every_column_can_be_sorted_by(library: Library) -> None:
    assert set(COLUMNS) < set(SORTS)
    for name in COLUMNS:
        values = [getattr(row, name) for row in search(library, Query(sort=(f"-{name}",)))]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=True)
        assert values == known + [None] * (len(values) - len(known))
