"""Parsing of command-line words into a command's parameters."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest

from moodcurve.cli.framework import App
from moodcurve.cli.parameters import Argument, Option, UsageError

CALLS: list[dict[str, Any]] = []
app = App("play", help="Plays.", version="1.2", groups={"First": ("pick",), "Then": ("stop", "songs", "count")})


class Key(StrEnum):
    """Keys."""

    c_major = "c"
    d_flat = "d-flat"


@app.command
def songs(
    paths: Annotated[list[Path], Argument(metavar="PATH", help="Songs.")],
    key: Annotated[Key, Option("--key", help="The key.")],
    folder: Annotated[Path | None, Option("-o", metavar="DIR", help="Where to, 100 % sure.")] = None,
    voices: Annotated[list[Key] | None, Option("-v", help="Several.")] = None,
    count: Annotated[int | None, Option("--count", metavar="N", min=1, help="How often.")] = None,
    speed: Annotated[float, Option("--speed", metavar="X", help="How fast.")] = 1.0,
    loud: Annotated[bool, Option("--loud", help="Loud.")] = False,
) -> int:
    """Play songs.

    In a key.
    """
    CALLS.append(dict(locals()))
    if speed == 0:
        raise UsageError("this is silence", name="--speed")
    return 7


JsonOption = Annotated[Path | None, Option("--json", metavar="FILE", implied="-", ending=".json", help="JSON.")]


@app.command
def stop(
    song: Annotated[Path | None, Argument(metavar="SONG", help="One, or all.")] = None, json: JsonOption = None
) -> None:
    """Stop."""
    CALLS.append({"song": song} if json is None else {"song": song, "json": json})


@app.command
def count(songs: Annotated[list[Path], Argument(metavar="SONG", help="Songs.")], json: JsonOption = None) -> None:
    """Count."""
    CALLS.append({"songs": songs, "json": json})


@app.command
def join(
    first: Annotated[Path, Argument(metavar="FIRST", help="One.")],
    rest: Annotated[list[Path] | None, Argument(metavar="REST", help="Others.")] = None,
    json: JsonOption = None,
) -> None:
    """Join."""
    CALLS.append({"songs": [first, *(rest or [])], "json": json})


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Options that commands share."""

    text: Annotated[list[str] | None, Argument(metavar="TEXT", help="Any.")] = None
    span: Annotated[str | None, Option("--span", metavar="A:B", help="From, to.")] = None
    key: Annotated[Key | None, Option("-k", help="A key.")] = None


@app.command
def pick(choice: Choice, quick: Annotated[bool, Option("-q", "--quick", help="Now.")] = False) -> None:
    """Pick 100 % of them."""
    CALLS.append({"choice": choice, "quick": quick})


def called(*words: str) -> tuple[int, dict[str, Any]]:
    CALLS.clear()
    try:
        code = app(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, CALLS[0] if CALLS else {}


def test_values_have_their_types_and_defaults() -> None:
    code, values = called("songs", "a.mp3", "--key", "d-flat")
    assert code == 7
    assert values == {
        "paths": [Path("a.mp3")], "key": Key.d_flat, "folder": None, "voices": None, "count": None,
        "speed": 1.0, "loud": False,
    }  # fmt: skip
    assert isinstance(values["key"], Key)


def test_options_may_come_anywhere_and_be_repeated() -> None:
    words = ("-v", "c", "a", "--key=c", "b", "-odir", "--loud", "c", "-v", "d-flat", "--count", "2", "--speed", "-0.5")
    _, values = called("songs", *words)
    assert values["paths"] == [Path(name) for name in "abc"]
    assert values["voices"] == [Key.c_major, Key.d_flat]
    assert (values["folder"], values["loud"], values["count"], values["speed"]) == (Path("dir"), True, 2, -0.5)


def test_a_dataclass_stands_for_its_fields() -> None:
    assert called("pick") == (0, {"choice": Choice(text=[]), "quick": False})
    choice = Choice(text=["a", "b"], span="1:2", key=Key.c_major)
    assert called("pick", "a", "--span", "1:2", "b", "-k", "c", "--quick") == (0, {"choice": choice, "quick": True})


def test_a_value_may_start_with_a_minus() -> None:
    assert called("pick", "--span", "-1:-0.5", "a")[1]["choice"] == Choice(text=["a"], span="-1:-0.5")
    assert called("pick", "--span", "-.5,2")[1]["choice"].span == "-.5,2"
    assert called("pick", "--span", "-arousal,title")[1]["choice"].span == "-arousal,title"
    assert called("pick", "--span", "--quick") == (2, {})
    # neither a flag nor an option with a value of its own takes it
    assert called("pick", "--quick", "-1:2") == (2, {})
    assert called("pick", "--span", "-k", "c") == (2, {})


def test_an_option_with_an_implied_value_takes_a_word_only_if_it_is_no_argument() -> None:
    song, out = Path("a"), Path("out")
    for words, json in (
        (("a", "--json"), Path("-")),
        (("--json", "a"), Path("-")),
        (("--json", "--", "a"), Path("-")),
        (("a", "--json", "-"), Path("-")),
        (("a", "--json", "out"), out),
        (("--json", "out", "a"), out),
        (("--json=out", "a"), out),
        (("--json", "x.json", "a"), Path("x.json")),
    ):
        assert called("stop", *words) == (0, {"song": song, "json": json}), words
    for words, json in (
        (("--json", "a", "b"), Path("-")),
        (("a", "b", "--json"), Path("-")),
        (("--json", "x.json", "a", "b"), Path("x.json")),
        (("a", "b", "--json=out"), out),
    ):
        assert called("count", *words) == (0, {"songs": [Path("a"), Path("b")], "json": json}), words
    assert called("count", "--json") == (2, {})
    # the first argument is needed, further ones are not: a word after the option is its value if one is left
    for words, songs, json in (
        (("a", "--json"), ["a"], Path("-")),
        (("--json", "a"), ["a"], Path("-")),
        (("--json", "out", "a"), ["a"], out),
        (("a", "b", "--json"), ["a", "b"], Path("-")),
        (("a", "b", "--json", "out"), ["a", "b"], out),
    ):
        assert called("join", *words) == (0, {"songs": list(map(Path, songs)), "json": json}), words


def test_short_and_long_names_are_the_same_option() -> None:
    assert called("pick", "-q") == called("pick", "--quick") == (0, {"choice": Choice(text=[]), "quick": True})


def test_words_after_two_dashes_are_arguments() -> None:
    assert called("songs", "--key", "c", "--", "-o", "--loud")[1]["paths"] == [Path("-o"), Path("--loud")]
    assert called("stop", "--", "-x.mp3") == (0, {"song": Path("-x.mp3")})
    assert called("stop") == (0, {"song": None})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("songs", "--key", "c"), "play songs: error: the following arguments are required: PATH"),
        (("songs", "a"), "play songs: error: the following arguments are required: --key"),
        (("songs", "a", "--key", "e"), "play songs: error: argument --key: 'e' is not one of c, d-flat"),
        (("songs", "a", "--key"), "play songs: error: argument --key: expected one argument"),
        (("songs", "a", "--ke", "c"), "play songs: error: the following arguments are required: --key"),
        (
            ("songs", "a", "--key", "c", "--count", "many"),
            "play songs: error: argument --count: 'many' is not a whole number",
        ),
        (("songs", "a", "--key", "c", "--count", "0"), "play songs: error: argument --count: 0 is less than 1"),
        (("songs", "a", "--key", "c", "--speed", "x"), "play songs: error: argument --speed: 'x' is not a number"),
        (("songs", "a", "--key", "c", "--speed", "inf"), "play songs: error: argument --speed: 'inf' is not a number"),
        (("songs", "a", "--key", "c", "--speed", "0"), "play songs: error: argument --speed: this is silence"),
        (("songs", "a", "--key", "c", "-x"), "play songs: error: unrecognized arguments: -x"),
        (("songs", "a", "", "--key", "c"), "play songs: error: argument PATH: '' is not a path"),
        (("songs", "a", "--key", "c", "-o", ""), "play songs: error: argument -o: '' is not a path"),
        (("songs", "a", "--key", "c", "-o="), "play songs: error: argument -o: '' is not a path"),
        (("stop", ""), "play stop: error: argument SONG: '' is not a path"),
        (("stop", "a", "b"), "play stop: error: unrecognized arguments: b"),
        (("stopp",), "play: error: unknown command 'stopp'; did you mean stop?"),
        (("Songs", "a"), "play: error: unknown command 'Songs'; did you mean songs?"),
        (("nonsense",), "play: error: unknown command 'nonsense'"),
        (("stop", "a", "b\nc"), r"play stop: error: unrecognized arguments: b\nc"),
        (("--nonsense", "stop"), "play: error: unrecognized arguments: --nonsense"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(*words)[0] == 2
    printed = capsys.readouterr()
    program = message.partition(": error")[0]
    assert (printed.out, printed.err) == ("", f"{message}{'' if message.endswith('?') else ';'} see {program} --help\n")


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("--help") == (0, {})
    page = capsys.readouterr().out
    assert called() == (2, {})
    assert capsys.readouterr() == ("", page)


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help(word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert called("songs", word, "--key", "e") == (0, {})
    page = capsys.readouterr().out
    assert page.startswith("usage: play songs [-h] --key c|d-flat")
    assert "\nPlay songs.\n\nIn a key.\n" in page
    assert "-o DIR          Where to, 100 % sure.\n" in page
    assert "--speed X       How fast. (default: 1.0)\n" in page
    assert called(word) == (0, {})
    page = capsys.readouterr().out
    commands = "First:\n  pick   Pick 100 % of them.\n\nThen:\n  stop   Stop.\n  songs  Play songs.\n  count  Count.\n"
    assert page.startswith("usage: play [-h] [--version] COMMAND ...\n\nPlays.\n")
    assert page.endswith(commands)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("--version") == (0, {})
    assert capsys.readouterr().out == "play 1.2\n"
