"""The command `tag`."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moodcurve.audio.content_hash import content_hash
from moodcurve.audio.tags import read_tags
from moodcurve.library import open_library
from moodcurve.library.queries.search import Query, search
from moodcurve.tagging.formats.opening import open_tags
from moodcurve.tagging.values import FIELDS
from tests.helpers.command_line import Result, run
from tests.helpers.library_fixtures import file, song, wandering_curve
from tests.helpers.scans import Scanner
from tests.helpers.tagged_songs import FORMATS, write_foreign_tags, write_format

SOME = ("lame.mp3", "av.flac", "aac.m4a")


class Music:
    """Files, and a library that knows their moods."""

    def __init__(self, folder: Path, names: tuple[str, ...] = SOME) -> None:
        self.folder, self.library = folder / "music", folder / "library.sqlite"
        self.files = [write_format(self.folder, name, seed=seed) for seed, name in enumerate(names)]
        changes = []
        for seed, path in enumerate(self.files):
            write_foreign_tags(path)
            status, digest = path.stat(), content_hash(path)
            curve = wandering_curve(30, seed=seed)
            tags = {"genre": "Jazz" if seed else "Rock", "title": path.name}
            changes += [
                song(digest, curve),
                file(os.fspath(path), digest, size=status.st_size, mtime_ns=status.st_mtime_ns, **tags),
            ]
        with open_library(self.library, write=True) as opened:
            opened.write(changes)

    def __call__(self, *words: str | Path) -> Result:
        return run("tag", *words, "--library", self.library)

    def texts(self) -> list[dict[str, list[str]]]:
        return [open_tags(path).texts(FIELDS) for path in self.files]


@pytest.fixture
def music(tmp_path: Path) -> Music:
    return Music(tmp_path)


SCAN = "run moodcurve scan, so that the library knows the changed files and serve plays them"


def test_the_values_are_those_of_the_library(music: Music) -> None:
    done = music("--write-bpm", "--write-key", "camelot")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "3 files tagged\n", f"moodcurve: {SCAN}\n")
    with open_library(music.library) as opened:
        songs = {row.title: row for row in search(opened, Query())}
    for path, texts in zip(music.files, music.texts(), strict=True):
        row = songs[path.name]
        assert texts["MOOD"] == row.words.split(", ")
        assert texts["MOODCURVE_AROUSAL"] == [f"{row.arousal:.4f}"]
        assert texts["MOODCURVE_VALENCE"] == [f"{row.valence:.4f}"]
        assert texts["MOODCURVE_QUADRANT"] == [row.quadrant]
        assert float(texts["ENERGY"][0]) == pytest.approx(row.energy_01, abs=0.0051)
        assert "BPM" not in texts  # unknown
    again = music()
    assert again.stdout == "0 files tagged, 3 unchanged\n"


def test_a_dry_run_shows_what_would_change(music: Music) -> None:
    before = [path.read_bytes() for path in music.files]
    done = music("--genre", "rock", "--mood", "quadrant", "--dry-run")
    lines = done.stdout.splitlines()
    assert lines[0] == str(music.files[0])
    assert lines[1].startswith("  MOOD: none → ")
    assert lines[-1] == "1 file would be tagged"
    assert [path.read_bytes() for path in music.files] == before
    assert not Path(f"{music.library}.tags.jsonl").exists()


def test_parts_and_other_tracks_of_files_are_refused(music: Music) -> None:
    before = [path.read_bytes() for path in music.files]
    with open_library(music.library, write=True) as opened:
        opened.db.execute("UPDATE song SET content = content || '#track=2'")
    for done in (music(), music(*music.files)):
        assert (done.exit_code, done.stderr.count("which its tags cannot describe")) == (1, 3)
    assert [path.read_bytes() for path in music.files] == before


def test_filters_choose_songs(music: Music) -> None:
    assert music("--genre", "jazz").stdout == "2 files tagged\n"
    assert [bool(texts) for texts in music.texts()] == [False, True, True]
    assert music("--text", "lame").stdout == "1 file tagged\n"


def test_undo_takes_one_run_back_after_the_other(music: Music) -> None:
    first = music.texts()
    music()
    second = music.texts()
    music("--mood", "quadrant", "--genre", "rock")
    assert music("--undo", "--dry-run").stdout.splitlines()[-1] == "1 file would be restored"
    assert music("--undo").stdout == "1 file restored\n"
    assert music.texts() == second
    assert music("--undo", music.files[1]).stdout == "1 file restored\n"
    assert music.texts() == [second[0], first[1], second[2]]
    assert music("--undo").stdout == "2 files restored\n"
    assert music.texts() == first
    done = music("--undo")
    assert (done.exit_code, done.stderr.count("nothing to undo")) == (1, 1)


def test_undo_leaves_what_another_program_changed(music: Music) -> None:
    import mutagen

    music()
    path = music.files[1]
    tags = mutagen.File(path)
    tags["mood"] = ["mine"]
    tags.save()
    done = music("--undo")
    assert f"{path}: changed by another program since, and left: " in done.stderr
    assert open_tags(path).texts(FIELDS) == {"MOOD": ["mine"]}


def test_undo_passes_over_files_that_are_gone(music: Music) -> None:
    first = music.texts()
    music("--genre", "rock")
    music("--genre", "jazz")
    away = music.files[2].rename(music.folder / "away.m4a")
    done = music("--undo")
    assert (done.exit_code, done.stdout) == (1, "1 file restored, 1 not restored\n")
    assert str(music.files[2]) in done.stderr
    assert music("--undo").stdout == "1 file restored\n"
    assert "nothing to undo" in music("--undo").stderr
    away.rename(music.files[2])
    assert music("--undo").stdout == "1 file restored\n"
    assert music.texts() == first


def test_existing_values_can_be_kept(music: Music) -> None:
    import mutagen

    tags = mutagen.File(music.files[1])
    tags["mood"], tags["energy"] = ["mine"], ["7"]
    tags.save()
    music("--keep-existing", music.files[1], "--journal", music.library.with_name("own.jsonl"))
    texts = open_tags(music.files[1]).texts(FIELDS)
    assert (texts["MOOD"], texts["ENERGY"]) == (["mine"], ["7"])
    assert "MOODCURVE_AROUSAL" in texts
    assert music.library.with_name("own.jsonl").exists()


def test_one_file_that_fails_does_not_stop_the_others(music: Music) -> None:
    music.files[0].chmod(0o444)
    shutil.copyfile(music.files[1], music.files[2])  # not the sound that was scanned
    done = music("--json")
    summary = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [one["path"] for one in summary["files"]] == [str(music.files[1])]
    assert [one["path"] for one in summary["problems"]] == [str(music.files[2]), str(music.files[0])]
    assert "scan it again" in summary["problems"][0]["reason"]
    assert "read-only" in summary["problems"][1]["reason"]
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no songs given"),
        (("x.mp3", "--genre", "jazz"), "not by both"),
        (("--model", "fast", "--genre", "jazz"), "needs SONG"),
        (("--undo", "--genre", "jazz"), "takes no options of search"),
        (("--genre", "jazz", "--where", "nothing = 1"), "nothing"),
    ],
)
def test_wrong_usage(music: Music, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str) -> None:
    monkeypatch.setenv("MOODCURVE_LIBRARY", str(music.library))
    done = run("tag", *words)
    assert done.exit_code == 2, done.stderr
    assert message in done.stderr


@pytest.mark.slow
def test_songs_are_analyzed_where_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared: None
) -> None:
    monkeypatch.setenv("MOODCURVE_LIBRARY", str(tmp_path / "none.sqlite"))
    path = write_format(tmp_path / "music", "lame.mp3", seconds=3.0)
    done = run("tag", tmp_path / "music", "--write-bpm", "--write-key", "name")
    assert (done.exit_code, done.stdout) == (0, "1 file tagged\n"), done.stderr
    texts = open_tags(path).texts(FIELDS)
    assert set(texts) == set(FIELDS)
    assert int(texts["BPM"][0]) > 30
    assert run("tag", "--undo").stdout == "1 file restored\n"


@pytest.mark.slow
def test_the_next_scan_finds_songs_re_tagged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared: None) -> None:
    scanner = Scanner(tmp_path, monkeypatch)
    for seed, name in enumerate(FORMATS):
        write_foreign_tags(write_format(scanner.music, name, seed=seed, seconds=1.5))
    assert scanner.counts() == {"new": len(FORMATS), "songs": len(FORMATS)}
    tags = {path: read_tags(scanner.music / path) for path in scanner.paths()}
    assert run("tag", "--library", scanner.library).stdout == f"{len(FORMATS)} files tagged\n"
    assert scanner.counts() == {"retagged": len(FORMATS)}
    assert {path: read_tags(scanner.music / path) for path in scanner.paths()} == tags
    assert run("tag", "--library", scanner.library, "--undo").exit_code == 0
    assert scanner.counts() == {"retagged": len(FORMATS)}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_stops_it_in_order(tmp_path: Path, name: str) -> None:
    music = Music(tmp_path, FORMATS * 3)
    number = getattr(signal, name)
    words = [sys.executable, "-m", "moodcurve", "tag", "--library", music.library, "--workers", "1", "--json"]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = Path(f"{music.library}.tags.jsonl")
    while running.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 2):
        time.sleep(0.01)
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 128 + number, err
    assert "interrupted: " in err
    summary = json.loads(out)
    assert summary["interrupted"]
    assert 0 < len(summary["files"]) <= len(music.files)
    assert not list(music.folder.glob(".*"))
    assert music("--undo").exit_code == 0
    assert all(texts == {} for texts in music.texts())
