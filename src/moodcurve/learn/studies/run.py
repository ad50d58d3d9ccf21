"""Run studies by name, and write them to one page and one JSON file."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from moodcurve.learn import TrainingError
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.studies.base_model import study_base_model
from moodcurve.learn.studies.features import study_features
from moodcurve.learn.studies.folds import StudySource
from moodcurve.learn.studies.intervals import study_intervals
from moodcurve.learn.studies.labels import study_labels
from moodcurve.learn.studies.length import study_length
from moodcurve.learn.studies.medleys import study_medleys
from moodcurve.learn.studies.picture import study_figure
from moodcurve.learn.studies.splits import study_splits
from moodcurve.learn.studies.study import StudyResult, studies_page
from moodcurve.learn.studies.training_size import study_training_size
from moodcurve.learn.studies.tuning import study_tuning
from moodcurve.util.figures import save_figure
from moodcurve.util.files import write_text

STUDIES: dict[str, Callable[..., StudyResult]] = {
    "features": study_features,
    "songs": study_training_size,
    "split": study_splits,
    "labels": study_labels,
    "base": study_base_model,
    "search": study_tuning,
    "intervals": study_intervals,
    "medleys": study_medleys,
    "length": study_length,
}
"""Functions of a `StudySource` and the keywords ``seed`` and ``progress``."""


def run_studies(
    source: StudySource, names: Sequence[str], *, seed: int = 0, progress: TrainingProgress = no_progress
) -> list[dict[str, Any]]:
    """Run studies one after the other, and return the result of `StudyResult.as_dict` for each.

    Raises
    ------
    TrainingError
        If a name is unknown, or there is none.
    DatasetError
        If the folder cannot be read, or lacks what a study needs.
    """
    if not names:
        raise TrainingError(f"no study given; there are {', '.join(STUDIES)}")
    for name in names:
        if name not in STUDIES:
            raise TrainingError(f"unknown study {name!r}; known are {', '.join(STUDIES)}")
    return [STUDIES[name](source, seed=seed, progress=progress).as_dict() for name in names]


def write_studies(results: Sequence[Mapping[str, Any]], output: Path) -> tuple[Path, ...]:
    """Write ``studies.json``, ``studies.md`` and a picture of each study; other studies already in the files stay.

    Each study states its version, songs and seed, which may differ from those of the others.

    Raises
    ------
    TrainingError
        If an existing ``studies.json`` is not such a file.
    """
    table, text = output / "studies.json", output / "studies.md"
    by_name = {study["name"]: study for study in (*read_studies(table), *results)}
    ordered = [by_name[name] for name in STUDIES if name in by_name]
    contents = {table: json.dumps({"studies": ordered}, indent=1, allow_nan=False) + "\n", text: studies_page(ordered)}
    for file, content in contents.items():
        write_text(file, content)
    pictures = []
    for study in ordered:
        pictures.append(output / f"studies-{study['name']}.png")
        save_figure(study_figure(study), pictures[-1], results=study)
    return table, text, *pictures


def read_studies(file: Path) -> list[dict[str, Any]]:
    """Read the file that `write_studies` wrote; return an empty list if there is none."""
    if not file.is_file():
        return []
    try:
        studies = json.loads(file.read_text(encoding="utf-8"))["studies"]
        studies_page(studies)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise TrainingError(f"{file}: holds no studies; move it away or choose another folder") from error
    return list(studies)
