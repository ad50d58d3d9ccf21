"""What all commands share: the app, its door, options, and what is said on standard error."""

import codecs
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve import __version__
from moodcurve.cli.framework import App, Option
from moodcurve.errors import MoodcurveError
from moodcurve.util.text import ascii_fallback, one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

app = App(
    "moodcurve",
    help="Every song as a curve of arousal and valence.",
    version=__version__,
    groups={
        "Listen": ("analyze", "demo", "features"),
        "Library": ("scan", "search", "show", "export", "problems"),
        "In the browser": ("serve",),
        "Research": ("evaluate", "train", "benchmark", "studies", "categories", "songlevel", "labels"),
    },
)


class Set(StrEnum):
    """Feature sets by name."""

    compare260 = "compare260"
    compare236 = "compare236"
    default = "default"


ModelOption = Annotated[str, Option("--model", metavar="NAME|FILE", help="A packaged model or a model file.")]


def main() -> None:
    """Run the command line; errors that a user can mend become one line."""
    # a program may be started without one of them; these stay open to its end
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    codecs.register_error(ascii_fallback.__name__, ascii_fallback)
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character gets a replacement, not a crash
        stream.reconfigure(errors=ascii_fallback.__name__)  # type: ignore[union-attr]
    try:
        code = app(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # who read the results wants no more of them
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (MoodcurveError, OSError) as error:
        say(reason(error))
        code = 1
    except KeyboardInterrupt:
        say("interrupted")
        code = 130
    sys.exit(code)


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
