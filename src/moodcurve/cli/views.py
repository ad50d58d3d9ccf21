"""What the command line shows: tables and small drawings of curves, and progress on standard error."""

import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from moodcurve.cli.tables import LEAST_TEXT, Column, fitted
from moodcurve.curve import Curve
from moodcurve.features.feature_sets import WINDOW_S
from moodcurve.mood.circumplex import QUADRANTS, Summary, describe
from moodcurve.runtime.song_rating import format_rating
from moodcurve.util.text import clock, one_line, signed

if TYPE_CHECKING:
    from rich.progress import Progress

    from moodcurve.demo.composer import Span

AROUSAL_STYLE = "dark_orange"
VALENCE_STYLE = "dodger_blue1"
DRAWING_COLUMNS = 60
DRAWING_ROWS = 4
DRAWING_MARGIN = 15
"""Columns left of a drawing, for its name and values."""


def results() -> Console:
    """Console for results: standard output; into a file or a pipe, a row is a line however long."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 10_000, color_system=_colours())


def messages() -> Console:
    """Console for progress and messages: standard error."""
    return Console(stderr=True, highlight=False, soft_wrap=True, color_system=_colours())


def _colours() -> Literal["auto"] | None:
    """Neither colours nor bold and dim letters where the user wants none: $NO_COLOR is set and not empty."""
    return None if os.environ.get("NO_COLOR") else "auto"


def progress_bar() -> "Progress":
    """Progress on standard error, silent where that is not a terminal."""
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


def print_curves(curves: Sequence[Curve]) -> None:
    """Print one song in full, or a table of several, to standard output."""
    console = results()
    if len(curves) > 1:
        console.print(curves_table(curves, width=console.width))
        return
    columns = min(DRAWING_COLUMNS, console.width - DRAWING_MARGIN)
    # a drawing takes some room, and a terminal that can show its dots
    drawn = columns >= DRAWING_COLUMNS // 3 and (console.encoding or "").lower().startswith("utf")
    console.print(curve_view(curves[0], columns=columns if drawn else 0, width=console.width))


def print_sections(curve: Curve, spans: "Sequence[Span]") -> None:
    """Print where the sections of a composed piece were meant to lie, and where the curve has them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("section", "from", "meant", "arousal", "valence", ""):
        table.add_column(heading, justify="right" if heading in ("from", "arousal", "valence") else "left")
    for span in spans:
        # windows that lie wholly inside the section
        inside = (curve.times_s >= span.start_s) & (curve.times_s + WINDOW_S <= span.end_s)
        arousal, valence = float(curve.arousal[inside].mean()), float(curve.valence[inside].mean())
        section = span.section
        meant = f"arousal {'+' if section.arousal > 0 else '-'}, valence {'+' if section.valence > 0 else '-'}"
        hit = arousal * section.arousal > 0 and valence * section.valence > 0
        cells = (section.name, clock(span.start_s), meant, signed(arousal), signed(valence))
        table.add_row(*cells, ("signs as meant" if hit else "not as meant") + _unsure_of_signs(curve, inside))
    results().print(table)


def _unsure_of_signs(curve: Curve, inside: npt.NDArray[np.bool_]) -> str:
    """Say of which axes 0 lies inside the mean interval of some rows, so that their sign says little."""
    ends = {"arousal": curve.arousal_interval, "valence": curve.valence_interval}
    means = {axis: interval[inside].mean(axis=0) for axis, interval in ends.items() if interval is not None}
    unsure = [axis for axis, (low, high) in means.items() if low <= 0 <= high]
    if len(unsure) == 2:
        return "; 0 inside both intervals"
    return f"; 0 inside {unsure[0]}'s interval" if unsure else ""


def print_evaluation(figures: Mapping[str, Any]) -> None:
    """Print what `moodcurve.evaluation.evaluate` gives."""
    from moodcurve.evaluation import AXES, FIGURES, INTERVAL_FIGURES

    sure = any(figures[axis][name] is not None for axis in AXES for name in INTERVAL_FIGURES)
    shown = (*FIGURES, *INTERVAL_FIGURES) if sure else FIGURES
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (
        "",
        "RMSE",
        "r",
        "CCC",
        "RMSE",
        "r",
        "r²",
        "CCC",
        "determination",
        *(("holds", "width") if sure else ()),
    ):
        table.add_column(heading, justify="right" if heading else "left")
    for axis in AXES:
        values = (figures[axis][name] for name in shown)
        table.add_row(axis, *("–" if value is None else f"{value:.3f}" for value in values))
    console = results()
    console.print(one_line(f"model {figures['model']}, {figures['songs']} songs"), markup=False)
    console.print(f"{'':9}{'mean over songs':22}{'over all points':44}{'90 % interval' if sure else ''}".rstrip())
    console.print(table)


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose first row is its header; nothing if there is no other row."""
    if len(rows) < 2:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in rows[0]:
        table.add_column(heading, overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    results().print(table, "")


def print_lines(lines: Sequence[str]) -> None:
    """Print sentences, a line each."""
    for line in lines:
        results().print(line, markup=False)


def curve_view(curve: Curve, *, columns: int = DRAWING_COLUMNS, width: int = 80) -> RenderableType:
    """Give one song: means, ranges, quadrant, mood words, what the model knows of the song as a whole, and drawings of
    the course, so wide; 0 for none. Where `width` has no room, intervals go first, then the ranges.
    """
    summary = curve.summary
    axes = (curve.arousal, curve.valence)
    figures = [
        Column("mean", [signed(mean) for mean in (summary.arousal, summary.valence)]),
        Column("lowest", [signed(values.min()) for values in axes], goes=1),
        Column("highest", [signed(values.max()) for values in axes], goes=1),
    ]
    if curve.song_interval is not None:
        intervals = [" to ".join(signed(end) for end in ends) for ends in curve.song_interval]
        figures.append(Column("mean in 90 %", intervals, goes=2))
    names = Column("", [Text("arousal", AROUSAL_STYLE), Text("valence", VALENCE_STYLE)], least=len("arousal"))
    table = fitted((names, *figures), width)
    title = Text.assemble((one_line(Path(curve.source).name), "bold"), f"  {clock(curve.duration_s)}")
    mood = Text.assemble("mood  ", (_mood(summary), "bold"))
    parts: list[RenderableType] = [title, mood, *_song_lines(curve), "", table, ""]
    if columns:
        parts += [_drawing("arousal", curve.arousal, curve.duration_s, AROUSAL_STYLE, columns)]
        parts += [_drawing("valence", curve.valence, curve.duration_s, VALENCE_STYLE, columns)]
    parts += [Text(f"model {one_line(curve.model)}, features {curve.feature_set}", "dim")]
    return Group(*parts)


def curves_table(curves: Sequence[Curve], *, width: int) -> Table:
    """Many songs, a line each; where there is no room, without mood, then without length."""
    names = Counter(Path(curve.source).name for curve in curves)
    summaries = [curve.summary for curve in curves]
    # a name that several songs have is shown with its folder
    shown = (name if names[name := Path(curve.source).name] == 1 else curve.source for curve in curves)
    return fitted(
        (
            Column("song", [Text(one_line(name)) for name in shown], least=LEAST_TEXT),
            Column("length", [clock(curve.duration_s) for curve in curves], goes=1),
            Column("arousal", [signed(summary.arousal) for summary in summaries]),
            Column("valence", [signed(summary.valence) for summary in summaries]),
            Column("mood", [_mood(summary) for summary in summaries], least=LEAST_TEXT, goes=2),
        ),
        width,
    )


def _mood(summary: Summary) -> str:
    words = describe(summary.arousal, summary.valence)
    return words if words == summary.quadrant else f"{summary.quadrant}: {words}"


def _song_lines(curve: Curve) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if curve.song_probabilities is not None:
        likely = sorted(zip(curve.song_probabilities.tolist(), QUADRANTS, strict=True), key=lambda pair: -pair[0])
        lines.append(Text("likely  " + ", ".join(f"{name} {share:.0%}" for share, name in likely)))
    if curve.rating is not None and curve.rating_interval is not None:
        lines.append(Text(f"rated as a whole, 1 to 9  {format_rating(curve.rating, curve.rating_interval)}"))
    return lines


def _drawing(name: str, values: npt.NDArray[np.float64], duration_s: float, style: str, width: int) -> Text:
    """Draw a curve in Braille dots, on a scale that is symmetric about 0 and reaches the next quarter from 0.5 on."""
    reach = max(0.5, np.ceil(np.abs(values).max() * 4) / 4)
    columns, rows = 2 * width, 4 * DRAWING_ROWS
    edges = np.linspace(0, len(values), columns + 1)
    heights = np.interp((edges[:-1] + edges[1:]) / 2 - 0.5, np.arange(len(values)), values)
    dots = np.round((reach - heights) / (2 * reach) * (rows - 1)).astype(int)
    cells = np.zeros((DRAWING_ROWS, width), int)
    previous = dots[0]
    for column, dot in enumerate(dots):
        # a steep step is drawn as a line, so that the course stays one stroke
        for row in range(min(previous, dot), max(previous, dot) + 1):
            cells[row // 4, column // 2] |= _BRAILLE_BITS[row % 4][column % 2]
        previous = dot
    labels = [f"{signed(reach)}", *[""] * (DRAWING_ROWS - 2), f"{signed(-reach)}"]
    text = Text()
    for row in range(DRAWING_ROWS):
        text.append(f"{name if row == 1 else '':8}{labels[row]:>6} ", "dim")
        text.append("".join(chr(0x2800 + bits) for bits in cells[row]) + "\n", style)
    return text.append(f"{'':{DRAWING_MARGIN}}0:00{clock(duration_s):>{width - 4}}", "dim")


_BRAILLE_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of each of a Braille character's eight dots, by row and column (Unicode block 2800)."""
