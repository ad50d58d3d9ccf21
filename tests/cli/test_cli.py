"""The command line: outputs, streams and exit codes that other programs rely on."""

import contextlib
import csv
import fcntl
import itertools
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile

from moodcurve.cli import app, dataset_input
from moodcurve.cli.commands import analyze as analyze_command
from moodcurve.cli.options import filters, models
from moodcurve.cli.signals import interrupts
from moodcurve.cli.training import benchmark as benchmark_command
from moodcurve.datasets.deam.reader import LabelRelease
from moodcurve.features import COMPARE260, FEATURE_SETS
from moodcurve.features.tags.names import TAGS
from moodcurve.formats import FORMATS
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.config import read_config
from moodcurve.learn.training import FAMILIES
from moodcurve.library.queries.query import WORDS
from moodcurve.mood.circumplex import NEUTRAL, QUADRANTS
from moodcurve.mood.tags import MIN_TAG_STRENGTH
from moodcurve.runtime import load_model
from tests.helpers.command_line import run

SR = 44_100
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prepared")]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of noise that grows louder."""
    path = tmp_path_factory.mktemp("songs") / "noise.flac"
    x = np.random.default_rng(0).normal(0, 0.1, 4 * SR) * np.linspace(0.1, 1, 4 * SR)
    soundfile.write(path, x, SR)
    return path


def process(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from moodcurve.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)  # type: ignore[call-overload, no-any-return]


# --- analyze ---


def test_json_of_one_song_goes_to_standard_output(song: Path) -> None:
    done = process("analyze", song, "-f", "json")
    assert done.returncode == 0, done.stderr
    curve = json.loads(done.stdout)
    assert curve["source"] == str(song)
    assert curve["duration_s"] == pytest.approx(4)
    # 4 s hold windows at 0, 0.5, ... that end, with what their last descriptors need, by 4 s
    assert curve["times_s"] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert len(curve["arousal"]) == len(curve["valence"]) == 6
    assert set(curve["song"]) >= {"arousal", "valence", "quadrant", "words", "arousal_9", "valence_9"}
    assert curve["feature_set"] == "compare236+tonal1+tags1/1"


def test_csv_of_one_song_goes_to_standard_output(song: Path) -> None:
    done = run("analyze", song, "-f", "csv")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [float(row["time_s"]) for row in rows] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_the_table_shows_both_axes(song: Path) -> None:
    done = run("analyze", song)
    assert done.exit_code == 0
    for word in ("noise.flac", "arousal", "valence", "mood"):
        assert word in done.stdout


def test_all_formats_are_written_to_the_folder(song: Path, tmp_path: Path) -> None:
    arguments = ["-o", tmp_path / "new", "-f", "csv", "-f", "json", "--plot", "--report"]
    done = run("analyze", song, *arguments)
    assert done.exit_code == 0
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {"noise.csv", "noise.json", "noise.png", "noise.html"}
    for name in names:
        assert f"wrote {tmp_path / 'new' / name}" in done.stderr


def test_output_folder_without_format_writes_csv(song: Path, tmp_path: Path) -> None:
    run("analyze", song, "-o", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["noise.csv"]


def test_one_bad_file_does_not_stop_the_others(song: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp3"
    text.write_text("not music")
    done = process("analyze", text, tmp_path / "missing.mp3", song, "-o", tmp_path / "out")
    assert done.returncode == 1
    complaints = [line for line in done.stderr.splitlines() if "wrote" not in line]
    assert len(complaints) == 2
    assert str(text) in complaints[0]
    assert "missing.mp3" in complaints[1]
    assert (tmp_path / "out" / "noise.csv").is_file()


def test_clashing_names_are_prefixed_with_their_folders(song: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.flac").write_bytes(song.read_bytes())
    done = run("analyze", tmp_path / "a/one.flac", tmp_path / "b/one.flac", "-o", tmp_path / "out")
    assert done.exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a-one.csv", "b-one.csv"}


@pytest.mark.parametrize(
    ("name", "content", "pattern"),
    [
        ("empty.wav", b"", "empty"),
        ("text.wav", b"hello " * 1000, "not audio"),
        ("two\nlines.wav", b"", r"two\nlines.wav"),
    ],
)
def test_a_bad_file_gives_one_line(tmp_path: Path, name: str, content: bytes, pattern: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = process("analyze", path, "-f", "json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert pattern in done.stderr


def test_a_song_shorter_than_a_window_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, np.full(SR // 2, 0.1), SR)
    done = process("analyze", path)
    assert done.returncode == 1
    assert "short.wav: 0.50 s of audio is too short" in done.stderr


def test_a_truncated_song_is_analyzed_with_a_warning(song: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.flac"
    path.write_bytes(song.read_bytes()[: song.stat().st_size * 3 // 4])
    done = process("analyze", path, "-f", "json")
    assert done.returncode == 0
    curve = json.loads(done.stdout)
    assert 2.5 < curve["duration_s"] < 3.5
    assert "truncated" in curve["warnings"][0]
    assert "truncated" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze",),
        ("analyze", "song.mp3", "-f", "midi"),
        ("analyze", "a.mp3", "b.mp3", "-f", "csv"),
        ("analyze", "a.mp3", "-f", "csv", "-o", "songs.json"),
        ("analyze", "a.mp3", "-f", "jams", "-o", "songs.csv"),
        ("analyze", "a.mp3", "-f", "csv", "-f", "json", "-o", "songs.csv"),
        ("analyze", "a.mp3", "-f", "json", "-f", "csv"),
        ("analyze", "a.mp3", "--nonsense"),
        ("features", "a.mp3", "--set", "mine"),
        ("train", "folder", "--model", "mlr"),
        ("benchmark", "folder", "--protocol", "mine"),
        ("nonsense",),
        ("benchmark", "folder", "--models", "mlr,foo"),
        ("benchmark", "folder", "--models", "mlr,mlr"),
        ("benchmark", "folder", "--models", ""),
        ("studies", "folder", "-o", "out", "--only", "foo"),
        ("categories", "folder", "--curve", "foo"),
        ("songlevel", "folder", "--curve", "foo"),
        ("serve", "--port", "99999"),
        ("serve", "--public", "foo"),
        ("serve", "--max-minutes", "nan"),
        ("serve", "--max-minutes", "inf"),
        ("analyze", ""),
        ("analyze", "a.mp3", "-o", ""),
        ("features", ""),
        ("scan", ""),
        ("scan", "folder", ""),
        ("search", "--library", ""),
        ("export", "--library", ""),
        ("export", "-o", ""),
        ("serve", "--library", ""),
        ("merge", "", "-o", "all.sqlite"),
        ("evaluate", ""),
        ("show", ""),
        ("show", " "),
        ("analyze", "https://example.org/song.mp3"),
        ("features", "https://example.org/song.mp3"),
        ("scan", "https://example.org/music"),
        ("train", "--show-config", "forest"),
        ("train",),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr


@pytest.mark.parametrize(("name", "columns"), [("compare260", 260), ("compare236", 236), ("default", 749)])
def test_feature_sets_are_selected_by_name(song: Path, name: str, columns: int) -> None:
    done = run("features", song, "--set", name)
    assert done.exit_code == 0
    assert len(done.stdout.partition("\n")[0].split(";")) == 1 + columns


def test_help_lists_all_commands_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = run("--help").stdout
    listed = re.findall(r"^  ([a-z]+)  ", page.partition("Audio files:")[2], flags=re.MULTILINE)
    assert listed[0] == "analyze"
    assert sorted(listed) == sorted(app.commands)
    assert all(len(line) <= 80 for line in page.splitlines())
    headings = re.findall(r"^([A-Z].*):$", page, flags=re.MULTILINE)
    assert headings == ["Audio files", "Music library", "Web", "Research"]


@pytest.mark.parametrize("name", sorted(app.commands))
def test_all_options_have_long_names(name: str) -> None:
    page = run(name, "--help").stdout
    short = re.findall(r"^  (-\w)(?:, (--[a-z]+))?", page, flags=re.MULTILINE)
    assert set(short) <= {("-h", "--help"), ("-o", "--output"), ("-f", "--format")}
    assert "--report" not in page or name == "analyze"
    assert "--json FILE" not in page


def test_wrong_usage_is_one_line() -> None:
    assert run("analyse").stderr == (
        "moodcurve: error: unknown command 'analyse'; did you mean analyze? see moodcurve --help\n"
    )
    for command in ("search", "export"):
        done = run(command, "--near", "x")
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.endswith(f"; see moodcurve {command} --help\n")


def test_an_unknown_model_is_named(song: Path) -> None:
    done = process("analyze", song, "--model", "nonsense")
    assert done.returncode == 1
    assert "nonsense: no such model" in done.stderr
    assert "default" in done.stderr


def test_results_that_cannot_be_written_give_one_line(song: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    done = process("analyze", song, "-o", tmp_path / "taken")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "taken" in done.stderr


def test_a_closed_pipe_prints_no_error(tmp_path: Path) -> None:
    # a minute: 400 kB of table, more than a pipe holds
    path = tmp_path / "minute.flac"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 60 * SR), SR)
    run_cli = "from moodcurve.cli import main; main()"
    command = f"{sys.executable} -c '{run_cli}' features {path} | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=300)
    assert done.stdout.startswith("frameTime;F0final_sma_stddev;")
    assert done.stderr == ""


def test_ctrl_c_keeps_finished_files_and_leaves_no_partial_ones(song: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.flac"
    soundfile.write(long, np.random.default_rng(0).normal(0, 0.1, 600 * SR), SR)
    out = tmp_path / "out"
    command = [sys.executable, "-c", "from moodcurve.cli import main; main()", "analyze", song, long, "-o", out]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert "wrote" in running.stderr.readline()
        os.kill(running.pid, signal.SIGINT)
        stdout, stderr = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "1 of 2 songs" in stderr
    assert "Traceback" not in stderr
    assert "noise.flac" in stdout
    assert [path.name for path in out.iterdir()] == ["noise.csv"]


def test_a_result_that_cannot_be_written_does_not_stop_the_others(song: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.flac"
    second.write_bytes(song.read_bytes())
    (tmp_path / "out" / "noise.csv").mkdir(parents=True)
    done = run("analyze", song, second, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert f"{tmp_path / 'out' / 'noise.csv'}: " in done.stderr
    assert (tmp_path / "out" / "second.csv").is_file()
    assert "second.flac" in done.stdout


def test_a_result_never_replaces_a_song(song: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_bytes(song.read_bytes())
    for arguments in (("analyze", odd, "-o", tmp_path), ("features", odd, "-o", odd)):
        done = run(*arguments)
        assert done.exit_code == 2
        assert "is one of the songs" in done.stderr
    assert odd.read_bytes() == song.read_bytes()


def test_a_link_to_itself_is_one_bad_file(song: Path, tmp_path: Path) -> None:
    (tmp_path / "loop.mp3").symlink_to(tmp_path / "loop.mp3")
    done = process("analyze", tmp_path / "loop.mp3", song, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert len([line for line in done.stderr.splitlines() if "loop.mp3" in line]) == 1
    assert (tmp_path / "out" / "noise.csv").is_file()


def test_json_is_utf8_in_any_terminal_encoding(song: Path, tmp_path: Path) -> None:
    path = tmp_path / "é.flac"
    path.write_bytes(song.read_bytes())
    command = [sys.executable, "-c", "from moodcurve.cli import main; main()", "analyze", str(path), "-f", "json"]
    done = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "latin-1"}, timeout=300)
    assert json.loads(done.stdout.decode("utf-8"))["source"] == str(path)


def test_results_are_printed_without_standard_error(song: Path) -> None:
    command = f"{sys.executable} -c 'from moodcurve.cli import main; main()' analyze {song} -f csv 2>&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=300)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 7)


def on_a_terminal(*arguments: str | Path, columns: int, **variables: str) -> str:
    """Run on a terminal with a number of columns, and return all its output."""
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    environment |= {"TERM": "xterm", "PYTHONIOENCODING": "utf-8"} | variables
    command = [sys.executable, "-c", "from moodcurve.cli import main; main()", *map(str, arguments)]
    with subprocess.Popen(command, stdout=inner, stderr=inner, env=environment) as running:
        os.close(inner)
        shown = b""
        # the terminal ends with an error once nobody holds its other side
        with contextlib.suppress(OSError):
            while part := os.read(terminal, 65_536):
                shown += part
    os.close(terminal)
    assert running.returncode == 0
    return shown.decode("utf-8", "replace")


def without_styles(shown: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").splitlines()


@pytest.mark.parametrize(
    ("encoding", "columns", "drawn"), [("utf-8", 80, True), ("utf-8", 40, True), ("ascii", 80, False)]
)
def test_a_drawing_fits_the_terminal(song: Path, encoding: str, columns: int, drawn: bool) -> None:
    lines = without_styles(on_a_terminal("analyze", song, columns=columns, PYTHONIOENCODING=encoding))
    dotted = [line for line in lines if re.search("[\u2800-\u28ff]", line)]
    assert len(dotted) == (8 if drawn else 0)
    assert all(len(line) <= columns for line in dotted)


def test_numbers_keep_their_signs_in_any_encoding(song: Path) -> None:
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    shown = process("analyze", song, env=environment).stdout
    assert shown.isascii()
    assert "?" not in shown
    whole = process("analyze", song, env=environment | {"PYTHONUTF8": "1"}, encoding="utf-8").stdout
    assert "−" in whole.split("\n\n")[1]  # of the table; a drawing follows
    assert shown.split("\n\n")[:2] == whole.replace("−", "-").split("\n\n")[:2]


@pytest.mark.parametrize(("value", "styled"), [("1", False), ("", True)])
def test_no_color_disables_all_styles(song: Path, value: str, styled: bool) -> None:
    shown = on_a_terminal("analyze", song, columns=80, NO_COLOR=value)
    assert ("\x1b[1m" in shown) is styled
    assert bool(re.search(r"\x1b\[3\d", shown)) is styled
    # a progress bar moves the cursor, which is no style
    assert bool(re.search(r"\x1b\[[0-9;]+m", shown)) is styled


def test_a_web_address_is_refused_with_advice() -> None:
    for command in ("analyze", "features", "scan"):
        done = run(command, "https://example.org/song.mp3")
        assert "'https://example.org/song.mp3' is a URL, not a file; download it first; see" in done.stderr
    assert "is a URL" not in run("features", "missing.mp3", "-o", "https://x").stderr


# --- several processes ---


@pytest.fixture(scope="module")
def several(song: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three songs, the longest first, and a file that is not audio among them."""
    folder = tmp_path_factory.mktemp("several")
    paths = [folder / name for name in ("long.flac", "second.flac", "text.mp3", "third.flac")]
    soundfile.write(paths[0], np.random.default_rng(1).normal(0, 0.1, 20 * SR), SR)
    for path in (paths[1], paths[3]):
        path.write_bytes(song.read_bytes())
    paths[2].write_text("not music")
    return paths


def test_several_processes_give_the_same_results_as_one(several: list[Path], tmp_path: Path) -> None:
    runs = []
    for workers in ("1", "2"):
        out = tmp_path / workers
        done = process("analyze", *several, "-o", out, "-f", "csv", "-f", "json", "--workers", workers)
        files = {path.name: path.read_bytes() for path in out.iterdir()}
        runs.append((done.returncode, done.stdout, done.stderr.replace(str(out), "out"), files))
    assert runs[0] == runs[1]
    assert runs[0][0] == 1
    said = [
        next(path.stem for path in several if path.stem in Path(line).name or path.name in line)
        for line in runs[0][2].splitlines()
    ]
    # a song's lines (warnings, and what was written) stand together
    assert [stem for stem, _ in itertools.groupby(said)] == ["long", "second", "text", "third"]
    assert set(runs[0][3]) == {f"{name}.{ending}" for name in ("long", "second", "third") for ending in ("csv", "json")}


CRASHING = """
import os, signal
from moodcurve import analysis
def crash(path, real=analysis.open_audio, **options):
    if path.name == "second.flac":
        os.kill(os.getpid(), signal.SIGSEGV)
    return real(path, **options)
analysis.open_audio = crash
"""


def test_a_file_that_crashes_its_process_does_not_affect_the_others(several: list[Path], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(CRASHING)  # which worker processes import too
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "-m", "moodcurve", "analyze", *several, "-o", tmp_path / "out", "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 1
    complaints = [line for line in done.stderr.splitlines() if "second.flac" in line]
    assert complaints == [f"moodcurve: {several[1]}: its worker process crashed (signal 11)"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"long.csv", "third.csv"}


def test_ctrl_c_stays_ignored_if_the_shell_ignores_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts() as check:
            signal.raise_signal(signal.SIGINT)
            check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    with interrupts() as check:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check()


def test_ctrl_c_stops_all_processes_and_leaves_no_partial_files(song: Path, tmp_path: Path) -> None:
    long = [tmp_path / "long.flac", tmp_path / "longer.flac"]
    for path in long:
        soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 600 * SR), SR)
    out = tmp_path / "out"
    command = [sys.executable, "-c", "from moodcurve.cli import main; main()", "analyze", song, *long]
    # a group of its own: a terminal's Ctrl-C reaches all processes of the group
    with subprocess.Popen(
        [*command, "-o", out, "--workers", "2"], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stderr is not None
        assert "wrote" in running.stderr.readline()
        os.killpg(running.pid, signal.SIGINT)
        _, stderr = running.communicate(timeout=120)
    assert running.returncode == 130
    assert stderr.splitlines() == ["moodcurve: interrupted: 1 of 3 songs are done"]
    assert [path.name for path in out.iterdir()] == ["noise.csv"]
    deadline = time.monotonic() + 60  # Python's own helper process notices within moments that it is alone
    while group_lives(running.pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# --- features ---


def test_features_are_printed_in_the_format_of_deam(song: Path, tmp_path: Path) -> None:
    printed = run("features", song)
    rows = list(csv.reader(printed.stdout.splitlines(), delimiter=";"))
    assert rows[0] == ["frameTime", *COMPARE260.names]
    assert [row[0] for row in rows[1:]] == [f"{t:.6f}" for t in np.arange(0, 3, 0.5)]
    assert all(np.isfinite([float(cell) for row in rows[1:] for cell in row]))
    written = run("features", song, "--set", "default", "-o", tmp_path / "x.csv")
    assert written.exit_code == 0
    header = (tmp_path / "x.csv").read_text().splitlines()[0].split(";")
    assert len(header) == 1 + 749


# --- train, evaluate, benchmark ---


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("own_cache")
def test_published_features_are_evaluated_with_the_fast_model(small_deam: Path) -> None:
    """They lack harmony, rhythm and tags, which the default model needs."""
    done = run("evaluate", small_deam, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["model"] == load_model("fast").name
    assert "published features only: evaluating the model fast" in done.stderr
    named = run("evaluate", small_deam, "--model", "default")
    assert named.exit_code == 1
    assert "lack 513 of the columns" in named.stderr or "sound" in named.stderr


def test_train_then_evaluate(small_deam: Path, tmp_path: Path) -> None:
    model = tmp_path / "linear.onnx"
    ids = tmp_path / "ids.txt"
    ids.write_text("2\n3\n1004\n")
    trained = run("train", small_deam, "--model", "mlr", "--without", ids, "-o", model)
    assert trained.exit_code == 0, trained.stderr
    assert model.is_file()
    assert (tmp_path / "linear.training.json").is_file()
    evaluated = run("evaluate", small_deam, "--model", model, "--ids", ids, "--json")
    assert evaluated.exit_code == 0, evaluated.stderr
    metrics = json.loads(evaluated.stdout)
    assert metrics["model"] == "linear"
    assert (metrics["songs"], metrics["songs_trained_on"]) == (3, 0)
    everything = run("evaluate", small_deam, "--model", model)
    assert "trained on 48 of these 51 songs" in everything.stderr
    for axis in ("arousal", "valence"):
        keys = {"rmse_song", "r_song", "ccc_song", "rmse", "r", "r2", "ccc", "determination", "coverage90", "width90"}
        assert set(metrics[axis]) == keys
    ids.write_text("2\n3\n1004\n9999\n")
    partly = run("evaluate", small_deam, "--model", model, "--ids", ids, "--json")
    assert partly.exit_code == 1
    assert "1 of 4 ids are not in DEAM: 9999" in partly.stderr
    assert json.loads(partly.stdout) == metrics
    shown = run("evaluate", small_deam, "--model", model, "--ids", ids)
    assert f"{metrics['arousal']['rmse']:.3f}" in shown.stdout


@pytest.mark.usefixtures("own_cache")
def test_an_unknown_id_to_leave_out_stops_training(small_deam: Path, tmp_path: Path) -> None:
    (tmp_path / "test.txt").write_text("2\n1OO4\n")
    refused = run("train", small_deam, "--model", "mlr", "--without", tmp_path / "test.txt", "-o", tmp_path / "x.onnx")
    assert refused.exit_code == 1
    assert "DEAM: 1 of the 2 ids to leave out are not among its songs: 1OO4; correct or remove them" in refused.stderr
    assert not (tmp_path / "x.onnx").exists()


@pytest.mark.usefixtures("own_cache")
def test_benchmark_uses_only_the_selected_ids(small_deam: Path, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("".join(f"{i}\n" for i in (*range(1, 21), 9999)))
    done = run("benchmark", small_deam, "--protocol", "deam", "--models", "mlr", "--ids", ids, "--json", tmp_path / "x")
    assert done.exit_code == 1
    assert "1 of 21 ids are not in DEAM: 9999" in done.stderr
    assert "song-level" not in done.stderr  # these ratings play no part here
    assert json.loads((tmp_path / "x").read_text())["songs"] == 20


@pytest.mark.usefixtures("own_cache")
def test_json_of_benchmark_replaces_the_tables_on_standard_output(small_deam: Path, tmp_path: Path) -> None:
    done = run("benchmark", small_deam, "--models", "mlr", "--json")
    assert done.exit_code == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["protocol"] == "deam"  # the default, which public DEAM can run
    again = run("benchmark", "--models", "mlr", "--json", tmp_path / "result", small_deam)
    assert set(json.loads((tmp_path / "result").read_text())) == set(printed)
    assert "MLR" in again.stdout


@pytest.mark.parametrize("protocol", ["paper", "mediaeval2015"])
def test_benchmark_names_missing_labels_and_a_protocol_without_them(small_deam: Path, protocol: str) -> None:
    done = run("benchmark", small_deam, "--protocol", protocol)
    assert done.exit_code == 1
    assert f"{small_deam}: protocol '{protocol}' needs the MediaEval 2015 development labels; missing: " in done.stderr
    assert done.stderr.endswith("or use --protocol deam, which needs DEAM only\n")


def test_train_prints_the_settings_of_a_family_as_toml_for_config(tmp_path: Path) -> None:
    shown = run("train", "--show-config", "mlr")
    assert (shown.exit_code, shown.stderr) == (0, "")
    (tmp_path / "mlr.toml").write_text(shown.stdout)
    assert read_config(tmp_path / "mlr.toml", FAMILIES["mlr"].config) == FAMILIES["mlr"].config()


def test_train_names_all_missing_arguments() -> None:
    assert "the following arguments are required: DATASET, --model, -o/--output; see" in run("train").stderr


@pytest.mark.usefixtures("own_cache")
def test_benchmark_prints_and_writes(small_deam: Path, tmp_path: Path) -> None:
    done = run("benchmark", small_deam, "--protocol", "deam", "--models", "mlr", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "MLR" in done.stdout
    result = json.loads((tmp_path / "out" / "deam.json").read_text())
    assert [model["family"] for model in result["models"]] == ["mlr"]
    assert (tmp_path / "out" / "deam.png").stat().st_size > 0
    page = (tmp_path / "out" / "deam.md").read_text(encoding="utf-8")
    assert f"{result['models'][0]['arousal']['rmse']['value']:.3f}" in page
    assert "](deam.png)" in page


@pytest.mark.usefixtures("own_cache")
def test_unknown_settings_in_a_config_file_are_refused(small_deam: Path, tmp_path: Path) -> None:
    config = tmp_path / "svr.toml"
    config.write_text("C = 1.0\nepsilonn = 0.1\n")
    done = process("train", small_deam, "--model", "svr", "--config", config, "-o", tmp_path / "svr.onnx")
    assert done.returncode == 1
    assert "unknown key 'epsilonn'" in done.stderr


def test_an_unknown_dataset_layout_names_the_expected_ones(tmp_path: Path) -> None:
    done = process("evaluate", tmp_path)
    assert done.returncode == 1
    assert "not a known layout" in done.stderr
    assert "features/" in done.stderr
    assert "evaluating" not in done.stderr


# --- demo ---


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder that the command wrote, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "160")
        done = run("demo", "-o", folder)
    assert done.exit_code == 0, done.stderr
    return folder, done.stdout


def test_demo_writes_everything_and_prints_the_sections(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    names = {path.name for path in folder.iterdir()}
    assert names == {f"demo-song.{ending}" for ending in ("flac", "csv", "json", "png", "html")}
    for section in ("calm", "excited", "tense", "sad"):
        assert section in printed


def test_demo_names_axes_not_distinguishable_from_neutral(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    curve = {name: np.array(x) for name, x in json.loads((folder / "demo-song.json").read_text()).items()}
    rows = re.findall(r"^(\w+) +(\d):(\d\d) .*(right|wrong) direction(.*)$", printed, flags=re.MULTILINE)
    assert [row[0] for row in rows] == ["sad", "tense", "excited", "calm"]
    # the table rounds starts to seconds, and a second of sixteen hardly moves a mean of ends .3 away from it
    starts = [60 * int(minutes) + int(seconds) for _, minutes, seconds, *_ in rows]
    for (*_, said), start, end in zip(rows, starts, [*starts[1:], 61], strict=True):
        inside = (curve["times_s"] >= start + 1) & (curve["times_s"] < end - 1)
        for axis in ("arousal", "valence"):
            low, high = curve[f"{axis}_low"][inside].mean(), curve[f"{axis}_high"][inside].mean()
            assert (axis in said or "but not" in said) == (low < 0 < high), (said, low, high)
    assert rows[-1][-1].rstrip() == ", but not distinguishable from neutral"


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("moodcurve ")
    done = run("--help")
    for command in ("analyze", "features", "train", "evaluate", "benchmark", "demo"):
        assert command in done.stdout


def test_choices_equal_the_names_in_the_package() -> None:
    assert tuple(analyze_command.CurveFormat) == FORMATS
    assert tuple(FEATURE_SETS) == models.FEATURE_SETS
    assert list(dataset_input.FamilyName) == list(FAMILIES)
    assert list(benchmark_command.ProtocolName) == [*PROTOCOLS, "across"]
    assert tuple(dataset_input.LabelRelease) == get_args(LabelRelease)
    assert (*QUADRANTS, NEUTRAL) == filters.QUADRANTS
    assert filters.MOOD_WORDS == WORDS
    assert filters.TAGS == TAGS
    assert filters.MIN_TAG_STRENGTH == MIN_TAG_STRENGTH
