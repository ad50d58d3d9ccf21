"""The commands `search`, `show` and `problems`: output, streams and exit codes."""

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moodcurve.cli.curve_views import mood_text, print_curves
from moodcurve.features.tags.names import TAGS
from moodcurve.formats import read_json, to_csv, to_json
from moodcurve.library import ProblemFound, open_library
from moodcurve.library.measured import SOUND_COLUMNS
from moodcurve.library.queries.search import COLUMNS, Query, search
from moodcurve.mood.circumplex import MOOD_ANGLES_DEG, NEUTRAL, QUADRANTS
from moodcurve.mood.course import COURSE_COLUMNS
from moodcurve.util.text import signed
from tests.helpers.command_line import Result, run
from tests.helpers.library_fixtures import file, made_library, song, wandering_curve

SONGS = 60


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    made_library(folder / "library.sqlite", SONGS)
    return folder / "library.sqlite"


def run_on(path: Path, *words: str | Path) -> Result:
    return run(*words, "--library", path)


def listed(path: Path, *words: str) -> list[dict[str, object]]:
    done = run_on(path, "search", "--json", *words)
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout, parse_constant=lambda token: pytest.fail(f"{token} in strict JSON"))
    assert isinstance(found, list)
    return found


# --- search ---


def test_the_table_shows_fifty_songs_and_the_total(path: Path) -> None:
    done = run_on(path, "search")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["id", "song", "length", "arousal", "valence", "mood", "tags"]
    assert len(lines) == 51
    assert done.stderr == "moodcurve: 50 of 60 songs; use --limit to show more\n"
    assert len(run_on(path, "search", "--limit", "100").stdout.splitlines()) == 61
    assert run_on(path, "search", "--artist", "bjork", "--limit", "3").stderr.startswith("moodcurve: 3 of ")


def test_the_table_shows_the_values_that_analyze_prints(path: Path) -> None:
    with open_library(path) as library:
        found = next(search(library, Query(near=(-0.3, 0.4))))
    line = run_on(path, "search", "--near", "-0.3,0.4", "--limit", "1").stdout.splitlines()[1]
    minus = f"{found.arousal:+.2f}".replace("-", "−")
    assert minus in line
    assert f"{found.distance:.2f}" in line
    assert line.split()[0] == str(found.id)
    assert found.tags is not None
    assert line.endswith(f"{mood_text(found.arousal, found.valence)}  {found.tags}")


def test_the_table_shows_what_a_search_sorts_by_or_limits(path: Path) -> None:
    done = run("search", "--sort=-arousal_rise", "--starts", "calm,sad,excited,tense", "--library", path)
    heading, *rows = done.stdout.splitlines()
    assert [name for name in ("arousal_rise", "arousal_start", "valence_start") if name in heading.split()] == [
        "arousal_rise", "arousal_start", "valence_start",
    ]  # fmt: skip
    with open_library(path) as opened:
        first = next(iter(search(opened, Query(sort=("-arousal_rise",)))))
    assert signed(first.arousal_rise or 0.0) in rows[0]


def test_tags_are_searched_with_and_without_a_strength(path: Path) -> None:
    tags = {song["id"]: song["tags"] or {} for song in listed(path)}
    for words, good in (
        (["--tag", "acoustic"], lambda tags: "acoustic" in tags),
        (["--tag", "acoustic:0.5"], lambda tags: tags.get("acoustic", 0) >= 0.5),
        (["--tag=Rock:0.4", "--tag=acoustic,sad"], lambda tags: "acoustic" in tags and tags.get("rock", 0) >= 0.4),
    ):  # fmt: skip
        found = [song["id"] for song in listed(path, *words)]
        assert sorted(found) == [number for number, of_song in sorted(tags.items()) if good(of_song)]
        assert 0 < len(found) < len(tags)


def test_json_is_a_list_of_all_songs(path: Path) -> None:
    found = listed(path)
    assert len(found) == SONGS
    grouped = {name for name in COLUMNS if name.startswith(("p_", "rated_"))} | {*COURSE_COLUMNS, *SOUND_COLUMNS}
    assert set(COLUMNS) - grouped | {"course", "sound"} <= set(found[0])
    assert set(found[0]["course"]) == set(COURSE_COLUMNS)
    assert listed(path, "--artist", "nobody at all") == []
    assert len(listed(path, "--limit", "7")) == 7


def test_csv_has_one_line_per_song(path: Path) -> None:
    done = run_on(path, "search", "--csv", "--near", "0,0")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == [*COLUMNS, "distance"]
    data = listed(path, "--near", "0,0")
    assert [int(row["id"]) for row in rows] == [item["id"] for item in data]
    assert [float(row["arousal"]) for row in rows] == [item["arousal"] for item in data]
    assert [row["artist"] or None for row in rows] == [item["artist"] for item in data]


def test_options_select_the_same_songs_as_the_query(path: Path) -> None:
    for words, query in (
        (["uber", "jazz"], Query(text=("uber", "jazz"))),
        (["uber jazz"], Query(text=("uber", "jazz"))),
        (["--title", "song 3"], Query(title="song 3")),
        (["--album", "2", "--genre", "rock"], Query(album="2", genre="rock")),
        (["--year", "1970:1980"], Query(year=(1970, 1980))),
        (["--year", "1975"], Query(year=(1975, 1975))),
        (["--year", ":1970"], Query(year=(None, 1970))),
        (["--quadrant", "neutral, calm-positive"], Query(quadrants=("neutral", "calm-positive"))),
        (["--words", "Calm,serene"], Query(words=(("calm", "serene"),))),
        (["--words", "happy,pleased", "--words", "glad"], Query(words=(("happy", "pleased"), ("glad",)))),
        (["--arousal", "0:"], Query(arousal=(0, None))),
        (["--valence", "-1:0"], Query(valence=(-1, 0))),
        (["--valence=-0.5:-.1"], Query(valence=(-0.5, -0.1))),
        (["--near", "-0.3,0.4,0.35"], Query(near=(-0.3, 0.4), radius=0.35)),
        (["--longer", "1:30", "--shorter", "200"], Query(duration_s=(90, 200))),
        (["--longer", "0:03:20"], Query(duration_s=(200, None))),
        (["--where", "track = 2"], Query(where="track = 2")),
        (["--sort", "year,-track"], Query(sort=("year", "-track"))),
        (["--sort=-arousal"], Query(sort=("-arousal",))),
    ):
        with open_library(path) as library:
            expected = [found.id for found in search(library, query)]
        assert [item["id"] for item in listed(path, *words)] == expected, words
        assert expected, words


def test_an_empty_library_says_what_to_do(tmp_path: Path) -> None:
    message = "moodcurve: the library holds no songs yet; scan a folder of music first\n"
    with open_library(tmp_path / "x.sqlite", write=True):
        pass
    assert run_on(tmp_path / "x.sqlite", "search", "--genre", "jazz").stderr == message
    for command in ("show", "similar"):
        assert run_on(tmp_path / "x.sqlite", command, "1") == Result(1, "", message)


def test_no_matching_songs_prints_a_message(path: Path) -> None:
    done = run_on(path, "search", "no such words")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "moodcurve: no matching songs\n")
    assert run_on(path, "search", "--where", "id = 3").stderr == "moodcurve: 1 song\n"


def test_search_for_a_mood_word_without_matches_suggests_the_option(path: Path) -> None:
    for words, option in (
        (["Calm", "qqq", "tense"], "--words calm,tense"),
        (["qqq", "at ease"], "--words 'at ease'"),
        (["qqq", "calm-positive"], "--quadrant calm-positive"),
    ):
        done = run_on(path, "search", *words)
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr == f"moodcurve: no matching songs; to search by mood, use {option}\n"
    done = run_on(path, "search", "qqq", "mellow", "female vocalists")
    assert done.stderr == "moodcurve: no matching songs; to search by tag, use --tag 'Mellow,female vocalists'\n"


def test_json_goes_to_a_file_or_to_standard_output(path: Path, tmp_path: Path) -> None:
    for number, words in enumerate((["--json", "{}.json"], ["--json={}"])):
        target = str(tmp_path / str(number))
        done = run_on(path, "search", "jazz", *(word.format(target) for word in words))
        written = Path(f"{target}.json" if number == 0 else target)
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"moodcurve: wrote {written}\n")
        assert json.loads(written.read_text(encoding="utf-8")) == listed(path, "jazz")
    for words in (["--json", "jazz"], ["jazz", "--json", "-"]):
        assert run_on(path, "search", *words).stdout == written.read_text(encoding="utf-8")


def test_help_and_errors_list_quadrants_and_mood_words(path: Path) -> None:
    page = " ".join(run("search", "--help").stdout.split()).replace("sad- negative", "sad-negative")
    for option, known in (
        ("--quadrant", (*QUADRANTS, NEUTRAL)),
        ("--words", (*MOOD_ANGLES_DEG, NEUTRAL)),
        ("--tag", TAGS),
    ):
        assert ", ".join(known) in page
        assert ", ".join(known) in run_on(path, "search", option, "unknown").stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--arousal", "0.5"], "argument --arousal: '0.5' is not FROM:TO, such as 0.2:0.6; either end can be omitted"),
        (["--arousal", "a:b"], "argument --arousal: 'a:b' is not FROM:TO"),
        (["--arousal", "0:1:2"], "argument --arousal: '0:1:2' is not FROM:TO"),
        (["--arousal", "0.6:0.2"], "argument --arousal: '0.6:0.2' starts above its end"),
        (["--arousal", "nan:1"], "argument --arousal: 'nan:1' is not FROM:TO"),
        (["--valence", "1:9"], "argument --valence: '1:9' is outside -1 to 1"),
        (["--year", "old"], "argument --year: 'old' is not FROM:TO, such as 1990:1999 or 1994"),
        (["--near", "0.3"], "argument --near: '0.3' is not AROUSAL,VALENCE"),
        (["--near", "0,2"], "argument --near: '0,2' is outside -1 to 1"),
        (["--near", "0,0,-1"], "argument --near: '0,0,-1' has a radius below 0"),
        (["--quadrant", "happy"], "argument --quadrant: 'happy' is not a quadrant; choose from excited-positive,"),
        (["--quadrant", ","], "argument --quadrant: ',' is not a quadrant; choose from"),
        (["--words", "calm,tender"], "argument --words: 'tender' is not a mood word; choose from happy,"),
        (["--tag", "loud"], "argument --tag: 'loud' is not a tag of the tag network; choose from rock, pop,"),
        (["--tag", "rock:x"], "argument --tag: 'rock:x' is not TAG or TAG:STRENGTH"),
        (["--sort", "fame"], "argument --sort: 'fame' is not a sort key; choose from id,"),
        (["--sort", "near"], "argument --sort: near requires a point to be near to"),
        (["--longer", "soon"], "argument --longer: 'soon' is not a duration, such as 90 (seconds), 1:30 or 1:00:00"),
        (["--longer", "90", "--shorter", "60"], "argument --shorter: '60' is less than longer=90"),
        (["--limit", "0"], "argument --limit: 0 is less than 1"),
        (["--where", "arousl > 0"], "argument --where: condition 'arousl > 0': no such column: arousl"),
        (["--json", "--csv"], "argument --csv: choose one of --json and --csv"),
    ],
)
def test_wrong_usage_names_the_option(path: Path, words: list[str], message: str) -> None:
    done = run_on(path, "search", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"moodcurve search: error: {message}" in done.stderr.splitlines()[-1]


def test_control_characters_are_escaped_in_tables_and_exact_in_json(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    name = "/m/a\n\x1b[31m.mp3"
    with open_library(path, write=True) as library:
        library.write([song("a"), file(name, "a"), song("b"), file("/b", "b", title="[bold]x[/bold]", artist="y\nz")])
        library.write([ProblemFound(name + "2", 1, 2, None, f"{name}2: broken\nbadly")])
    done = run_on(path, "search", "--sort", "id")
    assert len(done.stdout.splitlines()) == 3
    assert "\x1b" not in done.stdout
    assert "a\\n\\x1b[31m" in done.stdout
    assert "y\\nz – [bold]x[/bold]" in done.stdout
    assert [item["path"] for item in listed(path, "--sort", "id")] == [name, "/b"]
    rows = list(csv.DictReader(io.StringIO(run_on(path, "search", "--csv", "--sort", "id").stdout, newline="")))
    assert [row["path"] for row in rows] == [name, "/b"]
    done = run_on(path, "problems")
    assert len(done.stdout.splitlines()) == 2
    assert json.loads(run_on(path, "problems", "--json").stdout)[0]["path"] == f"{name}2"


# --- show ---


def test_show_prints_what_analyze_prints(tmp_path: Path) -> None:
    own = tmp_path / "x.sqlite"
    curve = wandering_curve(60, seed=3, source="/m/Blue Moon.mp3", warnings=("the file ends early",))
    with open_library(own, write=True) as library:
        library.write([song("a", curve), file("/m/Blue Moon.mp3", "a", artist="Somebody", year=1961)])
    for name in ("1", "blue moon", "/m/Blue Moon.mp3"):
        assert run_on(own, "show", name, "-f", "json").stdout == to_json(curve)
        assert run_on(own, "show", name, "-f", "csv").stdout == to_csv(curve)
    done = run_on(own, "show", "moon")
    # of the numbers that the JSON has: a dot of the drawing may hang on a fifth decimal
    (tmp_path / "curve.json").write_text(to_json(curve), encoding="utf-8")
    printed = io.TextIOWrapper(io.BytesIO(), "utf-8")  # the drawing is only for terminals that can show it
    with contextlib.redirect_stdout(printed):
        print_curves([read_json(tmp_path / "curve.json")])
        printed.flush()
    assert done.exit_code == 0
    assert done.stdout.startswith(printed.buffer.getvalue().decode())  # type: ignore[attr-defined]
    assert "Somebody · 1961\n/m/Blue Moon.mp3\n" in done.stdout
    assert done.stderr == "moodcurve: /m/Blue Moon.mp3: the file ends early\n"


def test_show_requires_one_matching_song(path: Path) -> None:
    done = run_on(path, "show", "song 3")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "songs match; give the id of one: " in done.stderr
    done = run_on(path, "show", "no such song")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


# --- problems, and libraries that are not there ---


def test_problems(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with open_library(path, write=True) as library:
        library.write([])
    done = run_on(path, "problems")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "moodcurve: no problems\n")
    assert run_on(path, "problems", "--json").stdout == "[]\n"
    with open_library(path, write=True) as library:
        library.write(
            [ProblemFound("/m/b.mp3", 1, 2, None, "/m/b.mp3: no audio"), ProblemFound("/a", 1, 2, "c", "hung")]
        )
    done = run_on(path, "problems")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["file", "problem"], ["/a", "hung"], ["/m/b.mp3", "no", "audio"],
    ]  # fmt: skip
    assert json.loads(run_on(path, "problems", "--json").stdout) == [
        {"path": "/a", "reason": "hung"},
        {"path": "/m/b.mp3", "reason": "/m/b.mp3: no audio"},
    ]


@pytest.mark.parametrize("words", [["search"], ["search", "--json"], ["show", "x"], ["problems"]])
def test_a_missing_library_names_the_command_that_creates_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("MOODCURVE_LIBRARY", str(tmp_path / "mine.sqlite"))
    done = run(*words)
    expected = f"moodcurve: {tmp_path / 'mine.sqlite'}: no library here yet; create it with `moodcurve scan FOLDER`\n"
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", expected)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_ctrl_c_ends_an_endless_condition(path: Path) -> None:
    forever = (
        "(SELECT count(*) FROM songs a, songs b, songs c, songs d, songs e, songs f WHERE a.id + b.id < c.id) >= 0"
    )
    command = [
        sys.executable,
        "-c",
        "from moodcurve.cli import main; main()",
        "search",
        "--library",
        path,
        "--where",
        forever,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    status = Path(f"/proc/{process.pid}/stat")
    if not status.exists():
        process.kill()
        process.communicate()
        pytest.skip("no /proc to see from when the question is being answered")
    # two seconds of work is more than all that comes before
    while sum(map(int, status.read_text().split()[13:15])) < 2 * os.sysconf("SC_CLK_TCK"):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "moodcurve: interrupted\n")


def test_a_song_alone_has_no_similar_ones(tmp_path: Path) -> None:
    made_library(tmp_path / "one.sqlite", 1)
    done = run_on(tmp_path / "one.sqlite", "similar", "1")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("moodcurve: no other songs to compare with")


def test_similar_lists_songs_and_says_why(path: Path, tmp_path: Path) -> None:
    done = run_on(path, "similar", "5", "--by", "mood", "--limit", "3")
    assert done.exit_code == 0, done.stderr
    assert "agrees" in done.stdout
    found = json.loads(run_on(path, "similar", "5", "--weights", "mood=2,course=1", "--limit", "4", "--json").stdout)
    assert len(found) == 4
    assert 5 not in [song["id"] for song in found]
    assert [song["distance"] for song in found] == sorted(song["distance"] for song in found)
    assert set(found[0]["agrees"]) <= {"course", "sound", "mood"}
    for words, message in (
        (["5", "--by", "mood", "--weights", "mood=1"], "choose one of --by and --weights"),
        (["5", "--weights", "taste=1"], "is not PART=WEIGHT"),
        ([" "], "names no song"),
    ):
        wrong = run_on(path, "similar", *words)
        assert wrong.exit_code == 2
        assert message in wrong.stderr


def test_searches_by_course_on_the_command_line(path: Path) -> None:
    drawn = json.loads(run_on(path, "search", "--draw-arousal", "0:0,1:0.2", "--json").stdout)
    assert [song["distance"] for song in drawn] == sorted(song["distance"] for song in drawn)
    low = json.loads(run_on(path, "search", "--peak", ":0", "--time-in", "calm-positive:0.5", "--json").stdout)
    assert low
    assert all(song["course"]["arousal_max"] <= 0 for song in low)
    wrong = run_on(path, "search", "--draw-arousal", "0:9")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "argument --draw-arousal: '0:9' is not SHARE:VALUE" in wrong.stderr


def test_a_library_is_given_by_its_uri(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    uri = path.as_uri()
    merged, rows = tmp_path / "merged copy.sqlite", tmp_path / "rows.parquet"
    for words in (
        ["search", "--library", uri],
        ["problems", "--library", uri],
        ["merge", uri, "-o", merged],
        ["export", "--library", merged.as_uri(), "--full", "-o", rows],
        ["search", "--library", rows.as_uri()],
        ["merge", rows.as_uri(), uri, "-o", merged, "--force"],
    ):
        done = run(*words)
        assert done.exit_code == 0, done.stderr
    assert run("merge", uri, "-o", path, "--force").stderr.endswith("is an input; choose another file\n")
    assert not (tmp_path / "file:").exists()


@pytest.mark.parametrize("words", [["search"], ["show", "x"], ["export"], ["problems"], ["scan", "."], ["serve"]])
def test_an_empty_text_is_no_library(words: list[str]) -> None:
    assert "argument --library: '' is not a path" in run(*words, "--library", "").stderr
