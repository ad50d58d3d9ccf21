"""Read what one rater of a study did, line by line: progress, tracks and ratings of whole songs.

``moodcurve annotate`` appends a line of JSON to ``raters/<rater>.jsonl`` for each piece that a browser sends. The first
line is the server's, and states the songs in the rater's order::

    {"start": {"songs": ["waltz", "march", "waltz"], "mode": "two-pass", "practice_s": 15.0, "whole_song": true, …}}
    {"client": "6f0c…", "number": 0, "received_s": 1798761600.1, "events": [{"kind": "consent", …}, …]}

An item is a place in the order, from 0; a song with two items is repeated. Item -1 is the training example. The rows of
an event ``samples`` are [clock in ms, song time in s, value] of one axis, or [clock, song time, arousal, valence] if
``axis`` is ``both``; the clock is the browser's, in milliseconds since the page was opened.
"""

import json
from array import array
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve._typing import BoolArray, FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets.raters.aggregation import RawTrack
from moodcurve.datasets.song import DatasetError

EXAMPLE_ITEM = -1
"""Item of the training example, which is no song of the study."""
PASSES = {"two-pass": AXES, "circumplex": ("both",)}
"""Axes of the passes over a song by mode, in their order."""


@dataclass(eq=False)
class RaterRecord:
    """What one rater did so far.

    Attributes
    ----------
    rater : str
    songs : tuple of str
        Song of each item.
    mode : str
        A key of `PASSES`.
    practice_s : float
        Length of the beginning of each song that is practice (seconds).
    whole_song : bool
        Whether songs are also rated as a whole.
    steps : set of str
        Kinds of events that occurred, such as ``consent`` and ``finished``, and ``answers-before`` and the like.
    finished : set of (int, str)
        Items and axes of finished passes.
    ratings : dict of int to (int, int)
        Ratings of whole songs by item, arousal and valence, from 1 to 9.
    answers : dict of str to dict
        Answers by part of the questionnaire, ``before`` or ``after``.
    headphones : tuple of int or None
        Right answers and trials of the last headphones check.
    inputs : set of str
        Devices that moved the slider, such as ``mouse``.
    clients : dict of str to int
        Number of the last piece of each opened page.
    rows : int
        Number of stored samples.
    missing : int
        Number of samples that a page counted and that are not stored.
    last_s : float
        When the rater started or the last piece was received, in seconds since 1970; 0 before.
    """

    rater: str
    songs: tuple[str, ...] = ()
    mode: str = "two-pass"
    practice_s: float = 0.0
    whole_song: bool = True
    steps: set[str] = field(default_factory=set)
    finished: set[tuple[int, str]] = field(default_factory=set)
    ratings: dict[int, tuple[int, int]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    headphones: tuple[int, int] | None = None
    inputs: set[str] = field(default_factory=set)
    clients: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    missing: int = 0
    last_s: float = 0.0
    _samples: "dict[tuple[int, str], array[float]]" = field(default_factory=dict, repr=False)
    """Rows of each pass one after the other: as lists, a study of many raters would not fit into memory."""
    _counts: dict[str, int] = field(default_factory=dict, repr=False)
    """Samples that each page sent."""

    @property
    def axes(self) -> tuple[str, ...]:
        """Axes of the passes over a song."""
        return PASSES[self.mode]

    @property
    def is_started(self) -> bool:
        """True if the rater has an order of songs."""
        return bool(self.songs)

    def is_done(self, item: int) -> bool:
        """Return True if an item is rated: all passes, and as a whole if asked for."""
        passes = all((item, axis) in self.finished for axis in self.axes)
        return passes and (item in self.ratings or not self.whole_song or item == EXAMPLE_ITEM)

    def items(self, *, repeats: bool) -> list[int]:
        """Return the items that are first ratings of their songs, or those that are repeats."""
        seen: set[str] = set()
        found = []
        for item, song in enumerate(self.songs):
            if (song in seen) == repeats:
                found.append(item)
            seen.add(song)
        return found

    def last_row(self, item: int, axis: str) -> list[float]:
        """Return the last sample of a pass; an empty list before the first."""
        rows = self._samples.get((item, axis))
        return rows[-_columns(axis) :].tolist() if rows else []

    def samples(self, item: int, axis: str) -> FloatArray:
        """Return the rows of a pass as they were sent, shape (n, 3), or (n, 4) for both axes."""
        return np.array(self._samples.get((item, axis), array("d"))).reshape(-1, _columns(axis))

    def track(self, item: int, axis: str) -> RawTrack:
        """Return the entries of a pass for arousal or valence.

        Where the rater heard a part of the song again, such as after a pause, the later samples count.
        """
        source = axis if axis in self.axes else "both"
        rows = self.samples(item, source)
        rows = rows[_latest(rows[:, 1])]
        column = 3 if source == "both" and axis == "valence" else 2
        return RawTrack(rater=self.rater, times_s=rows[:, 1], values=rows[:, column])

    def add(self, line: dict[str, Any]) -> None:
        """Take in a line of the file.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is no such line.
        """
        if "start" in line:
            start = line["start"]
            self.songs = tuple(start["songs"])
            self.mode, self.practice_s = start["mode"], start["practice_s"]
            self.whole_song, self.last_s = start["whole_song"], start["unix_s"]
            return
        client = line["client"]
        self.clients[client] = line["number"]
        self.last_s = line["received_s"]
        for event in line["events"]:
            self._add_event(client, event)

    def _add_event(self, client: str, event: dict[str, Any]) -> None:
        kind = event["kind"]
        self.steps.add(f"answers-{event['part']}" if kind == "answers" else kind)
        if kind == "samples":
            rows = event["rows"]
            self._samples.setdefault((event["item"], event["axis"]), array("d")).extend(chain.from_iterable(rows))
            self.missing += event["first"] - self._counts.get(client, 0)
            self._counts[client] = event["first"] + len(rows)
            self.rows += len(rows)
        elif kind == "pass":
            self.finished.add((event["item"], event["axis"]))
        elif kind == "rating":
            self.ratings[event["item"]] = event["arousal"], event["valence"]
        elif kind == "answers":
            self.answers[event["part"]] = event["answers"]
        elif kind == "headphones":
            self.headphones = event["correct"], event["trials"]
        elif kind == "input":
            self.inputs.add(event["device"])


def _columns(axis: str) -> int:
    """Return the number of columns of a pass: clock, song time, and one value or two."""
    return 4 if axis == "both" else 3


def _latest(times_s: FloatArray) -> BoolArray:
    """Return which entries are before all later ones, shape (n,): they are increasing, and later ones win.

    >>> _latest(np.array([0.0, 1.0, 2.0, 1.0, 1.5])).tolist()
    [True, False, False, True, True]
    """
    earliest_after = np.minimum.accumulate(times_s[::-1])[::-1]
    return np.append(times_s[:-1] < earliest_after[1:], True)[: len(times_s)]


def read_record(path: Path) -> RaterRecord:
    """Read the file of one rater. A last line without its end, which a crash leaves, is no line yet.

    Raises
    ------
    DatasetError
        If the file cannot be read, or a line is not one of a study.
    """
    record = RaterRecord(rater=path.stem)
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, start=1):
        try:
            record.add(json.loads(line))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{path}, line {number}: not a line that `moodcurve annotate` wrote ({type(error).__name__})"
            ) from error
    return record
