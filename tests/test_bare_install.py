"""The base install is enough to analyze songs: these tests run where the libraries of the extras cannot be imported."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers.library_fixtures import made_library

pytestmark = pytest.mark.slow

BLOCKED = (
    "torch", "sklearn", "scipy", "onnx", "threadpoolctl", "opensmile", "optuna", "pandas", "pyarrow", "duckdb",
    "fsspec", "s3fs", "ray", "fastapi", "uvicorn", "python_multipart", "prometheus_client", "sounddevice", "pythonosc",
    "jams", "playwright", "hypothesis", "pytest", "beets",
)  # fmt: skip
BLOCK = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"blocked: {{name}}", name=name)
sys.meta_path.insert(0, Blocker())
"""
COMMAND = """
sys.argv[0] = "moodcurve"
from moodcurve.cli import main
main()
"""


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BLOCK + code, *arguments], capture_output=True, text=True, timeout=300)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_python(COMMAND, *arguments)


def test_analyze_runs_without_training_libraries(tmp_path: Path) -> None:
    song = tmp_path / "noise.wav"
    soundfile.write(song, np.random.default_rng(0).normal(0, 0.1, 4 * 44_100), 44_100)
    formats = ("-f", "csv", "-f", "json", "-f", "jams", "--plot", "--report")
    done = run("analyze", str(song), "-o", str(tmp_path), *formats)
    assert done.returncode == 0, done.stderr
    for ending in ("csv", "json", "jams", "png", "html"):
        assert (tmp_path / f"noise.{ending}").is_file()


def test_composing_runs_without_the_extras() -> None:
    code = """
from dataclasses import replace
from moodcurve.demo.composer import DEMO_SECTIONS, compose
print(len(compose([replace(section, bars=1) for section in DEMO_SECTIONS]).spans))
"""
    done = run_python(code)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr


@pytest.mark.parametrize("package", ["analysis", "live", "library", "datasets", "evaluation", "report", "cli"])
def test_packages_import_without_the_extras(package: str) -> None:
    done = run_python(f"import moodcurve.{package}")
    assert done.returncode == 0, done.stderr


def test_parquet_without_its_library_names_the_extra(tmp_path: Path) -> None:
    done = run("analyze", "song.mp3", "-o", str(tmp_path / "new"), "-f", "parquet")
    assert done.returncode == 1
    assert "'.[parquet]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new").exists()  # checked before any work


def test_catalogues_without_their_libraries_name_the_extra(tmp_path: Path) -> None:
    done = run("scan", "songs.csv", "--on", "processes", "-o", str(tmp_path / "out"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "--on needs fsspec, pyarrow: in moodcurve's checkout, run: pip install" in done.stderr
    assert "'.[cluster]'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_training_without_its_libraries_names_the_extra(tmp_path: Path) -> None:
    done = run("train", str(tmp_path), "--model", "mlr", "-o", str(tmp_path / "model.onnx"))
    assert done.returncode == 1
    assert "'.[train]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("package", ["numba", "llvmlite"])
def test_without_the_compiler_one_line_says_what_cannot_be_done(tmp_path: Path, package: str) -> None:
    song, library = tmp_path / "noise.wav", tmp_path / "library.sqlite"
    soundfile.write(song, np.random.default_rng(0).normal(0, 0.1, 4 * 44_100), 44_100)
    made_library(library, 3)
    missing = f"sys.modules[{package!r}] = None\n" + COMMAND
    for arguments in (("analyze", song), ("features", song), ("scan", song, "--library", library)):
        done = run_python(missing, *map(str, arguments))
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"moodcurve: cannot import {package}")
        assert "no song can be analyzed here; libraries can be searched and exported" in line
    assert run_python(missing, "search", "--library", str(library)).returncode == 0
    assert run_python(missing, "export", "--library", str(library)).returncode == 0
