"""How models are judged: labels, features, and which songs train and test."""

from dataclasses import dataclass
from pathlib import Path

from moodcurve.datasets import Dataset
from moodcurve.datasets.deam.reader import LabelRelease, ReadProgress
from moodcurve.datasets.layout import read_dataset
from moodcurve.datasets.splits import By
from moodcurve.features import COMPARE236, COMPARE260, FeatureSet
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.published import MEDIAEVAL_2015, PAPER, Published


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How models are judged: which labels and features, and which songs train and test.

    Attributes
    ----------
    description : str
        A sentence that stands beside every figure.
    labels, feature_set
        What is read from the dataset.
    folds, by
        The songs are dealt into so many parts, by song or by artist; each part is tested once, by a model
        that has learned from the others.
    published : tuple of Published
        What others reported.
    remarks : tuple of str
        What to know when comparing with it, a sentence each.
    """

    description: str
    labels: LabelRelease
    feature_set: FeatureSet
    folds: int
    by: By
    published: tuple[Published, ...] = ()
    remarks: tuple[str, ...] = ()


PROTOCOLS = {
    "paper": Protocol(
        description="80/20 by song on the 2015 development labels: the five such splits that together test "
        "every song once",
        labels="mediaeval2015",
        feature_set=COMPARE260,
        folds=5,
        by="song",
        published=PAPER,
        remarks=(
            # least squares leaves the share 1 - r² of the variance: spread = RMSE / √(1 - r²)
            "The paper's MLR figures, RMSE .16 at r² .35 and .17 at .26, imply labels that spread by about "
            "0.20 on both axes: it used another scale, so its RMSE cannot be set beside these.",
        ),
    ),
    "mediaeval2015": Protocol(
        description="10 folds by song on the 2015 development labels",
        labels="mediaeval2015",
        feature_set=COMPARE260,
        folds=10,
        by="song",
        published=MEDIAEVAL_2015,
    ),
    "deam": Protocol(
        description="5 folds, artists disjoint, on labels averaged over raters",
        labels="deam",
        feature_set=COMPARE236,
        folds=5,
        by="artist",
    ),
}


def find_protocol(name: str) -> Protocol:
    """Look a protocol up by its name.

    Raises
    ------
    TrainingError
        If there is none of this name.
    """
    if name not in PROTOCOLS:
        raise TrainingError(f"protocol {name!r} is not known; there are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def read_for(folder: str | Path, protocol: str, *, progress: ReadProgress | None = None) -> Dataset:
    """Read a folder of annotated songs with the labels and features that a protocol wants.

    Parameters
    ----------
    progress : callable, optional
        As `moodcurve.datasets.read_dataset` takes it.

    Raises
    ------
    TrainingError, DatasetError
        If there is no such protocol, or the folder cannot be read.
    """
    wanted = find_protocol(protocol)
    return read_dataset(folder, labels=wanted.labels, feature_set=wanted.feature_set, progress=progress)
