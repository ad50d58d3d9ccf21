"""The job of the processes that analyze a shard's files: that of a local scan, on a copy of a file of a store."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from moodcurve.audio.tags import Tags
from moodcurve.library.models import Analysis
from moodcurve.library.scanning.selection import NO_SELECTION, Selection
from moodcurve.library.scanning.walk import FileState, state_of
from moodcurve.library.scanning.worker import AnalyzeTask, ProbeResult, ProbeTask, make_job
from moodcurve.util.files import AnyPath
from moodcurve.util.text import reason_of
from moodcurve.workers import Job, ProgressReporter


@dataclass(frozen=True)
class SongTask:
    """Hash a file, read its tags and analyze it.

    Attributes
    ----------
    url : str
        Its name in messages and results.
    path : str
        Where it lies on this machine.
    selection : Selection
        Which audio track is analyzed.
    """

    url: str
    path: str
    selection: Selection = NO_SELECTION

    def __str__(self) -> str:
        return self.url

    @property
    def is_copy(self) -> bool:
        """Whether the file was copied from a store."""
        return self.path != self.url


@dataclass(frozen=True, eq=False)
class Song:
    """What a file holds; its curve has the file's URL as source."""

    content_hash: str
    tags: Tags
    analysis: Analysis
    state: FileState


def make_song_job(model: AnyPath) -> Job[SongTask, Song]:
    """Return the job of a process, made of the two of a local scan; raises as `make_job` of its module does."""
    job = make_job(model)

    def song_job(task: SongTask, progress: ProgressReporter) -> Song:
        state = state_of(Path(task.path).stat())
        probe = job(ProbeTask(task.path, state, task.selection), progress)
        analysis = job(AnalyzeTask(task.path, state, task.selection), progress)
        assert isinstance(probe, ProbeResult)  # nosec B101 # narrows the types for mypy
        assert isinstance(analysis, Analysis)  # nosec B101
        (content_hash,) = task.selection.hashes(probe.content_hash, ())
        curve = replace(analysis.curve, source=task.url)
        return Song(content_hash, probe.tags, replace(analysis, curve=curve), state)

    return song_job


def problem_of(error: Exception, task: SongTask) -> str:
    """Return why a file could not be used, without its name, which the row of results has anyway."""
    return reason_of(error, task.url, task.path, os.path.basename(task.path))  # noqa: PTH119  any string
