"""Recordings: every row is written at once, and an existing recording is continued."""

import csv
import json
from pathlib import Path

import pytest

from moodcurve.live import LiveError, Row
from moodcurve.live.recording import COLUMNS, Recording

ROW = Row(
    time_s=12.5, clock=1764514800.25, arousal=0.123456, valence=-0.5, arousal_interval=(-0.2, 0.4),
    valence_interval=(-0.9, 0.1), silent=True,
)  # fmt: skip
PLAIN = Row(time_s=13.0, clock=1764514800.75, arousal=0.5, valence=0.5)


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "evening.csv"
    with Recording(path) as recording:
        recording.write(ROW)
        recording.write(PLAIN)
    first, second = csv.DictReader(path.read_text().splitlines())
    assert tuple(first) == COLUMNS
    assert first == {
        "time_s": "12.5", "clock": "2025-11-30T15:00:00.250Z", "arousal": "0.1235", "valence": "-0.5",
        "arousal_low": "-0.2", "arousal_high": "0.4", "valence_low": "-0.9", "valence_high": "0.1", "silent": "1",
        "quadrant": "tense-negative", "words": "frustrated;distressed;annoyed",
    }  # fmt: skip
    assert (second["arousal_low"], second["silent"]) == ("", "0")


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_json_lines(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"evening{ending}"
    with Recording(path) as recording:
        recording.write(ROW)
        recording.write(PLAIN)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [ROW.to_dict(), PLAIN.to_dict()]


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_a_recording_is_continued_after_a_torn_line(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"evening{ending}"
    with Recording(path) as recording:
        recording.write(ROW)
        recording.write(ROW)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(path.read_bytes()[:-9])  # the power failed
    with Recording(path) as recording:
        recording.write(PLAIN)
    with Recording(path) as recording:
        recording.write(PLAIN)
    found = path.read_bytes().splitlines(keepends=True)
    assert found[: len(lines) - 1] == lines[:-1]
    assert len(found) == len(lines) + 2
    assert found[-1] == found[-2]


def test_a_row_is_in_the_file_before_the_next_comes(tmp_path: Path) -> None:
    with Recording(tmp_path / "a.csv") as recording:
        for count in range(1, 4):
            recording.write(PLAIN)
            assert (tmp_path / "a.csv").read_bytes().count(b"\n") == 1 + count


@pytest.mark.parametrize(("name", "text"), [("songs.csv", "a,b\n1,2\n"), ("a.json", "[]\n"), ("a.jsonl", "\n")])
def test_another_file_is_not_touched(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(LiveError, match="exists and is not a recording"):
        Recording(path)
    assert path.read_text() == text


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LiveError, match=r"must end in .csv, .json, .jsonl"):
        Recording(tmp_path / "evening.txt")
    assert list(tmp_path.iterdir()) == []
