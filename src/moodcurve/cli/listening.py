"""Commands that listen: songs to curves, features, and the demo."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from moodcurve.cli.app import ModelOption, Set, app, reason, say
from moodcurve.errors import MoodcurveError
from moodcurve.wording import one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Format(StrEnum):
    """File formats of a curve."""

    csv = "csv"
    json = "json"


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
    with terminal.progress_bar() as bar, _interrupts() as check:
        try:
            for number, (path, stem) in enumerate(stems.items()):
                check()
                task = bar.add_task(_label(path, number, len(stems)), total=1.0)
                try:
                    curves.append(analyze_file(path, model=loaded, progress=_share(bar, task, check)))
                    for warning in curves[-1].warnings:
                        say(f"{path}: {warning}")
                    for file in outputs.write(curves[-1], path, stem):
                        say(f"wrote {file}")
                except (MoodcurveError, OSError) as error:
                    say(reason(error))
                    exit_code = 1
                bar.remove_task(task)
        except KeyboardInterrupt:
            say(f"interrupted: {len(curves)} of {len(stems)} songs are done")
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
    with terminal.progress_bar() as bar, _interrupts() as check:
        task = bar.add_task(_label(path), total=1.0)
        heard = file_features(path, find_set(feature_set), progress=_share(bar, task, check))
    for warning in heard.warnings:
        say(f"{path}: {warning}")
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
        say("composing a song: calm, excited, tense, sad")
        composition = demo_song()
        write_flac(composition, song)
    with terminal.progress_bar() as bar, _interrupts() as check:
        task = bar.add_task(_label(song), total=1.0)
        curve = analyze_file(song, progress=_share(bar, task, check))
    outputs = Outputs(folder=folder, formats=(Format.csv, Format.json), plot=True, report=True)
    _keep_apart([song], outputs.targets(song.stem))
    written = list(outputs.write(curve, song, song.stem))
    terminal.print_curves([curve])
    if composition is not None:
        terminal.print_sections(curve, composition.spans)
    for file in written:
        say(f"wrote {file}")
    say(f"open {written[-1].resolve()} in a browser to hear the song and watch its curve")


@contextmanager
def _interrupts() -> Iterator[Callable[[], None]]:
    """Give a check that raises KeyboardInterrupt once Ctrl-C was pressed; pressed again, it acts at once.

    Raised wherever it comes, inside a decoder's C code for one, an interrupt can be lost or crash the process.
    """
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)

    def check() -> None:
        if pressed:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


def _share(bar: "Progress", task: "TaskID", check: Callable[[], None]) -> Callable[[float, float | None], None]:
    """Progress of one file as a share of what it claims to hold; a file that does not say stays at nought."""

    def report(seconds: float, total: float | None) -> None:
        check()
        bar.update(task, completed=min(1.0, seconds / total) if total else 0.0)

    return report


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
