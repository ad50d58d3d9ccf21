"""Lay out tables for a terminal's width: whole columns are dropped, and no number is cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

MIN_TEXT_WIDTH = 10
"""Narrowest column of names or moods, in characters: narrower ones are hard to read."""
_GAP = 2
"""Spaces between columns."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    heading : str
    cells : sequence of str or Text
    fold_width : int
        Width in characters at which the column's text may be folded. 0 for numbers and words that stay whole; they
        are aligned to the right.
    drop_order : int
        Where there is no room, the column of the largest number is dropped first; 0 is never dropped.
    style : str
    spare : bool
        Shown only where all columns have room without folding any text.
    """

    heading: str
    cells: Sequence[str | Text]
    fold_width: int = 0
    drop_order: int = 0
    style: str = ""
    spare: bool = False

    @property
    def widest(self) -> int:
        """Width of the longest text in characters."""
        return max(cell_len(str(text)) for text in (self.heading, *self.cells))

    @property
    def min_width(self) -> int:
        """Smallest width in characters."""
        return min(self.fold_width, self.widest) if self.fold_width else self.widest


def fit_table(columns: Sequence[Column], width: int) -> Table:
    """Return a table no wider than `width` characters, if dropping columns is enough for that."""
    shown = list(columns)
    if sum(column.widest + _GAP for column in shown) - _GAP > width:
        shown = [column for column in shown if not column.spare]
    while sum(column.min_width + _GAP for column in shown) - _GAP > width:
        first = max(shown, key=lambda column: column.drop_order)
        if not first.drop_order:
            break
        shown.remove(first)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in shown:
        table.add_column(
            column.heading,
            justify="left" if column.fold_width else "right",
            style=column.style,
            overflow="fold",
            no_wrap=not column.fold_width,
            min_width=column.min_width,
        )
    for row in zip(*(column.cells for column in shown), strict=True):
        table.add_row(*row)
    return table
