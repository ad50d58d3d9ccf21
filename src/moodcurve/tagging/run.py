"""Tag many files, and take the tagging back."""

import os
import secrets
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from moodcurve.errors import MoodcurveError
from moodcurve.library.database import Library
from moodcurve.library.queries.search import Query, search, songs_by_id
from moodcurve.tagging.change import TagChange
from moodcurve.tagging.job import TagSettings, TagTask, UndoTask, make_job
from moodcurve.tagging.journal import JournalError, pending, read
from moodcurve.tagging.values import values_of_song
from moodcurve.util.files import AnyPath
from moodcurve.workers import FILE_LIMITS, ItemProgress, run_each

Outcome = TagChange | MoodcurveError | OSError
"""What became of a file."""


def new_run() -> str:
    """Return a name for a call, which no other has."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}-{secrets.token_hex(4)}"


def default_journal(library: AnyPath) -> Path:
    """Return the journal next to a library, ``<library>.tags.jsonl``."""
    path = Path(os.path.realpath(library))
    return path.with_name(f"{path.name}.tags.jsonl")


def library_tasks(library: Library, query: Query) -> list[TagTask]:
    """Return a task for each file of the songs that match a query, each once; raises as `search`."""
    tasks: dict[str, TagTask] = {}
    for song in list(search(library, query)):
        for path in library.files_of(song.id):
            tasks.setdefault(path, TagTask(path, values_of_song(song), song.content))
    return [*tasks.values()]


def file_tasks(paths: Iterable[Path], library: Library | None) -> list[TagTask]:
    """Return a task for each file, each once; with the values of the library if it knows the file."""
    tasks: dict[str, TagTask] = {}
    for path in paths:
        real = os.path.realpath(path)
        stored = None if library is None else library.song(real)
        song = None if library is None or stored is None else songs_by_id(library, [stored.id]).get(stored.id)
        task = TagTask(os.fspath(path))
        if song is not None:
            task = TagTask(os.fspath(path), values_of_song(song), song.content, or_analyze=True)
        tasks.setdefault(real, task)
    return [*tasks.values()]


def undo_tasks(journal: Path, paths: Sequence[Path] = ()) -> list[UndoTask]:
    """Return a task for each change of the last run that was not undone: of some files, or by default of all.

    A run all of whose files are gone is passed over: they may be on a disk that is not mounted.

    Raises
    ------
    JournalError
        If there is no journal, or nothing in it to undo.
    OSError
        If it cannot be read.
    """
    chosen: Collection[str] = {os.path.realpath(path) for path in paths}
    runs = [
        [change for change in changes if not chosen or change.path in chosen]
        for changes in pending(read(journal)).values()
    ]
    last = next((run for run in reversed(runs) if any(os.path.lexists(change.path) for change in run)), None)
    if last is None:
        raise JournalError(f"{journal}: there is nothing to undo{' for these files' if chosen else ''}")
    return [UndoTask(change) for change in last]


def run_tasks(
    tasks: Sequence[TagTask | UndoTask],
    settings: TagSettings,
    *,
    workers: int = 1,
    progress: ItemProgress | None = None,
    check: Callable[[], None] = lambda: None,
) -> Generator[Outcome, None, None]:
    """Tag files, or take changes back, in processes; yield what became of each, in order.

    Parameters
    ----------
    tasks : sequence
    settings : TagSettings
    workers : int
        Number of processes. There is always one: a file that crashes it does not affect the others.
    progress : callable, optional
        See `moodcurve.workers.ItemProgress`.
    check : callable
        Called repeatedly; an error that it raises stops everything, with each file as it was or changed.
    """
    return run_each(
        partial(make_job, settings), tasks, workers=workers, progress=progress, check=check, limits=FILE_LIMITS,
        isolate=True,
    )  # fmt: skip
