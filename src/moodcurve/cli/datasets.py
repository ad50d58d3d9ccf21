"""Annotated songs for commands: the options that choose them, and their reading with progress."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import Set, advance, say
from moodcurve.cli.framework import Argument, Option
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from moodcurve.datasets import Dataset


class Family(StrEnum):
    """Model families that can be trained."""

    mlr = "mlr"
    svr = "svr"
    ffnn = "ffnn"
    gru = "gru"
    lstm = "lstm"
    gru_forward = "gru-forward"
    state_space = "state-space"
    state_space_live = "state-space-live"
    two_level = "two-level"
    blend = "blend"


class Labels(StrEnum):
    """Which labels of a DEAM folder to use."""

    deam = "deam"
    mediaeval2015 = "mediaeval2015"


LabelsOption = Annotated[Labels, Option("--labels", help="Which labels of a DEAM folder.")]
DatasetArgument = Annotated[
    Path, Argument(metavar="DATASET", help="Folder of annotated songs: DEAM, or one with labels.csv.")
]
IdsOption = Annotated[Path | None, Option("--ids", metavar="FILE", help="Only these songs, an id a line.")]


def tell(dataset: "Dataset", *, levels: bool = False) -> None:
    """Say what was noticed on reading; of ratings of songs as wholes only where they are used."""
    for note in (*dataset.notes, *(dataset.level_notes if levels else ())):
        say(note)


def chosen(dataset: "Dataset", ids: Path | None) -> "tuple[Dataset, bool]":
    """Keep the songs whose ids a file holds, all without one.

    Ids that no song has are said. The second value is whether there are any, or without a file whether a song could
    not be used.
    """
    from moodcurve.evaluation import only_songs, read_ids, some

    if ids is None:
        return dataset, bool(dataset.left_out)
    wanted = read_ids(ids)
    kept, missing = only_songs(dataset, wanted)
    if missing:
        say(f"{ids}: {len(missing)} of {len(wanted)} ids are not among the songs of {dataset.name}: {some(missing)}")
    return kept, bool(missing)


def read_songs(folder: Path, labels: Labels, feature_set: Set, *, levels: bool = False) -> "Dataset":
    """Read annotated songs, and say what was noticed; of ratings of songs as wholes on demand."""
    from moodcurve.cli import views
    from moodcurve.datasets import read_dataset
    from moodcurve.features import feature_set as find_set

    with views.progress_bar() as bar:
        task = bar.add_task(f"reading {one_line(folder.name)}", total=None)
        dataset = read_dataset(
            folder,
            labels=labels.value,
            feature_set=find_set(feature_set),
            progress=lambda done, total: advance(bar, task, done, total),
        )
    tell(dataset, levels=levels)
    return dataset


def steps(bar: "Progress", task: "TaskID") -> Callable[[int, int, str], None]:
    """Progress in steps with what was just reached."""
    return lambda done, total, what: bar.update(task, completed=done, total=total, description=what)
