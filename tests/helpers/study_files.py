"""Write the files of raters who rated whole studies, as the server would."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve.annotate.access import Access
from moodcurve.datasets.raters.study_reader import rater_file
from moodcurve.datasets.raters.study_record import PASSES

PRACTICE_S = 2.0
LENGTH_S = 12.0


def write_rated_study(
    folder: Path, *, raters: int, songs: Sequence[str], repeats: int = 0, mode: str = "two-pass"
) -> Path:
    """Write a study that all raters finished; rater n is 0.1 n below the first, and agrees in the course."""
    folder.mkdir(exist_ok=True)
    access = Access(folder)
    for number, rater in enumerate(access.invite(raters)):
        lines = [start_line([*songs, *songs[:repeats]], mode=mode), *_pieces(songs, repeats, mode, number)]
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        rater_file(folder, rater).write_text(text, encoding="utf-8")
    return folder


def start_line(songs: Sequence[str], *, mode: str = "two-pass") -> dict[str, Any]:
    """Return the first line of a rater's file."""
    return {"start": {"songs": [*songs], "mode": mode, "practice_s": PRACTICE_S, "whole_song": True, "unix_s": 1.8e9}}


def course(song: int, axis: str, times_s: np.ndarray) -> np.ndarray:
    """Return the ratings of the first rater."""
    phase = song + (0 if axis == "arousal" else 2)
    return 0.5 * np.sin(2 * np.pi * times_s / 8 + phase)


def _pieces(songs: Sequence[str], repeats: int, mode: str, number: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"kind": "answers", "clock_ms": 1, "part": "before", "answers": {"note": "=1+1" if number else "none"}},
        {"kind": "headphones", "clock_ms": 2, "correct": 5, "trials": 6},
        {"kind": "input", "clock_ms": 3, "device": "mouse"},
    ]
    first = 0
    times_s = np.round(np.arange(0, LENGTH_S, 1 / 30), 4)
    for item in range(len(songs) + repeats):
        song = item % len(songs)
        for axis in PASSES[mode]:
            values = [course(song, one, times_s) - 0.1 * number for one in _axes(axis)]
            rows = np.round(np.column_stack([1000 * times_s, times_s, *values]), 4).tolist()
            events.append({"kind": "samples", "item": item, "axis": axis, "first": first, "rows": rows})
            events.append({"kind": "pass", "clock_ms": 4, "item": item, "axis": axis})
            first += len(rows)
        again = int(item >= len(songs))
        events.append({"kind": "rating", "clock_ms": 5, "item": item, "arousal": 7 - again, "valence": 3 + number})
    events.append({"kind": "finished", "clock_ms": 6})
    return [
        {"client": f"{number:016x}", "received_s": 1.8e9 + i, "number": i, "events": [event]}
        for i, event in enumerate(events)
    ]


def _axes(axis: str) -> tuple[str, ...]:
    return ("arousal", "valence") if axis == "both" else (axis,)
