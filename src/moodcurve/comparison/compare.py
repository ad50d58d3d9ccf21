"""Compute paired differences between the metrics of two models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from moodcurve._typing import BoolArray, FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Annotation, Dataset, Song
from moodcurve.datasets.selection import rated_songs, songs_by_genre
from moodcurve.errors import MoodcurveError
from moodcurve.evaluation import SongPrediction, describe_predictions, predict_songs
from moodcurve.features.feature_sets import HOP_S
from moodcurve.metrics.bootstrap import Interval, bootstrap_difference
from moodcurve.runtime import Model
from moodcurve.util.files import AnyPath

COMPARED_METRICS = ("rmse_song", "r_song", "ccc_song", "rmse", "r", "ccc", "determination")
"""Metrics whose differences are computed."""
GENRE_METRICS = ("rmse_song", "ccc")
MIN_GENRE_SONGS = 5
"""Genres of fewer songs are left out."""

AxisDifferences = dict[str, dict[str, Interval]]
"""Differences by axis and metric."""


class ComparisonError(MoodcurveError):
    """Two models cannot be compared: no song is common to both."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GenreDifferences:
    """Differences within one genre."""

    genre: str
    songs: int
    differences: AxisDifferences


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelComparison:
    """Two models on the same songs. All differences are the first model minus the second.

    Attributes
    ----------
    dataset : Dataset
        The rated songs that both models can be applied to.
    models : (dict, dict)
        Each model's metrics, as `moodcurve.evaluation.evaluate` returns them.
    predictions : (list, list) of moodcurve.evaluation.SongPrediction
        Each model's at the rated points of each song, limited to [-1, 1].
    differences : dict
        95 % bootstrap intervals over songs, by axis and metric.
    genres : tuple of GenreDifferences
        By number of songs, the largest first; a song may be of several.
    """

    dataset: Dataset
    models: tuple[dict[str, Any], dict[str, Any]]
    predictions: tuple[list[SongPrediction], list[SongPrediction]]
    differences: AxisDifferences
    genres: tuple[GenreDifferences, ...]

    @property
    def song_rmse(self) -> FloatArray:
        """RMSE of each song (songs, models, axes)."""
        return np.array([
            [np.sqrt(((one.values - song.y) ** 2).mean(axis=0)) for one in pair]
            for song, pair in zip(self.dataset.songs, zip(*self.predictions, strict=True), strict=True)
        ])  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON; an undefined metric is None."""
        return {
            "dataset": self.dataset.name,
            "songs": len(self.dataset.songs),
            "models": list(self.models),
            "differences": _plain(self.differences),
            "by_genre": [
                {"genre": one.genre, "songs": one.songs, **_plain(one.differences)} for one in self.genres
            ],
            "per_song": [
                {
                    "song_id": song.song_id,
                    "artist": song.artist,
                    "title": song.title,
                    "genre": song.genre,
                    **{axis: {"rmse": [float(value) for value in rmse[:, i]]} for i, axis in enumerate(AXES)},
                }
                for song, rmse in zip(self.dataset.songs, self.song_rmse, strict=True)
            ],
        }  # fmt: skip


def compare(
    datasets: Sequence[Dataset],
    models: Sequence[Model | AnyPath],
    *,
    seed: int = 0,
    check: Callable[[], None] = lambda: None,
) -> ModelComparison:
    """Compare two models on the songs that both can be applied to.

    Parameters
    ----------
    datasets : two Datasets
        The annotated songs, with the features of the first and of the second model.
    models : two of Model, str or path
        Loaded models, names or files. A file runs in a process with limits, because anyone's graph may never end.
    seed : int
        Of the bootstrap draws.
    check : callable
        Called repeatedly while a file is applied; an error that it raises stops everything.

    Raises
    ------
    ComparisonError
        If no song is common to both, or a song's features are at different times.
    DatasetError, ModelError
        As `moodcurve.evaluation.predict_songs`.
    """
    rated = [rated_songs(dataset) for dataset in datasets]
    by_id = [{song.song_id: song for song in dataset.songs} for dataset in rated]
    common = [song_id for song_id in by_id[0] if song_id in by_id[1]]
    if not common:
        raise ComparisonError("the models have no song in common: their features are of different songs")
    pairs = [_same_points([songs[song_id] for songs in by_id]) for song_id in common]
    pairs = [pair for pair in pairs if pair[0].is_rated]
    if not pairs:
        raise ComparisonError("the models have no rated point in common: their features are at other times")
    rated = [_with_songs(dataset, songs) for dataset, songs in zip(rated, zip(*pairs, strict=True), strict=True)]
    predicted = [predict_songs(dataset, model, check=check) for dataset, model in zip(rated, models, strict=True)]
    described = [
        describe_predictions(dataset, one, model) for dataset, one, model in zip(rated, predicted, models, strict=True)
    ]
    found = [
        [_rated_points(one, song) for one, song in zip(each, dataset.songs, strict=True)]
        for dataset, each in zip(rated, predicted, strict=True)
    ]
    return ModelComparison(
        dataset=rated[0],
        models=(described[0], described[1]),
        predictions=(found[0], found[1]),
        differences=_differences(rated[0], found, COMPARED_METRICS, seed),
        genres=_by_genre(rated[0], found, seed),
    )


def _same_points(pair: Sequence[Song]) -> list[Song]:
    """Return a song, with the features of either model, rated at the times that both have.

    Tables of features and the audio itself may end at different times.

    Raises
    ------
    ComparisonError
        If they differ within that time.
    """
    times = [song.annotation.times_s for song in pair]
    start_s, end_s = max(t[0] for t in times) - HOP_S / 2, min(t[-1] for t in times) + HOP_S / 2
    cut = [_between(song, (t >= start_s) & (t <= end_s)) for song, t in zip(pair, times, strict=True)]
    first, second = (song.annotation.times_s for song in cut)
    if len(first) != len(second) or np.abs(first - second).max(initial=0) > HOP_S / 2:
        raise ComparisonError(
            f"song {pair[0].song_id}: the models' features are at different times, and cannot be paired"
        )
    return cut


def _between(song: Song, chosen: BoolArray) -> Song:
    """Return a song with a part of its rated points, which is one block."""
    if chosen.all():
        return song
    features = replace(song.features, values=song.x[chosen], times_s=song.features.times_s[chosen])
    ratings = {name: getattr(song.annotation, name)[chosen] for name in ("times_s", "arousal", "valence")}
    return replace(song, features=features, annotation=Annotation(**ratings))


def _with_songs(dataset: Dataset, songs: Sequence[Song]) -> Dataset:
    return replace(dataset, songs=tuple(songs), comparisons=())


def _rated_points(one: SongPrediction, song: Song) -> SongPrediction:
    ends = None if one.ends is None else one.ends[song.rated]
    return SongPrediction(np.clip(one.values[song.rated], -1, 1), ends)


def _differences(
    dataset: Dataset, found: Sequence[Sequence[SongPrediction]], metrics: Sequence[str], seed: int
) -> AxisDifferences:
    differences = {}
    for column, axis in enumerate(AXES):
        y_true = [song.y[:, column] for song in dataset.songs]
        first, second = ([one.values[:, column] for one in predicted] for predicted in found)
        differences[axis] = bootstrap_difference(y_true, first, second, metrics, seed=seed)
    return differences


def _by_genre(dataset: Dataset, found: Sequence[Sequence[SongPrediction]], seed: int) -> tuple[GenreDifferences, ...]:
    genres = songs_by_genre(dataset.songs, min_songs=MIN_GENRE_SONGS)
    return tuple(
        GenreDifferences(
            genre=genre,
            songs=len(songs),
            differences=_differences(
                _with_songs(dataset, [dataset.songs[i] for i in songs]),
                [[predicted[i] for i in songs] for predicted in found],
                GENRE_METRICS,
                seed,
            ),
        )
        for genre, songs in sorted(genres.items(), key=lambda item: -len(item[1]))
    )


def _plain(differences: AxisDifferences) -> dict[str, dict[str, dict[str, float | None]]]:
    return {axis: {name: one.as_dict() for name, one in metrics.items()} for axis, metrics in differences.items()}
