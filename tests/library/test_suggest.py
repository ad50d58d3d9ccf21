"""Songs to rate next: the gains against plain formulas, and what is chosen from a library."""

import numpy as np
import pytest

from moodcurve.library import LibraryError, open_library
from moodcurve.library.queries.query import Query
from moodcurve.library.queries.search import matching_ids
from moodcurve.library.queries.suggest import (
    LEVEL,
    OUTPUT_VARIANCE,
    OUTPUTS,
    SOUND,
    songs_with_content,
    suggest_songs,
    teaching_order,
)
from tests.helpers.library_fixtures import made_library


def mean_variance(outputs, sound, rated):
    """Return the mean variance of corrections over all songs, after ratings of some."""
    sound = sound - sound.mean(axis=0)
    sound = sound / np.sqrt((sound**2).sum(axis=1).mean() * SOUND)
    kernel = 1 / LEVEL + outputs @ outputs.T / (OUTPUTS * OUTPUT_VARIANCE) + sound @ sound.T
    known = kernel[:, rated]
    after = kernel - known @ np.linalg.solve(kernel[np.ix_(rated, rated)] + np.eye(len(rated)), known.T)
    return np.trace(after) / len(kernel)


def test_each_song_is_the_one_that_lowers_the_variance_most():
    rng = np.random.default_rng(0)
    outputs, sound = rng.uniform(-0.6, 0.6, (40, 2)), rng.normal(size=(40, 6)) * np.arange(1, 7)
    rated = [3, 17]
    order = teaching_order(outputs, sound, count=5, rated=np.array(rated))
    for song in order:
        free = [i for i in range(40) if i not in rated]
        variances = [mean_variance(outputs, sound, [*rated, i]) for i in free]
        assert song == free[int(np.argmin(variances))]
        rated.append(int(song))


def test_songs_without_any_difference_have_an_order():
    assert teaching_order(np.zeros((3, 2)), np.zeros((3, 2)), count=5, rated=np.empty(0, int)).tolist() == [0, 1, 2]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    made_library(path, 60)
    with open_library(path) as opened:
        yield opened


def test_rated_songs_are_not_suggested(library):
    first = suggest_songs(library, Query(), count=10)
    assert len(set(first)) == 10
    (content,) = library.db.execute("SELECT content FROM song WHERE id = ?", (first[0],)).fetchone()
    rated = songs_with_content(library, [content, "unknown"])
    assert rated == [first[0]]
    assert first[0] not in suggest_songs(library, Query(), count=60, rated=rated)


def test_only_matching_songs_are_suggested(library):
    query = Query(quadrants=("calm-positive",))
    matching = set(matching_ids(library, query).tolist())
    found = suggest_songs(library, query, count=60)
    assert set(found) == matching
    assert 0 < len(found) < 60


def test_an_empty_library_says_so(tmp_path):
    made_library(tmp_path / "library.sqlite", 0)
    with open_library(tmp_path / "library.sqlite") as opened, pytest.raises(LibraryError, match="no songs yet"):
        suggest_songs(opened, Query(), count=5)
