"""The drawings of a page as SVG: waveform, course over time, circumplex.

Lines live in a box of 1000 × 1000 that is stretched to its place; text and grid are placed by percent beside
it, so that no width of the page needs a new drawing. Colours and line widths are the style sheet's, by class.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from moodcurve.circumplex import RIM_WORDS, place
from moodcurve.curve import Curve, FloatArray
from moodcurve.report.scale import label_heights, length_s, reach, smooth_path, time_ticks
from moodcurve.wording import clock, signed

BOX = 1000
RADIUS = 100
"""Of the drawn circumplex, in its own units; the page's moving point uses it too."""
PATH_PIECES = 40
"""The path gets darker from start to end in this many steps."""
LABELS_APART = 0.16
"""Least distance of the lines' names, in parts of half the axis."""


def waveform_svg(peak: FloatArray, rms: FloatArray) -> str:
    """Peaks as a pale shape with the RMS as a darker one inside; the highest peak fills the height.

    A silent recording gives a flat line.
    """
    highest = float(peak.max()) or 1.0
    shapes = "".join(
        f'<path class="{name}" d="{_mirrored(values / highest)}"/>' for name, values in (("peak", peak), ("rms", rms))
    )
    return f'<svg viewBox="0 0 {BOX} {BOX}" preserveAspectRatio="none">{shapes}</svg>'


def course_svg(curve: Curve) -> str:
    """Grid, bands of the intervals and the two lines, without text."""
    top = reach(curve)
    grid = "".join(
        f'<line class="{"grid" if level else "zero"}" x1="0" x2="100%" y1="{y:.2f}%" y2="{y:.2f}%"/>'
        for level, y in _levels(top)
    )
    grid += "".join(f'<line class="grid" x1="{x:.3f}%" x2="{x:.3f}%" y1="0" y2="100%"/>' for _, x in _times(curve))
    shapes = ""
    for axis, interval in (("arousal", curve.arousal_interval), ("valence", curve.valence_interval)):
        if interval is not None:
            shapes += f'<path class="band {axis}" d="{_band(curve, interval, top)}"/>'
    for axis, values in (("valence", curve.valence), ("arousal", curve.arousal)):
        shapes += f'<path class="line {axis}" d="{_path(_held(curve, values, top))}"/>'
    return (
        f'<svg class="layer">{grid}</svg>'
        f'<svg class="layer" viewBox="0 0 {BOX} {BOX}" preserveAspectRatio="none">{shapes}</svg>'
    )


def value_labels_svg(curve: Curve) -> str:
    """Numbers at the value axis, for a column left of the course and of its height."""
    return "".join(
        f'<text x="100%" y="{y:.2f}%" dy="0.35em" text-anchor="end">{signed(level)}</text>'
        for level, y in _levels(reach(curve))
    )


def line_labels_svg(curve: Curve) -> str:
    """Names of the lines, for a column right of the course and of its height."""
    top = reach(curve)
    heights = label_heights(curve, top, LABELS_APART * top)
    return "".join(
        f'<text class="name {axis}" x="0" y="{(top - height) / top * 50:.2f}%" dy="0.35em">{axis}</text>'
        for axis, height in zip(("arousal", "valence"), heights, strict=True)
    )


def time_labels_svg(curve: Curve) -> str:
    """Give the times for below the course; narrow pages leave out every second one, class ``minor``."""
    return "".join(
        f'<text class="{"minor" if i % 2 else "major"}" x="{x:.3f}%" y="1em">{clock(time)}</text>'
        for i, (time, x) in enumerate(_times(curve))
    )


def circumplex_svg(curve: Curve) -> str:
    """Circle, axes, mood words at the rim, and the path of the song, darker towards its end."""
    rings = "".join(f'<circle class="ring" r="{r}"/>' for r in (RADIUS // 2, RADIUS))
    axes = f'<path class="axis" d="M-{RADIUS},0H{RADIUS}M0,-{RADIUS}V{RADIUS}"/>'
    words = "".join(_rim_word(word) for word in RIM_WORDS)
    signs = "".join(
        f'<text class="pole" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'
        for x, y, anchor, text in (
            (97, 9, "end", "positive"),
            (-97, 9, "start", "negative"),
            (3, -85, "start", "high arousal"),
            (3, 90, "start", "low arousal"),
        )
    )
    return rings + axes + signs + words + _song_path(curve)


def song_svg(curve: Curve) -> str:
    """Draw the 90 % interval of the song's mean as a box on the circumplex; nothing without an interval."""
    if curve.song_interval is None:
        return ""
    (a_low, a_high), (v_low, v_high) = curve.song_interval * RADIUS
    box = f'x="{v_low:.1f}" y="{-a_high:.1f}" width="{v_high - v_low:.1f}" height="{a_high - a_low:.1f}" rx="3"'
    return f'<rect class="song" {box}/>'


def _song_path(curve: Curve) -> str:
    points = smooth_path(curve)[:, ::-1] * (RADIUS, -RADIUS)
    pieces = min(PATH_PIECES, len(points))
    edges = np.linspace(0, len(points) - 1, pieces + 1).round().astype(int)
    lines = ""
    for i, (first, last) in enumerate(pairwise(edges)):
        opacity = 0.2 + 0.6 * (i + 1) / pieces
        lines += f'<path class="path" stroke-opacity="{opacity:.2f}" d="{_path(points[first : last + 1])}"/>'
    (x0, y0), (x1, y1) = points[0], points[-1]
    ends = f'<circle class="start" cx="{x0:.1f}" cy="{y0:.1f}" r="2.6"/>'
    return lines + ends + f'<circle class="end" cx="{x1:.1f}" cy="{y1:.1f}" r="2.6"/>'


def _rim_word(word: str) -> str:
    arousal, valence = place(word)
    anchor = "start" if valence > 0.12 else "end" if valence < -0.12 else "middle"
    x, y = valence * RADIUS * 1.05, -arousal * RADIUS * 1.08
    return f'<text class="word" x="{x:.1f}" y="{y:.1f}" dy="0.35em" text-anchor="{anchor}">{word}</text>'


def _levels(top: float) -> list[tuple[float, float]]:
    """Ticks of the value axis with their heights in percent from above."""
    return [(float(level), float(top - level) / top * 50) for level in np.arange(-top, top + 0.01, 0.25)]


def _times(curve: Curve) -> list[tuple[float, float]]:
    """Ticks of the time axis with their places in percent."""
    end = length_s(curve)
    return [(tick, tick / end * 100) for tick in time_ticks(end)]


def _held(curve: Curve, values: FloatArray, top: float) -> FloatArray:
    """Points of a line in the box; the last value holds to the end, as it does in the readings."""
    x = np.append(curve.times_s / length_s(curve), 1.0) * BOX
    return np.column_stack([x, (top - np.append(values, values[-1])) / (2 * top) * BOX])


def _band(curve: Curve, interval: FloatArray, top: float) -> str:
    low, high = (_held(curve, interval[:, column], top) for column in (0, 1))
    return f"{_path(np.concatenate([high, low[::-1]]))}Z"


def _mirrored(heights: FloatArray) -> str:
    """Outline of a shape that is symmetric about the middle of the box, with a step per height."""
    x = np.repeat(np.linspace(0, BOX, len(heights) + 1), 2)[1:-1]
    half = np.repeat(heights, 2) * BOX / 2
    upper, lower = np.column_stack([x, BOX / 2 - half]), np.column_stack([x, BOX / 2 + half])
    return f"{_path(np.concatenate([upper, lower[::-1]]))}Z"


def _path(points: npt.NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points.tolist())
