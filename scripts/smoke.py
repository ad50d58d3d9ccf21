"""Install a built wheel or sdist into fresh environments, bare and with each extra, and use it there.

    python scripts/smoke.py dist/moodcurve-0.2.0-py3-none-any.whl [--python python3.13]... [--extra web]... [--bare]

Exit code: 0 if every environment works; else 1, after a line for each that does not.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
NO_PROGRAM = "ray", "docs", "dev", "peers"
"""Extras that are tools of others: `ray` and `docs` are started by their own tests, the others are not for users."""

BARE = """
import json, subprocess, sys
from importlib.resources import files
from pathlib import Path

import soundfile
import moodcurve
from moodcurve.demo.composer import DEMO_SECTIONS, compose

assert (files("moodcurve") / "py.typed").is_file(), "no types"
composed = compose(DEMO_SECTIONS[:1])
soundfile.write("song.wav", composed.audio, composed.sr)
command = [sys.executable, "-m", "moodcurve", "analyze", "song.wav", "-f", "json"]
curve = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
assert len(curve["arousal"]) > 20 and all(-1 <= value <= 1 for value in curve["valence"]), curve
assert moodcurve.__version__ in subprocess.run(
    [sys.executable, "-m", "moodcurve", "--version"], check=True, capture_output=True, text=True
).stdout
"""
EXTRAS = {
    "train": "import torch, sklearn, onnx; import moodcurve.learn.training, moodcurve.learn.export",
    "opensmile": "import opensmile; import moodcurve.features.opensmile",
    "search": "import optuna",
    "parquet": """
import pyarrow.parquet, subprocess, sys
subprocess.run([sys.executable, "-m", "moodcurve", "analyze", "song.wav", "-o", "out", "-f", "parquet"], check=True)
assert pyarrow.parquet.read_table("out/song.parquet").num_rows > 20
""",
    "live": "import pythonosc.udp_client; import moodcurve.live",
    "web": "import moodcurve.web.app",
    "cluster": "import duckdb, fsspec, pyarrow",
    "s3": "import s3fs",
    "beets": "import beetsplug.moodcurve",
}
"""What must run with an extra, after `BARE`."""


def offered_extras(package: Path) -> list[str]:
    """Return the extras that a wheel offers (an sdist's stand in pyproject.toml, as the wheel's do)."""
    if package.suffix != ".whl":
        return list(EXTRAS)
    with ZipFile(package) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(wheel.read(name).decode()).get_all("Provides-Extra") or []


def run(command: list[str], folder: Path) -> None:
    """Run a command in a folder, without Python's settings of this process; its output is shown if it fails."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[:120]}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def check(package: Path, python: str, extra: str) -> None:
    """Install a package with an extra ("": bare) into a fresh environment, and use it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        run([python, "-m", "venv", str(environment)], Path(folder))
        program = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        wanted = f"{package}[{extra}]" if extra else str(package)
        run([program, "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), wanted], Path(folder))
        run([program, "-c", BARE + EXTRAS.get(extra, "")], Path(folder))


def main() -> int:
    """Check each Python with each extra, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("--python", action="append", help="program of a Python version; default: this one")
    parser.add_argument("--extra", action="append", help="check this extra alone")
    parser.add_argument("--bare", action="store_true", help="check no extra")
    options = parser.parse_args()
    package = options.package.resolve()
    offered = [extra for extra in offered_extras(package) if extra not in NO_PROGRAM]
    extras = [] if options.bare else (options.extra or offered)
    failed = 0
    for python in options.python or [sys.executable]:
        for extra in ["", *extras] if not options.extra else extras:
            name = f"{python}, {extra or 'bare'}"
            try:
                if extra and extra not in EXTRAS:
                    raise RuntimeError("this extra has no check: add one to EXTRAS")
                check(package, python, extra)
            except RuntimeError as problem:
                failed += 1
                print(f"{name}: failed: {problem}", flush=True)
            else:
                print(f"{name}: works", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
