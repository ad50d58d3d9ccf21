"""Tests of CSV: what is written is read again as it was."""

import csv
import io
from pathlib import Path

import pytest

from moodcurve.util.csv_text import csv_text, write_csv

HEADER = ["id", "title"]
ROWS = [["7", 'a, "b"'], ["8", "two\nlines"], ["9", "a lone\rcarriage return"], ["10", "\r\n"], ["11", "Émile"]]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "new" / "songs.csv", HEADER, iter(ROWS))
    text = path.read_bytes().decode()
    assert text.startswith('id,title\n7,"a, ""b"""\n8,"two\nlines"\n9,"a lone\rcarriage return"\n')
    assert read(text) == [HEADER, *ROWS]
    assert csv_text([HEADER, *ROWS]) == text


def test_a_table_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "songs.csv", HEADER, ROWS)
    with pytest.raises(csv.Error, match="iterable expected"):
        write_csv(path, HEADER, [["1", "a"], None])  # type: ignore[list-item]
    assert read(path.read_bytes().decode()) == [HEADER, *ROWS]
    assert list(tmp_path.iterdir()) == [path]
