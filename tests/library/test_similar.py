"""Songs like a song: their order, why they are alike, and the cache."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodcurve.library import Analysis, FileRemoved, Library, LibraryError, SongAnalyzed, open_library
from moodcurve.library.queries import similar_index
from moodcurve.library.queries.similar import nearest_songs, parse_weights, similar_songs
from moodcurve.library.queries.similar_index import SimilarIndex, load_index, reduced
from tests.helpers.library_fixtures import file, song, wandering_curve

SONGS = 60


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a library of three groups that sound alike; song i and i + 3 are of the same group."""
    monkeypatch.setattr(similar_index, "private_cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr(similar_index, "_kept", {})
    rng = np.random.default_rng(0)
    centers = rng.normal(0, 3, (3, 40))
    with open_library(tmp_path / "library.sqlite", write=True) as opened:
        for i in range(SONGS):
            sound = (centers[i % 3] + rng.normal(0, 0.3, 40)).astype("f4")
            analysis = Analysis(curve=wandering_curve(60, seed=i), descriptors=sound)
            opened.write([SongAnalyzed(f"c{i}", analysis), file(f"/{i}", f"c{i}")])
        yield opened


def test_songs_of_the_same_group_sound_alike(library: Library) -> None:
    found = similar_songs(library, 1, weights={"sound": 1}, limit=19)
    assert {(each.id - 1) % 3 for each in found} == {0}
    assert 1 not in {each.id for each in found}
    assert [each.distance for each in found] == sorted(each.distance for each in found)
    assert [each.shares["sound"] for each in found] == pytest.approx([i / 59 for i in range(19)])
    assert all(("sound" in each.agrees) == (each.shares["sound"] <= 0.05) for each in found)


def test_by_mood_is_the_distance_of_the_means(library: Library) -> None:
    means = {number: (a, v) for number, a, v in library.db.execute("SELECT id, arousal, valence FROM song")}
    found = similar_songs(library, 7, weights={"mood": 2.0}, limit=SONGS)
    expected = sorted((n for n in means if n != 7), key=lambda n: np.hypot(*np.subtract(means[n], means[7])))
    assert [each.id for each in found] == expected


def test_a_copy_of_a_course_is_the_nearest_by_course(library: Library) -> None:
    library.write([song("copy", wandering_curve(60, seed=4)), file("/copy", "copy")])
    # the copy's descriptors have another length: it has another feature set in practice
    index = SimilarIndex(np.array([1, 2, 3]), {"course": np.array([[0.0], [2.0], [0.1]], np.float32)})
    (first, second) = nearest_songs_with_all_parts(index)
    assert (first, second) == (3, 2)


def nearest_songs_with_all_parts(index: SimilarIndex) -> list[int]:
    parts = dict.fromkeys(similar_index.PARTS, index.parts["course"])
    return [each.id for each in nearest_songs(SimilarIndex(index.ids, parts), 1, weights={"course": 1}, limit=5)]


def test_only_new_songs_are_read_after_a_change(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    vectors = similar_index._vectors

    def counted(library: Library, ids: Any) -> Any:
        read.append(len(ids))
        return vectors(library, ids)

    monkeypatch.setattr(similar_index, "_vectors", counted)
    first = similar_songs(library, 1)
    assert similar_songs(library, 1) == first
    monkeypatch.setattr(similar_index, "_kept", {})  # as in a new process
    assert similar_songs(library, 1) == first
    assert read == [SONGS]
    analysis = Analysis(curve=wandering_curve(60, seed=0), descriptors=np.full(40, 0.1, "f4"))
    library.write([SongAnalyzed("new", analysis), file("/new", "new"), FileRemoved("/5")])
    found = load_index(library, "compare236/1")
    assert read == [SONGS, 1]
    assert found.ids.tolist() == [n for n in range(1, SONGS + 2) if n != 6]
    fresh = load_index_anew(library, monkeypatch)
    assert read == [SONGS, 1, SONGS]
    np.testing.assert_array_equal(found.ids, fresh.ids)
    for part in ("course", "mood"):
        np.testing.assert_array_equal(found.parts[part], fresh.parts[part])
    # distances by sound differ by the standardization alone
    distances = [np.linalg.norm(index.parts["sound"] - index.parts["sound"][0], axis=1) for index in (found, fresh)]
    assert np.corrcoef(*distances)[0, 1] > 0.99


def load_index_anew(library: Library, monkeypatch: pytest.MonkeyPatch) -> SimilarIndex:
    monkeypatch.setattr(similar_index, "_kept", {})
    monkeypatch.setattr(similar_index, "REFIT_SHARE", -1.0)
    library.write([file("/again", "c3")])
    return load_index(library, "compare236/1")


def test_a_song_that_was_analyzed_again_is_read_again(library: Library) -> None:
    before = load_index(library, "compare236/1")
    analysis = Analysis(curve=wandering_curve(60, seed=99), descriptors=np.full(40, 0.1, "f4"))
    library.write([SongAnalyzed("c3", analysis)])
    library.db.execute("UPDATE song SET analysed_at = '2001-01-01T00:00:00Z' WHERE id = 4")
    after = load_index(library, "compare236/1")
    changed = (before.parts["course"] != after.parts["course"]).any(axis=1)
    assert before.ids[changed].tolist() == [4]


def test_reduction_keeps_the_distances_of_few_columns() -> None:
    x = np.random.default_rng(1).normal(size=(200, 30)).astype("f4")
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    y = reduced(x)
    assert y.shape == (200, 30)
    np.testing.assert_allclose(np.linalg.norm(y - y[0], axis=1), np.linalg.norm(z - z[0], axis=1), rtol=1e-3, atol=1e-3)
    assert reduced(np.ones((5, 3), np.float32)).any() == np.False_
    assert reduced(np.empty((0, 3), np.float32)).shape[0] == 0


def test_unknown_songs_and_wrong_weights_are_refused(library: Library) -> None:
    with pytest.raises(LibraryError, match="no song with id 999"):
        similar_songs(library, 999)
    for weights in ({}, {"sound": 0.0}, {"sound": -1.0}, {"taste": 1.0}):
        with pytest.raises(ValueError, match="weights must be 0 or more for course, sound, mood"):
            similar_songs(library, 1, weights=weights)
    for text in ("sound", "taste=1", "sound=x", "sound=-1", "sound=0"):
        with pytest.raises(ValueError, match=r"is not PART=WEIGHT|has no weight above 0"):
            parse_weights(text)


def test_one_song_is_like_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar_index, "private_cache_dir", lambda: tmp_path / "cache")
    with open_library(tmp_path / "one.sqlite", write=True) as opened:
        opened.write([song("only"), file("/only", "only")])
        assert similar_songs(opened, 1) == []
