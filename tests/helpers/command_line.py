"""The command line run in this process, with what it prints."""

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from moodcurve.cli import main


@dataclass(frozen=True)
class Result:
    """What a run came to."""

    exit_code: int
    stdout: str
    stderr: str


def run(*arguments: str | Path) -> Result:
    """Run `moodcurve` with arguments."""
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    words = ["moodcurve", *map(str, arguments)]
    with patch.multiple(sys, argv=words, stdout=stdout, stderr=stderr), pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    texts = [stream.buffer.getvalue().decode("utf-8") for stream in (stdout, stderr)]  # type: ignore[attr-defined]
    return Result(ended.value.code, *texts)
