"""Recordings that several sets hold: the same artist in all of them."""

from dataclasses import replace

from moodcurve.datasets import Dataset
from moodcurve.datasets.recordings import share_ids, unify_artists
from moodcurve.datasets.splits import artist_key
from tests.helpers.training_songs import made_dataset

SONGS = made_dataset(6).songs


def dataset(name: str, artists: dict[int, str]) -> Dataset:
    """Return some of the songs, by position, with these artists."""
    return Dataset(name=name, songs=tuple(replace(SONGS[i], artist=artist) for i, artist in artists.items()))


def unified(*datasets: Dataset) -> tuple[list[list[str]], int]:
    found, shared = unify_artists(datasets)
    return [[artist_key(song.artist) for song in one.songs] for one in found], shared


def test_ids_are_shared_by_the_releases_of_deam_alone() -> None:
    assert share_ids("DEAM", "emoMusic")
    assert share_ids("DEAM with sound", "MediaEval 2015 dev")
    assert share_ids("mine", "mine")
    assert not share_ids("DEAM", "mine")


def test_an_unknown_artist_is_that_of_the_other_set() -> None:
    artists, shared = unified(dataset("DEAM", {0: "A", 1: "B"}), dataset("emoMusic", {0: "", 1: "", 2: ""}))
    assert artists == [["a", "b"], ["a", "b", ""]]
    assert shared == 2


def test_a_recording_without_artist_is_one_of_its_own() -> None:
    (first, second), shared = unified(dataset("emoMusic", {0: "", 1: ""}), dataset("DEAM", {0: "", 1: ""}))
    assert first == second
    assert len({*first}) == shared == 2
    assert all(first)


def test_names_of_one_artist_are_the_same_also_for_the_other_songs() -> None:
    """Songs 0 and 1 say that A and X are one artist, and X and B; song 3 is in one set only."""
    artists, shared = unified(
        dataset("emoMusic", {0: "X", 1: "X", 3: "X", 4: "Y"}), dataset("DEAM", {0: "A", 1: "B", 2: "B", 4: "y"})
    )
    assert artists == [["x", "x", "x", "y"], ["x", "x", "x", "y"]]
    assert shared == 3


def test_other_sets_stay_as_they_are() -> None:
    mine = dataset("mine", {0: "The A"})
    found, shared = unify_artists([mine, dataset("DEAM", {0: "B"})])
    assert found[0] is mine
    assert shared == 0


def test_an_artist_of_two_spellings_is_the_same_in_other_sets() -> None:
    sets = [dataset("emoMusic", {0: "X"}), dataset("DEAM", {0: "B", 1: "B"}), dataset("mine", {4: "B", 5: "C"})]
    artists, shared = unified(*sets)
    assert artists == [["x"], ["x", "x"], ["x", "c"]]
    assert shared == 1
