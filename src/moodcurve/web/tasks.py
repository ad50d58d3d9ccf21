"""Jobs of the server's worker processes: analyze a song, with a provisional curve at once, and plot a curve."""

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

_MIN_BYTES_PER_S = 500.0
"""Lower limit for the data rate of audio (Opus goes down to 750). A longer duration in a header is not trusted."""


class TooLongError(MoodcurveError):
    """A song is longer than the server accepts."""


@dataclass(frozen=True)
class Upload:
    """A song to analyze.

    Attributes
    ----------
    path : str
        Path of the uploaded file on this machine.
    name : str
        File name that the sender gave, for display only.
    max_s : float
        Longest duration, in seconds.
    track : int or None
        Number of the audio track, as for `moodcurve.analyze`.
    """

    path: str
    name: str
    max_s: float
    track: int | None = None

    def __str__(self) -> str:
        return self.path


class PartialCurve(NamedTuple):
    """Seconds analyzed so far, and new points of the provisional curve, from index `start` on."""

    seconds: float
    start: int
    times_s: list[float]
    arousal: list[float]
    valence: list[float]


def make_analyzer(model: AnyPath, live: AnyPath) -> Job[Upload, Curve]:
    """Return the job that analyzes songs with `model`, and reports parts of the curve of the live model `live`.

    If `model` needs fewer features than `live`, no parts are reported: computing more would take longer than the song.
    """
    loaded, causal = load_model(model), load_model(live)
    live_is_fed = set(causal.feature_set.names) <= set(loaded.feature_set.names)
    # compiled now, because the first song has a time limit
    prepare(loaded.feature_set)

    def job(upload: Upload, report: ProgressReporter) -> Curve:
        provisional = _ProvisionalCurve(causal)
        longest_s = Path(upload.path).stat().st_size / _MIN_BYTES_PER_S

        def progress(seconds: float, total: float | None) -> None:
            if seconds > upload.max_s or upload.max_s < (total or 0.0) < longest_s:
                raise TooLongError(f"longer than the maximum of this server, {clock(upload.max_s)}")
            report(seconds, total, provisional.take(seconds))

        curve = analyze(
            upload.path,
            track=upload.track,
            model=loaded,
            progress=progress,
            prefetch=False,
            on_features=provisional.add if live_is_fed else None,
        )
        report(curve.duration_s, curve.duration_s, provisional.take(curve.duration_s))
        return replace(curve, source=upload.name)

    return job


class _ProvisionalCurve:
    """Curve of a live model, which is available while the song is still being read."""

    def __init__(self, model: Model) -> None:
        self._stream = model.stream()
        self._taken = 0
        self._times_s: list[float] = []
        self._arousal: list[float] = []
        self._valence: list[float] = []

    def add(self, rows: Features) -> None:
        """Extend the curve by the next feature rows."""
        if len(rows.values):
            found = self._stream.push(rows)
            self._times_s += found.times_s.tolist()
            self._arousal += found.values[:, 0].round(4).tolist()
            self._valence += found.values[:, 1].round(4).tolist()

    def take(self, seconds: float) -> PartialCurve:
        """Return the points added since the last call."""
        part = PartialCurve(seconds, self._taken, self._times_s, self._arousal, self._valence)
        self._taken += len(self._times_s)
        self._times_s, self._arousal, self._valence = [], [], []
        return part


@dataclass(frozen=True, eq=False)
class PlotTask:
    """A curve to plot, and the path of a temporary file for the plot."""

    curve: Curve
    path: str

    def __str__(self) -> str:
        return self.path


def make_plotter() -> Job[PlotTask, bytes]:
    """Return the job that plots a curve as PNG."""
    from moodcurve.report import write_plot

    def job(task: PlotTask, report: ProgressReporter) -> bytes:
        write_plot(task.curve, task.path)
        png = Path(task.path).read_bytes()
        Path(task.path).unlink()
        return png

    return job
