"""Write all ratings of a study in one of the formats."""

from collections.abc import Callable, Mapping
from pathlib import Path

from moodcurve.annotate.exports.csv_tables import write_csv_tables
from moodcurve.annotate.exports.deam_layout import write_deam_layout
from moodcurve.annotate.exports.jams_files import write_jams_files
from moodcurve.datasets.raters.reader import RaterData
from moodcurve.datasets.raters.study_reader import rater_files, study_data
from moodcurve.datasets.raters.study_record import RaterRecord, read_record

Writer = Callable[[Path, RaterData, list[RaterRecord]], list[Path]]
FORMATS: Mapping[str, Writer] = {"csv": write_csv_tables, "deam": write_deam_layout, "jams": write_jams_files}


def export_ratings(folder: Path, output: Path, form: str) -> list[str]:
    """Write all ratings of a study to a folder; return what was written or left out, one line each.

    Parameters
    ----------
    folder : path
        Folder of the study.
    output : path
    form : str
        A key of `FORMATS`.

    Raises
    ------
    DatasetError
        If a rater's file is damaged, or nobody has rated a song yet.
    OSError
        If a file cannot be written.
    """
    records = [read_record(path) for path in rater_files(folder)]
    data = study_data(records, folder)
    written = FORMATS[form](output, data, records)
    shown = [f"wrote {path}" for path in written[:5]]
    if len(written) > len(shown):
        shown.append(f"wrote {len(written) - len(shown)} more files")
    return [*data.notes, *shown]
