"""What the server's worker processes do: hear a song, with a first curve as it is read, and draw a picture."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from moodcurve.analysis import analyze
from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.features import Features
from moodcurve.features.warmup import prepare
from moodcurve.runtime import Model, load_model
from moodcurve.util.files import AnyPath
from moodcurve.util.text import clock
from moodcurve.workers import Job, ProgressReporter

_LEAST_RATE = 500.0
"""Bytes a second that sound has at least: of more than that a header's claim is believed. (Opus goes down to 750.)"""


class TooLongError(MoodcurveError):
    """A song plays longer than the server takes."""


@dataclass(frozen=True)
class Upload:
    """A song to hear.

    Attributes
    ----------
    path : str
        Where the server has put it.
    name : str
        What its sender calls it; never a path of this machine.
    most_s : float
        Longest time that it may play.
    """

    path: str
    name: str
    most_s: float

    def __str__(self) -> str:
        return self.path


class Part(NamedTuple):
    """What is heard so far, and points of the first curve from index `start` on."""

    seconds: float
    start: int
    times_s: list[float]
    arousal: list[float]
    valence: list[float]


def listener(model: AnyPath, first: AnyPath) -> Job[Upload, Curve]:
    """Make the job that hears uploads by a model, and gives parts of the curve of another, which reads forward only."""
    loaded, live = load_model(model), load_model(first)
    # here rather than with the first song, whose time is limited
    prepare(loaded.feature_set)

    def job(upload: Upload, report: ProgressReporter) -> Curve:
        course = _FirstCurve(live)
        believed_s = Path(upload.path).stat().st_size / _LEAST_RATE

        def progress(seconds: float, total: float | None) -> None:
            if seconds > upload.most_s or upload.most_s < (total or 0.0) < believed_s:
                raise TooLongError(f"it plays longer than {clock(upload.most_s)}, the most that this server takes")
            report(seconds, total, course.part(seconds))

        curve = analyze(upload.path, model=loaded, progress=progress, ahead=False, rows=course.add)
        report(curve.duration_s, curve.duration_s, course.part(curve.duration_s))
        return replace(curve, source=upload.name)

    return job


class _FirstCurve:
    """The curve as it is known while the song is still being read."""

    def __init__(self, live: Model) -> None:
        self._stream = live.stream()
        self._given = 0
        self._times_s: list[float] = []
        self._arousal: list[float] = []
        self._valence: list[float] = []

    def add(self, rows: Features) -> None:
        """Take the next rows."""
        if len(rows.values):
            found = self._stream.push(rows)
            self._times_s += found.times_s.tolist()
            self._arousal += found.values[:, 0].round(4).tolist()
            self._valence += found.values[:, 1].round(4).tolist()

    def part(self, seconds: float) -> Part:
        """Give the points that are new."""
        part = Part(seconds, self._given, self._times_s, self._arousal, self._valence)
        self._given += len(self._times_s)
        self._times_s, self._arousal, self._valence = [], [], []
        return part


@dataclass(frozen=True, eq=False)
class Drawing:
    """A picture to draw into a file of the server."""

    curve: Curve
    path: str

    def __str__(self) -> str:
        return self.path


def painter() -> Job[Drawing, bytes]:
    """Make the job that draws pictures."""
    from moodcurve.report import write_plot

    def job(drawing: Drawing, report: ProgressReporter) -> bytes:
        write_plot(drawing.curve, drawing.path)
        picture = Path(drawing.path).read_bytes()
        Path(drawing.path).unlink()
        return picture

    return job
