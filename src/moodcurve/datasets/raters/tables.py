"""Write labels, ratings of whole songs and agreement as CSV tables."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moodcurve.curve import AXES
from moodcurve.datasets.raters.agreement import RaterAgreement
from moodcurve.datasets.raters.statistics import RaterLabels
from moodcurve.util.csv_text import number_cell, write_csv
from moodcurve.util.files import write_text

Values = npt.NDArray[np.float64] | npt.NDArray[np.int64]
LABELS_HEADER = (
    "song_id", "time_s", "arousal", "valence", "arousal_spread", "valence_spread", "arousal_raters", "valence_raters",
)  # fmt: skip
SONGS_HEADER = ("song_id", *(f"{axis}_{field}" for axis in AXES for field in ("mean", "rounded", "spread", "raters")))
AGREEMENT_HEADER = ("song_id", "axis", *(field.name for field in fields(RaterAgreement)))


def write_tables(labels: RaterLabels, folder: Path) -> list[Path]:
    """Write labels, ratings of whole songs and agreement, each if there is any.

    Numbers have six decimals; undefined values are empty cells.

    Returns
    -------
    list of Path
        Those written of ``labels.csv``, ``songs.csv``, ``agreement.csv``.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    written = []
    if labels.annotations:
        written.append(write_csv(folder / "labels.csv", LABELS_HEADER, _label_rows(labels)))
    if labels.song_ratings:
        written.append(write_csv(folder / "songs.csv", SONGS_HEADER, _song_rows(labels)))
    if labels.agreement:
        written.append(write_csv(folder / "agreement.csv", AGREEMENT_HEADER, _agreement_rows(labels)))
    return written


def write_ids(ids: Sequence[str], path: Path) -> None:
    """Write song ids, one per line, for ``evaluate --ids`` and ``train --without``.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    write_text(path, "".join(f"{song_id}\n" for song_id in ids))


def _label_rows(labels: RaterLabels) -> Iterable[list[str]]:
    for song_id, found in labels.annotations.items():
        missing = np.full(len(found.times_s), math.nan)
        stats = (found.arousal_std, found.valence_std, found.arousal_raters, found.valence_raters)
        filled = (missing if values is None else values for values in stats)
        columns: Sequence[Values] = (found.times_s, found.arousal, found.valence, *filled)
        for values in zip(*columns, strict=True):
            yield [song_id, *map(number_cell, values)]


def _song_rows(labels: RaterLabels) -> Iterable[list[str]]:
    for song_id, found in labels.song_ratings.items():
        values = []
        for axis in AXES:
            rating = found[axis]
            values += [rating.mean, rating.rounded, rating.std, rating.raters]
        yield [song_id, *map(number_cell, values)]


def _agreement_rows(labels: RaterLabels) -> Iterable[list[str]]:
    for song_id, found in labels.agreement.items():
        for axis in AXES:
            yield [song_id, axis, *(number_cell(getattr(found[axis], name)) for name in AGREEMENT_HEADER[2:])]
