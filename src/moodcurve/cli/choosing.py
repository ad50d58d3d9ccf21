"""Which annotated songs a command judges: the option ``--ids``, and what is said of the songs that were read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import say
from moodcurve.cli.framework import Option

if TYPE_CHECKING:
    from moodcurve.datasets import Dataset

IdsOption = Annotated[Path | None, Option("--ids", metavar="FILE", help="Only these songs, an id a line.")]


def tell(dataset: "Dataset", *, levels: bool = False) -> None:
    """Say what was noticed on reading; of ratings of songs as wholes only where they are used."""
    for note in (*dataset.notes, *(dataset.song_rating_notes if levels else ())):
        say(note)


def chosen(dataset: "Dataset", ids: Path | None) -> "tuple[Dataset, bool]":
    """Keep the songs whose ids a file holds, all without one.

    Ids that no song has are said. The second value is whether there are any, or without a file whether a song could
    not be used.
    """
    from moodcurve.evaluation import only_songs, read_ids, some

    if ids is None:
        return dataset, bool(dataset.skipped_ids)
    wanted = read_ids(ids)
    kept, missing = only_songs(dataset, wanted)
    if missing:
        say(f"{ids}: {len(missing)} of {len(wanted)} ids are not among the songs of {dataset.name}: {some(missing)}")
    return kept, bool(missing)
