"""Recognize the layout of a folder of annotated songs or raters' tracks, and read it."""

from pathlib import Path

from moodcurve.datasets.csv_tables import read_table
from moodcurve.datasets.custom.reader import LABELS, read_custom
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.deam.raters import RATERS, read_deam_raters
from moodcurve.datasets.deam.reader import LabelRelease, ReadProgress, read_deam
from moodcurve.datasets.deam.sound import AUDIO_FOLDERS, SOUND, read_deam_with_sound
from moodcurve.datasets.published.layouts import describe_layouts, find_layout
from moodcurve.datasets.published.reader import read_published
from moodcurve.datasets.raters.aggregation import SKIP_S, Between
from moodcurve.datasets.raters.reader import RATINGS, TRACKS, RaterData, read_rater_tables
from moodcurve.datasets.raters.study_reader import STUDY_FOLDER, rater_files, read_study
from moodcurve.datasets.song import DatasetError
from moodcurve.datasets.sound.labels import has_sound_labels
from moodcurve.datasets.sound.reader import read_sound
from moodcurve.features import COMPARE260, FeatureSet


def read_dataset(
    folder: str | Path,
    *,
    labels: LabelRelease = "deam",
    feature_set: FeatureSet = COMPARE260,
    progress: ReadProgress | None = None,
) -> Dataset:
    """Read a folder of annotated songs: a published set, custom songs, or audio with a table of one row per song.

    A folder with ``features`` and either ``annotations`` or ``mediaeval2015`` in it is read as DEAM, by ``read_deam``;
    if the feature set has columns that DEAM does not publish, by ``read_deam_with_sound`` with the sound in
    ``MEMD_audio``.
    A folder with the files of another published set (see `moodcurve.datasets.published.layouts.LAYOUTS`) is read by
    ``read_published``.
    A folder with a file ``labels.csv`` is read by ``read_sound`` if that has one row per song (see
    ``has_sound_labels``) and there is no ``features``; else as custom songs, by ``read_custom``. All but DEAM
    have only one release of labels, the default.

    Raises
    ------
    DatasetError
        If the folder is missing or has no known layout, if its reader rejects a file, or if it does not have the
        requested labels.
    """
    folder = Path(folder)
    if not folder.is_dir():
        problem = "not a folder" if folder.exists() else "not found"
        raise DatasetError(
            f"{folder}: {problem}; give a folder of annotated songs: docs/data.md and docs/datasets.md describe them, "
            "and `moodcurve download` fetches published ones"
        )
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    if is_deam(folder):
        if set(feature_set.names) <= set(COMPARE260.names):
            return read_deam(folder, labels=labels, feature_set=feature_set, progress=progress)
        if labels != "deam" or SOUND not in names:
            raise DatasetError(
                f"{folder}: DEAM publishes the columns of compare260 only; for {feature_set.name}, unpack DEAM's sound "
                f"to {SOUND}/ in this folder, and use DEAM's own labels"
            )
        return read_deam_with_sound(folder, folder, feature_set=feature_set, progress=progress)
    layout = find_layout(folder)
    if labels != "deam" and (layout is not None or (folder / LABELS).is_file()):
        raise DatasetError(
            f"{folder}: only a DEAM folder has the labels {labels!r}; this folder holds "
            f"{layout.name if layout else f'songs with {LABELS}'} (to benchmark it, use --protocol deam)"
        )
    if layout is not None:
        return read_published(folder, layout, feature_set=feature_set, progress=progress)
    if (folder / LABELS).is_file():
        if "features" not in names and has_sound_labels(read_table(folder / LABELS).header):
            return read_sound(folder, feature_set=feature_set, progress=progress)
        return read_custom(folder, feature_set=feature_set, progress=progress)
    found = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
    inside = next((name for name in sorted(names) if find_layout(folder / name) or is_deam(folder / name)), None)
    hint = f"; did you mean {folder / inside}?" if inside else ""
    raise DatasetError(f"{folder}: not a known layout of annotated songs; expected {_KNOWN}; found {found}{hint}")


def is_deam(folder: Path) -> bool:
    """Return True if a folder has the layout of DEAM, so that its sound may lie in another folder."""
    parts = any((folder / one).is_dir() for one in ("annotations", "mediaeval2015"))
    return (folder / "features").is_dir() and parts and find_layout(folder) is None


def has_sound(folder: Path) -> bool:
    """Return True if a folder of annotated songs holds their sound, so that any feature can be computed."""
    return any((folder / name).is_dir() for name in AUDIO_FOLDERS) or find_layout(folder) is not None


_KNOWN = (
    "a DEAM folder (with features/, annotations/ and metadata/), a folder of your own songs (with labels.csv, as "
    "`moodcurve labels` writes it, and audio/ or features/), or a folder with audio/<song_id>.* and labels.csv of one "
    "row per song (song_id, and arousal and valence, arousal_<ms>ms and valence_<ms>ms, or quadrant), or a published "
    "set: " + describe_layouts()
)


def read_raters(path: str | Path, *, skip_s: float | None = None, between: Between = "line") -> RaterData:
    """Read the ratings of individual raters: DEAM's, those of a rating study, or custom tables.

    Parameters
    ----------
    path : path
        A DEAM folder; the folder of a study; a folder with ``tracks.csv``, ``ratings.csv`` or both; or a file of one
        of these two kinds, recognized by its columns.
    skip_s, between
        How to resample tracks, see ``rated_song``. By default, the start that is dropped is the practice of a study,
        or 15 s. DEAM's tracks are published resampled and without their start.

    Raises
    ------
    DatasetError
        If there are no such ratings, or a file is malformed (the message names the file, the line and what was
        expected).
    """
    path = Path(path)
    if path.is_dir() and (path / RATERS).is_dir():
        return read_deam_raters(path)
    if path.is_dir() and rater_files(path):
        return read_study(path, skip_s=skip_s, between=between)
    files = [path] if path.is_file() else [path / name for name in (TRACKS, RATINGS) if (path / name).is_file()]
    if not files:
        raise DatasetError(
            f"{path}: no ratings of individual raters; expected {TRACKS} (song_id,rater,time_s,arousal,valence) or "
            f"{RATINGS} (song_id,rater,arousal,valence), a study with {STUDY_FOLDER}/, or a DEAM folder with {RATERS}"
        )
    skip_s = SKIP_S if skip_s is None else skip_s
    return read_rater_tables(files, name=path.resolve().stem, skip_s=skip_s, between=between)
