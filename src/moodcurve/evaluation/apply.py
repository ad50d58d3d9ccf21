"""Apply a model to annotated songs, in this process or in one with limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from moodcurve.datasets import Song
from moodcurve.features import Features
from moodcurve.runtime import Model, load_model, packaged_models
from moodcurve.util.files import AnyPath
from moodcurve.workers import FILE_LIMITS, Job, Limits, run_each

Result = TypeVar("Result")


def apply_model(
    model: Model | AnyPath,
    songs: Sequence[Song],
    compute: Callable[[Model, Features], Result],
    *,
    check: Callable[[], None] = lambda: None,
    limits: Limits = FILE_LIMITS,
) -> list[Result]:
    """Return what a function computes with a model from the features of each song.

    A file runs in a process with limits, because anyone's graph may never end. A loaded or packaged model runs here.

    Parameters
    ----------
    model : Model, str or path
        A loaded model, or a name or file.
    songs : sequence of Song
        With the model's features.
    compute : callable
        A module's function; receives the model and all known rows of a song.
    check : callable
        Called repeatedly; an error that it raises, such as KeyboardInterrupt, stops everything.
    limits : Limits
        Limits of one song, if a file is applied.

    Raises
    ------
    ModelError
        If the model cannot be used, or expects other features than the songs have.
    CrashError, LimitError
        If a file crashes, or exceeds a limit.
    """
    if isinstance(model, Model):
        return [compute(model, song.full_features) for song in songs]
    packaged = model in packaged_models()
    results = run_each(
        partial(_make_job, model, compute),
        [_SongItem(song.song_id, song.full_features) for song in songs],
        workers=1,
        check=check,
        limits=None if packaged else limits,
        isolate=not packaged,
    )
    found = []
    for result in results:
        if isinstance(result, Exception):
            raise result
        found.append(result)
    return found


@dataclass(frozen=True)
class _SongItem:
    """The features of a song, as an item for a worker process."""

    song_id: str
    features: Features

    def __str__(self) -> str:
        return f"song {self.song_id}"


def _make_job(model: AnyPath, compute: Callable[[Model, Features], Result]) -> Job[_SongItem, Result]:
    loaded = load_model(model)
    return lambda item, progress: compute(loaded, item.features)
