"""Walks over folders: what is left out by its name or by a pattern, and what is counted."""

import os
import time
from pathlib import Path

import pytest

from moodcurve.library.scanning.rules import IGNORE_FILE, LeftOut, PatternError, Patterns, Rules
from moodcurve.library.scanning.walk import WalkResult, walk
from tests.helpers.command_line import run
from tests.helpers.scans import Scanner, write_song


def made(folder: Path, *names: str) -> Path:
    """Make files with these names; a walk opens none of them."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"sound")
    return folder


def below(folder: Path, **rules: object) -> set[str]:
    return names(folder, walk([folder], rules=Rules(**rules)))  # type: ignore[arg-type]


def names(folder: Path, found: WalkResult) -> set[str]:
    assert found.errors == []
    return {os.path.relpath(path, os.path.realpath(folder)) for path in found.files}


def test_names_with_two_or_more_dots_in_front_are_music(tmp_path: Path) -> None:
    music = ("...and other promises/1.mp3", "..two.mp3", "...Baby One More Time.mp3", "a/....mp3/b.mp3")
    made(tmp_path, *music, ".hidden/2.mp3", ".one.mp3", "._one.mp3", ".text.txt", ".picture.jpg")
    found = walk([tmp_path])
    assert names(tmp_path, found) == set(music)
    assert found.left_out == {
        str(tmp_path / ".hidden"): LeftOut.HIDDEN,  # once, whatever it holds
        str(tmp_path / ".one.mp3"): LeftOut.HIDDEN,
    }


def test_hidden_music_can_be_taken_in(tmp_path: Path) -> None:
    made(tmp_path, "1.mp3", ".hidden/2.mp3", ".3.mp3", "._1.mp3", ".Trash-1000/4.mp3")
    assert below(tmp_path, include_hidden=True) == {"1.mp3", ".hidden/2.mp3", ".3.mp3"}


BINS = (
    "#recycle", "@eaDir", ".Trash-1000", "$RECYCLE.BIN", "$Recycle.Bin", "@Recently-Snapshot", "lost+found",
    "System Volume Information", "@Recycle", ".Trashes", ".Trash", "#snapshot", "~snapshot", ".snapshots", ".zfs",
)  # fmt: skip


def test_recycle_bins_and_snapshots_are_left_out_and_counted(tmp_path: Path) -> None:
    made(tmp_path, "kept.mp3", *(f"{name}/album/1.mp3" for name in BINS))
    found = walk([tmp_path])
    assert names(tmp_path, found) == {"kept.mp3"}
    assert found.count_left_out() == {LeftOut.SYSTEM: len(BINS)}
    # named by the user, it is walked; and a file may have any name
    assert below(tmp_path / "#recycle") == {"album/1.mp3"}
    made(tmp_path, "more/@eaDir")
    (tmp_path / "more" / "@eaDir").write_bytes(b"fLaC" + bytes(100))
    assert below(tmp_path / "more") == {"@eaDir"}


def test_patterns_of_gitignores_syntax_exclude(tmp_path: Path) -> None:
    made(tmp_path, "a.mp3", "a.wav", "Podcasts/1.mp3", "x/Podcasts/2.mp3", "x/Incoming/3.mp3", "Incoming/4.mp3")
    assert below(tmp_path, exclude=("*.wav", "Podcasts/", "/Incoming")) == {"a.mp3", "x/Incoming/3.mp3"}
    assert below(tmp_path, exclude=("*", "!/x", "!/x/Podcasts/", "!2.*")) == {"x/Podcasts/2.mp3"}
    found = walk([tmp_path], rules=Rules(exclude=("Podcasts/", "*.wav", "*.jpg")))
    assert found.count_left_out() == {LeftOut.EXCLUDED: 3}


def test_ignore_files_hold_for_their_folder_and_below_it(tmp_path: Path) -> None:
    made(tmp_path, "1.mp3", "1.wav", "a/2.mp3", "a/2.wav", "a/b/3.wav", "c/4.mp3", "@eaDir/5.mp3", ".6.mp3", "d/7.mp3")
    (tmp_path / IGNORE_FILE).write_bytes(
        b"\xef\xbb\xbf# ******* sounds *******\r\n\r\n*.wav\r\n!@eaDir/\n!.6.mp3\n/d\n"
    )
    (tmp_path / "a" / IGNORE_FILE).write_text("!/2.wav\n")
    (tmp_path / "c" / IGNORE_FILE).write_text("*\n")
    expected = {"1.mp3", "a/2.mp3", "a/2.wav", "@eaDir/5.mp3", ".6.mp3"}
    assert below(tmp_path) == expected
    # the command line goes before the files, as with git
    assert below(tmp_path, exclude=("!1.wav", "2.*")) == {"1.mp3", "1.wav", "@eaDir/5.mp3", ".6.mp3"}
    # a folder of which all is excluded is not an empty mount point
    assert str(tmp_path / "c") in walk([tmp_path]).listed


def test_patterns_apply_to_the_names_of_links(tmp_path: Path) -> None:
    made(tmp_path, "music/1.mp3", "disk/album/2.mp3", "disk/album/2.wav", "disk/other/3.mp3", "disk/4.mp3")
    music = tmp_path / "music"
    (music / "in").symlink_to(tmp_path / "disk" / "album")
    (music / "out").symlink_to(tmp_path / "disk" / "other")
    (music / "out.mp3").symlink_to(tmp_path / "disk" / "4.mp3")
    (music / IGNORE_FILE).write_text("out*\n/in/*.wav\n")
    assert below(music) == {"1.mp3", "../disk/album/2.mp3"}


@pytest.mark.parametrize("pattern", ["!", "\\", "*a*a*a*a*", "x/a****b"])
def test_patterns_that_cannot_be_used_are_named(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(PatternError, match="pattern"):
        Rules(exclude=("*.wav", pattern))
    made(tmp_path, "1.mp3")
    (tmp_path / IGNORE_FILE).write_text(f"*.mp3\n{pattern}\n")
    found = walk([tmp_path])
    assert [path for path, _ in found.errors] == [str(tmp_path / IGNORE_FILE)]
    assert list(found.files) == [str(tmp_path / "1.mp3")]
    done = run("scan", tmp_path, "--exclude", pattern, "--library", tmp_path / "l.sqlite")
    assert (done.exit_code, "argument --exclude: " in done.stderr) == (2, True)


def test_ignore_files_that_are_no_small_files_are_named(tmp_path: Path) -> None:
    made(tmp_path, "1.mp3")
    ignore = tmp_path / IGNORE_FILE
    os.mkfifo(ignore)
    assert [path for path, _ in walk([tmp_path]).errors] == [str(ignore)]
    ignore.unlink()
    ignore.symlink_to("/dev/zero")
    assert [path for path, _ in walk([tmp_path]).errors] == [str(ignore)]
    ignore.unlink()
    ignore.write_text("*.mp3\n" * 1_001)
    assert "longer than 1,000 lines" in walk([tmp_path]).errors[0][1]


def test_no_pattern_takes_long() -> None:
    patterns = Patterns(["*a*a*b"], "/x")  # as many wildcards as are accepted
    start = time.process_time()
    assert patterns.verdict("/x/" + "a" * 255, folder=False) is None
    assert time.process_time() - start < 0.5  # it takes 3 ms


@pytest.mark.usefixtures("prepared")
def test_songs_left_out_later_stay_until_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = Scanner(tmp_path, monkeypatch)
    for seed, name in enumerate(("a.flac", "b/1.flac", "b/2.flac", "c.flac")):
        write_song(scanner.music / name, seed=seed)
    assert scanner.counts()["new"] == 4
    (scanner.music / IGNORE_FILE).write_text("b/\n")
    rules = Rules(exclude=("c.*",))
    stats = scanner(rules=rules)
    assert (stats.unchanged, stats.excluded, stats.left_out_known, stats.gone, stats.unread) == (1, 2, 3, 0, 0)
    assert len(scanner.paths()) == 4
    # moved to where it is taken in: one song still
    (scanner.music / "b" / "1.flac").rename(scanner.music / "1.flac")
    assert scanner.counts(rules=rules) == {"unchanged": 1, "moved": 1}
    assert scanner.counts(rules=rules, forget=True) == {"unchanged": 2, "gone": 2}
    assert scanner.paths() == {"a.flac", "1.flac"}


@pytest.mark.usefixtures("prepared")
def test_commands_say_what_they_left_out(tmp_path: Path) -> None:
    music = tmp_path / "music"
    for seed, name in enumerate(("...a.flac", ".b.flac", "#recycle/c.flac", "d.flac", "e.flac")):
        write_song(music / name, seed=seed)
    (music / IGNORE_FILE).write_text("d.*\n")
    done = run("scan", music, "--library", tmp_path / "l.sqlite", "--exclude", "e.*", "--exclude", "f.*")
    assert done.exit_code == 0
    text = (
        "left out: 1 hidden (--include-hidden takes them), 1 system folder (recycle bins, snapshots and the "
        "like), 2 excluded"
    )
    assert done.stdout.splitlines()[-1] == text
    done = run("scan", music, "--library", tmp_path / "l.sqlite", "--include-hidden", "--json")
    assert '"files": 3, "unchanged": 1, "new": 2' in done.stdout
    assert '"hidden": 0, "system": 1, "excluded": 1, "left_out_known": 0' in done.stdout
    done = run("analyze", music, "--exclude", "e.*")
    assert (done.exit_code, done.stderr) == (0, f"moodcurve: {text}\n")
    assert done.stdout.splitlines()[0].startswith("...a.flac")
