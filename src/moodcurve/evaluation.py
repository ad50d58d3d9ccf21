"""A model judged on annotated songs."""

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.datasets import Dataset, DatasetError, Song
from moodcurve.datasets.deam.reader import NAMES as DEAM_NAMES
from moodcurve.metrics import scores
from moodcurve.runtime import Model

AXES = ("arousal", "valence")
"""In the order of a label's or prediction's two columns."""
FIGURES = ("rmse_song", "r_song", "ccc_song", "rmse", "r", "r2", "ccc", "determination")
"""What is reported of each axis: means over songs, then over all points; see `moodcurve.metrics`."""

INTERVAL_FIGURES = ("coverage90", "width90")
"""Of the 90 % intervals: the share of a song's ratings that lie inside, and their width, both means over songs."""


def evaluate(dataset: Dataset, model: Model) -> dict[str, Any]:
    """Judge a model on songs, as ``moodcurve evaluate --json`` prints it.

    Returns
    -------
    dict
        ``{"model": name, "songs": n, "arousal": {…}, "valence": {…}, "songs_trained_on": m}``, with the
        `FIGURES` and `INTERVAL_FIGURES` of each axis; a figure is None where it is undefined. Of the n songs, the
        model has learned from m, and figures with m > 0 say how well it fits, not how well it predicts.

    Raises
    ------
    ModelError
        If the model reads other features than the songs have.
    """
    found = [model.predict_with_std(song.full_features) for song in dataset.songs]
    judged = figures(dataset.songs, [p.values[song.rated] for p, song in zip(found, dataset.songs, strict=True)])
    intervals = None
    if model.intervals is not None:
        of_points = [model.intervals.of_points(p.values, p.std) for p in found]
        intervals = [ends[song.rated] for ends, song in zip(of_points, dataset.songs, strict=True)]
    held = interval_figures(dataset.songs, intervals)
    for axis in AXES:
        judged[axis] |= held[axis]
    return {"model": model.name, **judged, "songs_trained_on": songs_trained_on(dataset, model)}


def interval_figures(
    songs: Sequence[Song], intervals: Sequence[npt.NDArray[np.float64]] | None
) -> dict[str, dict[str, float | None]]:
    """Judge 90 % intervals by `INTERVAL_FIGURES` of each axis; None where there are none.

    Parameters
    ----------
    songs : sequence of Song
    intervals : sequence of (n, 2, 2), or None
        Of each song by point, axis and end (low, high), as `moodcurve.runtime.intervals.Intervals` gives them.
    """
    if intervals is None:
        return {axis: dict.fromkeys(INTERVAL_FIGURES) for axis in AXES}
    inside, widths = [], []
    for song, ends in zip(songs, intervals, strict=True):
        inside.append(((song.y >= ends[..., 0]) & (song.y <= ends[..., 1])).mean(axis=0))
        widths.append((ends[..., 1] - ends[..., 0]).mean(axis=0))
    values = np.mean([inside, widths], axis=1)
    return {
        axis: dict(zip(INTERVAL_FIGURES, (float(value) for value in values[:, column]), strict=True))
        for column, axis in enumerate(AXES)
    }


def songs_trained_on(dataset: Dataset, model: Model) -> int:
    """Count the songs that, by its file, the model has learned from; the labels of DEAM's releases share their ids."""
    learned_from = model.metadata.get("training_data")
    if learned_from != dataset.name and not {learned_from, dataset.name} <= set(DEAM_NAMES.values()):
        return 0
    learned = set(training_ids(model))
    return sum(song.song_id in learned for song in dataset.songs)


def figures(songs: Sequence[Song], predicted: Sequence[npt.NDArray[np.float64]]) -> dict[str, Any]:
    """Score predictions, one (n, 2) a song, limited to [-1, 1]; None where a figure is undefined."""
    result: dict[str, Any] = {"songs": len(songs)}
    for column, axis in enumerate(AXES):
        y_pred = [np.clip(p[:, column], -1, 1) for p in predicted]
        values = scores([song.y[:, column] for song in songs], y_pred).as_dict()
        result[axis] = {name: values[name] for name in FIGURES}
    return result


def only_songs(dataset: Dataset, ids: Collection[str]) -> tuple[Dataset, tuple[str, ...]]:
    """Keep the songs with these ids, in the dataset's order, and give the ids that it does not have.

    Raises
    ------
    DatasetError
        If no song is left.
    """
    songs = tuple(song for song in dataset.songs if song.song_id in ids)
    if not songs:
        raise DatasetError(f"{dataset.name}: none of the songs is among the {len(ids)} ids given")
    known = {song.song_id for song in dataset.songs}
    return replace(dataset, songs=songs), tuple(song_id for song_id in ids if song_id not in known)


def without_songs(dataset: Dataset, ids: Collection[str]) -> Dataset:
    """Leave out the songs with these ids, which have to be the dataset's.

    An id that it does not have is refused: it may be a misspelt one, whose song would be learned from and then taken
    for a test.

    Raises
    ------
    DatasetError
        If an id is neither a song's nor that of a song which could not be read, or no song is left.
    """
    known = {song.song_id for song in dataset.songs} | set(dataset.left_out)
    unknown = [song_id for song_id in ids if song_id not in known]
    if unknown:
        raise DatasetError(
            f"{dataset.name}: {len(unknown)} of the {len(ids)} ids to leave out are not among its songs: "
            f"{some(unknown)}; correct or remove them"
        )
    songs = tuple(song for song in dataset.songs if song.song_id not in ids)
    if not songs:
        raise DatasetError(f"{dataset.name}: all songs are among the {len(ids)} ids given")
    return replace(dataset, songs=songs, left_out=tuple(i for i in dataset.left_out if i not in ids))


def some(ids: Sequence[str]) -> str:
    """Name the first few ids."""
    return ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")


def training_ids(model: Model) -> tuple[str, ...]:
    """Give the ids of the songs that, by its file, a model has learned from."""
    return tuple(json.loads(model.metadata.get("song_ids", "[]")))


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
