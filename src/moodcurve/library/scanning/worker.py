"""What a scan's worker processes do with a file: tell what it is, then analyze_file it if its sound is not known."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moodcurve.analysis import analyze
from moodcurve.audio.content_hash import content_hash
from moodcurve.audio.tags import Tags, read_tags
from moodcurve.errors import MoodcurveError
from moodcurve.features import Features
from moodcurve.features.warmup import prepare
from moodcurve.library.models import Analysis
from moodcurve.library.scanning.walk import FileState, state_of
from moodcurve.runtime import Model, load_model
from moodcurve.util.files import AnyPath
from moodcurve.workers import Job, ProgressCallback


class ChangedError(MoodcurveError):
    """A file is being written to: what was read of it is of no use."""


@dataclass(frozen=True)
class ProbeTask:
    """Tell what a file holds."""

    path: str
    state: FileState

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class AnalyzeTask(ProbeTask):
    """Analyse a file."""


@dataclass(frozen=True)
class ProbeResult:
    """What a file holds: the hash of its sound, and its tags."""

    content: str
    tags: Tags


def make_job(model: AnyPath) -> Job[ProbeTask, ProbeResult | Analysis]:
    """Make the job of a scan's worker.

    Its results are of the file as the item states it: of one that is written to meanwhile it raises ChangedError.
    """
    loaded = load_model(model)
    # here rather than with the first file, whose time is limited
    prepare(loaded.feature_set)

    def job(item: ProbeTask, progress: ProgressCallback) -> ProbeResult | Analysis:
        _check(item)
        result = (
            analyze_file(item.path, loaded, progress=progress)
            if isinstance(item, AnalyzeTask)
            else _probed(item.path, progress)
        )
        _check(item)
        return result

    return job


def _probed(path: str, progress: ProgressCallback) -> ProbeResult:
    return ProbeResult(content_hash(path, progress=_alive(progress)), read_tags(path))


def _alive(progress: ProgressCallback) -> Callable[[], None]:
    """Report that the file is still being read, not how far."""
    return lambda: progress(0.0, None)


def _check(item: ProbeTask) -> None:
    if state_of(os.stat(item.path)) != item.state:  # noqa: PTH116  the name as it is, whatever it holds
        raise ChangedError("it was written to while it was read; the next scan reads it anew")


def analyze_file(path: AnyPath, model: Model, *, progress: ProgressCallback | None = None) -> Analysis:
    r"""Analyse a file; of each column k of the model's feature set also :math:`d_k = \frac{1}{n}\sum_t x_{tk}`.

    The sum over the n rows is in double precision; the descriptors d are single precision, as the rows are.

    Raises
    ------
    AudioError
        If nothing can be read from the file, or less than one window of 1.0 s.
    """
    mean = _Mean(len(model.feature_set.names))
    curve = analyze(path, model=model, progress=progress, ahead=False, rows=mean.add)
    return Analysis(curve=curve, descriptors=(mean.sums / mean.rows).astype(np.float32))


class _Mean:
    """Sums of rows that come in parts."""

    def __init__(self, columns: int) -> None:
        self.sums = np.zeros(columns)
        self.rows = 0

    def add(self, part: Features) -> None:
        self.sums += part.values.sum(axis=0, dtype=np.float64)
        self.rows += len(part.values)
