"""Which reader a folder of annotated songs needs."""

from pathlib import Path

from moodcurve.datasets.deam import Labels, Progress, read_deam
from moodcurve.datasets.song import Dataset, DatasetError
from moodcurve.features import COMPARE260, FeatureSet


def read_dataset(
    folder: str | Path,
    *,
    labels: Labels = "deam",
    feature_set: FeatureSet = COMPARE260,
    progress: Progress | None = None,
) -> Dataset:
    """Read a folder of annotated songs, recognising its layout.

    DEAM's is known by a folder ``features`` beside ``annotations`` or ``mediaeval2015``. The options are
    those of ``read_deam``.

    Raises
    ------
    DatasetError
        If the folder is missing or of no known layout, or its reader refuses a file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DatasetError(f"{folder}: {'not a folder' if folder.exists() else 'not found'}; expected {_KNOWN}")
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    if "features" in names and names & {"annotations", "mediaeval2015"}:
        return read_deam(folder, labels=labels, feature_set=feature_set, progress=progress)
    found = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
    raise DatasetError(f"{folder}: not a known layout of annotated songs; expected {_KNOWN}; found {found}")


_KNOWN = "a folder of DEAM (with features/, annotations/ and metadata/ in it)"
