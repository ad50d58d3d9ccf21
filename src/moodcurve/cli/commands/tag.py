"""The `tag` command: write moods into the tags of audio files, and take that back."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import app
from moodcurve.cli.messages import error_text, print_message
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.options.files import FolderOptions, left_out_text
from moodcurve.cli.options.filters import FilterOptions
from moodcurve.cli.options.library import LibraryOption, library_path
from moodcurve.cli.options.models import OptionalModelOption
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Argument, Option, UsageError
from moodcurve.util.text import counted, one_line, path_text

if TYPE_CHECKING:
    from moodcurve.tagging.change import TagChange
    from moodcurve.tagging.job import TagSettings, TagTask, UndoTask
    from moodcurve.tagging.run import Outcome


class MoodText(StrEnum):
    """What MOOD says."""

    words = "words"
    quadrant = "quadrant"


class KeyText(StrEnum):
    """How a key is written."""

    name = "name"
    camelot = "camelot"


@dataclass(frozen=True, kw_only=True)
class TagFilters(FilterOptions):
    """The options of search, with its TEXT as an option."""

    text: Annotated[
        list[str] | None,
        Option(
            "--text", metavar="TEXT", help="Words in the title, artist, album, genre or file path; may be repeated."
        ),
    ] = None

    def any_given(self) -> bool:
        """Return True if any option is given."""
        return any(getattr(self, one.name) is not None for one in fields(self))


@app.command
def tag(
    filters: TagFilters,
    chosen: FolderOptions,
    songs: Annotated[
        list[Path] | None, Argument(metavar="SONG", help="Audio files, or folders with audio files at any depth.")
    ] = None,
    library: LibraryOption = None,
    mood: Annotated[MoodText, Option("--mood", help="What to write as MOOD.")] = MoodText.words,
    write_bpm: Annotated[bool, Option("--write-bpm", help="Also write the tempo as BPM.")] = False,
    write_key: Annotated[
        KeyText | None, Option("--write-key", help="Also write the musical key as INITIALKEY: as Am, or as 8A.")
    ] = None,
    keep_existing: Annotated[
        bool, Option("--keep-existing", help="Leave MOOD, ENERGY, BPM and INITIALKEY alone where a file has them.")
    ] = False,
    keep_times: Annotated[bool, Option("--keep-times", help="Keep the files' modification times.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    undo: Annotated[
        bool, Option("--undo", help="Restore what the last tagging replaced, of all files or of each SONG.")
    ] = False,
    journal: Annotated[
        Path | None,
        Option("--journal", metavar="FILE", help="Journal for --undo; by default LIBRARY.tags.jsonl next to LIBRARY."),
    ] = None,
    model: OptionalModelOption = None,
    workers: Annotated[
        int | None,
        Option(
            "--workers", metavar="N", min=1, help="Number of processes; by default one per core for four or more songs."
        ),
    ] = None,
    json_file: JsonOption = None,
) -> int:
    """Write moods into the tags of audio files, for other players.

    Tags SONGs, or the songs of the library that the options of search select; --library alone selects all. A SONG
    whose sound the library knows gets its values from there; another one is analyzed, as all are with --model.

    Writes MOOD, ENERGY, MOODCURVE_AROUSAL, MOODCURVE_VALENCE and MOODCURVE_QUADRANT. A file is replaced by a copy that
    was checked: other tags and the sound stay as they are. --undo takes the last tagging back.

    Example: moodcurve tag --library ~/music.sqlite --genre jazz --dry-run
    Example: moodcurve tag Music/album --write-bpm --write-key camelot
    Example: moodcurve tag --undo
    """
    check_results(json_file)
    path = library_path(library)
    given = _Given(songs or [], filters, chosen, path, library is not None, model)
    from moodcurve.tagging.job import TagSettings
    from moodcurve.tagging.run import default_journal, new_run
    from moodcurve.tagging.values import FieldOptions

    options = FieldOptions(
        quadrant_as_mood=mood is MoodText.quadrant,
        bpm=write_bpm,
        key=write_key is not None,
        camelot=write_key is KeyText.camelot,
    )
    settings = TagSettings(
        run=new_run(), journal=(journal or default_journal(path)).absolute(), options=options,
        keep_existing=keep_existing, keep_times=keep_times, dry_run=dry_run, model=model or "default",
    )  # fmt: skip
    tasks = _undo_tasks(given, settings.journal) if undo else _tag_tasks(given)
    return _run(tasks, settings, workers, json_file, undo=undo, problems=given.problems)


@dataclass
class _Given:
    """What the command line names."""

    songs: list[Path]
    filters: TagFilters
    chosen: FolderOptions
    library: Path
    has_library: bool
    model: str | None
    problems: list[tuple[str, str]] = field(default_factory=list)

    def files(self) -> list[Path]:
        """Return the files of the songs and folders; print what was left out."""
        from moodcurve.cli.inputs import find_songs
        from moodcurve.library.scanning.rules import LeftOut

        found = find_songs(self.songs, self.chosen.rules())
        for name, reason in found.problems:
            print_message(f"{name}: {reason}")
        self.problems += [(str(name), reason) for name, reason in found.problems]
        if text := left_out_text(**{why.value: found.left_out[why] for why in LeftOut}):
            print_message(text)
        return [*found.files]


def _undo_tasks(given: _Given, journal: Path) -> "list[UndoTask]":
    from moodcurve.tagging.run import undo_tasks

    if given.filters.any_given():
        raise UsageError("choose songs by SONG; --undo takes no options of search", name="--undo")
    return undo_tasks(journal, given.files() if given.songs else ())


def _tag_tasks(given: _Given) -> "list[TagTask]":
    from moodcurve.library import open_library
    from moodcurve.library.queries.sql_guard import ConditionError
    from moodcurve.tagging.run import file_tasks, library_tasks

    if given.songs:
        if given.filters.any_given():
            raise UsageError("choose songs by SONG or by options of search, not by both", name="SONG")
        files = given.files()
        if given.model is not None or not (given.has_library or given.library.exists()):
            return file_tasks(files, None)
        with open_library(given.library) as opened:
            return file_tasks(files, opened)
    if given.model is not None:
        raise UsageError("needs SONG; songs of the library have values already", name="--model")
    if not (given.has_library or given.filters.any_given()):
        raise UsageError("no songs given; name files, or select songs of the library by --library or options of search")
    query = given.filters.query()
    with open_library(given.library) as opened:
        try:
            return library_tasks(opened, query)
        except ConditionError as error:
            raise UsageError(str(error), name="--where") from error


def _run(
    tasks: "Sequence[TagTask | UndoTask]",
    settings: "TagSettings",
    workers: int | None,
    json_file: Path | None,
    *,
    undo: bool,
    problems: list[tuple[str, str]],
) -> int:
    from moodcurve.cli.progress import prepare, song_bars
    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.cli.signals import interrupted_code, interrupts
    from moodcurve.runtime.loading import describe_model
    from moodcurve.tagging.job import TagTask
    from moodcurve.tagging.run import run_tasks
    from moodcurve.workers import default_workers

    unknown = [Path(task.path) for task in tasks if isinstance(task, TagTask) and task.values is None]
    if unknown:
        prepare(describe_model(settings.model)[1], unknown)
    files: list[dict[str, Any]] = []
    count = min(workers or default_workers(len(tasks)), len(tasks)) or 1
    interrupted = False
    try:
        with song_bars([Path(task.path) for task in tasks]) as progress, interrupts() as check:
            results = run_tasks(tasks, settings, workers=count, progress=progress, check=check)
            with closing(results):
                for task, outcome in zip(tasks, results, strict=True):
                    _report(task.path, outcome, files, problems, show=settings.dry_run and json_file is None)
    except KeyboardInterrupt:
        interrupted = True
        print_message(f"interrupted: {len(files)} of {len(tasks)} files are done")
    if json_file is not None:
        summary = {
            "undo": undo,
            "dry_run": settings.dry_run,
            "interrupted": interrupted,
            "journal": str(settings.journal),
        }
        listed = [{"path": path_text(name), "reason": reason} for name, reason in problems]
        write_texts({json_file: json_text({**summary, "files": files, "problems": listed})})
    if json_file != STDOUT:
        _print_summary(files, problems, settings, undo=undo)
    return interrupted_code() if interrupted else int(bool(problems))


def _report(
    path: str, outcome: "Outcome", files: list[dict[str, Any]], problems: list[tuple[str, str]], *, show: bool
) -> None:
    """Print what became of a file as far as it matters, and add it to the lists."""
    if isinstance(outcome, Exception):
        text = error_text(outcome)
        print_message(text)
        problems.append((path, one_line(text).removeprefix(f"{one_line(path)}: ")))
        return
    for note in outcome.notes:
        print_message(f"{path}: {note}")
    files.append(
        {
            "path": path_text(path),
            "changed": outcome.changed,
            "before": outcome.before,
            "after": outcome.after,
            "notes": list(outcome.notes),
        }
    )
    if show:
        from moodcurve.cli import console

        console.print_lines([one_line(line) for line in _lines(path, outcome)])


def _lines(path: str, change: "TagChange") -> list[str]:
    """Return the changes of a file, a line each."""
    lines = [path if change.changed else f"{path}: nothing to change"]
    for name in dict.fromkeys((*change.before, *change.after)):
        before, after = ("; ".join(texts.get(name, [])) or "none" for texts in (change.before, change.after))
        if before != after:
            lines.append(f"  {name}: {before} → {after}")
    return lines


def _print_summary(
    files: list[dict[str, Any]], problems: list[tuple[str, str]], settings: "TagSettings", *, undo: bool
) -> None:
    from moodcurve.cli import console

    changed = sum(one["changed"] for one in files)
    done = "restored" if undo else "tagged"
    verb = f"would be {done}" if settings.dry_run else done
    parts = [f"{counted(changed, 'file')} {verb}"]
    if same := len(files) - changed:
        parts.append(f"{same:,} unchanged")
    if problems:
        parts.append(f"{len(problems):,} not {done}")
    console.print_lines([", ".join(parts)])
    if changed and not settings.dry_run:
        print_message("run moodcurve scan, so that the library knows the changed files and serve plays them")
