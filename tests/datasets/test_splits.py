"""Test that splits are disjoint and complete, keep artists together, and are reproducible."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve.datasets import Annotation, DatasetError, Song
from moodcurve.datasets.splits import Split, artist_key, holdout, k_fold, k_fold_sets, shares_artist
from moodcurve.features import COMPARE260, Features

FEATURES = Features(np.zeros((1, 260), np.float32), np.zeros(1), COMPARE260)
ANNOTATION = Annotation(times_s=np.zeros(1), arousal=np.zeros(1), valence=np.zeros(1))


def song(song_id: int, artist: str) -> Song:
    return Song(song_id=str(song_id), artist=artist, title="", genre="", features=FEATURES, annotation=ANNOTATION)


def songs_of(artists: list[str]) -> list[Song]:
    return [song(i, artist) for i, artist in enumerate(artists)]


ARTISTS = st.lists(st.sampled_from(["", "A", "a ", "B", "C & D", "c and d", "E", "F", "G"]), max_size=40)
BY = st.sampled_from(["song", "artist"])
SEED = st.integers(0, 2**32)


def check_split(songs: list[Song], split: Split, by: str) -> None:
    train, test = split
    assert sorted([*train, *test]) == list(range(len(songs)))  # disjoint and complete
    assert len(train)
    assert len(test)
    assert np.all(np.diff(train) > 0)
    assert np.all(np.diff(test) > 0)
    if by == "artist":
        same = {"a ": "A", "c and d": "C & D"}
        names = [same.get(song.artist, song.artist) for song in songs]
        assert not {names[i] for i in train} & {names[i] for i in test} - {""}


@settings(deadline=None)
@given(artists=ARTISTS, k=st.integers(2, 12), seed=SEED, by=BY)
def test_folds(artists: list[str], k: int, seed: int, by: str) -> None:
    songs = songs_of(artists)
    try:
        folds = k_fold(songs, k, seed, by=by)
    except DatasetError:
        groups = (
            len(artists)
            if by == "song"
            else artists.count("") + len({a.strip().casefold().replace("&", "and") for a in artists if a})
        )
        assert groups < k
        return
    assert len(folds) == k
    for fold in folds:
        check_split(songs, fold, by)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(songs)))
    again = k_fold(songs, k, seed, by=by)
    assert all(np.array_equal(one[1], two[1]) for one, two in zip(folds, again, strict=True))
    if by == "song":
        assert np.ptp([len(test) for _, test in folds]) <= 1


@settings(deadline=None)
@given(artists=ARTISTS, fraction=st.floats(0.01, 0.99), seed=SEED, by=BY)
def test_holdout(artists: list[str], fraction: float, seed: int, by: str) -> None:
    songs = songs_of(artists)
    try:
        split = holdout(songs, fraction, seed, by=by)
    except DatasetError:
        # by song, this only happens if rounding leaves a side empty
        assert by == "artist" or round(len(songs) * fraction) in (0, len(songs))
        return
    check_split(songs, split, by)
    wanted = len(songs) * fraction
    assert len(split[1]) <= wanted + 0.5
    if by == "song":
        assert len(split[1]) >= wanted - 0.5
    again = holdout(songs, fraction, seed, by=by)
    assert np.array_equal(split[1], again[1])


def test_split_of_the_paper() -> None:
    train, test = holdout(songs_of([""] * 430), 0.2, 0)
    assert (len(train), len(test)) == (344, 86)


@pytest.mark.parametrize("by", ["song", "artist"])
def test_another_seed_gives_another_split(by: str) -> None:
    songs = songs_of([f"artist {i // 3}" for i in range(60)])
    assert not np.array_equal(holdout(songs, 0.3, 0, by=by)[1], holdout(songs, 0.3, 1, by=by)[1])
    assert not np.array_equal(k_fold(songs, 3, 0, by=by)[0][1], k_fold(songs, 3, 1, by=by)[0][1])


def test_each_song_is_equally_likely_to_be_tested() -> None:
    songs = songs_of([""] * 10)
    times = np.zeros(10)
    for seed in range(2000):
        times[holdout(songs, 0.3, seed)[1]] += 1
    # binomial(2000, .3) has a standard deviation of 20.5; 4.5 of them are exceeded once in 15,000 sets of ten
    assert np.abs(times - 600).max() < 92


def test_artist_folds_have_equal_sizes() -> None:
    # like DEAM: one artist with 35 songs, a dozen with 5 to 16, hundreds with one or two
    sizes = [35, *range(5, 17), *[2] * 60, *[1] * 300]
    songs = songs_of([f"artist {i}" for i, size in enumerate(sizes) for _ in range(size)])
    for seed in range(5):
        assert np.ptp([len(test) for _, test in k_fold(songs, 5, seed, by="artist")]) <= 1


def test_an_artist_too_large_for_a_fold_fills_one_alone() -> None:
    songs = songs_of(["A"] * 8 + ["B", "C"])
    assert sorted(len(test) for _, test in k_fold(songs, 3, 0, by="artist")) == [1, 1, 8]
    # a holdout skips an artist with too many songs
    assert holdout(songs, 0.2, 0, by="artist")[1].tolist() == [8, 9]


def test_impossible_splits() -> None:
    with pytest.raises(DatasetError, match="2 songs of 2 songs cannot be split by song into 3 parts"):
        k_fold(songs_of(["A", "B"]), 3, 0)
    with pytest.raises(DatasetError, match="4 songs of 1 artists cannot be split by artist into 2 parts"):
        k_fold(songs_of(["A", "a", " A", "A"]), 2, 0, by="artist")
    with pytest.raises(DatasetError, match=r"6 songs of 2 artists .* 0\.2 for testing"):
        holdout(songs_of(["A", "A", "A", "B", "B", "B"]), 0.2, 0, by="artist")
    with pytest.raises(DatasetError, match="more songs are needed"):
        holdout(songs_of(["A"]), 0.2, 0)
    with pytest.raises(ValueError, match="fraction must lie between 0 and 1, got 1"):
        holdout(songs_of(["A", "B"]), 1, 0)
    with pytest.raises(ValueError, match="k must be 2 or more, got 1"):
        k_fold(songs_of(["A", "B"]), 1, 0)
    with pytest.raises(ValueError, match="by must be 'song' or 'artist', got 'genre'"):
        k_fold(songs_of(["A", "B"]), 2, 0, by="genre")  # type: ignore[arg-type]


# --- several sets ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Beatles", "beatles"),
        ("Beatles, The", "the  Beatles"),
        ("Björk", "BJORK"),
        ("AC/DC", "AC DC"),
        ("Simon & Garfunkel", "Simon and Garfunkel"),
        ("Cafe" + chr(0x301), "Caf" + chr(0xE9)),
        ("R.E.M.", "REM"),
    ],
)
def test_spellings_of_an_artist(one: str, other: str) -> None:
    assert artist_key(one) == artist_key(other)


@pytest.mark.parametrize(("one", "other"), [("!!!", "???"), ("Them", "m"), ("The", ""), ("坂本龍一", "坂本")])
def test_different_artists(one: str, other: str) -> None:
    assert artist_key(one) != artist_key(other)


@settings(deadline=None)
@given(sets=st.lists(ARTISTS, min_size=1, max_size=3), k=st.integers(2, 4), seed=SEED)
def test_folds_of_several_sets(sets: list[list[str]], k: int, seed: int) -> None:
    songs = [songs_of(artists) for artists in sets]
    try:
        folds = k_fold_sets(songs, k, seed)
    except DatasetError:
        return
    for number, one in enumerate(folds):
        for fold in one:
            check_split(songs[number], fold, "artist")
        assert sorted(np.concatenate([test for _, test in one])) == list(range(len(songs[number])))
    for fold in range(k):
        tested = [song for number, one in enumerate(folds) for song in (songs[number][i] for i in one[fold][1])]
        trained = [song for number, one in enumerate(folds) for song in (songs[number][i] for i in one[fold][0])]
        assert not shares_artist(tested, trained).any()
    again = k_fold_sets(songs, k, seed)
    assert all(np.array_equal(a[1], b[1]) for x, y in zip(folds, again, strict=True) for a, b in zip(x, y, strict=True))


def test_folds_are_balanced_in_every_set() -> None:
    rng = np.random.default_rng(0)
    sets = [songs_of([f"artist {i}" for i in rng.integers(0, 300, size)]) for size in (900, 200)]
    for folds in k_fold_sets(sets, 5, seed=0):
        sizes = [len(test) for _, test in folds]
        assert max(sizes) - min(sizes) <= 0.1 * np.mean(sizes) + 1


def test_sets_with_few_artists_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match="2 songs of 1 artists cannot be split by artist into 2 parts"):
        k_fold_sets([songs_of(["A", "B"]), songs_of(["A", "a"])], 2, seed=0)
    with pytest.raises(ValueError, match="k must be 2 or more"):
        k_fold_sets([songs_of(["A", "B"])], 1, seed=0)


def test_songs_whose_artist_is_known() -> None:
    found = shares_artist(songs_of(["The A", "", "B"]), songs_of(["a", "", "C"]))
    assert found.tolist() == [True, False, False]
