"""Run a model on annotated songs, and keep what a correction starts from."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.datasets import Song
from moodcurve.evaluation.ratings import SongItem
from moodcurve.learn.adaptation.sound import SongOutputs
from moodcurve.runtime import EMBEDDING, load_model, packaged_models
from moodcurve.runtime.sequence import SequenceMode
from moodcurve.runtime.session import OUTPUT
from moodcurve.workers import FILE_LIMITS, Job, Limits, run_each

CONTEXT_ROWS = 120
"""Rows on each side over which sound is averaged, at most: a minute, as in the packaged models."""


def model_outputs(
    songs: Sequence[Song], model: str, *, check: Callable[[], None] = lambda: None, limits: Limits = FILE_LIMITS
) -> list[SongOutputs]:
    """Return what a model outputs for each song.

    A model that is not packaged runs in a process with limits, as anyone's graph may never end.

    Parameters
    ----------
    songs : sequence of Song
        Rated songs, with the model's features.
    model : str
        Name or file.
    check : callable
        Called repeatedly; an error that it raises, such as KeyboardInterrupt, stops everything.
    limits : Limits
        Limits of one song.

    Raises
    ------
    ModelError
        If the model cannot be used, or expects other features than the songs have.
    CrashError, LimitError
        If it crashes, or exceeds a limit.
    """
    items = [SongItem(song.song_id, song.full_features) for song in songs]
    packaged = model in packaged_models()
    results = run_each(
        partial(_make_job, model),
        items,
        workers=1,
        check=check,
        limits=Limits() if packaged else limits,
        isolate=not packaged,
    )
    found = []
    for song, result in zip(songs, results, strict=True):
        if isinstance(result, Exception):
            raise result
        outputs, mode = result
        found.append(_song_outputs(song, outputs, mode))
    return found


def _make_job(model: str) -> Job[SongItem, tuple[dict[str, Float32Array], SequenceMode]]:
    loaded = load_model(model)
    return lambda item, progress: (loaded.graph_outputs(item.features), loaded.sequence_mode)


def _song_outputs(song: Song, outputs: dict[str, Float32Array], mode: SequenceMode) -> SongOutputs:
    values = outputs[OUTPUT].astype(np.float64)
    embedding = outputs.get(EMBEDDING, np.empty((len(values), 0), np.float32))
    return SongOutputs(
        song=song,
        values=values[song.rated],
        embedding=embedding.astype(np.float64),
        context_rows=min(mode.margin_rows, CONTEXT_ROWS),
    )
