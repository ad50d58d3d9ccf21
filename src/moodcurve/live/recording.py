"""Record rows as they come, as CSV or JSON lines: what was written stays, whatever happens to the program."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from moodcurve.live.events import LiveError
from moodcurve.live.follower import Row
from moodcurve.util.csv_text import csv_text
from moodcurve.util.text import json_line

ENDINGS = (".csv", ".json", ".jsonl")
COLUMNS = (
    "time_s", "clock", "arousal", "valence", "arousal_low", "arousal_high", "valence_low", "valence_high", "silent",
    "quadrant", "words",
)  # fmt: skip
"""Columns of CSV, named as the keys of `Row.to_dict`; ends of intervals are empty if the model has none."""
SYNC_S = 5.0
"""Longest time (seconds) that rows wait in the system's memory, where a power failure would lose them."""


class Recording:
    """A file of rows, each written at once; an existing recording is continued.

    CSV has `COLUMNS`, with words joined by semicolons; JSON has one object a line.

    Parameters
    ----------
    path : Path
        Its name ends in .csv, .json or .jsonl.

    Raises
    ------
    LiveError
        If the name ends in something else, or the file is no such recording.
    OSError
        If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in ENDINGS:
            raise LiveError(f"{path}: the name of a recording must end in {', '.join(ENDINGS)}")
        self.path = path
        self._is_csv = path.suffix.lower() == ".csv"
        self._file = path.open("a+b", buffering=0)
        try:
            self._begin()
        except BaseException:
            self._file.close()
            raise
        self._synced = time.monotonic()

    def _begin(self) -> None:
        header = csv_text([COLUMNS]).encode() if self._is_csv else b""
        self._file.seek(0)
        first = self._file.readline(1 << 16)
        if not first:
            self._file.write(header)
            return
        if not (first == header if self._is_csv else first.startswith(b'{"time_s"')):
            raise LiveError(f"{self.path}: exists and is not a recording of moodcurve live; give another name")
        self._file.seek(-1, os.SEEK_END)
        if self._file.read(1) != b"\n":  # the program was ended in the middle of a line
            self._file.write(b"\n")

    def write(self, row: Row) -> None:
        """Add a row."""
        columns = row.to_dict()
        if self._is_csv:
            columns |= {"silent": int(row.silent), "words": ";".join(row.words)}
            line = csv_text([[columns.get(name, "") for name in COLUMNS]]).encode()
        else:
            line = json_line(columns).encode()
        self._file.write(line)
        if time.monotonic() - self._synced >= SYNC_S:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def close(self) -> None:
        """Write what the system still holds, and close the file."""
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
