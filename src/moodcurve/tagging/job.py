"""The job of the processes that tag files: analyze a file if its values are unknown, and change its tags."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from moodcurve.analysis import analyze
from moodcurve.audio.content_hash import content_hash
from moodcurve.errors import MoodcurveError
from moodcurve.runtime import Model, load_model
from moodcurve.tagging.change import TagChange, change_tags, real_path
from moodcurve.tagging.formats.base import Alive, Entries, FileTags, UntaggableError
from moodcurve.tagging.journal import Change, append
from moodcurve.tagging.scratch import sweep
from moodcurve.tagging.values import FieldOptions, SongValues, values_of_curve
from moodcurve.util.text import one_line
from moodcurve.workers import Job, ProgressReporter


class TagError(MoodcurveError):
    """A file was not tagged; the message names it and says why."""


@dataclass(frozen=True, kw_only=True)
class TagSettings:
    """How files are tagged.

    Attributes
    ----------
    run : str
        See `moodcurve.tagging.journal.Change`.
    journal : Path
    options : FieldOptions
    keep_existing : bool
        Leave MOOD, ENERGY, BPM and INITIALKEY as they are where a file has them already.
    keep_times : bool
        Keep the time of modification.
    dry_run : bool
        Change nothing.
    model : str
        Name of a model, or a model file, for files whose values are unknown.
    """

    run: str
    journal: Path
    options: FieldOptions = field(default_factory=FieldOptions)
    keep_existing: bool = False
    keep_times: bool = False
    dry_run: bool = False
    model: str = "default"


@dataclass(frozen=True)
class TagTask:
    """Tag a file; without values, analyze it first.

    With a content hash, the values are those of a file with that; another one is analyzed if `or_analyze`, and else
    refused.
    """

    path: str
    values: SongValues | None = None
    content: str | None = None
    or_analyze: bool = False

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class UndoTask:
    """Take a change back."""

    change: Change

    @property
    def path(self) -> str:
        """Return the file's path."""
        return self.change.path

    def __str__(self) -> str:
        return self.path


def make_job(settings: TagSettings) -> Job[TagTask | UndoTask, TagChange]:
    """Return the job of a process."""
    swept = cache(sweep)

    def job(task: TagTask | UndoTask, progress: ProgressReporter) -> TagChange:
        path = real_path(task.path)
        if not settings.dry_run:
            swept(path.parent)

        def alive() -> None:
            progress(0.0, None)

        try:
            if isinstance(task, UndoTask):
                return _undo(path, task.change, settings, alive)
            values, content = task.values, task.content
            if content is not None and "#" in content:  # see `moodcurve.library.scanning.selection`
                raise UntaggableError("the library knows a part or another track of it, which its tags cannot describe")
            if task.or_analyze and content_hash(path, progress=alive) != content:
                values = content = None
            values = values or _analyzed(task.path, settings.model, progress)
            return _tag(path, values, content, settings, alive)
        except UntaggableError as error:
            raise TagError(f"{one_line(task.path)}: {error}") from error
        except OSError as error:
            if error.filename == os.fspath(settings.journal):
                raise
            raise OSError(error.errno, error.strerror or str(error), task.path) from error

    return job


def _tag(path: Path, values: SongValues, content: str | None, settings: TagSettings, alive: Alive) -> TagChange:
    texts = values.texts(settings.options)
    fields = tuple(texts)

    def wanted(tags: FileTags) -> Entries:
        made = tags.make(texts)
        if not settings.keep_existing:
            return made
        kept = [field for field in tags.texts(fields) if not field.startswith("MOODCURVE_")]
        others = tags.make({field: texts[field] for field in fields if field not in kept})
        return others | tags.entries(kept)

    def record(before: Entries, after: Entries) -> None:
        append(
            settings.journal,
            Change(run=settings.run, path=os.fspath(path), fields=fields, before=before, after=after),
        )

    return change_tags(
        path, fields, wanted, record=record, content=content, keep_times=settings.keep_times, dry_run=settings.dry_run,
        alive=alive,
    )  # fmt: skip


def _undo(path: Path, change: Change, settings: TagSettings, alive: Alive) -> TagChange:
    """Restore what a change replaced; entries that another program changed since are left as they are."""
    left: list[str] = []

    def wanted(tags: FileTags) -> Entries:
        current = tags.entries(change.fields)
        restored = dict(current)
        for key in sorted({*change.before, *change.after}):
            if current.get(key) == change.after.get(key):
                _restore(restored, key, change.before)
            elif current.get(key) != change.before.get(key):
                left.append(key)
        left.extend(key for key in current if key not in change.before and key not in change.after)
        return restored

    done = change_tags(
        path, change.fields, wanted, keep_times=settings.keep_times, dry_run=settings.dry_run, alive=alive
    )
    if not settings.dry_run:
        append(
            settings.journal,
            Change(
                run=settings.run, path=change.path, fields=change.fields, before=change.after, after=change.before,
                undoes=change.run,
            ),
        )  # fmt: skip
    notes = (f"changed by another program since, and left: {', '.join(left)}",) if left else ()
    return TagChange(before=done.before, after=done.after, changed=done.changed, notes=notes)


def _restore(entries: Entries, key: str, before: Mapping[str, object]) -> None:
    if key in before:
        entries[key] = before[key]
    else:
        entries.pop(key, None)


def _analyzed(path: str, model: str, progress: Callable[[float, float | None], None]) -> SongValues:
    return values_of_curve(analyze(path, model=_model(model), progress=progress, prefetch=False))


@cache
def _model(name: str) -> Model:
    return load_model(name)
