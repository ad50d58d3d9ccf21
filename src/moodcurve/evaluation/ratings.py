"""Evaluate a model on annotated songs: against ratings over time, and whatever other labels they have."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.recordings import share_ids
from moodcurve.datasets.selection import rated_songs
from moodcurve.evaluation.apply import apply_model
from moodcurve.evaluation.other_labels import evaluate_other_labels
from moodcurve.features import Features
from moodcurve.metrics import scores
from moodcurve.runtime import Model, ModelError
from moodcurve.runtime.loading import describe_model, model_metadata
from moodcurve.util.files import AnyPath
from moodcurve.workers import FILE_LIMITS, Limits

EVALUATION_METRICS = ("rmse_song", "r_song", "ccc_song", "rmse", "r", "r2", "ccc", "determination")
"""Metrics reported for each axis: means over songs, then pooled over all points; see `moodcurve.metrics`."""

INTERVAL_METRICS = ("coverage90", "width90")
"""Share of a song's ratings inside the 90 % interval, and the interval's width; both are means over songs."""


def evaluate(
    dataset: Dataset,
    model: Model | AnyPath,
    *,
    check: Callable[[], None] = lambda: None,
    limits: Limits = FILE_LIMITS,
) -> dict[str, Any]:
    """Evaluate a model on annotated songs.

    Parameters
    ----------
    dataset : Dataset
        With the model's features.
    model : Model, str or path
        A loaded model, or a name or file. A file runs in a process with limits, because anyone's graph may never end.
    check : callable
        Called repeatedly; an error that it raises, such as KeyboardInterrupt, stops everything.
    limits : Limits
        Limits of one song, if a file is applied.

    Returns
    -------
    dict
        ``{"model": name, "songs": n, "arousal": {…}, "valence": {…}, "songs_trained_on": m}``, as
        ``moodcurve evaluate --json`` prints it. Each axis has `EVALUATION_METRICS` and `INTERVAL_METRICS`; an
        undefined metric is None. The model was trained on m of the n songs; with m > 0 the metrics describe fit, not
        prediction.

        If songs have quadrants, comparisons or words, also the metrics of `evaluate_other_labels`. Without ratings,
        there are no metrics by axis, and n counts all songs.

    Raises
    ------
    DatasetError
        If no song has a label that a model can be tested on.
    ModelError
        If the model cannot be used, or expects other features than the songs have.
    CrashError, LimitError
        If a file crashes, or exceeds a limit.

    Examples
    --------
    >>> evaluate(read_dataset("DEAM"), load_model("mine.onnx"))["arousal"]["ccc"]  # doctest: +SKIP
    0.79
    """
    return describe_predictions(dataset, predict_songs(dataset, model, check=check, limits=limits), model)


@dataclass(frozen=True, eq=False)
class SongPrediction:
    """Predictions of all rows of a song.

    Attributes
    ----------
    values : (n, 2)
        Arousal and valence, not limited to [-1, 1].
    ends : (n, 2, 2) or None
        Low and high ends of each axis's 90 % interval, if the model has any.
    """

    values: FloatArray
    ends: FloatArray | None


def predict_songs(
    dataset: Dataset,
    model: Model | AnyPath,
    *,
    check: Callable[[], None] = lambda: None,
    limits: Limits = FILE_LIMITS,
) -> list[SongPrediction]:
    """Predict all rows of each song of a dataset.

    Parameters and errors are those of `apply_model`; the predictions are in the order of the songs.
    """
    return apply_model(model, dataset.songs, _predict, check=check, limits=limits)


def _predict(model: Model, features: Features) -> SongPrediction:
    found = model.predict_with_std(features)
    ends = None if model.intervals is None else model.intervals.of_points(found.values, found.std)
    return SongPrediction(found.values, ends)


def describe_predictions(dataset: Dataset, found: Sequence[SongPrediction], model: Model | AnyPath) -> dict[str, Any]:
    """Return what `evaluate` returns, from predictions that were made before.

    Parameters
    ----------
    dataset : Dataset
    found : sequence of SongPrediction
        Of all rows of each song, as `predict_songs` returns them.
    model : Model, str or path
        The model that made them: for its name, and the songs that it was trained on.

    Raises
    ------
    DatasetError
        If no song has a label that a model can be tested on.
    ModelError
        If the model's metadata cannot be read.
    """
    if isinstance(model, Model):
        name, metadata = model.name, model.metadata
    else:
        name, metadata = describe_model(model)[0], model_metadata(model)
    means = np.array([np.clip(p.values, -1, 1).mean(axis=0) for p in found])
    other = evaluate_other_labels(dataset.songs, means, dataset.comparisons)
    pairs = [(song, p) for song, p in zip(dataset.songs, found, strict=True) if song.is_rated]
    if not pairs and other:
        metrics: dict[str, Any] = {"songs": len(dataset.songs)}
    else:
        dataset = rated_songs(dataset)
        metrics = evaluate_predictions(dataset.songs, [p.values[song.rated] for song, p in pairs])
        intervals = [p.ends[song.rated] for song, p in pairs if p.ends is not None]
        interval_metrics = evaluate_intervals(dataset.songs, intervals or None)
        for axis in AXES:
            metrics[axis] |= interval_metrics[axis]
    return {"model": name, **metrics, **other, "songs_trained_on": count_training_songs(dataset, metadata)}


def evaluate_predictions(songs: Sequence[Song], predicted: Sequence[FloatArray]) -> dict[str, Any]:
    """Compute `EVALUATION_METRICS` of predictions.

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
        result[axis] = {name: values[name] for name in EVALUATION_METRICS}
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


def count_training_songs(dataset: Dataset, metadata: Mapping[str, str]) -> int:
    """Count the songs of a dataset that a model was trained on, according to its metadata.

    Raises
    ------
    ModelError
        As `training_sets`.
    """
    known = known_ids(dataset.name, metadata)
    return sum(song.song_id in known for song in dataset.songs)


def known_ids(name: str, metadata: Mapping[str, str]) -> set[str]:
    """Return the ids of the songs of a set that a model was trained on, according to its metadata.

    They are those of a set of the same name, or of one that holds the same recordings
    (`moodcurve.datasets.recordings.share_ids`).

    Raises
    ------
    ModelError
        As `training_sets`.
    """
    known: set[str] = set()
    for trained, ids in training_sets(metadata).items():
        if any(share_ids(name, one) for one in (trained, *trained.split(" + "))):
            known.update(ids)
    return known


def training_sets(metadata: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the songs that a model was trained on, by set, according to its metadata.

    The name of several sets that were read as one joins theirs by " + ".

    Raises
    ------
    ModelError
        If the metadata hold no list of ids, or do not divide it among sets.
    """
    ids = training_ids(metadata)
    try:
        counts = json.loads(metadata.get("training_sets", "null"))
    except (ValueError, RecursionError):
        counts = {}
    if counts is None:
        return {metadata.get("training_data", ""): ids}
    plain = isinstance(counts, dict) and all(type(count) is int and count >= 0 for count in counts.values())
    if not plain or sum(counts.values()) != len(ids):
        raise ModelError("the model's metadata 'training_sets' do not count its ids by set; export it again")
    ends = list(accumulate(counts.values()))
    return {name: ids[end - count : end] for (name, count), end in zip(counts.items(), ends, strict=True)}


def training_ids(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of the songs that a model was trained on, according to its metadata.

    Raises
    ------
    ModelError
        If they are not a list of texts.
    """
    try:
        ids = json.loads(metadata.get("song_ids", "[]"))
    except (ValueError, RecursionError):
        ids = None
    if not isinstance(ids, list) or not all(isinstance(song_id, str) for song_id in ids):
        raise ModelError("the model's metadata 'song_ids' are not a list of ids; export it again")
    return tuple(ids)
