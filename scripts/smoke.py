"""Install a built wheel or sdist into fresh environments, bare and with each extra, and use it there.

    python scripts/smoke.py dist/moodcurve-0.2.0-py3-none-any.whl [--python python3.13]... [--extra web]... [--bare]

Exit code: 0 if every environment works; else 1, after a line for each that does not.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
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
"""What must run with an extra, in the folder where `BARE` has run."""


def offered_extras(package: Path) -> list[str]:
    """Return the extras that a wheel offers (an sdist's stand in pyproject.toml, as the wheel's do)."""
    if package.suffix != ".whl":
        return list(EXTRAS)
    with ZipFile(package) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(wheel.read(name).decode()).get_all("Provides-Extra") or []


def run(command: list[str], folder: Path) -> str:
    """Run a command in a folder, without Python's settings of this process; its output is shown if it fails."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[:120]}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def new_environment(python: str, folder: Path, name: str, *options: str) -> str:
    """Create an environment in a folder, and return its Python."""
    run([python, "-m", "venv", *options, name], folder)
    return str(folder / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def install(program: str, wanted: str, folder: Path) -> None:
    """Install into the environment of a Python."""
    pip = [program, "-m", "pip", "install", "-q", "--no-compile", "-c", str(ROOT / "constraints.txt")]
    run([*pip, wanted], folder)


def site_packages(program: str, folder: Path) -> Path:
    """Return the folder that the environment of a Python installs packages into."""
    return Path(run([program, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())


def check_bare(package: Path, python: str, folder: Path) -> Path:
    """Install a package into a fresh environment, use it, and return the folder of the installed packages."""
    program = new_environment(python, folder, "bare")
    install(program, str(package), folder)
    run([program, "-c", BARE], folder)
    return site_packages(program, folder)


def check_extra(package: Path, python: str, extra: str, folder: Path, bare: Path) -> None:
    """Install a package with an extra into an environment that has what a bare install has, and use it.

    The environment reads the packages of `bare`, so that only those of the extra are installed.
    """
    if extra not in EXTRAS:
        raise RuntimeError("this extra has no check: add one to EXTRAS")
    program = new_environment(python, folder, extra, "--without-pip")
    (site_packages(program, folder) / "bare.pth").write_text(f"{bare}\n", encoding="utf-8")
    install(program, f"{package}[{extra}]", folder)
    run([program, "-c", EXTRAS[extra]], folder)


def check(package: Path, python: str, extras: Sequence[str]) -> int:
    """Check a Python, print a line for each install, and return how many failed."""
    failed = 0
    bare = Path()
    with tempfile.TemporaryDirectory() as folder:
        for extra in ("", *extras):
            try:
                if extra:
                    check_extra(package, python, extra, Path(folder), bare)
                else:
                    bare = check_bare(package, python, Path(folder))
            except RuntimeError as problem:
                failed += 1
                print(f"{python}, {extra or 'bare'}: failed: {problem}", flush=True)
                if not extra:
                    break  # each extra would fail alike
            else:
                print(f"{python}, {extra or 'bare'}: works", flush=True)
    return failed


def main() -> int:
    """Check each Python with each extra, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("--python", action="append", help="program of a Python version; default: this one")
    parser.add_argument("--extra", action="append", help="check no other extra")
    parser.add_argument("--bare", action="store_true", help="check no extra")
    options = parser.parse_args()
    package = options.package.resolve()
    offered = [extra for extra in offered_extras(package) if extra not in NO_PROGRAM]
    extras = [] if options.bare else (options.extra or offered)
    failed = sum(check(package, python, extras) for python in options.python or [sys.executable])
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
