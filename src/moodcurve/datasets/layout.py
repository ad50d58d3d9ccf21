"""Which reader a folder of annotated songs needs."""

from pathlib import Path

from moodcurve.datasets.custom.reader import LABELS, read_own
from moodcurve.datasets.deam.reader import Labels, Progress, read_deam
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

    DEAM's is known by a folder ``features`` beside ``annotations`` or ``mediaeval2015``, that of one's own songs by a
    file ``labels.csv``. The options are those of ``read_deam`` and ``read_own``; one's own songs have but one kind of
    labels, asked for by the default.

    Raises
    ------
    DatasetError
        If the folder is missing or of no known layout, its reader refuses a file, or it has not the labels asked for.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DatasetError(f"{folder}: {'not a folder' if folder.exists() else 'not found'}; expected {_KNOWN}")
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    if "features" in names and names & {"annotations", "mediaeval2015"}:
        return read_deam(folder, labels=labels, feature_set=feature_set, progress=progress)
    if (folder / LABELS).is_file():
        if labels != "deam":
            raise DatasetError(
                f"{folder}: the labels {labels!r} are those of a folder of DEAM; these are songs of one's own, with "
                f"the labels of {LABELS} alone (benchmark reads them with --protocol deam)"
            )
        return read_own(folder, feature_set=feature_set, progress=progress)
    found = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
    raise DatasetError(f"{folder}: not a known layout of annotated songs; expected {_KNOWN}; found {found}")


_KNOWN = (
    "a folder of DEAM (with features/, annotations/ and metadata/ in it) or one of your own songs (with labels.csv, as "
    "`moodcurve labels` writes it, and audio/ or features/ in it)"
)
