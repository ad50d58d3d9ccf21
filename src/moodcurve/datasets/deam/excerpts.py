"""Read songs of which there is an excerpt only, with published columns, and cut whole clips to an excerpt."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve._typing import BoolArray, Float32Array, FloatArray
from moodcurve.datasets.custom.tables import NEAREST_S, interpolate_labels
from moodcurve.datasets.song import Annotation, DatasetError, Song, SongMetadata
from moodcurve.datasets.sound.labels import SoundLabels
from moodcurve.features import COMPARE260, Features
from moodcurve.features.feature_sets import HOP_S

COLUMNS = "compare260*.npz"
"""Columns of compare260 of the excerpts, computed from the original sound: arrays ``ids`` (songs,), ``columns``
(260,), ``scaled`` (songs, rows, 260) and ``scale`` (260,). A value is scaled · scale. Rows are 0.5 s apart, from the
start of the excerpt."""


def read_columns(folder: Path) -> dict[str, Float32Array]:
    """Return the rows (rows, 260) of each song in the file of published columns, if there is one."""
    paths = sorted(folder.glob(COLUMNS))
    if not paths:
        return {}
    path = paths[0]
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            ids, names = stored["ids"].tolist(), tuple(map(str, stored["columns"]))
            values = stored["scaled"].astype(np.float32) * stored["scale"].astype(np.float32)
    except (OSError, EOFError, KeyError, ValueError, TypeError) as error:
        raise DatasetError(f"{path}: cannot be read as published columns ({error})") from error
    expected = (len(ids), values.shape[1] if values.ndim == 3 else 0, len(COMPARE260.names))
    if names != COMPARE260.names or values.shape != expected or not np.isfinite(values).all():
        raise DatasetError(f"{path}: expected finite values (songs, rows, 260) with the columns of compare260")
    return {str(song_id): rows for song_id, rows in zip(ids, values, strict=True)}


def excerpt_song(
    labels: SoundLabels, values: Float32Array, start_s: float, metadata: Mapping[int, SongMetadata]
) -> Song | None:
    """Return a song of the excerpts with its published columns, or None if none of its rows is rated."""
    if labels.moments is None:
        return None
    recording = Features(values, start_s + HOP_S * np.arange(len(values), dtype=np.float64), COMPARE260)
    annotation, rows = interpolate_labels(labels.moments, recording.times_s)
    if not len(rows):
        return None
    known = metadata.get(int(labels.song_id)) if labels.song_id.isdecimal() else None
    info = known or labels.metadata
    return Song(
        song_id=labels.song_id,
        artist=info.artist or labels.metadata.artist,
        title=info.title,
        genre=info.genre,
        features=Features(recording.values[rows], recording.times_s[rows], COMPARE260),
        recording=recording if (np.diff(rows) == 1).all() else None,
        annotation=annotation,
    )


def cut_song(song: Song, first_s: float, last_s: float) -> Song | None:
    """Return a song with only the rows, and their ratings, that start in [first_s, last_s], give or take 0.25 s.

    None if none of these rows is rated.
    """
    rated = _inside(song.annotation.times_s, first_s, last_s)
    if not rated.any():
        return None
    kept: dict[str, Any] = {}
    for field in fields(Annotation):
        value = getattr(song.annotation, field.name)
        kept[field.name] = value[rated] if isinstance(value, np.ndarray) else value
    recording = song.recording
    if recording is not None:
        recording = _cut_features(recording, _inside(recording.times_s, first_s, last_s))
    features = _cut_features(song.features, rated)
    return replace(song, features=features, recording=recording, annotation=Annotation(**kept))


def _inside(times_s: FloatArray, first_s: float, last_s: float) -> BoolArray:
    inside: BoolArray = (times_s >= first_s - NEAREST_S) & (times_s <= last_s + NEAREST_S)
    return inside


def _cut_features(features: Features, rows: BoolArray) -> Features:
    return Features(features.values[rows], features.times_s[rows], features.feature_set, sr=features.sr)
