"""What studies share: the songs, in folds of disjoint artists, and families' predictions of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.deam.reader import LabelRelease
from moodcurve.datasets.layout import read_dataset
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.evaluation import only_songs
from moodcurve.features import COMPARE236, FeatureSet
from moodcurve.learn.benchmarks.benchmark import cross_predict
from moodcurve.learn.studies.study import Predicted
from moodcurve.learn.training import family

FOLDS = 5
FAMILIES = ("mlr", "two-level", "state-space-live")
"""Families that train in seconds: rows alone, rows in their song's light, and rows after what went before."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a study's songs come from.

    Attributes
    ----------
    folder : Path
        A dataset's.
    ids : collection of str or None
        Only the songs with these ids; ids that the dataset does not have are passed over. All songs without.
    """

    folder: Path
    ids: Collection[str] | None = None

    def read(self, *, labels: LabelRelease = "deam", feature_set: FeatureSet = COMPARE236) -> Dataset:
        """Read the songs, by default as the protocol ``deam`` does."""
        dataset = read_dataset(self.folder, labels=labels, feature_set=feature_set)
        return dataset if self.ids is None else only_songs(dataset, self.ids)[0]


def artist_folds(songs: Sequence[Song], seed: int) -> list[Split]:
    """Deal songs into `FOLDS` folds, artists disjoint."""
    return k_fold(songs, FOLDS, seed, by="artist")


def predictions(
    songs: Sequence[Song],
    splits: Sequence[Split],
    name: str,
    *,
    seed: int,
    config: Any = None,
    tested: Sequence[Song] | None = None,
) -> Predicted:
    """Predict each song once by a family, its default settings or others; see `cross_predict`."""
    kind = family(name)
    return cross_predict(
        songs, splits, kind, config or kind.config(), seed=seed, report=lambda done: None, tested=tested
    )
