"""Test that each published set is recognized by its files, and that its labels are read as what they are."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets import Dataset, DatasetError, read_dataset
from moodcurve.datasets.comparison import Comparison
from moodcurve.datasets.layout import has_sound, is_deam
from moodcurve.datasets.published.layouts import LAYOUTS, find_layout
from moodcurve.features import COMPARE236
from moodcurve.mood.circumplex import QUADRANTS
from tests.datasets.test_deam import only_note
from tests.helpers import published_sets as sets
from tests.helpers.published_sets import WRITERS, level, write_lines, write_tone

DYNAMIC = "annotations/dynamic_annotations.csv"
COMPARED = "data/annotations/annotations.arousal.all.agreement.gt"

pytestmark = pytest.mark.usefixtures("made_features")


def read(folder: Path) -> Dataset:
    return read_dataset(folder, feature_set=COMPARE236)


@pytest.mark.parametrize("name", WRITERS)
def test_each_set_is_recognized_by_its_files(name: str, tmp_path: Path) -> None:
    folder = WRITERS[name](tmp_path / "set")
    layout = find_layout(folder)
    assert layout is not None
    assert layout.name == name
    assert not is_deam(folder)
    assert has_sound(folder)
    dataset = read(folder)
    assert dataset.name == name
    assert dataset.songs
    assert all(song.full_features.feature_set == COMPARE236 for song in dataset.songs)


def test_every_layout_has_a_miniature() -> None:
    assert {layout.name for layout in LAYOUTS} == WRITERS.keys()


def test_pmemo(tmp_path: Path) -> None:
    dataset = read(sets.write_pmemo(tmp_path))
    assert [song.song_id for song in dataset.songs] == [str(i) for i in range(1, 25)]
    song = dataset.songs[2]
    assert (song.artist, song.title) == ("artist 3", "title 3")
    # the first 15 s have no ratings; each rating has the row of its time
    assert song.annotation.times_s.tolist() == [15.0, 15.5, 16.0]
    assert song.features.times_s.tolist() == [15.0, 15.5, 16.0]
    assert len(song.full_features.times_s) == 39
    # from [0, 1] to [-1, 1]
    a, v = level(3)
    assert np.allclose(song.y, [[a, v], [a + 0.02, v], [a + 0.04, v]], atol=2e-4)
    assert np.allclose([song.annotation.song_arousal, song.annotation.song_valence], [a, v], atol=2e-4)
    assert dataset.notes == ()


def test_pmemo_clips_shorter_than_15_s_have_a_rating_of_the_whole(tmp_path: Path) -> None:
    sets.write_pmemo(tmp_path, songs=2)
    (path,) = [*tmp_path.glob("annotations/dynamic*")]
    lines = [line for line in path.read_text().splitlines() if not line.startswith("2,")]
    write_lines(path, lines)
    dataset = read(tmp_path)
    assert [len(song.x) for song in dataset.songs] == [3, 39]
    only_note(dataset, "^song 2 rated as a whole")


def test_pmemo_times_that_count_from_the_first_rating_are_reported(tmp_path: Path) -> None:
    sets.write_pmemo(tmp_path, songs=2)
    (path,) = [*tmp_path.glob("annotations/dynamic*")]
    write_lines(path, [line.replace(",15.0,", ",0.0,") for line in path.read_text().splitlines()])
    only_note(read(tmp_path), "^The ratings over time start at 0 s, and PMEmo's at 15 s")


def test_emomusic(tmp_path: Path) -> None:
    dataset = read(sets.write_emomusic(tmp_path))
    song = dataset.songs[0]
    assert (song.song_id, song.artist, song.genre) == ("2", "artist 2", "Rock")
    # 16.5 s has no row: the clip of 17 s ends before its window does
    assert song.annotation.times_s.tolist() == [15.0, 15.5, 16.0]
    assert np.allclose(song.y[0], level(2), atol=1e-4)
    assert np.allclose([song.annotation.song_arousal, song.annotation.song_valence], level(2), atol=1e-9)
    only_note(dataset, r"^24 labels of 24 songs .* left out: no feature row")
    only_note(dataset, "DEAM up to id 1000")


def test_merp_is_averaged_over_listeners(tmp_path: Path) -> None:
    dataset = read(sets.write_merp(tmp_path))
    assert [song.song_id for song in dataset.songs] == ["00_145", "01_7"]
    rated = dataset.songs[0].annotation
    # series of 30, 31 and 32 ratings, 10 a second: 3.0 s is rated by the last two
    assert rated.times_s.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3.0]
    assert np.allclose(rated.arousal, [0.1] * 6 + [0.15])
    assert rated.arousal_std is not None
    assert rated.arousal_raters is not None
    assert np.allclose(rated.arousal_std, [0.1] * 6 + [np.std([0.1, 0.2], ddof=1)])
    assert rated.arousal_raters.tolist() == [3] * 6 + [2]
    only_note(dataset, "^song deam_115 left out: they are songs of DEAM")


def test_merp_raw_series_are_used_if_the_cleaned_ones_are_cut(tmp_path: Path) -> None:
    sets.write_merp(tmp_path)
    rows = [("00_145", [0.5] * 200, [0.5] * 200)] * 2
    sets.write_parquet(tmp_path / "annotations_raw.parquet", rows)
    dataset = read(tmp_path)
    assert dataset.songs[0].annotation.arousal.tolist() == [0.5] * 7
    only_note(dataset, "^The raw ratings are used")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("a", [0.5, 1.5], [0.0, 0.0]), "row 1: arousal has a rating outside"),
        (("a", [0.5, float("nan")], [0.0, 0.0]), "row 1: arousal has a rating outside"),
        (("a", [0.5], [0.0, 0.0]), "row 1: arousal and valence have different lengths"),
        (("a", [], []), "no ratings"),
    ],
)
def test_malformed_merp(tmp_path: Path, row: tuple[str, list[float], list[float]], message: str) -> None:
    sets.write_parquet(tmp_path / "annotations_filtered.parquet", [row])
    with pytest.raises(DatasetError, match=message):
        read(tmp_path)


def test_merp_that_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "annotations_raw.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DatasetError, match="cannot be read as Parquet"):
        read(tmp_path)


def test_musifeast(tmp_path: Path) -> None:
    dataset = read(sets.write_musifeast(tmp_path))
    song = dataset.songs[4]
    assert (song.song_id, song.artist, song.title, song.genre) == ("Jazz_HIGH_05", "artist 5", "title 5", "Jazz")
    # from 1-5; every row of the clip has its rating
    assert np.allclose(song.y, [level(5)] * 5)
    assert song.annotation.song_arousal == pytest.approx(level(5)[0])


def test_muse(tmp_path: Path) -> None:
    dataset = read(sets.write_muse(tmp_path))
    assert [(song.song_id, song.artist, song.title) for song in dataset.songs] == [
        ("m-2", "Bob", "Two"),
        ("s-1", "Ann", "One"),
    ]
    assert dataset.songs[1].y[0].tolist() == [-0.5, 0.5]
    only_note(dataset, "^1 rows have no sound file")
    only_note(dataset, "^1 rows with a sound file have no value from 1 to 9")
    only_note(dataset, "computed from words")


def test_four_quadrants(tmp_path: Path) -> None:
    dataset = read(sets.write_four_quadrants(tmp_path))
    assert dataset.quadrants == tuple(QUADRANTS[sets.quadrant(i) - 1] for i in range(1, 9))
    assert dataset.songs[0].artist == "artist 1"
    # classes are no ratings
    assert not any(song.is_rated or song.annotation.song_arousal is not None for song in dataset.songs)
    assert all(len(song.full_features.times_s) == 5 for song in dataset.songs)


def test_emopia(tmp_path: Path) -> None:
    dataset = read(sets.write_emopia(tmp_path))
    assert len(dataset.songs) == 9
    found = {song.song_id: song for song in dataset.songs}
    one, other = (found[f"Q{sets.quadrant(1)}_yt_001_{i}"] for i in range(2))
    assert one.annotation.quadrant == other.annotation.quadrant == QUADRANTS[sets.quadrant(1) - 1]
    # clips of one recording must not be in training and test
    assert one.artist == other.artist != found[f"Q{sets.quadrant(2)}_yt_002_0"].artist


def test_emopia_without_sound_names_the_step_that_makes_it(tmp_path: Path) -> None:
    sets.write_emopia(tmp_path, rendered=False)
    with pytest.raises(DatasetError, match=r"labels of EMOPIA, but no sound; render its .*moodcurve render"):
        read(tmp_path)


def test_vgmidi(tmp_path: Path) -> None:
    dataset = read(sets.write_vgmidi(tmp_path))
    assert [(song.song_id, song.annotation.quadrant) for song in dataset.songs] == [
        ("Cave_0", "excited-positive"),
        ("Cave_1", "tense-negative"),
        ("Sea_0", "sad-negative"),
        ("Sea_1", "calm-positive"),
    ]
    assert {song.artist for song in dataset.songs} == {"Cave Game", "Sea Game"}
    only_note(dataset, "^song Sky_0 left out: labeled twice, with different signs")


def test_emotify_words_are_shares_of_listeners(tmp_path: Path) -> None:
    dataset = read(sets.write_emotify(tmp_path))
    assert [(song.song_id, song.genre) for song in dataset.songs] == [("1", "classical"), ("101", "rock")]
    words = dataset.songs[1].annotation.words
    assert (len(words), words["calmness"], words["tension"], words["sadness"]) == (9, 1.0, 0.5, 0.0)
    assert not any(song.is_rated or song.annotation.quadrant for song in dataset.songs)
    only_note(dataset, r"^2 songs \(1, 101\) with words or comparisons only")


def test_musav_comparisons(tmp_path: Path) -> None:
    dataset = read(sets.write_musav(tmp_path))
    assert [song.song_id for song in dataset.songs] == ["aa1", "bb2", "cc3"]
    assert dataset.comparisons == (
        Comparison(axis="arousal", higher="aa1", lower="bb2"),
        Comparison(axis="arousal", higher="bb2", lower="cc3", is_unanimous=True),
        Comparison(axis="arousal", higher="cc3", lower="aa1", is_equal=True),
        Comparison(axis="valence", higher="bb2", lower="aa1", is_unanimous=True),
    )
    only_note(dataset, "^1 comparisons left out: a song without a sound file")


def test_musav_pairs_with_different_answers_are_left_out(tmp_path: Path) -> None:
    answers = [("arousal", "aa1-bb2", "a"), ("arousal", "bb2-aa1", "a"), ("arousal", "aa1-cc3", "a"),
               ("arousal", "cc3-aa1", "b"), ("valence", "aa1-bb2", "a")]  # fmt: skip
    dataset = read(sets.write_musav(tmp_path, answers=answers))
    assert [(one.axis, one.higher, one.lower) for one in dataset.comparisons] == [
        ("arousal", "aa1", "cc3"),
        ("valence", "aa1", "bb2"),
    ]
    only_note(dataset, "^1 pairs left out: compared more than once, with different answers")


# --- what is refused ---


@pytest.mark.parametrize(
    ("name", "file", "change", "message"),
    [
        ("PMEmo", DYNAMIC, ("1,15.0,", "1,15.0,7"), r"line 2: Arousal\(mean\) is '7.* 0 to 1"),
        ("PMEmo", DYNAMIC, ("1,15.5,", "1,15.0,"), "line 3: song 1 is already rated at 15 s"),
        ("PMEmo", "annotations/static_annotations.csv", ("2,", "1,"), "line 3: song 1 is already in line 2"),
        ("emoMusic", "annotations/static_annotations.csv", ("2,", "2,1"), "line 2: mean_arousal is .* from 1 to 9"),
        ("MUSIFEAST-17", "data/MUSIFEAST17_all.csv", ('"artist 1",', '"artist 1",9'), "line 2: valence_M is .* 1 to 5"),
        ("4Q", "panda_dataset_taffc_annotations.csv", ('"Q', '"R'), "line 2: Quadrant is 'R"),
        ("EMOPIA", "label.csv", (",D", "7,D"), "line 2: 4Q is .* expected a number from 1 to 4"),
        ("VGMIDI", "vgmidi_labelled.csv", (".mid,1,1", ".mid,1,0.5"), "line 2: expected the name of a MIDI file"),
        ("Emotify", "data.csv", ("1,classical,", "1,jazz,"), "line 3: song 1 has the genre 'classical', and 'jazz'"),
        ("MusAV", COMPARED, ('"a"', '"c"'), "line 1: higher_value is 'c'"),
        ("MusAV", COMPARED, ("{", "["), "line 1: expected a JSON object"),
    ],
)  # fmt: skip
def test_malformed_tables(name: str, file: str, change: tuple[str, str], message: str, tmp_path: Path) -> None:
    """Only the first occurrence after the header is changed."""
    path = WRITERS[name](tmp_path) / file
    header, _, body = path.read_text().partition("\n")
    text = path.read_text().replace(*change, 1) if name == "MusAV" else f"{header}\n{body.replace(*change, 1)}"
    assert text != path.read_text()
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        read(tmp_path)


def test_common_file_names_need_the_columns_of_the_set(tmp_path: Path) -> None:
    write_lines(tmp_path / "data.csv", ["id,value", "1,2"])
    write_lines(tmp_path / "label.csv", ["file,label", "1,2"])
    with pytest.raises(DatasetError, match=r"not a known layout.*PMEmo \(with annotations/dynamic.*found data.csv"):
        read(tmp_path)


def test_a_set_in_the_only_folder_is_named(tmp_path: Path) -> None:
    sets.write_emopia(tmp_path / "EMOPIA_2.2")
    with pytest.raises(DatasetError, match=r"did you mean .*EMOPIA_2\.2\?"):
        read(tmp_path)


def test_only_deam_has_other_labels(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="only a DEAM folder has the labels 'mediaeval2015'"):
        read_dataset(sets.write_pmemo(tmp_path), labels="mediaeval2015")


# --- checks of the labels ---


@pytest.mark.parametrize("name", ["PMEmo", "emoMusic"])
def test_exchanged_ratings_of_clips_are_corrected(name: str, tmp_path: Path) -> None:
    write = sets.write_pmemo if name == "PMEmo" else sets.write_emomusic
    right, exchanged = read(write(tmp_path / "right")), read(write(tmp_path / "exchanged", exchanged=True))
    assert right.song_rating_notes == ()
    only_note(exchanged, "^The 24 ratings of whole songs had arousal and valence exchanged; this was corrected")
    for one, other in zip(right.songs, exchanged.songs, strict=True):
        assert one.annotation.song_arousal == pytest.approx(other.annotation.song_arousal)
        assert one.annotation.song_valence == pytest.approx(other.annotation.song_valence)


def test_too_few_songs_to_check_for_exchanged_axes(tmp_path: Path) -> None:
    only_note(read(sets.write_pmemo(tmp_path, songs=5)), "^The ratings of whole songs were not checked")


def test_ratings_on_one_side_of_the_scale_are_reported(tmp_path: Path) -> None:
    """As if a set's ratings from 1 to 5 had been published from 0 to 1, plus 3."""
    path = sets.write_musifeast(tmp_path) / "data" / "MUSIFEAST17_all.csv"
    lines = path.read_text().splitlines()
    cells = [line.split(",") for line in lines[1:]]
    for row in cells:
        row[-2] = str(4 + float(row[-2]) / 5)
    write_lines(path, [lines[0], *map(",".join, cells)])
    only_note(read(tmp_path), "^The arousal of all 24 rated songs lies above the middle of its scale")


def test_copies_of_ratings_and_of_sounds_are_reported(tmp_path: Path) -> None:
    sets.write_pmemo(tmp_path, songs=4)
    (path,) = [*tmp_path.glob("annotations/dynamic*")]
    text = path.read_text().splitlines()
    one = [line for line in text if line.startswith("1,")]
    write_lines(path, [line for line in text if not line.startswith("3,")] + ["3" + line[1:] for line in one])
    for name in ("2", "4"):
        write_tone(tmp_path / "chorus" / f"{name}.wav", 20.0, seed=0)
    dataset = read(tmp_path)
    only_note(dataset, r"^2 songs \(1, 3\) have the same ratings at all times")
    only_note(dataset, r"^2 songs \(2, 4\) have the same sound file")


def test_a_quadrant_in_the_name_that_differs_from_the_table_is_reported(tmp_path: Path) -> None:
    path = sets.write_emopia(tmp_path) / "label.csv"
    lines = path.read_text().splitlines()
    name, label, _ = lines[2].split(",")
    lines[2] = f"{name},{int(label) % 4 + 1},D"
    write_lines(path, lines)
    only_note(read(tmp_path), f"^The name of song {name} has another quadrant than the table")


def test_a_clip_in_the_folder_of_another_quadrant_is_reported(tmp_path: Path) -> None:
    sets.write_four_quadrants(tmp_path)
    (path,) = [*tmp_path.glob("Q*/MT0000000001.wav")]
    other = tmp_path / f"Q{sets.quadrant(1) % 4 + 1}"
    other.mkdir(exist_ok=True)
    path.rename(other / path.name)
    only_note(read(tmp_path), "^The file of song MT0000000001 lies in the folder of another quadrant")
