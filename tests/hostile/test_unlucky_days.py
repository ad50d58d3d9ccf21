"""No files, processes, folder, home or output left: each ends with one line that names the cause."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from moodcurve.learn import TrainingError
from moodcurve.learn.config import read_config
from moodcurve.learn.models.svr import SVRConfig
from tests.helpers.library_fixtures import made_library
from tests.helpers.limited import MAIN, run_limited

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")]
GONE = "import os, tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)\n"
COMMANDS = [("search",), ("export", "-f", "csv"), ("export", "-f", "jsonl", "-o", "out.jsonl"), ("problems",)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("unlucky") / "library.sqlite"
    made_library(path, 5)
    return path


def assert_one_line(code: int, stderr: str) -> None:
    assert code in (0, 1), stderr
    assert "Traceback" not in stderr
    lines = stderr.splitlines()
    assert len(lines) <= 2, stderr
    assert code == 0 or lines[-1].startswith("moodcurve: "), stderr


TABLES = {
    "deep tables": "[" * 3000,
    "deep lists": "x = " + "[" * 3000 + "]" * 3000,
    "many digits": "x = " + "9" * 5000,
    "many hexadecimal digits": "C = 0x" + "9" * 50_000,
    "another encoding": "\xff",
    "an unknown key": "x = 1",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_harmful_configuration_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(TABLES[name].encode("latin-1"))
    with pytest.raises(TrainingError) as caught:
        read_config(path, SVRConfig)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 1000


def test_a_configuration_without_end_is_refused() -> None:
    with pytest.raises(TrainingError, match="is larger than"):
        read_config("/dev/zero", SVRConfig)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("files", [6, 8, 12])
def test_few_open_files(library: Path, tmp_path: Path, command: Sequence[str], files: int) -> None:
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({files},) * 2)\n"
    imported = "import sys; import moodcurve.cli, moodcurve.library.export, moodcurve.cli.library_views, rich.table\n"
    ended = run_limited(*command, "--library", library, folder=tmp_path, code=imported + limit + MAIN)
    assert_one_line(ended.exit_code, ended.stderr)
    assert "standard output" not in ended.stderr


@pytest.mark.parametrize("command", [("search",), ("export", "-o", "out.csv"), ("analyze", "x.flac"), ("scan", ".")])
@pytest.mark.parametrize("relative", [True, False])
def test_a_removed_working_folder(library: Path, command: Sequence[str], relative: bool, tmp_path: Path) -> None:
    words = [*command]
    if command[0] != "analyze":
        words += ["--library", "library.sqlite" if relative else str(library)]
    ended = run_limited(*words, folder=tmp_path, code=MAIN.replace("from", f"{GONE}from", 1))
    assert_one_line(ended.exit_code, ended.stderr)
    assert "standard output" not in ended.stderr


@pytest.mark.parametrize("command", [("search",), ("search", "--csv"), ("search", "--json"), ("export",)])
def test_a_full_output(library: Path, tmp_path: Path, command: Sequence[str]) -> None:
    full = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)\n"
    ended = run_limited(*command, "--library", library, folder=tmp_path, code=full + MAIN)
    assert ended.exit_code == 1
    assert ended.stderr.splitlines()[-1] == "moodcurve: standard output: No space left on device"


@pytest.mark.parametrize("streams", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams(library: Path, tmp_path: Path, streams: Sequence[int]) -> None:
    command = f'exec {sys.executable} -c "{MAIN}" export -o out.csv --library {library} ' + " ".join(
        f"{number}>&-" for number in streams
    )
    code = f"import subprocess, sys; sys.exit(subprocess.call(['sh', '-c', {command!r}]))"
    ended = run_limited(folder=tmp_path, code=code)
    assert ended.exit_code == 0, ended
    assert (tmp_path / "out.csv").read_text().count("\n") == 6


@pytest.mark.parametrize("home", ["", "/nonexistent", "/proc", "/dev/null"])
def test_no_home(tmp_path: Path, home: str) -> None:
    names = ("XDG_DATA_HOME", "XDG_STATE_HOME", "MOODCURVE_LIBRARY")
    unset = "import os; [os.environ.pop(name, None) for name in (" + ", ".join(map(repr, names)) + ",)]\n"
    if not home:
        unset += "os.environ.pop('HOME', None)\n"
    ended = run_limited("search", folder=tmp_path, code=unset + MAIN, environment={"HOME": home} if home else None)
    assert_one_line(ended.exit_code, ended.stderr)


@pytest.mark.parametrize("raised", ['RuntimeError("can\'t start new thread")', "BlockingIOError(11, 'not now')"])
def test_no_threads_and_no_processes(tmp_path: Path, raised: str) -> None:
    code = f"import moodcurve.util.paths as p\ndef fail(): raise {raised}\np.default_library = fail\n"
    ended = run_limited("search", folder=tmp_path, code=code + MAIN)
    assert (ended.exit_code, ended.stderr.count("\n")) == (1, 1)
    assert "no further process or thread can be started" in ended.stderr
