"""The command line: each command parses, makes one library call and prints.

Results go to standard output, progress and messages to standard error. Exit codes: 0 done; 1 some input could
not be used (named on standard error, the rest done); 2 wrong usage; 130 interrupted. A command's modules are
imported when it runs, so that `moodcurve --help` and `moodcurve analyze` stay quick.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moodcurve import __version__
from moodcurve.errors import MoodcurveError
from moodcurve.wording import one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from moodcurve.datasets import Dataset

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


ModelOption = Annotated[str, typer.Option("--model", metavar="NAME|FILE", help="A packaged model or a model file.")]
LabelsOption = Annotated[Labels, typer.Option("--labels", help="Which labels of a DEAM folder.")]
DatasetArgument = Annotated[
    Path, typer.Argument(metavar="DATASET", readable=False, help="Folder of annotated songs in DEAM's layout.")
]


def main() -> None:
    """Run the command line; errors that a user can mend become one line."""
    # a program may be started without one of them; these stay open to its end
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character gets a replacement, not a crash
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except (MoodcurveError, OSError) as error:
        _say(_reason(error))
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
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", readable=False, help="Audio files, or videos.")],
    folder: Annotated[
        Path | None, typer.Option("-o", metavar="DIR", readable=False, help="Write results here.")
    ] = None,
    formats: Annotated[list[Format] | None, typer.Option("-f", help="May be given several times.")] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Write a picture, <stem>.png, into DIR or here.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Write a page with a player, <stem>.html.")] = False,
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

    stems = output_stems(paths)
    formats = list(dict.fromkeys(formats or []))
    to_stdout = folder is None and bool(formats)
    if to_stdout and (len(stems) > 1 or len(formats) > 1):
        raise typer.BadParameter("several songs or formats need a folder to write to: -o DIR", param_hint="-f")
    if folder is not None and not (formats or plot or report):
        formats = [Format.csv]
    outputs = Outputs(folder=folder or Path(), formats=() if to_stdout else tuple(formats), plot=plot, report=report)
    _keep_apart(paths, [target for stem in stems.values() for target in outputs.targets(stem)])
    loaded = load_model(model)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)  # fails now rather than after the first song
    curves = []
    exit_code = 0
    with terminal.progress_bar() as bar:
        try:
            for number, (path, stem) in enumerate(stems.items()):
                task = bar.add_task(_label(path, number, len(stems)), total=1.0)
                try:
                    curves.append(analyze_file(path, model=loaded, progress=_share(bar, task)))
                    for warning in curves[-1].warnings:
                        _say(f"{path}: {warning}")
                    for file in outputs.write(curves[-1], path, stem):
                        _say(f"wrote {file}")
                except (MoodcurveError, OSError) as error:
                    _say(_reason(error))
                    exit_code = 1
                bar.remove_task(task)
        except KeyboardInterrupt:
            _say(f"interrupted: {len(curves)} of {len(stems)} songs are done")
            exit_code = 130
    if to_stdout and curves:
        from moodcurve.formats import dumps

        # bytes: JSON is UTF-8 wherever it goes
        sys.stdout.buffer.write(dumps(curves[0], formats[0]).encode("utf-8", "replace"))
    elif curves:
        terminal.print_curves(curves)
    raise typer.Exit(exit_code)


@app.command()
def features(
    path: Annotated[Path, typer.Argument(metavar="PATH", readable=False, help="An audio file, or a video.")],
    feature_set: Annotated[Set, typer.Option("--set", help="Which columns.")] = Set.compare260,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE.csv", readable=False, help="Instead of printing.")
    ] = None,
) -> None:
    """Write a song's window features as DEAM's CSV: frameTime;... with a row each half second.

    Example: moodcurve features song.mp3 -o song.csv
    """
    from moodcurve import terminal
    from moodcurve.analysis import file_features
    from moodcurve.features import feature_set as find_set
    from moodcurve.features import write_csv
    from moodcurve.files import check_writable, written_whole

    if output is not None:
        _keep_apart([path], [output])
        check_writable(output)
    with terminal.progress_bar() as bar:
        task = bar.add_task(_label(path), total=1.0)
        heard = file_features(path, find_set(feature_set), progress=_share(bar, task))
    for warning in heard.warnings:
        _say(f"{path}: {warning}")
    if output is None:
        write_csv(heard.features, sys.stdout)
    else:
        with written_whole(output) as scratch, scratch.open("w", encoding="ascii", newline="") as stream:
            write_csv(heard.features, stream)


@app.command()
def demo(
    song: Annotated[
        Path | None, typer.Argument(metavar="[SONG]", readable=False, help="Your own song instead.")
    ] = None,
    folder: Annotated[Path, typer.Option("-o", metavar="DIR", readable=False, help="Write results here.")] = Path(
        "demo-output"
    ),
) -> None:
    """Take a song through the whole path: table, CSV, JSON, picture and page with a player.

    Without SONG, a piece composed for the purpose, whose emotional course is known.

    Example: moodcurve demo -o results
    """
    from moodcurve import terminal
    from moodcurve.analysis import analyze as analyze_file
    from moodcurve.outputs import Outputs

    composition = None
    if song is None:
        from moodcurve.datasets.composer import demo_song, write_flac

        song = folder / "demo-song.flac"
        _say("composing a song: calm, excited, tense, sad")
        composition = demo_song()
        write_flac(composition, song)
    with terminal.progress_bar() as bar:
        curve = analyze_file(song, progress=_share(bar, bar.add_task(_label(song), total=1.0)))
    outputs = Outputs(folder=folder, formats=(Format.csv, Format.json), plot=True, report=True)
    _keep_apart([song], outputs.targets(song.stem))
    written = list(outputs.write(curve, song, song.stem))
    terminal.print_curves([curve])
    if composition is not None:
        terminal.print_sections(curve, composition.spans)
    for file in written:
        _say(f"wrote {file}")
    _say(f"open {written[-1].resolve()} in a browser to hear the song and watch its curve")


@app.command()
def train(
    folder: DatasetArgument,
    family: Annotated[Family, typer.Option("--model", help="Which kind of model.")],
    output: Annotated[Path, typer.Option("-o", metavar="MODEL.onnx", readable=False, help="The model file to write.")],
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE.toml", readable=False, help="Settings of the model.")
    ] = None,
    labels: LabelsOption = Labels.deam,
    feature_set: Annotated[Set, typer.Option("--set", help="Which columns to learn from.")] = Set.default,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same model.")] = 0,
    without: Annotated[
        Path | None,
        typer.Option("--without", metavar="FILE", readable=False, help="Leave out these songs, an id a line."),
    ] = None,
) -> None:
    """Train a model on annotated songs and write it as one ONNX file.

    Beside it go a log, <stem>.training.json, and for networks a picture of the loss, <stem>.loss.png.

    Example: moodcurve train DEAM --model ffnn --without test.txt -o mine.onnx
    """
    from moodcurve import terminal
    from moodcurve.files import check_writable
    from moodcurve.learn.config import read_config
    from moodcurve.learn.export import export
    from moodcurve.learn.training import FAMILIES, save_log
    from moodcurve.learn.training import train as train_model

    settings = read_config(config, FAMILIES[family].config) if config else None
    check_writable(output)
    dataset, missing = _read_songs(folder, labels, feature_set, ids=without, leave_out=True)
    with terminal.progress_bar() as bar:
        trained = train_model(
            dataset,
            family,
            config=settings,
            seed=seed,
            progress=_steps(bar, bar.add_task(f"training {family}")),
        )
    export(trained, output, name=output.stem)
    _say(f"trained {family} on {len(dataset.songs)} songs in {trained.seconds:.0f} s")
    for file in (output, *save_log(trained, output)):
        _say(f"wrote {file}")
    raise typer.Exit(int(missing))


@app.command()
def evaluate(
    folder: DatasetArgument,
    model: ModelOption = "default",
    ids: Annotated[
        Path | None, typer.Option("--ids", metavar="FILE", readable=False, help="Only these songs, an id a line.")
    ] = None,
    labels: LabelsOption = Labels.deam,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge a model on annotated songs: RMSE, r, R² and CCC, per song and over all points.

    On songs that the model has learned from, as the packaged one has from DEAM's, this shows how well it fits, not how
    well it predicts; it then says so.

    Example: moodcurve evaluate DEAM --model mine.onnx --ids test.txt --json
    """
    from moodcurve import terminal
    from moodcurve.evaluation import evaluate as judge
    from moodcurve.runtime import load_model

    loaded = load_model(model)
    dataset, missing = _read_songs(folder, labels, Set.compare260, ids=ids)
    figures = judge(dataset, loaded)
    if learned := figures["songs_trained_on"]:
        _say(f"the model has learned from {learned} of these {figures['songs']} songs: this is no test")
    if as_json:
        print(json.dumps(figures, allow_nan=False))
    else:
        terminal.print_evaluation(figures)
    raise typer.Exit(int(missing))


@app.command()
def benchmark(
    folder: DatasetArgument,
    protocol: Annotated[Protocol, typer.Option("--protocol")] = Protocol.paper,
    models: Annotated[str, typer.Option("--models", metavar="a,b,...", help="Model families.")] = "mlr,svr,ffnn",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", readable=False, help="Write JSON here.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="DIR", readable=False, help="Write JSON, tables and figure here.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of splits, training and intervals.")] = 0,
) -> None:
    """Train and test model families by a stated protocol, with the published figures beside.

    -o DIR writes DIR/<protocol>.json, .md and a figure, .png.

    Example: moodcurve benchmark DEAM --protocol paper --models mlr,ffnn -o results
    """
    from moodcurve import terminal
    from moodcurve.files import check_writable, written_whole
    from moodcurve.learn.benchmark import run_benchmark
    from moodcurve.learn.benchmark_table import difference_table, draw, explanations, report, table
    from moodcurve.learn.protocols import read_for

    for file in (json_file, output / f"{protocol.value}.json" if output is not None else None):
        if file is not None:
            check_writable(file)
    families = [name.strip() for name in models.split(",")]
    with terminal.progress_bar() as bar:
        task = bar.add_task(f"reading {one_line(folder.name)}", total=None)
        dataset = read_for(folder, protocol, progress=lambda done, total: _advance(bar, task, done, total))
        result = run_benchmark(dataset, protocol, families, seed=seed, progress=_steps(bar, task))
    for note in dataset.notes:
        _say(note)
    terminal.print_rows(table(result))
    terminal.print_rows(difference_table(result))
    terminal.print_lines(explanations(result))
    figures = json.dumps(result.as_dict(), indent=1, allow_nan=False) + "\n"
    texts = {json_file: figures} if json_file else {}
    if output is not None:
        texts |= {output / f"{protocol.value}.json": figures, output / f"{protocol.value}.md": report(result)}
    for file, text in texts.items():
        with written_whole(file) as scratch:
            scratch.write_text(text, encoding="utf-8")
        _say(f"wrote {file}")
    if output is not None:
        draw(result, output / f"{protocol.value}.png")
        _say(f"wrote {output / f'{protocol.value}.png'}")


def _read_songs(
    folder: Path, labels: Labels, feature_set: Set, *, ids: Path | None = None, leave_out: bool = False
) -> "tuple[Dataset, bool]":
    """Read annotated songs, those with the ids of a file or all others; tell whether there were unknown ids."""
    from moodcurve import terminal
    from moodcurve.datasets import read_dataset
    from moodcurve.evaluation import read_ids, select_songs
    from moodcurve.features import feature_set as find_set

    wanted = read_ids(ids) if ids is not None else None
    with terminal.progress_bar() as bar:
        task = bar.add_task(f"reading {one_line(folder.name)}", total=None)
        dataset = read_dataset(
            folder,
            labels=labels.value,
            feature_set=find_set(feature_set),
            progress=lambda done, total: _advance(bar, task, done, total),
        )
    for note in dataset.notes:
        _say(note)
    if wanted is None:
        return dataset, False
    dataset, missing = select_songs(dataset, wanted, leave_out=leave_out)
    if missing:
        shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        _say(f"{ids}: {len(missing)} of {len(wanted)} ids are not in {folder}: {shown}")
    return dataset, bool(missing)


def _advance(bar: "Progress", task: "TaskID", done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def _steps(bar: "Progress", task: "TaskID") -> Callable[[int, int, str], None]:
    """Progress in steps with what was just reached."""
    return lambda done, total, what: bar.update(task, completed=done, total=total, description=what)


def _share(bar: "Progress", task: "TaskID") -> Callable[[float, float | None], None]:
    """Progress of one file as a share of what it claims to hold; a file that does not say stays at nought."""
    return lambda seconds, total: bar.update(task, completed=min(1.0, seconds / total) if total else 0.0)


def _label(path: Path, number: int = 0, total: int = 1) -> str:
    """Name a song beside its progress bar, and say why the first one of all takes long."""
    from moodcurve.features.kernels import compiled

    place = f"{number + 1}/{total} " if total > 1 else ""
    first = "" if compiled() else " (the first run compiles the extractor, once)"
    return f"{place}{one_line(path.name)}{first}"


def _keep_apart(songs: Sequence[Path], results: Sequence[Path]) -> None:
    """Refuse to write a result over one of the songs."""
    places = {os.path.realpath(song) for song in songs}
    for result in results:
        if os.path.realpath(result) in places:
            raise typer.BadParameter(f"{one_line(str(result))} is one of the songs; choose another", param_hint="-o")


def _reason(error: MoodcurveError | OSError) -> str:
    if isinstance(error, OSError):
        return f"{os.fspath(error.filename or 'standard output')}: {error.strerror or error}"
    return str(error)


def _say(message: str) -> None:
    """Say something on standard error; Rich clears a progress bar before what is printed there."""
    print(f"moodcurve: {one_line(message)}", file=sys.stderr)
