"""The app that the commands register with, and its entry point."""

import codecs
import errno
import os
import sys
from pathlib import Path

from moodcurve import __version__
from moodcurve.cli.framework import App
from moodcurve.cli.messages import error_text, print_message
from moodcurve.cli.signals import handle_signals, interrupted_code
from moodcurve.errors import MoodcurveError, setup_error
from moodcurve.util.text import ascii_fallback

app = App(
    "moodcurve",
    help="Compute arousal and valence curves for music, and search music by mood.",
    version=__version__,
    groups={
        "Audio files": ("analyze", "live", "demo", "features"),
        "Music library": ("scan", "search", "similar", "playlist", "show", "export", "merge", "tag", "problems"),
        "Web": ("serve",),
        "Research": (
            *("evaluate", "compare", "train", "benchmark", "studies", "categories", "songlevel", "labels"),
            *("download", "render"),
        ),
    },
)


def main() -> None:
    """Run the command line; print an expected error as one line."""
    # a program may be started without one of them; these stay open until it ends
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    handle_signals()
    codecs.register_error(ascii_fallback.__name__, ascii_fallback)
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character gets a replacement, not a crash
        stream.reconfigure(errors=ascii_fallback.__name__)  # type: ignore[union-attr]
    try:
        code = app(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the results has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (MoodcurveError, OSError) as error:
        print_message(error_text(error))
        code = 1
    except (ImportError, MemoryError) as error:
        print_message(error_text(setup_error(error)))
        code = 1
    except RuntimeError as error:
        if "can't start new thread" not in str(error):  # Python has no class of its own for it
            raise
        print_message(error_text(BlockingIOError(errno.EAGAIN, "")))
        code = 1
    except KeyboardInterrupt:
        print_message("interrupted")
        code = interrupted_code()
    sys.exit(code)
