"""Test the command: the license, sets of one or several archives, other addresses, and what is left behind."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from moodcurve.datasets.archives import catalog
from moodcurve.datasets.archives.catalog import SETS, Archive, find_set
from moodcurve.datasets.archives.download import archives_of, download
from moodcurve.datasets.archives.errors import DownloadError
from moodcurve.datasets.archives.transfer import Patience
from moodcurve.datasets.published.layouts import LAYOUTS
from tests.helpers.archive_server import Answers, archive_server, md5, zipped
from tests.helpers.command_line import run

EMOPIA = zipped({"EMOPIA_2.2/label.csv": b"ID,4Q,annotator\nQ1_a_0,1,A\n", "EMOPIA_2.2/midis/Q1_a_0.mid": b"MThd"})
QUICK = Patience(stall_s=0.3, tries=2, most_tries=5, pause_s=0.01)


@pytest.fixture
def answers() -> Iterator[Answers]:
    with archive_server(Answers(EMOPIA)) as found:
        yield found


def offered(monkeypatch: pytest.MonkeyPatch, answers: Answers, *, checksum: str = "") -> None:
    """Let the catalog's EMOPIA come from the server."""
    one = find_set("emopia")
    assert one is not None
    changed = replace(one, archives=(Archive(url=answers.url, checksum=checksum),))
    monkeypatch.setattr(catalog, "SETS", tuple(changed if entry.name == "emopia" else entry for entry in SETS))


def test_the_license_is_shown_before_anything_is_fetched(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(monkeypatch, answers)
    result = run("download", "emopia", "-o", tmp_path / "EMOPIA")
    assert result.exit_code == 2
    assert "license: CC BY-NC-SA 4.0" in result.stdout
    assert f"file: {answers.url}" in result.stdout
    assert "to agree to the license, run: moodcurve download emopia --accept-license" in result.stderr
    assert answers.requests == []
    assert [*tmp_path.iterdir()] == []


def test_a_set_is_downloaded_and_recognized(answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offered(monkeypatch, answers, checksum=md5(EMOPIA))
    result = run("download", "EMOPIA", "--accept-license", "-o", tmp_path / "EMOPIA")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "EMOPIA" / "label.csv").is_file()
    assert (tmp_path / "EMOPIA" / "midis" / "Q1_a_0.mid").is_file()
    # no archive, part or scratch folder is left
    assert [path.name for path in tmp_path.iterdir()] == ["EMOPIA"]
    assert "render its MIDI files with moodcurve render" in result.stderr
    assert "does not have the layout" not in result.stderr
    again = run("download", "emopia", "--accept-license", "-o", tmp_path / "EMOPIA")
    assert again.exit_code == 1
    assert "exists; choose another folder with -o, or remove it" in again.stderr


def test_folders_that_are_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "song.mp3").write_bytes(b"mine")
    monkeypatch.chdir(tmp_path)
    for folder in (".", "/", "song.mp3"):
        result = run("download", "emopia", "--accept-license", "-o", folder)
        assert result.exit_code == 1
        assert "exists; choose another folder with -o, or remove it" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["song.mp3"]


def test_a_corrupt_archive_leaves_no_set(answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offered(monkeypatch, answers, checksum=md5(b"other"))
    result = run("download", "emopia", "--accept-license", "-o", tmp_path / "EMOPIA")
    assert result.exit_code == 1
    assert "checksum md5:" in result.stderr
    assert not (tmp_path / "EMOPIA").exists()


def test_an_archive_with_another_layout_is_reported(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.content = zipped({"new/labels.json": b"{}"})
    offered(monkeypatch, answers)
    result = run("download", "emopia", "--accept-license", "-o", tmp_path / "EMOPIA")
    assert result.exit_code == 0
    assert "EMOPIA: does not have the layout that is read; compare docs/datasets.md" in result.stderr


def test_a_hostile_archive_leaves_nothing(answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers.content = zipped({"label.csv": b"1", "../../evil": b"2"})
    offered(monkeypatch, answers)
    result = run("download", "emopia", "--accept-license", "-o", tmp_path / "home" / "EMOPIA")
    assert result.exit_code == 1
    assert "unsafe name, ../../evil" in result.stderr
    assert not list(tmp_path.rglob("evil"))
    assert not (tmp_path / "home" / "EMOPIA").exists()


def test_sets_that_no_program_may_fetch(tmp_path: Path) -> None:
    result = run("download", "emomusic", "--accept-license", "-o", tmp_path / "set")
    assert result.exit_code == 1
    assert "emomusic: cannot be downloaded by a program: its page asks for a form first" in result.stderr
    assert "https://cvml.unige.ch/databases/emoMusic/" in result.stderr
    assert [*tmp_path.iterdir()] == []


def test_another_address_of_such_a_set(answers: Answers, tmp_path: Path) -> None:
    answers.content = zipped({"PMEmo2019/annotations/static_annotations.csv": b"musicId,Arousal(mean),Valence(mean)\n"})
    options = ("--url", answers.url, "-o", tmp_path / "PMEmo")
    assert run("download", "pmemo", *options).exit_code == 2
    result = run("download", "pmemo", "--accept-license", *options)
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "PMEmo" / "annotations" / "static_annotations.csv").is_file()
    assert "does not have the layout" not in result.stderr


def test_unknown_sets_and_the_list() -> None:
    result = run("download", "spotify")
    assert result.exit_code == 2
    assert "'spotify' is not one of deam, emomusic" in result.stderr
    listed = run("download")
    assert listed.exit_code == 0
    assert all(one.name in listed.stdout for one in SETS)


def test_several_archives_become_one_folder(answers: Answers, tmp_path: Path) -> None:
    """The server has the same archive under every name; the table is used as it is."""
    answers.content = zipped({"emotifymusic/rock/1.mp3": b"sound"})
    one = find_set("emotify")
    assert one is not None
    home = answers.url.rpartition("/")[0]
    download(one, tmp_path / "Emotify", url=home + "/", patience=QUICK)
    assert (tmp_path / "Emotify" / "data.csv").read_bytes() == answers.content
    assert (tmp_path / "Emotify" / "emotifymusic" / "rock" / "1.mp3").is_file()


def test_an_interrupted_download_of_several_archives_is_continued(answers: Answers, tmp_path: Path) -> None:
    one = find_set("emotify")
    assert one is not None
    home = answers.url.rpartition("/")[0]
    answers.failures = ["", "404"]
    with pytest.raises(DownloadError, match="may have moved"):
        download(one, tmp_path / "Emotify", url=home, patience=QUICK)
    assert (tmp_path / "Emotify.download" / "data.csv").is_file()
    assert not (tmp_path / "Emotify").exists()
    download(one, tmp_path / "Emotify", url=home, patience=QUICK)
    assert len(answers.requests) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["Emotify"]


def test_archives_of_sound_can_be_left_out() -> None:
    one = find_set("deam")
    assert one is not None
    assert {archive.name for archive in archives_of(one, None)} - {
        archive.name for archive in archives_of(one, None, sound=False)
    } == {"DEAM_audio.zip"}


def test_two_downloads_at_once(answers: Answers, tmp_path: Path) -> None:
    one = find_set("emotify")
    assert one is not None

    def again(done: int, total: int, what: str) -> None:
        with pytest.raises(DownloadError, match="another download to this folder is running"):
            download(one, tmp_path / "Emotify", url=answers.url.rpartition("/")[0], patience=QUICK)

    download(one, tmp_path / "Emotify", url=answers.url.rpartition("/")[0], patience=QUICK, progress=again)


def test_the_catalog_is_sound() -> None:
    assert len({one.name for one in SETS}) == len(SETS)
    titles = " ".join(one.title for one in SETS)
    assert all(layout.name in titles for layout in LAYOUTS)
    for one in SETS:
        assert all((one.page, one.license, one.citation))
        assert one.archives or one.instead
        for archive in one.archives:
            assert urlsplit(archive.url).scheme in ("http", "https")
            assert archive.name.endswith((".zip", ".csv"))
            kind, _, digest = archive.checksum.partition(":")
            assert (kind, len(digest)) in (("", 0), ("md5", 32), ("sha256", 64))
