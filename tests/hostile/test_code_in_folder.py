"""A folder of music that also holds Python modules: none of them is run."""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.helpers.limited import MAIN, run_limited
from tests.helpers.scans import write_song

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX"),
]


@pytest.fixture
def traps(tmp_path: Path) -> Path:
    """Write four songs, and a module of every name that Python or an installed package could import."""
    folder = tmp_path / "music"
    for seed in range(4):
        write_song(folder / f"{seed}.flac", seed=seed, seconds=1.5)
    installed = {name for name in packages_distributions() if name.isidentifier()} - {"moodcurve"}
    for name in {*sys.stdlib_module_names, *installed}:
        (folder / f"{name}.py").write_text(
            f"import os\nos.close(os.open({str(tmp_path / 'sprung')!r} + '-' + __name__, os.O_CREAT))\n"
            "raise SystemExit('sprung')\n"
        )
    return folder


def sprung(traps: Path) -> set[str]:
    """Return the names of the modules that ran."""
    return {path.name for path in traps.parent.glob("sprung*")}


def test_a_trap_springs_where_the_folder_is_on_the_path(traps: Path) -> None:
    run_limited(folder=traps, code="import pickle")
    assert sprung(traps) == {"sprung-pickle"}


@pytest.mark.parametrize("command", ["scan", "analyze"])
def test_no_code_of_the_music_folder_runs(traps: Path, command: str) -> None:
    arguments = (
        (".", "--library", traps.parent / "library.sqlite") if command == "scan" else sorted(traps.glob("*.flac"))
    )
    ended = run_limited(command, *arguments, "--workers", "2", folder=traps)
    assert ended.exit_code == 0, ended
    assert sprung(traps) == set()


def test_the_package_started_as_a_module_takes_the_folder_off_its_path(traps: Path) -> None:
    # the modules that Python imports before the package's first line are beyond its reach: these are in memory
    code = (
        "import sys; sys.path.remove('')\n"
        "import pathlib, runpy, moodcurve\n"
        f"sys.path.insert(0, {str(traps)!r})\n"
        "runpy.run_module('moodcurve', run_name='__main__', alter_sys=True)"
    )
    words = ("scan", ".", "--library", traps.parent / "library.sqlite")
    ended = run_limited(*words, folder=traps, code=code)
    assert ended.exit_code == 0, ended
    assert sprung(traps) == set()


def test_no_code_runs_in_the_workers_of_a_server(traps: Path) -> None:
    code = (
        "import sys; sys.path.remove('')\n"
        "import asyncio\n"
        "from functools import partial\n"
        "from moodcurve.web.async_pool import AsyncPool\n"
        "from moodcurve.web.tasks import Upload, make_analyzer\n"
        "from moodcurve.workers import FILE_LIMITS\n"
        "pool = AsyncPool(partial(make_analyzer, 'default', 'live'), workers=1, limits=FILE_LIMITS)\n"
        "print(asyncio.run(pool.run(Upload('0.flac', 'name', 60.0), client='one')).source)\n"
        "pool.close()\n"
    )
    ended = run_limited(folder=traps, code=code)
    assert (ended.exit_code, ended.stdout) == (0, "name\n"), ended
    assert sprung(traps) == set()


def test_the_environment_is_as_before_once_the_workers_run(traps: Path) -> None:
    code = MAIN.replace(
        "main()", "import atexit, os; atexit.register(lambda: print(os.environ.get('PYTHONSAFEPATH'))); main()"
    )
    ended = run_limited("analyze", *sorted(traps.glob("*.flac")), "-o", "out", folder=traps, code=code)
    assert ended.stdout.splitlines()[-1] == "None", ended
