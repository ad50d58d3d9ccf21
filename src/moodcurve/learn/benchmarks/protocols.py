"""Define benchmark protocols: labels, features, and the split into training and test songs."""

from dataclasses import dataclass
from pathlib import Path

from moodcurve.datasets import Dataset, DatasetError
from moodcurve.datasets.deam.reader import LabelRelease, ReadProgress
from moodcurve.datasets.deam.sound import read_deam_with_sound
from moodcurve.datasets.layout import read_dataset
from moodcurve.datasets.splits import By
from moodcurve.features import COMPARE236, COMPARE260, FeatureSet
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.published import MEDIAEVAL_2015, PAPER, Published

DEVELOPMENT_LABELS = ("mediaeval2015/dynamic_arousal_dev431.csv", "mediaeval2015/dynamic_valence_dev431.csv")
"""Files of the 2015 labels in a folder of DEAM."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """Labels, features and cross-validation of a benchmark.

    Attributes
    ----------
    description : str
        One sentence for result pages.
    labels, feature_set
        Labels and features to read from the dataset.
    folds, by
        Number of cross-validation folds, and whether they are split by song or by artist.
    published : tuple of Published
        Results of others to compare with.
    remarks : tuple of str
        Caveats of that comparison, one sentence each.
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
        description="80/20 split by song on the 2015 development labels; five such splits test every song once",
        labels="mediaeval2015",
        feature_set=COMPARE260,
        folds=5,
        by="song",
        published=PAPER,
        remarks=(
            # least squares leaves the share 1 - r² of the variance: label std = RMSE / √(1 - r²)
            "The paper's MLR (RMSE .16 at r² .35, .17 at .26) implies a label standard deviation of about 0.20 on both "
            "axes. Its labels were on another scale, so RMSEs cannot be compared.",
        ),
    ),
    "mediaeval2015": Protocol(
        description="10 folds, split by song, on the 2015 development labels",
        labels="mediaeval2015",
        feature_set=COMPARE260,
        folds=10,
        by="song",
        published=MEDIAEVAL_2015,
    ),
    "deam": Protocol(
        description="5 folds, split by artist, on labels averaged over raters",
        labels="deam",
        feature_set=COMPARE236,
        folds=5,
        by="artist",
    ),
}


def find_protocol(name: str) -> Protocol:
    """Return the protocol of a name.

    Raises
    ------
    TrainingError
        If there is no such protocol.
    """
    if name not in PROTOCOLS:
        raise TrainingError(f"unknown protocol {name!r}; known are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def read_for(
    folder: str | Path,
    protocol: str,
    *,
    sound: str | Path | None = None,
    feature_set: FeatureSet | None = None,
    progress: ReadProgress | None = None,
) -> Dataset:
    """Read a folder of annotated songs with the labels and features of a protocol.

    Parameters
    ----------
    folder : path
    protocol : str
        One of `PROTOCOLS`.
    sound : path, optional
        Folder of the sound of DEAM's songs, for `read_deam_with_sound`; needs a protocol with DEAM's own labels.
    feature_set : FeatureSet, optional
        To read instead of the protocol's.
    progress : callable, optional
        As for `moodcurve.datasets.read_dataset`.

    Raises
    ------
    TrainingError
        If there is no such protocol, or it does not use DEAM's own labels but sound is given.
    DatasetError
        If the folder cannot be read, or lacks the labels of the protocol.
    """
    wanted = find_protocol(protocol)
    columns = feature_set or wanted.feature_set
    if wanted.labels == "mediaeval2015":
        _check_development_labels(Path(folder), protocol)
    if sound is None:
        return read_dataset(folder, labels=wanted.labels, feature_set=columns, progress=progress)
    if wanted.labels != "deam":
        raise TrainingError(f"the sound has DEAM's own labels, which the protocol {protocol!r} does not use")
    return read_deam_with_sound(folder, sound, feature_set=columns, progress=progress)


def _check_development_labels(folder: Path, protocol: str) -> None:
    """Raise DatasetError if a folder of DEAM lacks the 2015 labels, which are not part of DEAM's archives."""
    if not (folder / "features").is_dir() or not (folder / "annotations").is_dir():
        return  # not DEAM: its reader says what is wrong
    missing = [name for name in DEVELOPMENT_LABELS if not (folder / name).is_file()]
    if missing:
        raise DatasetError(
            f"{folder}: protocol {str(protocol)!r} needs the MediaEval 2015 development labels; missing: "
            f"{', '.join(missing)}. Add them as docs/data.md describes, or use --protocol deam, which needs DEAM only"
        )
