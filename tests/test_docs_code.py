"""The code of the documentation runs: commands, transcripts and Python, page by page, and the examples of the help."""

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib import pyplot

from moodcurve.cli import app
from moodcurve.demo.composer import demo_song, write_flac
from tests.helpers import ROOT
from tests.helpers.command_server import write_client
from tests.helpers.documented_code import Block, read_blocks
from tests.helpers.documented_folder import write_documented_folder

RUN = {"sh", "console", "python"}
SHOWN = {"bibtex", "json", "nginx", "text", "toml", "yaml"}
"""Languages of blocks that are no code to run; other tests read some of them."""
PAGES = {
    path.relative_to(ROOT).as_posix(): read_blocks(path)
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "web/README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]
}
ELSEWHERE = {"docs/api.md": "tests/test_api_page.py"}
"""Pages whose code another test runs, with a look at the results."""
RUNNING = [name for name, blocks in PAGES.items() if any(b.language in RUN and not b.reason for b in blocks)]
EXAMPLES = {name: re.findall(r"^Example: (.*)$", command.help, re.MULTILINE) for name, command in app.commands.items()}
NOT_RUN = {
    "annotate": "runs until it is stopped",
    "download": "needs the network",
    "render": "needs FluidSynth and a soundfont",
    "suggest": "needs songs of one's own; tests/cli/test_adaptation_commands.py",
    "merge": "needs several libraries; tests/library/test_merge.py",
    "demo": "first-steps.md runs it, and composing takes seconds",
    "live": "needs a microphone or the network",
    "serve": "runs until it is stopped",
    "studies": "takes minutes",
}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder for PATH, with the command `moodcurve`."""
    folder = tmp_path_factory.mktemp("bin")
    socket = folder / "socket"
    write_client(folder / "moodcurve", socket)
    (folder / "python").symlink_to(sys.executable)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.command_server", str(socket)],
        # threads that wait for each other on a busy machine take most of the time
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield folder


@pytest.fixture(scope="module")
def made(commands: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Make the files that the pages name, and a library of the songs; return where they are kept and where used."""
    home = tmp_path_factory.mktemp("documented")
    kept, used = home / "kept", home / "files"
    used.mkdir()
    write_documented_folder(used)
    with pytest.MonkeyPatch.context() as patch:
        enter(used, commands, patch)
        run_sh("moodcurve scan Music && cp home/data/moodcurve/library.sqlite home/music.sqlite", "scan")
    used.rename(kept)
    yield kept, used
    shutil.rmtree(kept.parent)


def enter(folder: Path, commands: Path, patch: pytest.MonkeyPatch) -> None:
    """Enter a folder where the command `moodcurve` is found, and knows nothing of the user's own files."""
    home = folder / "home"
    for name, value in {
        "COLUMNS": "120",
        "HOME": home,
        "MOODCURVE_CACHE": home / "cache",
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
    }.items():
        patch.setenv(name, str(value))
    patch.chdir(folder)


@pytest.fixture
def folder(made: tuple[Path, Path], commands: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Enter the files as they were made; a library knows their paths, so these are always the same."""
    kept, used = made
    shutil.copytree(kept, used, symlinks=True)
    enter(used, commands, monkeypatch)
    yield used
    shutil.rmtree(used)


def run_sh(code: str, where: str) -> str:
    """Run lines of shell, the first of which that fails ends them; return what they print."""
    done = subprocess.run(["sh", "-eu", "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{where}: {done.stderr}"
    return done.stdout


def run_console(block: Block, where: str) -> None:
    """Run the commands of a transcript, which follow ``$``, and compare what they print."""
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.code, re.MULTILINE):
        compare(run_sh(command, where), expected)


def compare(printed: str, expected: str) -> None:
    """Compare what is printed with what a page shows, but for drawings; another processor rounds otherwise."""
    assert words(printed) == words(expected)
    assert numbers(printed) == pytest.approx(numbers(expected), abs=0.021, rel=0.04)


NUMBER = re.compile(r"[+−-]?\d+(?:\.\d+)?")


def words(text: str) -> list[str]:
    """Return what is printed without numbers and drawings."""
    return [re.sub(r"[\u2800-\u28ff\s]+", " ", NUMBER.sub("0", line)).strip() for line in text.splitlines()]


def numbers(text: str) -> list[float]:
    return [float(number.replace("−", "-")) for number in NUMBER.findall(text)]


@pytest.mark.slow
@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("name", [name for name in RUNNING if name not in ELSEWHERE])
def test_the_page_runs(name: str, folder: Path) -> None:
    blocks = [block for block in PAGES[name] if block.language in RUN and not block.reason]
    if name == "README.md":  # composing it takes seconds
        write_flac(demo_song(), folder / "demo-song.flac")
    names: dict[str, Any] = {}
    printed = ""
    for block in blocks:
        where = f"{name}, line {block.line}"
        if block.language == "sh":
            printed += run_sh(block.code, where)
        elif block.language == "console":
            run_console(block, where)
        else:
            exec(compile(block.code, where, "exec"), names)
    pyplot.close("all")
    if name == "docs/first-steps.md":  # its blocks of text are what its commands print
        shown = "".join(block.code for block in PAGES[name] if block.language == "text")
        compare("\n".join(line for line in printed.splitlines() if line and words(line)[0] in words(shown)), shown)


@pytest.mark.slow
@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in NOT_RUN])
def test_the_examples_of_the_help_run(name: str, folder: Path) -> None:
    """Those that no page has, but for a download."""
    shown = "\n".join(b.code for blocks in PAGES.values() for b in blocks if b.language == "sh" and not b.reason)
    lines = [line for line in EXAMPLES[name] if not line.startswith("curl ") and line not in shown]
    lines = [line for line in lines if not re.search("MusAV|my-songs|s3:", line)]  # what is not made here
    for line in lines:
        run_sh(line, name)


@pytest.mark.parametrize("name", PAGES)
def test_blocks_have_a_language(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.count("\n```") == 2 * len(PAGES[name])
    assert {block.language for block in PAGES[name]} <= RUN | SHOWN
    # the line that says why a block is not run stands right above the block
    assert len(re.findall("^<!-- not run", text, re.MULTILINE)) == sum(block.reason != "" for block in PAGES[name])


@pytest.mark.parametrize("name", PAGES)
def test_what_is_not_run_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands exist with these options, and its Python compiles."""
    for block in (block for block in PAGES[name] if block.reason):
        if block.language == "python":
            compile(block.code, name, "exec")
        for line in block.code.replace("\\\n", "").splitlines() if block.language == "sh" else ():
            for command in re.split(r" [|] | && | \|\| | &$", line):
                if command.startswith("moodcurve "):
                    given = shlex.split(command.partition(" < ")[0], comments=True)[1:]
                    parsed = functools.wraps(app.commands[given[0]].function)(lambda **values: 0)
                    monkeypatch.setattr(app.commands[given[0]], "function", parsed)
                    assert app(given) == 0


def test_few_blocks_are_not_run() -> None:
    blocks = [block for blocks in PAGES.values() for block in blocks if block.language in RUN]
    assert sum(block.reason != "" for block in blocks) < len(blocks) / 2


def test_every_command_stands_in_a_how_to_page() -> None:
    """In a block of a page of docs/, run or not."""
    code = "\n".join(b.code for name, blocks in PAGES.items() if name.startswith("docs/") for b in blocks)
    assert [name for name in app.commands if not re.search(rf"\bmoodcurve {name}\b", code)] == []
