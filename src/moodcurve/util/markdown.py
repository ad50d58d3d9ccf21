"""Format tables, lists and paragraphs as Markdown."""

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

TableRow = tuple[str, ...]
WIDTH = 120
"""Characters per line of prose."""


def markdown_table(rows: Sequence[TableRow]) -> str:
    """Format rows as a table whose first row is the header; a cell's second line, its interval, goes in parentheses."""
    lines = ["| " + " | ".join(_inline(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def markdown_list(lines: Iterable[str]) -> str:
    """Format lines as a wrapped bullet list."""
    return "\n".join(_wrap(line, initial_indent="- ", subsequent_indent="  ") for line in lines)


def markdown_paragraph(text: str) -> str:
    """Wrap text as a paragraph."""
    return _wrap(text)


def value_cell(value: float | None) -> str:
    """Format a value with three decimals; ``–`` if undefined."""
    return "–" if value is None else f"{value:.3f}"


def interval_cell(interval: Mapping[str, float | None], *, signed: bool = False) -> str:
    r"""Format a value with its interval in a second line; ``–`` if undefined, the value alone without an interval.

    Examples
    --------
    >>> interval_cell({"value": 0.5, "low": 0.25, "high": 0.75})
    '0.500\n0.250 0.750'
    >>> interval_cell({"value": 0.5, "low": None, "high": None}, signed=True)
    '+0.500'
    """
    value, low, high = (interval[name] for name in ("value", "low", "high"))
    sign = "+" if signed else ""
    if value is None or not math.isfinite(value):
        return "–"
    if low is None or high is None:
        return f"{value:{sign}.3f}"
    return f"{value:{sign}.3f}\n{low:{sign}.3f} {high:{sign}.3f}"


def interval_text(interval: Mapping[str, float | None], *, signed: bool = False) -> str:
    """Format a value with its interval in one line, such as ``0.500 (0.250 to 0.750)``."""
    return _inline(interval_cell(interval, signed=signed))


def _wrap(text: str, *, initial_indent: str = "", subsequent_indent: str = "") -> str:
    # no-break spaces keep pairs of values, and numbers with their units, on one line
    text = re.sub(r"(?<=\d) (?=(s|%)\b|%)", "\u00a0", text.replace(" / ", "\u00a0/\u00a0"))
    wrapped = textwrap.fill(
        text,
        WIDTH,
        initial_indent=initial_indent,
        subsequent_indent=subsequent_indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapped.replace("\u00a0", " ")


def _inline(cell: str) -> str:
    value, _, interval = cell.partition("\n")
    return f"{value} ({interval.replace(' ', ' to ')})" if interval else value
