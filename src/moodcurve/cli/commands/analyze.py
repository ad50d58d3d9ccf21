"""Commands that listen: songs to curves, features, and the demo."""

import sys
from contextlib import closing
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import ModelOption, Set, app, reason, say
from moodcurve.cli.framework import Argument, Option, UsageError
from moodcurve.cli.output_checks import STDOUT, check_file, check_folder, keep_apart
from moodcurve.errors import MoodcurveError

if TYPE_CHECKING:
    from moodcurve.cli.outputs import Written


class Format(StrEnum):
    """File formats of a curve."""

    csv = "csv"
    json = "json"
    jams = "jams"
    parquet = "parquet"


@app.command
def analyze(
    paths: Annotated[list[Path], Argument(metavar="PATH", help="Audio files, or videos.")],
    folder: Annotated[Path | None, Option("-o", metavar="DIR", help="Write results here, or - to print.")] = None,
    formats: Annotated[list[Format] | None, Option("-f", help="May be given several times.")] = None,
    plot: Annotated[bool, Option("--plot", help="Write a picture, <stem>.png, into DIR or here.")] = False,
    report: Annotated[bool, Option("--report", help="Write a page with a player, <stem>.html.")] = False,
    model: ModelOption = "default",
    workers: Annotated[
        int | None,
        Option("--workers", metavar="N", min=1, help="Processes; by default one a core, from four songs on."),
    ] = None,
) -> int:
    """Give the curve of arousal and valence of songs.

    Without -f: a table. One song, one -f and no -o: that format on standard output, as with -o -. -o alone writes CSV.

    Example: moodcurve analyze song.mp3 -o results -f csv -f json --plot --report
    """
    from moodcurve.cli.outputs import Outputs, Written, output_stems, writing_job
    from moodcurve.cli.progress import interrupts, prepare, song_bars
    from moodcurve.formats import TEXT_FORMATS, check_format
    from moodcurve.runtime import load_model
    from moodcurve.workers import default_workers, run_each

    stems = output_stems(paths)
    formats = list(dict.fromkeys(formats or []))
    if folder == STDOUT:
        folder, formats = None, formats or [Format.csv]
    to_stdout = folder is None and bool(formats)
    if to_stdout and (len(stems) > 1 or len(formats) > 1):
        raise UsageError("several songs or formats need a folder to write to: -o DIR", name="-f")
    for format in formats:
        if to_stdout and format not in TEXT_FORMATS:
            raise UsageError(f"{format} is not text; it needs a folder to write to: -o DIR", name="-f")
        check_format(format)
    if folder is not None and not (formats or plot or report):
        formats = [Format.csv]
    outputs = Outputs(folder=folder or Path(), formats=() if to_stdout else tuple(formats), plot=plot, report=report)
    if folder is not None:
        check_folder(folder)  # said now rather than after the first song
    keep_apart(paths, [target for stem in stems.values() for target in outputs.targets(stem)])
    loaded = load_model(model)
    songs = list(stems)
    prepare(loaded.feature_set, songs)
    count = min(workers or default_workers(len(songs)), len(songs))
    job = partial(writing_job, loaded if count == 1 else model, outputs, stems)
    curves = []
    exit_code = 0
    with song_bars(songs) as watch, interrupts() as check:
        results = run_each(job, songs, workers=count, progress=watch, check=check)
        try:
            with closing(results):
                for path, result in zip(songs, results, strict=True):
                    if isinstance(result, Written):
                        curves.append(result.curve)
                    exit_code |= _tell(path, result)
        except KeyboardInterrupt:
            say(f"interrupted: {len(curves)} of {len(stems)} songs are done")
            exit_code = 130
    if to_stdout and curves:
        from moodcurve.formats import dumps

        # bytes: JSON is UTF-8 wherever it goes
        sys.stdout.buffer.write(dumps(curves[0], formats[0]).encode("utf-8", "replace"))
    elif curves:
        from moodcurve.cli import views

        views.print_curves(curves)
    return exit_code


@app.command
def features(
    path: Annotated[Path, Argument(metavar="PATH", help="An audio file, or a video.")],
    feature_set: Annotated[Set, Option("--set", help="Which columns.")] = Set.compare260,
    output: Annotated[Path | None, Option("-o", metavar="FILE.csv", help="Instead of printing.")] = None,
) -> None:
    """Write a song's window features as DEAM's CSV: frameTime;... with a row each half second.

    Example: moodcurve features song.mp3 -o song.csv
    """
    from moodcurve.analysis import file_features
    from moodcurve.cli.progress import interrupts, one_song_bar, prepare
    from moodcurve.features import feature_set as find_set
    from moodcurve.features import write_csv
    from moodcurve.util.files import atomic_write

    if output == STDOUT:
        output = None
    if output is not None:
        keep_apart([path], [output])
        check_file(output)
    wanted = find_set(feature_set)
    prepare(wanted, [path])
    with interrupts() as check, one_song_bar(path, check) as progress:
        heard = file_features(path, wanted, progress=progress)
    for warning in heard.warnings:
        say(f"{path}: {warning}")
    if output is None:
        write_csv(heard.features, sys.stdout)
    else:
        with atomic_write(output) as scratch, scratch.open("w", encoding="ascii", newline="") as stream:
            write_csv(heard.features, stream)
        say(f"wrote {output}")


@app.command
def demo(
    song: Annotated[Path | None, Argument(metavar="SONG", help="Your own song instead.")] = None,
    folder: Annotated[Path, Option("-o", metavar="DIR", help="Write results here.")] = Path("demo-output"),
) -> None:
    """Take a song through the whole path: table, CSV, JSON, picture and page with a player.

    Without SONG, a piece composed for the purpose, whose emotional course is known.

    Example: moodcurve demo -o results
    """
    from moodcurve.analysis import analyze as analyze_file
    from moodcurve.cli import views
    from moodcurve.cli.outputs import Outputs
    from moodcurve.cli.progress import interrupts, one_song_bar, prepare
    from moodcurve.runtime import load_model

    check_folder(folder)
    composition = None
    if song is None:
        from moodcurve.demo.composer import demo_song, write_flac

        song = folder / "demo-song.flac"
        say("composing a song: sad, tense, excited, calm")
        composition = demo_song()
        write_flac(composition, song)
    model = load_model()
    prepare(model.feature_set, [song])
    with interrupts() as check, one_song_bar(song, check) as progress:
        curve = analyze_file(song, model=model, progress=progress)
    outputs = Outputs(folder=folder, formats=(Format.csv, Format.json), plot=True, report=True)
    keep_apart([song], outputs.targets(song.stem))
    written = list(outputs.write(curve, song, song.stem))
    views.print_curves([curve])
    if composition is not None:
        views.print_sections(curve, composition.spans)
    for file in written:
        say(f"wrote {file}")
    say(f"open {written[-1].resolve()} in a browser to hear the song and watch its curve")


def _tell(song: Path, result: "Written | MoodcurveError | OSError") -> int:
    """Say on standard error what came of a song; give 1 if something is wrong."""
    problem = result if isinstance(result, Exception) else result.problem
    if not isinstance(result, Exception):
        for warning in result.curve.warnings:
            say(f"{song}: {warning}")
        for file in result.files:
            say(f"wrote {file}")
    if problem is not None:
        say(reason(problem))
    return int(problem is not None)
