"""Analysis works without the training libraries and other optional packages."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

BLOCKED = ("torch", "sklearn", "onnx", "opensmile", "pandas", "pyarrow", "jams", "playwright", "hypothesis", "pytest")
RUN = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"blocked: {{name}}", name=name)
sys.meta_path.insert(0, Blocker())
sys.argv[0] = "moodcurve"
from moodcurve.cli import main
main()
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, timeout=300)


def test_analyze_runs_without_training_libraries(tmp_path: Path) -> None:
    song = tmp_path / "noise.wav"
    soundfile.write(song, np.random.default_rng(0).normal(0, 0.1, 4 * 44_100), 44_100)
    wanted = ("-f", "csv", "-f", "json", "-f", "jams", "--plot", "--report")
    done = run("analyze", str(song), "-o", str(tmp_path), *wanted)
    assert done.returncode == 0, done.stderr
    for ending in ("csv", "json", "jams", "png", "html"):
        assert (tmp_path / f"noise.{ending}").is_file()


def test_parquet_without_its_library_names_the_extra(tmp_path: Path) -> None:
    done = run("analyze", "song.mp3", "-o", str(tmp_path / "new"), "-f", "parquet")
    assert done.returncode == 1
    assert "moodcurve[parquet]" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new").exists()  # said before any work


def test_training_without_its_libraries_names_the_extra(tmp_path: Path) -> None:
    done = run("train", str(tmp_path), "--model", "mlr", "-o", str(tmp_path / "model.onnx"))
    assert done.returncode == 1
    assert "moodcurve[train]" in done.stderr
    assert "Traceback" not in done.stderr
