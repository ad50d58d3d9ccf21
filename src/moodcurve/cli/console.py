"""Consoles for results and messages, and the progress bar."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from rich.progress import Progress


def results() -> Console:
    """Return the console for results: standard output. In a file or pipe, a row is one line, however long."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 10_000, color_system=_color_system())


def messages() -> Console:
    """Return the console for progress and messages: standard error."""
    return Console(stderr=True, highlight=False, soft_wrap=True, color_system=_color_system())


def _color_system() -> Literal["auto"] | None:
    """Return None, for neither colors nor bold and dim text, if $NO_COLOR is set and not empty."""
    return None if os.environ.get("NO_COLOR") else "auto"


def progress_bars() -> "Progress":
    """Return progress bars on standard error, hidden where that is not a terminal."""
    # imported here: most results are shown without a bar, and start sooner
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = messages()
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


class BarUpdate:
    """Update one progress bar: steps done, all steps, and optionally a new description."""

    def __init__(self, bars: "Progress", description: str) -> None:
        self._bars = bars
        self._task = bars.add_task(description, total=None)

    def __call__(self, done: int, total: int, description: str | None = None) -> None:
        """Move the bar; `total` may change from call to call."""
        self._bars.update(self._task, completed=done, total=total, description=description)

    def describe(self, description: str) -> None:
        """Change the description only."""
        self._bars.update(self._task, description=description)


@contextmanager
def progress_bar(description: str) -> Iterator[BarUpdate]:
    """Show one progress bar, and yield the function that updates it."""
    with progress_bars() as bars:
        yield BarUpdate(bars, description)


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose first row is its header, or nothing if there is no other row."""
    if len(rows) < 2:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in rows[0]:
        table.add_column(heading, overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    results().print(table, "")


def print_lines(lines: Sequence[str]) -> None:
    """Print one line of text after the other."""
    for line in lines:
        results().print(line, markup=False)
