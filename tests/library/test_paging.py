"""Pages found by ids first, against searches of whole rows."""

from typing import Any

import pytest

from moodcurve.library import Library, open_library
from moodcurve.library.queries.cached_columns import CachedColumns
from moodcurve.library.queries.paging import find_page
from moodcurve.library.queries.search import Query, matching_ids, search, songs_by_id
from tests.helpers.library_fixtures import made_library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    made_library(path, 120)
    with open_library(path) as opened:
        yield opened


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(sort=("-year", "title")),
        Query(sort=("-loudness_lufs", "id")),
        Query(arousal=(0.0, None), limit=7),
        Query(text=("song",), genre="jazz", limit=5, offset=10),
        Query(near=(0.1, 0.2), limit=9, offset=9),
        Query(near=(0.1, 0.2), sort=("year",), limit=9),
        Query(arousal_drawing=((0.0, 0.3),), limit=4, offset=2),
        Query(where="year > 2000", limit=10, offset=100),
        Query(artist="nobody at all", limit=3),
        Query(limit=0),
        Query(near=(0.1, 0.2), radius=0.3, quadrants=("neutral",), year=(1965, 2050)),
        Query(near=(0.1, 0.2), sort=("-near",), title="song"),
        Query(near=(0.1, 0.2), valence_drawing=((0.0, 0.3),), radius=0.5, limit=9),
        Query(text=("BJÖRK", "alles"), words=(("calm", "neutral"),)),
        Query(text=("x.mp3",), offset=100, limit=50),
        Query(text=("jazzrock",)),
        Query(text=("alles", "")),
        Query(title="", artist="BJ"),
        Query(genre="jazz", tempo=(1, None)),
        Query(duration_s=(30.0, 100.0), volatility=(None, 0.02), peak=(0.0, None)),
    ],
)
def test_pages_are_those_of_the_search(library: Library, query: Query) -> None:
    found, total = find_page(library, query)
    expected = list(search(library, query))
    assert [song._replace(distance=None) for song in found] == [song._replace(distance=None) for song in expected]
    assert [song.distance for song in found] == pytest.approx([song.distance for song in expected])
    assert total == len(list(search(library, query.without_page())))
    cached, cached_total = find_page(library, query, CachedColumns(lambda _, compute: compute(library)))
    assert cached == found
    assert cached_total == total


def test_rows_by_id_are_those_of_the_search(library: Library) -> None:
    rows = {row.id: row for row in search(library, Query())}
    assert songs_by_id(library, [5, 3, 999]) == {5: rows[5], 3: rows[3]}
    assert sorted(matching_ids(library, Query(year=(1970, 1980)))) == sorted(
        row.id for row in rows.values() if row.year is not None and 1970 <= row.year <= 1980
    )


def test_a_query_without_tags_reads_only_songs(library: Library) -> None:
    """SQLite leaves out the outer joins of the view: the other tables are not read."""
    plan = library.db.execute("EXPLAIN QUERY PLAN SELECT id FROM songs WHERE arousal > 0").fetchall()
    assert len(plan) == 1
    assert "song USING COVERING INDEX song_place" in plan[0][3]
