"""A model judged on annotated songs."""

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.datasets import Dataset, DatasetError, Song
from moodcurve.metrics import scores
from moodcurve.runtime import Model

AXES = ("arousal", "valence")
"""In the order of a label's or prediction's two columns."""
FIGURES = ("rmse_song", "r_song", "ccc_song", "rmse", "r", "r2", "ccc")
"""What is reported of each axis: means over songs, then over all points; see `moodcurve.metrics`."""


def evaluate(dataset: Dataset, model: Model) -> dict[str, Any]:
    """Judge a model on songs, as ``moodcurve evaluate --json`` prints it.

    Returns
    -------
    dict
        ``{"model": name, "songs": n, "arousal": {…}, "valence": {…}}``, with the `FIGURES` of each axis; a
        figure is None where it is undefined.

    Raises
    ------
    ModelError
        If the model reads other features than the songs have.
    """
    predicted = [model.predict(song.features) for song in dataset.songs]
    return {"model": model.name, **figures(dataset.songs, predicted)}


def figures(songs: Sequence[Song], predicted: Sequence[npt.NDArray[np.float64]]) -> dict[str, Any]:
    """Score predictions, one (n, 2) a song, limited to [-1, 1]; None where a figure is undefined."""
    result: dict[str, Any] = {"songs": len(songs)}
    for column, axis in enumerate(AXES):
        y_pred = [np.clip(p[:, column], -1, 1) for p in predicted]
        values = scores([song.y[:, column] for song in songs], y_pred).as_dict()
        result[axis] = {name: values[name] for name in FIGURES}
    return result


def select_songs(dataset: Dataset, ids: Collection[str]) -> tuple[Dataset, tuple[str, ...]]:
    """Keep the songs with these ids, in the dataset's order, and give the ids that it does not have.

    Raises
    ------
    DatasetError
        If it has none of them.
    """
    songs = tuple(song for song in dataset.songs if song.song_id in ids)
    if not songs:
        raise DatasetError(f"{dataset.name}: none of the {len(ids)} ids given; expected ids among its songs")
    known = {song.song_id for song in songs}
    return replace(dataset, songs=songs), tuple(song_id for song_id in ids if song_id not in known)


def read_ids(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Read song ids from a text file: the first comma-separated field of each line.

    Empty lines are passed over, and a first line that starts with ``song_id`` is taken for a header.

    Raises
    ------
    DatasetError
        If the file cannot be read as text.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read as a list of ids: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: is not text; expected a list of ids, one a line") from error
    ids = [line.split(",")[0].strip() for line in lines]
    return tuple(song_id for song_id in ids[ids[:1] == ["song_id"] :] if song_id)
