"""Write ratings as JAMS: a file for each song, with an annotation for each rater and one of the means.

Observations are of the namespace ``mood_thayer``, [valence, arousal] at 2 Hz, where the rater has both; see
`moodcurve.formats.jams_file`. The rating of the whole song is in the sandbox of the annotation.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets.raters.aggregation import MIN_RATERS, RatedSong, average
from moodcurve.datasets.raters.reader import RaterData
from moodcurve.datasets.raters.study_record import RaterRecord
from moodcurve.datasets.song import DatasetError
from moodcurve.features.feature_sets import HOP_S
from moodcurve.formats.jams_file import NAMESPACE, SCHEMA_VERSION
from moodcurve.util.files import short_stem, write_text
from moodcurve.util.text import utf8_text


def write_jams_files(output: Path, data: RaterData, records: list[RaterRecord]) -> list[Path]:
    """Write ``<song_id>.jams`` for each song with tracks."""
    whole = {
        (record.rater, record.songs[item]): rating
        for record in records
        for item, rating in record.ratings.items()
        if item in record.items(repeats=False)
    }
    written = []
    for song in data.songs:
        path = output / f"{short_stem(song.song_id)}.jams"
        write_text(path, json.dumps(_song_jams(song, whole), ensure_ascii=False, allow_nan=False) + "\n")
        written.append(path)
    return written


def _song_jams(song: RatedSong, whole: dict[tuple[str, str], tuple[int, int]]) -> dict[str, Any]:
    length_s = float(song.times_s[-1]) + HOP_S
    annotations = []
    for rater in dict.fromkeys((*song.arousal_by, *song.valence_by)):
        arousal, valence = (_track_of(song, axis, rater) for axis in AXES)
        rating = whole.get((rater, song.song_id))
        sandbox = {"song_rating": dict(zip(AXES, rating, strict=True))} if rating else {}
        annotations.append(_annotation(song.times_s, arousal, valence, length_s, "rater", {"rater": rater}, sandbox))
    try:
        mean = average(song, min_raters=MIN_RATERS)
    except DatasetError:  # too few raters yet
        pass
    else:
        raters = {"mean_over": f"{MIN_RATERS} or more raters at each time"}
        annotations.append(
            _annotation(mean.times_s, mean.arousal, mean.valence, length_s, "mean of raters", raters, {})
        )
    return {
        "file_metadata": {
            "title": utf8_text(song.song_id),
            "duration": length_s,
            "identifiers": {},
            "jams_version": SCHEMA_VERSION,
        },
        "sandbox": {},
        "annotations": annotations,
    }


def _track_of(song: RatedSong, axis: str, rater: str) -> FloatArray:
    by: tuple[str, ...] = getattr(song, f"{axis}_by")
    tracks: FloatArray = getattr(song, axis)
    return tracks[by.index(rater)] if rater in by else np.full(len(song.times_s), math.nan)


def _annotation(
    times_s: FloatArray,
    arousal: FloatArray,
    valence: FloatArray,
    length_s: float,
    source: str,
    annotator: dict[str, str],
    sandbox: dict[str, Any],
) -> dict[str, Any]:
    return {
        "namespace": NAMESPACE,
        "time": 0.0,
        "duration": length_s,
        "annotation_metadata": {
            "data_source": source,
            "annotation_tools": f"moodcurve annotate {__version__}",
            "annotator": annotator,
        },
        "sandbox": sandbox,
        "data": [
            {"time": float(t), "duration": HOP_S, "value": [round(float(v), 4), round(float(a), 4)], "confidence": None}
            for t, a, v in zip(times_s, arousal, valence, strict=True)
            if not (math.isnan(a) or math.isnan(v))
        ],
    }
