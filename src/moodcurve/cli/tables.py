"""Tables that fit their terminal: columns are left out whole, and no number is cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

LEAST_TEXT = 10
"""Letters of names and moods in a line: fewer are hard to read."""
_BETWEEN = 2
"""Spaces between columns."""


@dataclass(frozen=True)
class Column:
    """A column of a table that fits its terminal.

    Attributes
    ----------
    heading : str
    cells : sequence of str or Text
    least : int
        To so many letters its texts may be folded; 0: they are numbers or words that stay whole, on the right.
    goes : int
        Where there is no room the column of the largest number is left out; 0 stays.
    style : str
    """

    heading: str
    cells: Sequence[str | Text]
    least: int = 0
    goes: int = 0
    style: str = ""

    @property
    def narrowest(self) -> int:
        """Letters that it takes at least."""
        widest = max(cell_len(str(text)) for text in (self.heading, *self.cells))
        return min(self.least, widest) if self.least else widest


def fitted(columns: Sequence[Column], width: int) -> Table:
    """Make a table that is no wider than `width` if it can be: whole columns are left out, no number is cut."""
    left = list(columns)
    while sum(column.narrowest + _BETWEEN for column in left) - _BETWEEN > width:
        first = max(left, key=lambda column: column.goes)
        if not first.goes:
            break
        left.remove(first)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in left:
        table.add_column(
            column.heading,
            justify="left" if column.least else "right",
            style=column.style,
            overflow="fold",
            no_wrap=not column.least,
            min_width=column.narrowest,
        )
    for row in zip(*(column.cells for column in left), strict=True):
        table.add_row(*row)
    return table
