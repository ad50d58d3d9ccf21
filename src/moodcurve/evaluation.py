"""Evaluate a model on annotated songs."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.deam.reader import NAMES as DEAM_NAMES
from moodcurve.datasets.deam.sound import EXCERPTS as DEAM_EXCERPTS
from moodcurve.datasets.deam.sound import NAME as DEAM_WITH_SOUND
from moodcurve.datasets.selection import rated_songs
from moodcurve.metrics import scores
from moodcurve.runtime import Model

METRICS = ("rmse_song", "r_song", "ccc_song", "rmse", "r", "r2", "ccc", "determination")
"""Metrics reported for each axis: means over songs, then pooled over all points; see `moodcurve.metrics`."""

INTERVAL_METRICS = ("coverage90", "width90")
"""Share of a song's ratings inside the 90 % interval, and the interval's width; both are means over songs."""


def evaluate(dataset: Dataset, model: Model) -> dict[str, Any]:
    """Evaluate a model on annotated songs.

    Returns
    -------
    dict
        ``{"model": name, "songs": n, "arousal": {…}, "valence": {…}, "songs_trained_on": m}``, as
        ``moodcurve evaluate --json`` prints it. Each axis has `METRICS` and `INTERVAL_METRICS`; an undefined metric
        is None. The model was trained on m of the n songs; with m > 0 the metrics describe fit, not prediction. Songs
        that only have a quadrant are left out.

    Raises
    ------
    DatasetError
        If no song is rated.
    ModelError
        If the model expects other features than the songs have.

    Examples
    --------
    >>> evaluate(read_dataset("DEAM"), load_model("mine.onnx"))["arousal"]["ccc"]  # doctest: +SKIP
    0.79
    """
    dataset = rated_songs(dataset)
    outputs = [model.predict_with_std(song.full_features) for song in dataset.songs]
    rated = [p.values[song.rated] for p, song in zip(outputs, dataset.songs, strict=True)]
    intervals = None
    if model.intervals is not None:
        whole = [model.intervals.of_points(p.values, p.std) for p in outputs]
        intervals = [ends[song.rated] for ends, song in zip(whole, dataset.songs, strict=True)]
    metrics = evaluate_predictions(dataset.songs, rated)
    interval_metrics = evaluate_intervals(dataset.songs, intervals)
    for axis in AXES:
        metrics[axis] |= interval_metrics[axis]
    return {"model": model.name, **metrics, "songs_trained_on": count_training_songs(dataset, model)}


def evaluate_predictions(songs: Sequence[Song], predicted: Sequence[FloatArray]) -> dict[str, Any]:
    """Compute `METRICS` of predictions.

    Parameters
    ----------
    songs : sequence of Song
    predicted : sequence of (n, 2)
        Predicted arousal and valence at each song's rated points. Values outside [-1, 1] are clipped.

    Returns
    -------
    dict
        ``{"songs": n, "arousal": {…}, "valence": {…}}``; an undefined metric is None.

    Examples
    --------
    >>> metrics = evaluate_predictions(songs, [song.y for song in songs])  # doctest: +SKIP
    >>> metrics["valence"]["rmse"]  # doctest: +SKIP
    0.0
    """
    result: dict[str, Any] = {"songs": len(songs)}
    for column, axis in enumerate(AXES):
        y_pred = [np.clip(p[:, column], -1, 1) for p in predicted]
        values = scores([song.y[:, column] for song in songs], y_pred).as_dict()
        result[axis] = {name: values[name] for name in METRICS}
    return result


def evaluate_intervals(
    songs: Sequence[Song], intervals: Sequence[FloatArray] | None
) -> dict[str, dict[str, float | None]]:
    """Compute `INTERVAL_METRICS` of 90 % intervals for each axis; None without intervals.

    Parameters
    ----------
    songs : sequence of Song
    intervals : sequence of (n, 2, 2), or None
        One array per song, by rated point, axis and end (low, high); see `moodcurve.runtime.intervals.Intervals`.
    """
    if intervals is None:
        return {axis: dict.fromkeys(INTERVAL_METRICS) for axis in AXES}
    inside, widths = [], []
    for song, ends in zip(songs, intervals, strict=True):
        inside.append(((song.y >= ends[..., 0]) & (song.y <= ends[..., 1])).mean(axis=0))
        widths.append((ends[..., 1] - ends[..., 0]).mean(axis=0))
    values = np.mean([inside, widths], axis=1)
    return {
        axis: dict(zip(INTERVAL_METRICS, (float(value) for value in values[:, column]), strict=True))
        for column, axis in enumerate(AXES)
    }


def count_training_songs(dataset: Dataset, model: Model) -> int:
    """Count the songs that the model was trained on, according to its file.

    The label releases of DEAM, and DEAM with its sound, share their song ids: training on one counts for the others.
    A model of several sets names them all, joined by " + ".
    """
    training_data = set(model.metadata.get("training_data", "").split(" + "))
    deam = {*DEAM_NAMES.values(), DEAM_WITH_SOUND, DEAM_EXCERPTS}
    if dataset.name not in training_data and not (dataset.name in deam and training_data & deam):
        return 0
    ids = set(training_ids(model))
    return sum(song.song_id in ids for song in dataset.songs)


def training_ids(model: Model) -> tuple[str, ...]:
    """Return the ids of the songs that a model was trained on, according to its file."""
    return tuple(json.loads(model.metadata.get("song_ids", "[]")))
