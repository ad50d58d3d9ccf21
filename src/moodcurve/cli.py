"""The command line: each command parses, makes one library call and prints.

Results go to standard output, progress and messages to standard error. Exit codes: 0 done; 1 some input could
not be used (named on standard error, the rest done); 2 wrong usage; 130 interrupted. A command's modules are
imported when it runs, so that `moodcurve --help` and `moodcurve analyze` stay quick.
"""

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moodcurve import __version__
from moodcurve.errors import MoodcurveError, one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

app = typer.Typer(
    help="Every song as a curve of arousal and valence.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """File formats of a curve."""

    csv = "csv"
    json = "json"


class Set(StrEnum):
    """Feature sets by name."""

    compare260 = "compare260"
    default = "default"


class Family(StrEnum):
    """Model families that can be trained."""

    mlr = "mlr"
    svr = "svr"
    ffnn = "ffnn"


class Protocol(StrEnum):
    """Benchmark protocols."""

    paper = "paper"
    mediaeval2015 = "mediaeval2015"
    deam = "deam"


class Labels(StrEnum):
    """Which labels of a DEAM folder to use."""

    deam = "deam"
    mediaeval2015 = "mediaeval2015"


ModelOption = Annotated[
    str, typer.Option("--model", metavar="NAME|FILE", help="A packaged model or a model file.")
]
DatasetArgument = Annotated[
    Path, typer.Argument(metavar="DATASET", help="Folder of annotated songs in DEAM's layout.")
]


def main() -> None:
    """Run the command line; errors that a user can mend become one line."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character gets a replacement, not a crash
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except MoodcurveError as error:
        _say(str(error))
        sys.exit(1)
    except BrokenPipeError:
        # the reader of a pipe, `head` for example, has seen enough; keep Python from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"moodcurve {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command()
def analyze(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Audio files, or videos.")],
    folder: Annotated[Path | None, typer.Option("-o", metavar="DIR", help="Write results here.")] = None,
    formats: Annotated[list[Format] | None, typer.Option("-f", help="May be given several times.")] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Write a picture, DIR/<stem>.png.")] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Write a page with a player, DIR/<stem>.html.")
    ] = False,
    model: ModelOption = "default",
) -> None:
    """Give the curve of arousal and valence of songs.

    Without -f: a table. One song, one -f and no -o: that format on standard output. -o alone writes CSV.

    Example: moodcurve analyze song.mp3 -o results -f csv -f json --plot --report
    """
    from moodcurve import terminal
    from moodcurve.analysis import analyze as analyze_file
    from moodcurve.outputs import Outputs, output_stems
    from moodcurve.runtime import load_model

    formats = formats or []
    to_stdout = folder is None and bool(formats)
    if to_stdout and (len(paths) > 1 or len(formats) > 1):
        raise typer.BadParameter(
            "several songs or formats need a folder to write to: -o DIR", param_hint="-f"
        )
    if folder is not None and not (formats or plot or report):
        formats = [Format.csv]
    outputs = Outputs(
        folder=folder or Path(), formats=() if to_stdout else tuple(formats), plot=plot, report=report
    )
    loaded = load_model(model)
    stems = output_stems(paths)
    curves = []
    with terminal.progress_bar() as bar:
        for number, (path, stem) in enumerate(stems.items()):
            task = bar.add_task(_of(number, len(stems)) + one_line(path.name), total=1.0)
            try:
                curves.append(analyze_file(path, model=loaded, progress=_share(bar, task)))
            except MoodcurveError as error:
                _say(str(error))
                continue
            finally:
                bar.remove_task(task)
            for file in outputs.write(curves[-1], path, stem):
                _say(f"wrote {file}")
            for warning in curves[-1].warnings:
                _say(f"{path}: {warning}")
    if to_stdout and curves:
        from moodcurve.formats import dumps

        sys.stdout.write(dumps(curves[0], formats[0]))
    elif curves:
        terminal.print_curves(curves)
    raise typer.Exit(int(len(curves) < len(stems)))


@app.command()
def features(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="An audio file, or a video.")],
    feature_set: Annotated[Set, typer.Option("--set", help="Which columns.")] = Set.compare260,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE.csv", help="Instead of printing.")
    ] = None,
) -> None:
    """Write a song's window features as DEAM's CSV: frameTime;... with a row each half second.

    Example: moodcurve features song.mp3 -o song.csv
    """
    from moodcurve import terminal
    from moodcurve.analysis import file_features
    from moodcurve.features import feature_set as find_set
    from moodcurve.features import write_csv
    from moodcurve.files import written_whole

    with terminal.progress_bar() as bar:
        task = bar.add_task(one_line(path.name), total=1.0)
        heard = file_features(path, find_set(feature_set), progress=_share(bar, task))
    for warning in heard.warnings:
        _say(f"{path}: {warning}")
    if output is None:
        write_csv(heard.features, sys.stdout)
    else:
        with written_whole(output) as scratch, scratch.open("w", encoding="ascii", newline="") as stream:
            write_csv(heard.features, stream)


def _share(bar: "Progress", task: "TaskID") -> Callable[[float, float | None], None]:
    """Progress of one file as a share of what it claims to hold; a file that does not say stays at nought."""
    return lambda seconds, total: bar.update(task, completed=min(1.0, seconds / total) if total else 0.0)


def _of(number: int, total: int) -> str:
    return f"{number + 1}/{total} " if total > 1 else ""


def _say(message: str) -> None:
    """Say something on standard error."""
    typer.echo(f"moodcurve: {one_line(message)}", err=True)
