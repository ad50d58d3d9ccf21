"""Read annotated songs for a command: options, progress, messages, and the selection by id."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from moodcurve.cli.messages import print_message
from moodcurve.cli.parameters import Argument, Option
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from moodcurve.datasets import Dataset
    from moodcurve.features import FeatureSet

Result = TypeVar("Result")
StepProgress = Callable[[int, int, str], None]
"""Receives the number of steps done, the number of all steps, and the name of the current one."""


class FamilyName(StrEnum):
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
    gp = "gp"
    gp_blend = "gp-blend"
    gp_live = "gp-live"


class LabelRelease(StrEnum):
    """Sets of labels in a DEAM folder."""

    deam = "deam"
    mediaeval2015 = "mediaeval2015"


LabelsOption = Annotated[LabelRelease, Option("--labels", help="Which labels of a DEAM folder to use.")]
DatasetArgument = Annotated[
    Path,
    Argument(metavar="DATASET", help="Folder of annotated songs: a published set such as DEAM, or with labels.csv."),
]
IdsOption = Annotated[
    Path | None, Option("--ids", metavar="FILE", help="Use only the songs with these ids, one per line.")
]
SoundOption = Annotated[
    Path | None,
    Option("--sound", metavar="FOLDER", help="Sound of DEAM's songs, for the columns that DEAM does not publish."),
]
CurveOption = Annotated[
    FamilyName, Option("--curve", metavar="FAMILY", help="Model family of the curve to compare with.")
]


def print_notes(dataset: "Dataset", *, song_ratings: bool = False) -> None:
    """Print what the reader of a dataset noticed, about ratings of whole songs only if they are used."""
    for note in (*dataset.notes, *(dataset.song_rating_notes if song_ratings else ())):
        print_message(note)


def select_songs(dataset: "Dataset", ids: Path | None) -> "tuple[Dataset, bool]":
    """Select the songs whose ids a file lists, or all without a file, and print unknown ids.

    The second value is True if ids are unknown, or without a file if the reader had to leave out a song.
    """
    from moodcurve.datasets.selection import only_songs, read_ids
    from moodcurve.datasets.song_ids import abbreviate_ids

    if ids is None:
        return dataset, bool(dataset.skipped_ids)
    wanted = read_ids(ids)
    selected, missing = only_songs(dataset, wanted)
    if missing:
        unknown = abbreviate_ids(missing)
        print_message(f"{ids}: {len(missing)} of {len(wanted)} ids are not in {dataset.name}: {unknown}")
    return selected, bool(missing)


@contextmanager
def stoppable(update: Callable[[int, int], None]) -> Iterator[Callable[[int, int], None]]:
    """Yield a progress function for a reader that also ends the reading after Ctrl-C."""
    from moodcurve.cli.signals import interrupts

    with interrupts() as check:

        def progress(done: int, total: int) -> None:
            check()
            update(done, total)

        yield progress


def read_songs(
    folder: Path, labels: LabelRelease, feature_set: "FeatureSet", *, song_ratings: bool = False
) -> "Dataset":
    """Read annotated songs with a progress bar, and print the reader's notes."""
    from moodcurve.cli import console
    from moodcurve.datasets import read_dataset

    with console.progress_bar(f"reading {one_line(folder.name)}") as update, stoppable(update) as progress:
        dataset = read_dataset(folder, labels=labels.value, feature_set=feature_set, progress=progress)
    print_notes(dataset, song_ratings=song_ratings)
    return dataset


def read_excerpts(folder: Path, sound: Path, feature_set: "FeatureSet") -> "Dataset":
    """Read DEAM's songs cut to their sound, which lies in another folder, and print the reader's notes."""
    from moodcurve.cli import console
    from moodcurve.datasets.deam.sound import read_deam_with_sound

    with console.progress_bar(f"reading {one_line(sound.name)}") as update, stoppable(update) as progress:
        dataset = read_deam_with_sound(folder, sound, feature_set=feature_set, excerpts=True, progress=progress)
    print_notes(dataset)
    return dataset


def run_on_songs(
    folder: Path,
    ids: Path | None,
    run: "Callable[[Dataset, StepProgress], Result]",
    *,
    protocol: str = "deam",
    sound: Path | None = None,
    feature_set: "FeatureSet | None" = None,
    song_ratings: bool = False,
) -> tuple[Result, bool]:
    """Read the songs of a protocol, select those with the ids, and run an evaluation on them with a progress bar.

    The second value is as in `select_songs`.
    """
    from moodcurve.cli import console
    from moodcurve.learn.benchmarks.protocols import read_for

    with console.progress_bar(f"reading {one_line(folder.name)}") as update:
        with stoppable(update) as progress:
            dataset = read_for(folder, protocol, sound=sound, feature_set=feature_set, progress=progress)
        print_notes(dataset, song_ratings=song_ratings)
        dataset, incomplete = select_songs(dataset, ids)
        return run(dataset, update), incomplete
