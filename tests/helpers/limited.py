"""`moodcurve` in a process with limits of its own on time and memory, for input that is meant to harm."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

MAIN = "import sys; sys.path.remove(''); from moodcurve.cli import main; main()"
"""What the installed command does; with -c, Python adds the working folder to the path, which that command does not."""


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def is_clean(self) -> bool:
        """Return True if it ended by itself and printed no traceback."""
        return self.exit_code in (0, 1, 2, 130) and "Traceback" not in self.stderr


def run_limited(
    *arguments: str | Path,
    folder: Path,
    environment: dict[str, str] | None = None,
    code: str = MAIN,
    options: Sequence[str] = (),
    seconds: float = 120,
    megabytes: int = 4096,
    processes: int | None = None,
) -> Ended:
    """Run the command line in a folder; kill it and all that it started after `seconds`.

    Raises
    ------
    subprocess.TimeoutExpired
        If it had to be killed.
    """
    command = [sys.executable, *options, "-c", code, *map(str, arguments)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        start_new_session=True,
        preexec_fn=partial(_limit, megabytes, processes),
    )
    try:
        stdout, stderr = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return Ended(process.returncode, stdout, stderr)


def _limit(megabytes: int, processes: int | None) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20,) * 2)
    if processes is not None:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes,) * 2)
