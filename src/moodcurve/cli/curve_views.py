"""Print songs in the terminal: tables, mood, and small drawings of curves."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from moodcurve._typing import FloatArray
from moodcurve.cli.console import results
from moodcurve.cli.tables import MIN_TEXT_WIDTH, Column, fit_table
from moodcurve.curve import Curve
from moodcurve.features.feature_sets import WINDOW_S
from moodcurve.features.song.key_names import CAMELOT
from moodcurve.features.song.sound import Sound
from moodcurve.mood.circumplex import QUADRANTS, describe, quadrant
from moodcurve.mood.tags import MIN_TAG_STRENGTH, tags_text
from moodcurve.runtime.song_rating import format_rating
from moodcurve.util.text import clock, one_line, signed

if TYPE_CHECKING:
    from moodcurve.demo.composer import Span

AROUSAL_STYLE = "dark_orange"
VALENCE_STYLE = "dodger_blue1"
DRAWING_COLUMNS = 60
DRAWING_ROWS = 4
DRAWING_MARGIN = 15
"""Columns to the left of a drawing, for its name and values."""


def print_curves(curves: Sequence[Curve]) -> None:
    """Print one song in full, or a table of several songs."""
    console = results()
    if len(curves) > 1:
        console.print(curves_table(curves, width=console.width))
        return
    columns = min(DRAWING_COLUMNS, console.width - DRAWING_MARGIN)
    # a drawing needs some width, and a terminal that can show Braille dots
    drawn = columns >= DRAWING_COLUMNS // 3 and (console.encoding or "").lower().startswith("utf")
    console.print(curve_view(curves[0], columns=columns if drawn else 0, width=console.width))


def print_sections(curve: Curve, spans: "Sequence[Span]") -> None:
    """Print the intended mood of each section of a composed piece, and the curve's mean there."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("section", "from", "intended", "arousal", "valence", "result"):
        table.add_column(heading, justify="right" if heading in ("from", "arousal", "valence") else "left")
    for span in spans:
        # windows that lie wholly inside the section
        inside = (curve.times_s >= span.start_s) & (curve.times_s + WINDOW_S <= span.end_s)
        arousal, valence = float(curve.arousal[inside].mean()), float(curve.valence[inside].mean())
        section = span.section
        intended = f"arousal {'+' if section.arousal > 0 else '-'}, valence {'+' if section.valence > 0 else '-'}"
        right = arousal * section.arousal > 0 and valence * section.valence > 0
        cells = (section.name, clock(span.start_s), intended, signed(arousal), signed(valence))
        table.add_row(*cells, ("right direction" if right else "wrong direction") + _uncertain_axes(curve, inside))
    results().print(table)


def _uncertain_axes(curve: Curve, inside: npt.NDArray[np.bool_]) -> str:
    """Return a note on the axes whose mean interval over some rows contains 0, so that their sign is uncertain."""
    intervals = {"arousal": curve.arousal_interval, "valence": curve.valence_interval}
    means = {axis: interval[inside].mean(axis=0) for axis, interval in intervals.items() if interval is not None}
    uncertain = [axis for axis, (low, high) in means.items() if low <= 0 <= high]
    if len(uncertain) == 2:
        return ", but not distinguishable from neutral"
    return f", but {uncertain[0]} not distinguishable from neutral" if uncertain else ""


def curve_view(curve: Curve, *, columns: int = DRAWING_COLUMNS, width: int = 80) -> RenderableType:
    """Return the view of one song: mood, means, ranges, and drawings of the curve over time.

    The drawings are `columns` wide, 0 for none. Where `width` has no room, intervals are dropped first, then ranges.
    """
    summary = curve.summary
    ranges = (summary.arousal_range, summary.valence_range)
    numbers = [
        Column("mean", [signed(mean) for mean in (summary.arousal, summary.valence)]),
        Column("lowest", [signed(low) for low, _ in ranges], drop_order=1),
        Column("highest", [signed(high) for _, high in ranges], drop_order=1),
    ]
    if curve.song_interval is not None:
        intervals = [" to ".join(signed(end) for end in ends) for ends in curve.song_interval]
        numbers.append(Column("90 % interval", intervals, drop_order=2))
    names = Column("", [Text("arousal", AROUSAL_STYLE), Text("valence", VALENCE_STYLE)], fold_width=len("arousal"))
    table = fit_table((names, *numbers), width)
    title = Text.assemble((one_line(_name(curve)), "bold"), f"  {clock(curve.duration_s)}")
    mood = Text.assemble("mood  ", (mood_text(summary.arousal, summary.valence), "bold"))
    parts: list[RenderableType] = [title, mood, *_song_lines(curve), "", table, ""]
    if columns:
        parts += [_drawing("arousal", curve.arousal, curve.duration_s, AROUSAL_STYLE, columns)]
        parts += [_drawing("valence", curve.valence, curve.duration_s, VALENCE_STYLE, columns)]
    parts += [Text(f"model {one_line(curve.model)}, features {curve.feature_set}", "dim")]
    return Group(*parts)


def _name(curve: Curve, file: str | None = None) -> str:
    """Return a song's file name, or another given, and for a part of a file its title or start."""
    file = file or Path(curve.source).name
    return file if curve.start_s is None else f"{file}: {curve.title or clock(curve.start_s)}"


def curves_table(curves: Sequence[Curve], *, width: int) -> Table:
    """Return a table of songs, one per row; where there is no room, without tags, without mood, then without length."""
    names = Counter(map(_name, curves))
    summaries = [curve.summary for curve in curves]
    # a name that several songs share is shown with its path
    shown = (name if names[name := _name(curve)] == 1 else _name(curve, curve.source) for curve in curves)
    return fit_table(
        (
            Column("song", [Text(one_line(name)) for name in shown], fold_width=MIN_TEXT_WIDTH),
            Column("length", [clock(curve.duration_s) for curve in curves], drop_order=1),
            Column("arousal", [signed(summary.arousal) for summary in summaries]),
            Column("valence", [signed(summary.valence) for summary in summaries]),
            Column(
                "mood",
                [mood_text(summary.arousal, summary.valence) for summary in summaries],
                fold_width=MIN_TEXT_WIDTH,
                drop_order=2,
            ),
            *tag_columns(["" if curve.tags is None else tags_text(curve.tags) for curve in curves]),
        ),
        width,
    )


def tag_columns(texts: Sequence[str]) -> list[Column]:
    """Return the column of songs' tags, or none if no song has any; it is shown only where there is much room."""
    return [Column("tags", texts, fold_width=MIN_TEXT_WIDTH, spare=True)] if any(texts) else []


def mood_text(arousal: float, valence: float) -> str:
    """Return a song's quadrant and mood words, from the means of its curve."""
    name, words = quadrant(arousal, valence), describe(arousal, valence)
    return words if words == name else f"{name}: {words}"


def _song_lines(curve: Curve) -> list[RenderableType]:
    """Return the lines on the song as a whole, as far as the model provides them."""
    lines: list[RenderableType] = []
    if curve.song_probabilities is not None:
        ordered = sorted(zip(curve.song_probabilities.tolist(), QUADRANTS, strict=True), key=lambda pair: -pair[0])
        lines.append(Text("quadrants, probability  " + ", ".join(f"{name} {share:.0%}" for share, name in ordered)))
    if curve.rating is not None and curve.rating_interval is not None:
        lines.append(Text(f"song rating, 1 to 9  {format_rating(curve.rating, curve.rating_interval)}"))
    if curve.tags is not None:
        text = tags_text(curve.tags) or f"none from {MIN_TAG_STRENGTH:g} on"
        lines.append(Text(f"likely Last.fm tags, 0 to 1  {text}"))
    if curve.sound is not None and (text := _sound_text(curve.sound)):
        lines.append(Text(f"sound  {text}"))
    return lines


def _sound_text(sound: Sound) -> str:
    """Return loudness, tempo, key and danceability, as far as they are known."""
    parts = [
        None if sound.loudness_lufs is None else f"{sound.loudness_lufs:.1f} LUFS".replace("-", "−"),
        None if sound.tempo_bpm is None else f"{sound.tempo_bpm:.0f} BPM",
        None if sound.key is None else f"{sound.key} ({CAMELOT[sound.key]})",
        None if sound.danceability is None else f"danceability {sound.danceability:.2f}",
    ]
    return ", ".join(part for part in parts if part)


def _drawing(name: str, values: FloatArray, duration_s: float, style: str, width: int) -> Text:
    """Draw a curve in Braille dots, on a scale symmetric about 0: ±0.5, or up to the next quarter above its values."""
    reach = max(0.5, np.ceil(np.abs(values).max() * 4) / 4)
    columns, rows = 2 * width, 4 * DRAWING_ROWS
    edges = np.linspace(0, len(values), columns + 1)
    heights = np.interp((edges[:-1] + edges[1:]) / 2 - 0.5, np.arange(len(values)), values)
    dots = np.round((reach - heights) / (2 * reach) * (rows - 1)).astype(int)
    cells = np.zeros((DRAWING_ROWS, width), int)
    previous = dots[0]
    for column, dot in enumerate(dots):
        # a steep step is drawn as a line, so that the curve stays one stroke
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
"""Bit of each of the eight dots of a Braille character, by row and column (Unicode block 2800)."""
