"""Take a song from standard input: a temporary file, since decoders need one, and programs read it twice."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moodcurve.cli.parameters import UsageError
from moodcurve.errors import MoodcurveError

STDIN = Path("-")
"""Standard input, among the paths of a command."""
STDIN_NAME = "<stdin>"
"""Its name in messages and as a curve's source."""
MAX_BYTES = 4 * 2**30
"""Longest standard input: a stream that never ends must not fill the disk. That is 25 hours of MP3."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class GivenPaths:
    """A command's paths.

    Attributes
    ----------
    paths : list of Path
        With a temporary file named ``stdin`` in place of `STDIN`.
    stdin : Path or None
        This file, if it is among them; missing until `receive`.
    """

    paths: list[Path]
    stdin: Path | None

    def receive(self) -> None:
        """Write standard input to its file, if it is used.

        Raises
        ------
        MoodcurveError
            If it is too long.
        OSError
            If it cannot be read, or the disk is full.
        """
        if self.stdin is None:
            return
        size = 0
        with self.stdin.open("wb") as file:
            while chunk := sys.stdin.buffer.read(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise MoodcurveError(f"{STDIN_NAME}: longer than {MAX_BYTES / 2**30:.3g} GiB; save it to a file")
                file.write(chunk)

    def names(self) -> dict[Path, str]:
        """Return the names of files that are not their paths."""
        return {} if self.stdin is None else {self.stdin: STDIN_NAME}


@contextmanager
def with_stdin(paths: Sequence[Path]) -> Iterator[GivenPaths]:
    """Yield a command's paths with a file for standard input, which is removed afterwards.

    Raises
    ------
    UsageError
        If standard input is meant, and is a terminal or closed.
    """
    if STDIN not in paths:
        yield GivenPaths(list(paths), None)
        return
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("- is standard input, which is a terminal; send a song to it: moodcurve analyze - < song.mp3")
    with tempfile.TemporaryDirectory(prefix="moodcurve-") as folder:
        file = Path(folder) / "stdin"
        yield GivenPaths([file if path == STDIN else path for path in paths], file)
