"""The job of a scan's worker processes: hash a file and read its tags, then analyze it if its audio is unknown."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moodcurve.analysis import analyze, analyze_parts
from moodcurve.audio.content_hash import content_hash
from moodcurve.audio.parts import Part
from moodcurve.audio.tags import NO_TAGS, Tags, read_tags
from moodcurve.errors import MoodcurveError
from moodcurve.features.warmup import prepare
from moodcurve.library.models import Analysis
from moodcurve.library.scanning.selection import NO_SELECTION, Selection
from moodcurve.library.scanning.walk import FileState, state_of
from moodcurve.runtime import Model, load_model
from moodcurve.runtime.silence import SoundingMean
from moodcurve.util.files import AnyPath
from moodcurve.workers import Job, ProgressCallback
from moodcurve.workers.child import interrupted_after, memory_limited, must_end_within

AnalysisResult = Analysis | dict[Part, Analysis]
"""The analysis of a file, or of each of its parts."""
TRIAL_S = 60
"""Seconds for a job's trial, which usually takes a tenth of one."""
TAGS_MB, TAGS_S = 256, 5.0
"""Limits of reading tags: MiB of memory, which a picture of 16 MB takes a quarter of, and seconds."""
_SR = 44_100
"""Sample rate of the noise on which a job is tried."""


class FileChangedError(MoodcurveError):
    """A file was modified while it was read, so that the result is useless."""


@dataclass(frozen=True)
class ProbeTask:
    """Hash the audio of a file, read its tags, and find the parts that a selection asks for."""

    path: str
    state: FileState
    selection: Selection = NO_SELECTION

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class AnalyzeTask(ProbeTask):
    """Analyze a file, or each of its parts."""

    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class ProbeResult:
    """The content hash and tags of a file, and its parts if it is to be split."""

    content_hash: str
    tags: Tags
    parts: tuple[Part, ...] = ()


def make_job(model: AnyPath) -> Job[ProbeTask, ProbeResult | AnalysisResult]:
    """Return the job of a scan's worker process.

    The job raises `FileChangedError` if a file is modified after the state in its task.

    Raises
    ------
    ModelError
        If the model cannot be loaded, or fails on noise: it would fail on every file.
    """
    loaded = load_model(model)
    # compile now rather than with the first file, whose time is limited
    prepare(loaded.feature_set)
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * _SR)
    with must_end_within(TRIAL_S):
        analyze(noise, sr=_SR, model=loaded, prefetch=False)

    def job(task: ProbeTask, progress: ProgressCallback) -> ProbeResult | AnalysisResult:
        _check_unchanged(task)
        result: ProbeResult | AnalysisResult
        if not isinstance(task, AnalyzeTask):
            result = _probe(task.path, task.selection, progress)
        elif task.parts:
            result = _analyze_parts(task.path, task.parts, loaded, track=task.selection.track, progress=progress)
        else:
            result = analyze_file(task.path, loaded, track=task.selection.track, progress=progress)
        _check_unchanged(task)
        return result

    return job


def _probe(path: str, selection: Selection, progress: ProgressCallback) -> ProbeResult:
    return ProbeResult(
        content_hash(path, progress=_alive(progress)),
        tags_within_limits(path),
        _parts_within_limits(path, selection),
    )


def tags_within_limits(path: str) -> Tags:
    """Read a file's tags within limits of their own: beyond them, it counts as one without tags."""
    try:
        with memory_limited(TAGS_MB), interrupted_after(TAGS_S):
            return read_tags(path)
    except (MemoryError, TimeoutError):
        return NO_TAGS


def _parts_within_limits(path: str, selection: Selection) -> tuple[Part, ...]:
    """Find the parts of a file within the limits of tags, which hold cue sheets: beyond them, it is one song."""
    if selection == NO_SELECTION:
        return ()
    try:
        with memory_limited(TAGS_MB), interrupted_after(TAGS_S):
            return selection.parts(path)
    except (MemoryError, TimeoutError):
        return ()


def _alive(progress: ProgressCallback) -> Callable[[], None]:
    """Return a callback that reports that a file is still being read, not how far."""
    return lambda: progress(0.0, None)


def _check_unchanged(task: ProbeTask) -> None:
    if state_of(os.stat(task.path)) != task.state:  # noqa: PTH116  the exact name, which pathlib would normalize
        raise FileChangedError("it was modified while it was read; the next scan tries it again")


def analyze_file(
    path: AnyPath, model: Model, *, track: int | None = None, progress: ProgressCallback | None = None
) -> Analysis:
    r"""Analyze a file, with the mean of each column k of the features, :math:`d_k = \frac{1}{n}\sum_t x_{tk}`.

    The sum is over the n rows that are not silent and in double precision; the descriptors d are single precision, as
    the rows are.

    Raises
    ------
    AudioError
        If nothing can be read from the file, or less than one window of 1.0 s.
    """
    mean = SoundingMean(len(model.feature_set.names))
    curve = analyze(path, track=track, model=model, progress=progress, prefetch=False, on_features=mean.add)
    return Analysis(curve=curve, descriptors=mean.mean().astype(np.float32), model_version=model.version)


def _analyze_parts(
    path: AnyPath, parts: tuple[Part, ...], model: Model, *, track: int | None, progress: ProgressCallback
) -> dict[Part, Analysis]:
    """Analyze the parts of a file in one pass; raises as `analyze_file`."""
    means = [SoundingMean(len(model.feature_set.names)) for _ in parts]
    curves = analyze_parts(
        path, parts, track=track, model=model, progress=progress, prefetch=False,
        on_features=lambda index, found: means[index].add(found),
    )  # fmt: skip
    of_part = dict(zip(parts, means, strict=True))
    return {
        part: Analysis(curve=curve, descriptors=of_part[part].mean().astype(np.float32), model_version=model.version)
        for part, curve in curves.items()
    }
