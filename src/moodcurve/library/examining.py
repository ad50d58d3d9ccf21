"""What a scan's worker processes do with a file: tell what it is, then hear it if its sound is not known."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from moodcurve.audio.content_hash import content_of
from moodcurve.audio.tags import Tags
from moodcurve.errors import MoodcurveError
from moodcurve.features.warmup import prepare
from moodcurve.library.hearing import hear
from moodcurve.library.records import Heard
from moodcurve.library.walk import FileState, state_of
from moodcurve.runtime import load_model
from moodcurve.util.files import AnyPath
from moodcurve.workers import Job, Progress


class ChangedError(MoodcurveError):
    """A file is being written to: what was read of it is of no use."""


@dataclass(frozen=True)
class Probe:
    """Tell what a file holds."""

    path: str
    state: FileState

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class Hear(Probe):
    """Analyse a file."""


@dataclass(frozen=True)
class Probed:
    """What a file holds: the hash of its sound, and its tags."""

    content: str
    tags: Tags


def examiner(model: AnyPath) -> Job[Probe, Probed | Heard]:
    """Make the job of a scan's worker.

    Its results are of the file as the item states it: of one that is written to meanwhile it raises ChangedError.
    """
    loaded = load_model(model)
    # here rather than with the first file, whose time is limited
    prepare(loaded.feature_set)

    def job(item: Probe, progress: Progress) -> Probed | Heard:
        _check(item)
        result = hear(item.path, loaded, progress=progress) if isinstance(item, Hear) else _probed(item.path, progress)
        _check(item)
        return result

    return job


def _probed(path: str, progress: Progress) -> Probed:
    # imported here: mutagen brings some fifty modules, which hearing needs none of
    from moodcurve.audio.tags import read_tags

    return Probed(content_of(path, progress=_alive(progress)), read_tags(path))


def _alive(progress: Progress) -> Callable[[], None]:
    """Report that the file is still being read, not how far."""
    return lambda: progress(0.0, None)


def _check(item: Probe) -> None:
    if state_of(os.stat(item.path)) != item.state:  # noqa: PTH116  the name as it is, whatever it holds
        raise ChangedError("it was written to while it was read; the next scan reads it anew")
