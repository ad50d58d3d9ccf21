"""Draw a playlist as a picture: its path on the plane, with the songs on it, and their names."""

import os
import warnings
from typing import TYPE_CHECKING

import numpy as np

from moodcurve.playlists import Playlist
from moodcurve.report.plane import INK, SOFT, draw_plane
from moodcurve.report.scale import drawable_text
from moodcurve.util.files import atomic_write
from moodcurve.util.library_settings import import_matplotlib
from moodcurve.util.text import clock, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_LISTED = 26
MAX_LABEL = 46
REACHES = (0.5, 0.75, 1.0)
"""Radii of the drawn plane; the smallest that holds all points is used."""


def write_playlist_plot(playlist: Playlist, path: str | os.PathLike[str]) -> None:
    """Draw a playlist into a PNG of 1800 × 990 pixels; a failure leaves no partial file.

    A dashed line is the path, an arrow leads from the start of each song to its end, and a dotted line from there to
    the next one.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    import_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6.6), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    _heading(figure, playlist)
    plane = figure.add_axes((0.01, 0.01, 0.53, 0.87))
    drawn = [playlist.points.start, playlist.points.end, *([] if playlist.path is None else [playlist.path])]
    farthest = float(np.hypot(*np.concatenate(drawn).T).max())
    radius = next((reach for reach in REACHES if farthest <= reach), 1.0)
    draw_plane(plane, radius)
    if radius < 1:
        figure.text(0.02, 0.03, f"circle: {radius:g} from neutral, of 1", fontsize=9, color=SOFT, va="center")
    _draw_songs(plane, playlist)
    _list_songs(figure, playlist)
    with atomic_write(path) as scratch, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(scratch, format="png")


def _heading(figure: "Figure", playlist: Playlist) -> None:
    # parse_math: a $ in a name is a $
    name = _cut(drawable_text(playlist.name), 70)
    figure.text(0.02, 0.945, name, fontsize=15, weight="bold", color=INK, va="center", parse_math=False)
    ordering = playlist.ordering
    details = [counted(len(playlist.tracks), "song"), clock(ordering.total_s)]
    if playlist.path is not None:
        details.append(f"distance from the path {ordering.distances.mean():.2f}")
    if len(ordering.jumps):
        details.append(f"jumps {ordering.jumps.mean():.2f}")
    figure.text(0.02, 0.90, "  ·  ".join(details), fontsize=10, color=SOFT, va="center")


def _draw_songs(axes: "Axes", playlist: Playlist) -> None:
    start, end = playlist.points.start[:, ::-1], playlist.points.end[:, ::-1]
    if playlist.path is not None:
        axes.plot(*playlist.path[:, ::-1].T, "--", color="#9aa1a9", linewidth=1.6, zorder=2)
        axes.plot(*playlist.path[-1, ::-1], "s", color="#9aa1a9", markersize=5, zorder=2)
    for number, (first, last, color) in enumerate(zip(start, end, _colors(len(start)), strict=True), start=1):
        axes.annotate(
            "", last, first, arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkA": 0, "shrinkB": 0}
        )
        axes.plot(*first, "o", color=color, markersize=11, zorder=4)
        axes.text(
            float(first[0]),
            float(first[1]),
            str(number),
            fontsize=6.5,
            color="white",
            ha="center",
            va="center_baseline",
            zorder=5,
        )
    for one, other in zip(end[:-1], start[1:], strict=True):
        axes.plot(*zip(one, other, strict=True), ":", color=SOFT, linewidth=1.1, zorder=3)


def _list_songs(figure: "Figure", playlist: Playlist) -> None:
    n = len(playlist.tracks)
    listed = playlist.tracks if n <= MAX_LISTED else playlist.tracks[: MAX_LISTED - 1]
    colors = _colors(n)
    for i, track in enumerate(listed):
        y = 0.86 - 0.82 * i / MAX_LISTED
        figure.text(0.575, y, str(i + 1), fontsize=8.5, weight="bold", color=colors[i], ha="right", va="center")
        begin = clock(playlist.ordering.begin_s[i])
        figure.text(0.625, y, begin, fontsize=8.5, color=SOFT, ha="right", va="center")
        label = _cut(drawable_text(track.label), MAX_LABEL)
        figure.text(0.637, y, label, fontsize=8.5, color=INK, va="center", parse_math=False)
    if len(listed) < n:
        figure.text(
            0.637, 0.86 - 0.82 * len(listed) / MAX_LISTED, f"and {n - len(listed)} more", fontsize=8.5, color=SOFT
        )


def _colors(n: int) -> list[str]:
    """Return a color for each song, from the start to the end of the list, dark enough for white numbers."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(color) for color in colormaps["viridis_r"](np.linspace(0.35, 1, n))]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
