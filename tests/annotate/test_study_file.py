"""Tests of the settings of a study and of its songs."""

from pathlib import Path

import pytest

from moodcurve.annotate import StudyError
from moodcurve.annotate.study import AFTER, BEFORE, Question, StudySettings, find_songs, read_study_file
from tests.helpers import ROOT
from tests.helpers.short_song import write_song


def test_without_a_file_all_settings_have_their_defaults(tmp_path: Path) -> None:
    study = read_study_file(tmp_path)
    assert study == StudySettings()
    assert (study.mode, study.practice_s, study.before, study.after) == ("two-pass", 15, BEFORE, AFTER)


def test_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        'mode = "circumplex"\npractice_s = 5\nsongs_per_rater = 3\nafter = []\n'
        '[[before]]\nid = "age"\ntext = "How old are you?"\nkind = "number"\nlow = 18\nhigh = 120\n',
        encoding="utf-8",
    )
    study = read_study_file(tmp_path)
    assert (study.mode, study.practice_s, study.songs_per_rater, study.after) == ("circumplex", 5, 3, ())
    assert study.before == (Question(id="age", text="How old are you?", kind="number", low=18, high=120),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mode = 1", "study.toml: mode must be text, got 1"),
        ('mode = "both"', "mode must be two-pass or circumplex, got 'both'"),
        ("practise_s = 1", "unknown key 'practise_s'; known are title, mode, practice_s"),
        ("practice_s = -1", "practice_s must be from 0 to 600, got -1"),
        ("repeats = -1", "repeats must be 0 or more, got -1"),
        ('headphones = "yes"', "headphones must be one of off, record, require, got 'yes'"),
        ('before = [{id = "a b", text = "x"}]', "id must be a name of letters, digits, - and _, got 'a b'"),
        ('before = [{id = "a", text = "x", kind = "choice"}]', "question a: options must hold two or more texts"),
        ('before = [{id = "a", text = "x", kind = "stars"}]', "kind must be one of choice, scale, number, text"),
        ('after = [{id = "a", text = "x", kind = "scale", high = 90}]', "at most 21 steps"),
        ('after = [{id = "a", text = "x", kind = "number", low = 9}]', "low must not be above high"),
        ('after = [{id = "a", text = "x"}, {id = "a", text = "y"}]', "after: two questions have the same id"),
        ("mode = ", "not TOML"),
        (f'consent = "{"x" * 20_001}"', "consent has 20001 characters, at most 20000 fit"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_study_file(tmp_path)
    assert str(error.value).startswith(str(tmp_path / "study.toml"))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_folders_that_are_missing_or_not_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"nowhere: not found; give a folder that holds songs in audio/"):
        read_study_file(tmp_path / "nowhere")
    (tmp_path / "study.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(StudyError, match=r"study.toml: is not UTF-8"):
        read_study_file(tmp_path)
    (tmp_path / "study.toml").unlink()
    (tmp_path / "study.toml").mkdir()
    with pytest.raises(StudyError, match=r"study.toml: cannot be read \(Is a directory\)"):
        read_study_file(tmp_path)


def test_songs_are_the_files_that_browsers_play(tmp_path: Path) -> None:
    audio = tmp_path / "audio"
    audio.mkdir()
    for name in ("song10.flac", "song2.mp3", "twice.mp3", "twice.wav", "old.wma", "example.flac"):
        (audio / name).touch()
    songs = find_songs(tmp_path, StudySettings(training_song="example"))
    assert list(songs.files) == ["song2", "song10"]
    assert songs.example == audio / "example.flac"
    assert songs.notes == (
        "old.wma left out: browsers do not play such files; convert it to FLAC.",
        "song twice left out: audio/ has twice.mp3, twice.wav, expected one file.",
    )
    assert "example" in find_songs(tmp_path, StudySettings()).files
    with pytest.raises(StudyError, match="training_song: no audio/other"):
        find_songs(tmp_path, StudySettings(training_song="other"))


def test_a_study_without_songs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="audio: no songs; expected audio files that browsers play"):
        find_songs(tmp_path, StudySettings())
    (tmp_path / "audio").mkdir()
    write_song(tmp_path / "audio", "x.flac", 0.1)
    with pytest.raises(StudyError, match="no songs"):
        find_songs(tmp_path, StudySettings(training_song="x"))


def test_the_documented_study_file_is_read(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "annotate.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "study.toml").write_text(example, encoding="utf-8")
    study = read_study_file(tmp_path)
    named = {name for name in vars(study) if f"\n{name} = " in f"\n{example}" or f"[[{name}]]" in example}
    assert named == set(vars(study))
