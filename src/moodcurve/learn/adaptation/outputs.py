"""Run a model on annotated songs, and keep what a correction starts from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.datasets import Song
from moodcurve.evaluation import apply_model
from moodcurve.features import Features
from moodcurve.runtime import EMBEDDING, Model
from moodcurve.runtime.sequence import SequenceMode
from moodcurve.runtime.session import OUTPUT

CONTEXT_ROWS = 120
"""Rows on each side over which sound is averaged, at most: a minute, as in the packaged models."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SongOutputs:
    """A rated song, and what a model outputs for its rated rows.

    Attributes
    ----------
    song : Song
    values : (n, 2)
        Arousal and valence, not limited to [-1, 1].
    embedding : (rows of the recording, size)
        Size 0 if the model has no such output.
    context_rows : int
        Rows on each side of a row that may be read; 0 if the model reads forward only, or single rows.
    """

    song: Song
    values: FloatArray
    embedding: FloatArray
    context_rows: int


def model_outputs(songs: Sequence[Song], model: str, *, check: Callable[[], None] = lambda: None) -> list[SongOutputs]:
    """Return what a model, given by name or file, outputs for each song.

    The parameters and errors are those of `moodcurve.evaluation.apply_model`.
    """
    found = apply_model(model, songs, _graph_outputs, check=check)
    return [_song_outputs(song, outputs, mode) for song, (outputs, mode) in zip(songs, found, strict=True)]


def _graph_outputs(model: Model, features: Features) -> tuple[dict[str, Float32Array], SequenceMode]:
    return model.graph_outputs(features), model.sequence_mode


def _song_outputs(song: Song, outputs: dict[str, Float32Array], mode: SequenceMode) -> SongOutputs:
    values = outputs[OUTPUT].astype(np.float64)
    embedding = outputs.get(EMBEDDING, np.empty((len(values), 0), np.float32))
    return SongOutputs(
        song=song,
        values=values[song.rated],
        embedding=embedding.astype(np.float64),
        context_rows=min(mode.margin_rows, CONTEXT_ROWS),
    )
