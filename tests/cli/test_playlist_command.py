"""The command `playlist`, and `search` as a playlist."""

import json
import re
from pathlib import Path

import pytest

from tests.helpers.command_line import Result, run
from tests.helpers.library_fixtures import made_library

SONGS = 60


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    made_library(folder / "library.sqlite", SONGS)
    return folder / "library.sqlite"


def run_on(path: Path, *words: str | Path) -> Result:
    return run(*words, "--library", path)


def listed(path: Path, *words: str) -> list[int]:
    """Ids of the songs of a playlist."""
    done = run_on(path, "playlist", "-f", "json", *words)
    assert done.exit_code == 0, done.stderr
    return [one["id"] for one in json.loads(done.stdout)["songs"]]


def test_the_table_shows_the_songs_with_their_times(path: Path) -> None:
    done = run_on(path, "playlist", "--from", "tense", "--to", "serene", "--minutes", "30", "--artist-gap", "0")
    rows = done.stdout.splitlines()
    assert re.sub(" +", " ", rows[0].strip()) == "at id song length starts at ends at off path jump"
    pattern = r"moodcurve: (\d+) songs, (\S+); distance from the path (\S+); jumps (\S+)\n"
    summary = re.fullmatch(pattern, done.stderr)
    assert summary is not None, done.stderr
    number, length, off, jump = summary.groups()
    assert (done.exit_code, len(rows) - 1) == (0, int(number))
    assert length.startswith(("28:", "29:", "30:", "31:"))
    assert 0 < float(off) < 0.4
    assert 0 < float(jump) < 0.4


@pytest.mark.parametrize("format", ["m3u8", "jspf", "xspf", "json"])
def test_the_extension_chooses_the_format(path: Path, tmp_path: Path, format: str) -> None:
    output = tmp_path / f"list.{format}"
    words = ("playlist", "--to", "calm", "--minutes", "20")
    done = run_on(path, *words, "-o", output)
    assert (done.exit_code, done.stdout) == (0, "")
    printed = run_on(path, *words, "-f", format, "--absolute")
    assert printed.exit_code == 0
    text = output.read_text("utf-8")
    if format == "json":
        assert json.loads(text) == json.loads(printed.stdout)
    else:
        assert "music/" in text
        assert str(tmp_path) not in text
        assert "//" not in text.replace("http://xspf.org", "")
        assert "/music/" in printed.stdout


def test_the_list_follows_its_options(path: Path) -> None:
    always = ("--minutes", "20", "--artist-gap", "0")
    assert listed(path, *always, "--around", "7")[0] == 7
    assert listed(path, *always, "--seed", "3") == listed(path, *always, "--seed", "3")
    assert listed(path, *always, "--seed", "3") != listed(path, *always, "--seed", "4")
    drawn = json.loads(run_on(path, "playlist", "-f", "json", *always, "--path", "0.3,-0.3 0,0 -0.3,0.4").stdout)
    assert drawn["path"] == [[0.3, -0.3], [0, 0], [-0.3, 0.4]]
    inside = json.loads(run_on(path, "playlist", "-f", "json", *always, "--region", "0,0 0,1 1,1 1,0").stdout)
    assert all(one["arousal"] > 0 and one["valence"] > 0 for one in inside["songs"])
    assert set(listed(path, *always, "--genre", "rock")) <= {
        one["id"] for one in json.loads(run_on(path, "search", "--json", "--genre", "rock").stdout)
    }


def test_a_list_that_is_too_short_says_so(path: Path) -> None:
    done = run_on(path, "playlist", "--to", "calm", "--genre", "rock", "--minutes", "1000", "--artist-gap", "0")
    assert done.exit_code == 0
    assert re.search(r"moodcurve: the list is too short: [\d:]+ of 16:40:00: there are no more songs", done.stderr)
    assert len(done.stdout.splitlines()) == 1 + SONGS // 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "tnse"], r"argument --from: 'tnse' is not AROUSAL,VALENCE"),
        (["--path", "0,0"], r"argument --path: '0,0' is not 2 to 1000 points"),
        (["--path", "0,0 1,1", "--to", "calm"], r"argument --path: a path has its own start and end"),
        (["--around", "7", "--from", "calm"], r"argument --around: a list begins with this song"),
        (["--minutes", "0"], r"argument --minutes: 0 is not above 0"),
        (["--artist-gap", "-1"], r"argument --artist-gap: -1 is less than 0"),
        (["--where", "nothing = 1"], r"argument --where: condition 'nothing = 1': near"),
        (["-o", "list.pls"], r"argument -o/--output: list.pls does not end in one of .m3u8, .jspf, .xspf, .json"),
        (["-o", "song.mp3", "-f", "m3u8"], r"argument -o/--output: song.mp3 is music"),
        (["--plot", "-"], r"argument --plot: this result cannot go to standard output"),
    ],
)
def test_wrong_usage_names_the_option(path: Path, words: list[str], message: str) -> None:
    done = run_on(path, "playlist", *words)
    assert done.exit_code == 2
    assert re.search(message, done.stderr), done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--around", "no such"], "no such: no matching song"),
        (["--tempo-step", "4"], "no song has a tempo, which the rules need; leave them out"),
        (["--artist", "no such"], "no songs to choose from; loosen the filters, or scan more music"),
        (["--minutes", "0.1"], "all songs are too long, the shortest of them 0:30; ask for a longer playlist"),
    ],
)
def test_what_cannot_be_made_is_one_line(path: Path, words: list[str], message: str) -> None:
    done = run_on(path, "playlist", *words)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"moodcurve: {message}")


@pytest.mark.slow
def test_the_path_is_drawn(path: Path, tmp_path: Path) -> None:
    done = run_on(path, "playlist", "--from", "tense", "--to", "calm", "--plot", tmp_path / "path.png")
    assert done.exit_code == 0
    assert (tmp_path / "path.png").read_bytes().startswith(b"\x89PNG")
    assert f"wrote {tmp_path / 'path.png'}" in done.stderr


def test_any_search_becomes_a_playlist(path: Path, tmp_path: Path) -> None:
    words = ("search", "--genre", "rock", "--sort", "-arousal")
    songs = json.loads(run_on(path, *words, "--json").stdout)
    output = tmp_path / "Loud rock.m3u8"
    done = run_on(path, *words, "-f", "m3u8", "-o", output)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"moodcurve: wrote {output}\n")
    lines = output.read_text("utf-8").splitlines()
    assert lines[:2] == ["#EXTM3U", "#PLAYLIST:Loud rock"]
    assert [Path(tmp_path / line).resolve() for line in lines[3::2]] == [Path(one["path"]) for one in songs]
    absolute = run_on(path, *words, "-f", "m3u8", "--absolute")
    assert absolute.stdout.splitlines()[3::2] == [one["path"] for one in songs]
    assert len(run_on(path, *words, "-f", "xspf").stdout.split("<track>")) == len(songs) + 1


def test_playlists_of_searches_need_a_format_of_their_own(path: Path) -> None:
    for words, message in (
        (["-o", "x.m3u8"], "argument -o/--output: needs the format of a playlist, -f m3u8|jspf|xspf"),
        (["-f", "m3u8", "--csv"], "argument -f/--format: choose one of -f, --json and --csv"),
        (["-f", "pls"], "argument -f/--format: 'pls' is not one of m3u8, jspf, xspf"),
    ):
        done = run_on(path, "search", *words)
        assert done.exit_code == 2
        assert message in done.stderr


def test_a_plot_is_a_png(path: Path, tmp_path: Path) -> None:
    done = run_on(path, "playlist", "--plot", tmp_path / "path.xyz")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "path.xyz does not end in .png" in done.stderr


def test_a_search_without_songs_says_so_beside_the_playlist(path: Path) -> None:
    done = run_on(path, "search", "--genre", "polka", "-f", "m3u8")
    assert done.stdout.startswith("#EXTM3U")
    assert done.stderr == "moodcurve: no matching songs\n"
