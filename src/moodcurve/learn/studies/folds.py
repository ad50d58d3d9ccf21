"""Read the songs of studies, split them by artist, and predict them by model families."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.deam.reader import LabelRelease
from moodcurve.datasets.layout import read_dataset
from moodcurve.datasets.selection import only_songs, rated_songs
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.features import COMPARE236, FeatureSet
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.studies.study import SongPredictions
from moodcurve.learn.training import find_family

FOLDS = 5
FAMILIES = ("mlr", "two-level", "state-space-live")
"""Families that train in seconds: one on single rows, one with song context, and one with past rows."""


@dataclass(frozen=True, kw_only=True)
class StudySource:
    """Dataset folder and songs of a study.

    Attributes
    ----------
    folder : Path
    ids : collection of str or None
        Ids of the songs to use; ids that the dataset lacks are ignored. None for all songs.
    """

    folder: Path
    ids: Collection[str] | None = None

    def read(self, *, labels: LabelRelease = "deam", feature_set: FeatureSet = COMPARE236) -> Dataset:
        """Read the songs, by default with the labels and features of the protocol ``deam``."""
        dataset = rated_songs(read_dataset(self.folder, labels=labels, feature_set=feature_set))
        return dataset if self.ids is None else only_songs(dataset, self.ids)[0]


def artist_folds(songs: Sequence[Song], seed: int) -> list[Split]:
    """Split songs into `FOLDS` folds by artist."""
    return k_fold(songs, FOLDS, seed, by="artist")


def predictions(
    songs: Sequence[Song],
    splits: Sequence[Split],
    name: str,
    *,
    seed: int,
    config: Any = None,
    tested: Sequence[Song] | None = None,
) -> SongPredictions:
    """Predict each song once by a family, with its default settings or `config`.

    `tested` is as for `moodcurve.learn.cross_validation.cross_predict`.
    """
    kind = find_family(name)
    return cross_predict(
        songs, splits, kind, config or kind.config(), seed=seed, report=lambda done: None, tested=tested
    )
