"""Read a folder of songs with labels, or with the ratings of individual raters, such as a study's."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from moodcurve._typing import BoolArray
from moodcurve.datasets.custom.reader import LABELS, read_custom
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.deam.reader import ReadProgress
from moodcurve.datasets.layout import is_deam, read_dataset, read_raters
from moodcurve.datasets.raters.aggregation import RatedSong
from moodcurve.datasets.raters.statistics import make_labels
from moodcurve.datasets.song import DatasetError
from moodcurve.features import COMPARE260, FeatureSet


def read_rated_folder(
    folder: str | Path,
    *,
    feature_set: FeatureSet = COMPARE260,
    rater: str | None = None,
    from_raters: bool = False,
    progress: ReadProgress | None = None,
) -> Dataset:
    """Read songs and their labels, which are averaged here if the folder holds ratings of individual raters only.

    A single rater is enough for a label.

    Parameters
    ----------
    folder : path
        As `moodcurve.datasets.layout.read_dataset` reads it; or without ``labels.csv``, but with ratings that
        `moodcurve.datasets.layout.read_raters` reads, and ``audio/`` or ``features/``.
    feature_set : FeatureSet
    rater : str, optional
        Use the ratings of this rater alone; ``labels.csv`` is then not read.
    from_raters : bool
        Use the ratings of all raters as they are now; ``labels.csv`` is then not read.
    progress : callable, optional

    Raises
    ------
    DatasetError
        If the folder cannot be read, has no ratings over time, or none of this rater.
    """
    folder = Path(folder)
    if rater is None and not from_raters and (not folder.is_dir() or (folder / LABELS).is_file() or is_deam(folder)):
        return read_dataset(folder, feature_set=feature_set, progress=progress)
    if rater is not None and is_deam(folder):
        raise DatasetError(f"{folder}: single raters are read from folders of your own songs only, not from DEAM")
    data = read_raters(folder)
    songs = data.songs if rater is None else _of_rater(data.songs, rater)
    if not songs:
        raters = sorted({name for song in data.songs for name in (*song.arousal_by, *song.valence_by)})
        wanted = "ratings over time" if rater is None else f"ratings over time by {rater!r}"
        raise DatasetError(f"{folder}: no {wanted}; there are some by {', '.join(raters) or 'nobody'}")
    labels = make_labels(replace(data, songs=tuple(songs)), min_raters=1)
    dataset = read_custom(folder, feature_set=feature_set, labels=labels.annotations, progress=progress)
    return replace(dataset, notes=(*data.notes, *labels.notes, *dataset.notes))


def _of_rater(songs: Sequence[RatedSong], rater: str) -> list[RatedSong]:
    """Keep the tracks of a rater, and the songs that have one of both axes."""
    found = []
    for song in songs:
        arousal, valence = _is_by(song.arousal_by, rater), _is_by(song.valence_by, rater)
        if arousal.any() and valence.any():
            found.append(
                replace(
                    song,
                    arousal=song.arousal[arousal],
                    valence=song.valence[valence],
                    arousal_by=(rater,) * int(arousal.sum()),
                    valence_by=(rater,) * int(valence.sum()),
                )
            )
    return found


def _is_by(names: Sequence[str], rater: str) -> BoolArray:
    return np.array([name == rater for name in names], dtype=bool)
