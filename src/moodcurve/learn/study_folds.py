"""What studies share: the songs, in folds of disjoint artists, and families' predictions of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.layout import read_dataset
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.features import COMPARE236
from moodcurve.learn.benchmark import cross_predict
from moodcurve.learn.studies import Predicted
from moodcurve.learn.training import family

FOLDS = 5
FAMILIES = ("mlr", "two-level", "state-space-live")
"""Families that train in seconds: rows alone, rows in their song's light, and rows after what went before."""


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


def read_averaged(folder: Path) -> Dataset:
    """Read a folder as the protocol ``deam`` does."""
    return read_dataset(folder, labels="deam", feature_set=COMPARE236)
