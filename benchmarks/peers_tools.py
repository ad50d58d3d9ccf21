"""Start the tools that `peers.py` compares, and time them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Self

# as for a user: Python caches its bytecode
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
PEERS = ("sonara", "vibenet")
WORKER = Path(__file__).with_name("peers_worker.py")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A tool's answer for one file.

    Attributes
    ----------
    arousal, valence : float
        On the tool's own scale.
    wall_s, cpu_s : float
        Time of the file; CPU time is the sum over all threads. A process's first answer includes its start.
    peak_mb : float
        Peak resident memory of the process so far.
    """

    arousal: float
    valence: float
    wall_s: float
    cpu_s: float
    peak_mb: float


class Tool:
    """A process of one tool, which answers files one by one.

    Parameters
    ----------
    name : str
        One of `PEERS`, or a model of moodcurve.
    environment : mapping, optional
        Variables that are added to the environment.
    """

    def __init__(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        self._started = time.perf_counter()
        self._first = True
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, **(environment or {})},
        )
        self.name = name

    def run(self, path: Path) -> Answer:
        """Return the answer for a file; exit with a message if the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        start = self._started if self._first else time.perf_counter()
        self._first = False
        with suppress(BrokenPipeError):  # it has ended: there is no line below
            print(path, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        wall_s = time.perf_counter() - start
        if not line:
            raise SystemExit(f"{self.name}: failed on {path}; see above")
        return Answer(wall_s=wall_s, **json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def run_once(name: str, path: Path, environment: Mapping[str, str] | None = None) -> Answer:
    """Return the answer of a new process, start included."""
    with Tool(name, environment) as tool:
        return tool.run(path)


def versions(*packages: str) -> dict[str, str]:
    """Return the installed version of each package."""
    return {name: version(name) for name in packages}
