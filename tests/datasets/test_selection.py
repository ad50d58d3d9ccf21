"""Songs are selected by id; lists of ids are read from files."""

from dataclasses import replace
from pathlib import Path

import pytest

from moodcurve.datasets import DatasetError
from moodcurve.datasets.comparison import Comparison
from moodcurve.datasets.selection import only_songs, read_ids, songs_by_genre, without_songs
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(12)


def test_songs_are_selected_in_the_datasets_order() -> None:
    chosen, missing = only_songs(DATASET, ["7", "2"])
    assert missing == ()
    assert [song.song_id for song in chosen.songs] == ["2", "7"]
    assert chosen.name == DATASET.name


def test_unknown_ids_are_returned() -> None:
    chosen, missing = only_songs(DATASET, ["ghost", "1", "99"])
    assert [song.song_id for song in chosen.songs] == ["1"]
    assert missing == ("ghost", "99")


def test_songs_can_be_excluded() -> None:
    chosen = without_songs(DATASET, ["1", "12"])
    assert [song.song_id for song in chosen.songs] == [str(i) for i in range(2, 12)]
    with pytest.raises(DatasetError, match="all songs are among the 12 ids"):
        without_songs(DATASET, [song.song_id for song in DATASET.songs])


def test_unknown_id_to_exclude_raises() -> None:
    """A misspelled test song would stay among the training songs."""
    with pytest.raises(
        DatasetError, match="made songs: 2 of the 3 ids to leave out are not among its songs: O1, ghost;"
    ):
        without_songs(DATASET, ["O1", "1", "ghost"])
    with pytest.raises(DatasetError, match=r"6 of the 6 ids .*: a, b, c, d, e, …; correct or remove them"):
        without_songs(DATASET, list("abcdef"))


def test_unreadable_song_can_be_excluded() -> None:
    """Its id is known, and no longer listed as left out."""
    dataset = replace(DATASET, skipped_ids=("broken", "other"))
    assert without_songs(dataset, ["1", "broken"]).skipped_ids == ("other",)


@pytest.mark.parametrize("ids", [[], ["ghost"]])
def test_no_known_id_raises(ids: list[str]) -> None:
    with pytest.raises(DatasetError, match=f"made songs: none of the songs is among the {len(ids)} ids"):
        only_songs(DATASET, ids)


@pytest.mark.parametrize("text", ["2\n7\n", "song_id,score\n2,0.5\n\n7,0.1\n", " 2 ,x\r\n7", "song_id\n2\n7\n\n"])
def test_ids_are_the_first_field_of_each_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "ids.csv").write_text(text)
    assert read_ids(tmp_path / "ids.csv") == ("2", "7")


def test_unreadable_id_files_raise(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.txt: cannot be read as a list of ids: No such file"):
        read_ids(tmp_path / "none.txt")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(DatasetError, match=r"picture\.png: is not text"):
        read_ids(tmp_path / "picture.png")


def test_genres_need_enough_songs() -> None:
    genres = ["Rock-Hip-Hop"] * 6 + ["Rock-Pop"] * 2 + ["Folk, Pop"] * 2
    songs = [replace(song, genre=genre) for song, genre in zip(DATASET.songs, genres, strict=False)]
    found = songs_by_genre(songs, min_songs=5)
    assert {genre: list(chosen) for genre, chosen in found.items()} == {
        "Hip Hop": list(range(6)),
        "Rock": list(range(8)),
    }


def test_comparisons_with_songs_left_out_are_left_out() -> None:
    one, other = (Comparison(axis="arousal", higher="1", lower=lower) for lower in ("2", "3"))
    dataset = replace(DATASET, comparisons=(one, other))
    assert only_songs(dataset, ["1", "2"])[0].comparisons == (one,)
    assert without_songs(dataset, ["2"]).comparisons == (other,)
