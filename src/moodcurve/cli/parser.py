"""An argparse parser with one-line errors, and help that fits the terminal."""

import argparse
import shutil
import textwrap
from typing import NoReturn

from moodcurve.util.text import one_line


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, without the usage."""

    def __init__(self, program: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=program,
            description=_wrapped(description),
            epilog=epilog,
            formatter_class=_HelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Print the message and where to read more, and exit with code 2."""
        end = " " if message.endswith("?") else "; "
        self.exit(2, f"{self.prog}: error: {one_line(message)}{end}see {self.prog} --help\n")


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Show an option's value once, as in Python 3.13: ``-o, --output DIR``."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        shown = super()._format_action_invocation(action)
        if not action.option_strings or action.nargs == 0:
            return shown
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


def _wrapped(text: str) -> str:
    """Fill paragraphs to the terminal's width; lines that start with ``Example`` stay as they are."""
    width = max(40, shutil.get_terminal_size().columns - 2)
    blocks = text.split("\n\n")
    return "\n\n".join(b if b.startswith("Example") else textwrap.fill(" ".join(b.split()), width) for b in blocks)
