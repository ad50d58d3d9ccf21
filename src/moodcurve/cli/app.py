"""What all commands share: the app, its door, options, and what is said on standard error."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moodcurve import __version__
from moodcurve.errors import MoodcurveError
from moodcurve.wording import one_line

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


class Set(StrEnum):
    """Feature sets by name."""

    compare260 = "compare260"
    default = "default"


ModelOption = Annotated[str, typer.Option("--model", metavar="NAME|FILE", help="A packaged model or a model file.")]


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
        say(reason(error))
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


def advance(bar: "Progress", task: "TaskID", done: int, total: int) -> None:
    """Move a progress bar to a step of a number that may have become known only now."""
    bar.update(task, completed=done, total=total)


def reason(error: MoodcurveError | OSError) -> str:
    """Give what stands in an error's line: which file, and what is wrong."""
    if isinstance(error, OSError):
        return f"{os.fspath(error.filename or 'standard output')}: {error.strerror or error}"
    return str(error)


def say(message: str) -> None:
    """Say something on standard error; Rich clears a progress bar before what is printed there."""
    print(f"moodcurve: {one_line(message)}", file=sys.stderr)
