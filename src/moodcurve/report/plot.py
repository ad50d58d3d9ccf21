"""Draw a curve as a picture: both axes over time, and its path on the circumplex."""

import os
import warnings
from typing import TYPE_CHECKING

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AROUSAL_COLOR, VALENCE_COLOR, Curve
from moodcurve.mood.circumplex import describe
from moodcurve.report.plane import FAINT, INK, SOFT, draw_plane
from moodcurve.report.scale import (
    display_title,
    downsample,
    drawable_text,
    label_heights,
    length_s,
    smooth_path,
    smoothing_span_s,
    time_ticks,
    value_limit,
)
from moodcurve.util.files import atomic_write
from moodcurve.util.library_settings import import_matplotlib
from moodcurve.util.text import clock, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_TITLE = 70


def write_plot(curve: Curve, path: str | os.PathLike[str]) -> None:
    """Draw a curve into a PNG of 1800 × 810 pixels; a failure leaves no partial file.

    Curves longer than five minutes are downsampled, see `moodcurve.report.scale.downsample`. The value axis is
    symmetric and ends at 0.5, 0.75 or 1; the circumplex always ends at 1. Intervals are bands, the song's interval is a
    box on the circumplex. Characters that the font (DejaVu) lacks are drawn as boxes.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    import_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5.4), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    _heading(figure, curve)
    drawn = downsample(curve)
    _draw_over_time(figure.add_axes((0.05, 0.115, 0.487, 0.70)), drawn)
    plane = figure.add_axes((0.615, 0.02, 0.38, 0.90))
    _draw_song_interval(plane, curve)
    draw_plane(plane)
    _draw_path(figure, plane, smooth_path(drawn), drawn)
    with atomic_write(path) as scratch, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(scratch, format="png")


def _heading(figure: "Figure", curve: Curve) -> None:
    summary = curve.summary
    name = display_title(curve)
    if len(name) > MAX_TITLE:
        name = name[: MAX_TITLE - 1] + "…"
    # parse_math: a $ in a file name is a $
    figure.text(0.02, 0.935, name, fontsize=15, weight="bold", color=INK, va="center", parse_math=False)
    details = [
        clock(curve.duration_s),
        f"arousal {signed(summary.arousal)}, valence {signed(summary.valence)}",
        describe(summary.arousal, summary.valence),
        f"model {drawable_text(curve.model)}",
    ]
    line = "  ·  ".join(details)
    figure.text(0.02, 0.88, line, fontsize=10, color=SOFT, va="center", parse_math=False)


def _draw_over_time(axes: "Axes", curve: Curve) -> None:
    end, top = length_s(curve), value_limit(curve)
    axes.axhline(0, color="#9aa1a9", linewidth=0.9, zorder=1)
    curve.plot(axes)
    legend = axes.get_legend()
    assert legend is not None  # nosec B101 # narrows the type for mypy
    legend.remove()  # the lines are labeled at their ends
    axes.set(xlim=(0, end), ylim=(-top, top))
    ticks = time_ticks(end)
    axes.set_xticks(ticks, [clock(tick) for tick in ticks])
    steps = np.arange(-top, top + 0.01, 0.25)
    axes.set_yticks(steps, [signed(step) for step in steps])
    axes.set_axisbelow(True)
    axes.grid(color=FAINT, linewidth=0.7)
    axes.tick_params(length=0, labelsize=9, labelcolor=SOFT, pad=6)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("time", fontsize=9, color=SOFT, labelpad=4)
    _label_lines(axes, curve, top)


def _label_lines(axes: "Axes", curve: Curve, top: float) -> None:
    arousal, valence = label_heights(curve, top, apart=0.13 * top)
    for name, height, color in (("arousal", arousal, AROUSAL_COLOR), ("valence", valence, VALENCE_COLOR)):
        axes.annotate(
            name,
            (1.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            fontsize=10.5,
            weight="bold",
            color=color,
            va="center",
        )


def _draw_song_interval(axes: "Axes", curve: Curve) -> None:
    """Draw the 90 % interval of the song's mean as a box, if the curve has one."""
    from matplotlib.patches import Rectangle

    if curve.song_interval is None:
        return
    (a_low, a_high), (v_low, v_high) = curve.song_interval
    axes.add_patch(Rectangle((v_low, a_low), v_high - v_low, a_high - a_low, color=SOFT, alpha=0.09, linewidth=0))
    axes.text(0, -1.39, "box: 90 % interval of the song's mean", fontsize=7.5, color=SOFT, ha="center", va="bottom")


def _draw_path(figure: "Figure", axes: "Axes", points: FloatArray, curve: Curve) -> None:
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection
    from matplotlib.colors import ListedColormap

    xy = points[:, ::-1]
    # without the lightest yellows of viridis, invisible on white
    colors = ListedColormap(colormaps["viridis_r"](np.linspace(0.12, 1, 256)))
    segments = np.stack([xy[:-1], xy[1:]], axis=1)
    lines = LineCollection(list(segments), cmap=colors, linewidths=2.4, capstyle="round", zorder=3)
    lines.set_array(curve.times_s[:-1])
    axes.add_collection(lines)
    axes.plot(*xy[0], "o", markersize=6.5, color="white", markeredgecolor=INK, markeredgewidth=1.2, zorder=4)
    axes.plot(*xy[-1], "o", markersize=6.5, color=INK, zorder=4)
    if len(xy) > 1:
        bar = axes.inset_axes((0.40, 0.045, 0.20, 0.016))
        figure.colorbar(lines, cax=bar, orientation="horizontal", drawedges=False)
        bar.spines[:].set_visible(False)
        bar.set_xticks([])
        bar.set_title(f"running mean over {smoothing_span_s(curve):.0f} s", fontsize=7.5, color=SOFT, pad=4)
        for x, text, align in ((-0.06, "start ○", "right"), (1.06, "● end", "left")):
            bar.text(x, 0.5, text, transform=bar.transAxes, fontsize=7.5, color=SOFT, ha=align, va="center")
