"""The `analyze` command: arousal and valence curves of audio files."""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import error_text, print_message
from moodcurve.cli.options.common import SafeCsvOption
from moodcurve.cli.options.files import FolderOptions, SplitBy, SplitOption, TrackOption, left_out_text
from moodcurve.cli.options.models import ModelOption
from moodcurve.cli.output_checks import STDOUT, check_file, check_folder, check_replaces_no_song
from moodcurve.cli.parameters import Argument, Option, UsageError
from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from moodcurve.cli.outputs import Outputs, WrittenSong
    from moodcurve.cli.standard_input import GivenPaths
    from moodcurve.curve import Curve

TABLE_ENDINGS = {".csv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet"}
"""Extensions of a table of songs, and the value of --format that matches each."""
_FILE_ENDING = re.compile(r"\.[a-z]{2,5}[0-9]?")
"""Extensions of files; numbers, as in ``results.2`` or ``results.v2``, are parts of the names of folders."""
MANY_FILES = 50
"""Number of files in folders from which on a library scan is suggested."""


class CurveFormat(StrEnum):
    """File formats of a curve."""

    csv = "csv"
    json = "json"
    jams = "jams"
    parquet = "parquet"


@app.command
def analyze(
    paths: Annotated[
        list[Path],
        Argument(
            metavar="PATH", help="Audio or video files, or folders with audio files at any depth; - is standard input."
        ),
    ],
    chosen: FolderOptions,
    output: Annotated[
        Path | None,
        Option(
            "-o",
            "--output",
            metavar="DIR|FILE",
            help="Write curves to this folder, one file per song; or write one table with one row per song to this "
            "file, whose name ends in .csv, .json, .jsonl or .parquet; - is standard output.",
        ),
    ] = None,
    formats: Annotated[
        list[CurveFormat] | None, Option("-f", "--format", help="File format of curves; may be repeated.")
    ] = None,
    plot: Annotated[bool, Option("--plot", help="Write a picture of each curve, <stem>.png, to DIR.")] = False,
    report: Annotated[
        bool, Option("--report", help="Write a web page with a player for each song, <stem>.html, to DIR.")
    ] = False,
    track: TrackOption = None,
    split: SplitOption = None,
    safe_csv: SafeCsvOption = False,
    model: ModelOption = "default",
    workers: Annotated[
        int | None,
        Option(
            "--workers", metavar="N", min=1, help="Number of processes; by default one per core for four or more songs."
        ),
    ] = None,
) -> int:
    """Compute arousal and valence curves for audio files.

    Without -o and -f, prints a table. With -f alone, prints the curve of one song; for several songs or a folder,
    -f json prints JSON lines, one curve per line. -o DIR alone writes CSV. --plot and --report write to DIR, or to the
    folder of FILE, or without -o to the current folder.

    Example: moodcurve analyze song.mp3 -o results -f csv -f json --plot --report
    Example: moodcurve analyze Music -o songs.csv
    Example: moodcurve analyze album.flac --split cue -o results
    Example: curl -s https://example.org/song.mp3 | moodcurve analyze - -f json
    """
    from moodcurve.cli.inputs import find_songs
    from moodcurve.cli.outputs import output_stems
    from moodcurve.cli.signals import interrupted_code
    from moodcurve.cli.standard_input import with_stdin
    from moodcurve.library.scanning.rules import LeftOut

    with with_stdin(paths) as given:
        found = find_songs(given.paths, chosen.rules())
        stems = output_stems(found.files)
        several = len(stems) > 1 or found.in_folders or split is not None
        destination = _destination(output, list(dict.fromkeys(formats or [])), several=several)
        outputs = _outputs(destination, plot=plot, report=report, track=track, split=split)
        results = [file for stem in stems.values() for file in outputs.files(stem)]
        check_replaces_no_song(found.files, [*results, *([destination.table] if destination.table else [])])
        for path, reason in found.problems:
            print_message(f"{path}: {reason}")
        if text := left_out_text(**{why.value: found.left_out[why] for why in LeftOut}):
            print_message(text)
        if found.in_folders and len(stems) >= MANY_FILES:
            print_message(
                f"{len(stems)} files; for whole music libraries, `moodcurve scan` stores the results and skips known "
                "files"
            )
        exit_code = int(bool(found.problems)) | _receive(given, stems)
        curves: list[Curve] = []
        done = 0
        try:
            for song, results_of_file in _analyze_all(stems, outputs, model, workers, given.names()):
                exit_code |= _print_outcome(given.names().get(song, song), results_of_file)
                if isinstance(results_of_file, Exception):
                    continue
                for written in results_of_file:
                    if destination.lines:
                        _print_json_line(written.curve)
                    curves.append(written.curve)
                done += 1
        except KeyboardInterrupt:
            print_message(f"interrupted: {done} of {len(stems)} {'files' if split else 'songs'} are done")
            exit_code = interrupted_code()
        if curves:
            exit_code |= _print_curves(curves, destination, safe_csv=safe_csv)
        return exit_code


def _receive(given: "GivenPaths", stems: dict[Path, str]) -> int:
    """Read standard input if it is among the songs; if that fails, take it out, and return 1."""
    try:
        given.receive()
    except (MoodcurveError, OSError) as error:
        print_message(error_text(error))
        stems.pop(given.stdin or Path())
        return 1
    return 0


@dataclass(frozen=True, kw_only=True)
class _Destination:
    """Where curves go: at most one of a folder, a table's file, and standard output in a text format."""

    folder: Path | None = None
    formats: tuple[CurveFormat, ...] = ()
    table: Path | None = None
    printed: CurveFormat | None = None
    lines: bool = False
    """Print each curve as a line of JSON."""


def _destination(output: Path | None, formats: list[CurveFormat], *, several: bool) -> _Destination:
    """Return what --output and --format mean.

    Raises
    ------
    FormatError
        If a format needs a package that is not installed.
    UsageError
        If they do not fit each other, or the number of songs.
    """
    from moodcurve.audio.filetypes import is_media_file
    from moodcurve.formats import TEXT_FORMATS, check_format

    for format in formats:
        check_format(format)
    if output is not None and output != STDOUT:
        ending = output.suffix.lower()
        if ending in TABLE_ENDINGS and not output.is_dir():
            return _table(output, formats)
        if _FILE_ENDING.fullmatch(ending) and not output.exists() and not is_media_file(str(output)):
            raise UsageError(
                f"{one_line(str(output))} is named like a file: tables of songs end in {', '.join(TABLE_ENDINGS)}; "
                "curves go to a folder, and one of this name must be created first",
                name="-o",
            )
        check_folder(output)  # now rather than after the first song
        return _Destination(folder=output, formats=tuple(formats))
    if output == STDOUT:
        formats = formats or [CurveFormat.csv]
    if not formats:
        return _Destination()
    if len(formats) > 1:
        raise UsageError("several formats need a folder: -o DIR", name="-f")
    (format,) = formats
    if format not in TEXT_FORMATS:
        raise UsageError(f"{format} is not text and cannot be printed; give a folder: -o DIR", name="-f")
    if several and format is not CurveFormat.json:
        raise UsageError(
            f"the curves of several songs cannot be printed as {format}; give a folder for curves (-o DIR), a file for "
            "a table of songs (-o songs.csv), or print JSON lines (-f json)",
            name="-f",
        )
    return _Destination(printed=format, lines=several)


def _table(file: Path, formats: Sequence[CurveFormat]) -> _Destination:
    ending = file.suffix.lower()
    if any(format != TABLE_ENDINGS[ending] for format in formats):
        raise UsageError(
            f"a table in {ending} does not go with {', '.join(formats)}; give a folder to write curves: -o DIR",
            name="-f",
        )
    if ending == ".parquet":
        from moodcurve.formats import check_format

        check_format("parquet")
    check_file(file)
    return _Destination(table=file)


def _outputs(
    destination: _Destination, *, plot: bool, report: bool, track: int | None, split: SplitBy | None
) -> "Outputs":
    """Return which files to write for each song."""
    from moodcurve.cli.outputs import Outputs

    formats = destination.formats
    if destination.folder is not None and not (formats or plot or report):
        formats = (CurveFormat.csv,)
    folder = destination.folder or (destination.table.parent if destination.table else Path())
    return Outputs(folder=folder, formats=formats, plot=plot, report=report, track=track, split=split and split.value)


def _analyze_all(
    stems: dict[Path, str], outputs: "Outputs", model: str, workers: int | None, names: dict[Path, str]
) -> "Iterator[tuple[Path, list[WrittenSong] | MoodcurveError | OSError]]":
    """Yield each file with the curves and files of its songs, or with the error, in order; show progress.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C.
    """
    from moodcurve.cli.outputs import writing_job
    from moodcurve.cli.progress import prepare, song_bars
    from moodcurve.cli.signals import interrupts
    from moodcurve.runtime import packaged_models
    from moodcurve.runtime.loading import describe_model
    from moodcurve.workers import FILE_LIMITS, Limits, default_workers, run_each

    songs = list(stems)
    own = model not in packaged_models()  # anyone's graph, which may never end: it runs within limits
    _, feature_set = describe_model(model)
    prepare(feature_set, songs)
    count = min(workers or default_workers(len(songs)), len(songs)) or 1
    job = partial(writing_job, model, outputs, stems, names)
    limits = FILE_LIMITS if own else Limits()
    with song_bars(songs) as progress, interrupts() as check:
        results = run_each(job, songs, workers=count, progress=progress, check=check, limits=limits, isolate=own)
        with closing(results):
            yield from zip(songs, results, strict=True)


def _print_outcome(file: Path | str, result: "list[WrittenSong] | MoodcurveError | OSError") -> int:
    """Print each warning of a file's songs once, their files and errors; return 1 if there is an error, else 0."""
    if isinstance(result, Exception):
        print_message(error_text(result))
        return 1
    for warning in dict.fromkeys(warning for song in result for warning in song.curve.warnings):
        print_message(f"{file}: {warning}")
    for song in result:
        for path in song.files:
            print_message(f"wrote {path}")
        if song.problem is not None:
            print_message(error_text(song.problem))
    return int(any(song.problem is not None for song in result))


def _print_json_line(curve: "Curve") -> None:
    from moodcurve.cli.result_files import print_text
    from moodcurve.util.text import json_line

    print_text([json_line(curve.to_dict())])


def _print_curves(curves: "list[Curve]", destination: _Destination, *, safe_csv: bool) -> int:
    """Print the curves, or write their table; return 1 if it cannot be written, else 0."""
    if destination.table is not None:
        from moodcurve.cli.song_table import write_song_table

        try:
            write_song_table(curves, destination.table, safe_csv=safe_csv)
        except OSError as error:
            from moodcurve.cli import curve_views

            print_message(error_text(error))
            curve_views.print_curves(curves)  # so that a full disk loses no result
            return 1
        hint = "; for the curve over time, give a folder: -o DIR" if len(curves) == 1 else ""
        print_message(f"wrote {destination.table}: one row per song{hint}")
    elif destination.printed is not None:
        if not destination.lines:
            from moodcurve.cli.result_files import print_text
            from moodcurve.formats import dumps

            print_text([dumps(curves[0], destination.printed)])
    else:
        from moodcurve.cli import curve_views

        curve_views.print_curves(curves)
    return 0
