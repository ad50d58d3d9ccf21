"""Draw values with their intervals, and save the pictures of results as small files."""

import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from textwrap import fill
from typing import TYPE_CHECKING, Any

from moodcurve.util.files import AnyPath, atomic_write
from moodcurve.util.library_settings import import_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FigureInterval = Mapping[str, float | None]
"""``value``, ``low`` and ``high``, as in the JSON of results; None if undefined."""
COLORS = ("C0", "C1", "C2", "C3", "C4", "C5")
MARKERS = ("o", "s", "^", "D", "v", "P")
GRID = {"alpha": 0.3, "linewidth": 0.8}
TITLE_SIZE, TEXT_SIZE = 10, 8.5
LABEL_WIDTH = 34
"""Characters of a row's label before it is broken."""
SOURCE = "Source"
"""Key of a PNG's text that holds the digest of the results that it was drawn from."""


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure of a size in inches; a page of the documentation is about 9 inches wide."""
    import_matplotlib()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def draw_intervals(panel: "Axes", series: Mapping[str, Sequence[FigureInterval]]) -> None:
    """Draw values with their intervals, one row below the other; several series share a row.

    Parameters
    ----------
    panel : Axes
        Prepared by `label_rows`.
    series : mapping of str to sequence of dict
        By name, for the legend. Each value has the keys ``value`` and, where it has an interval, ``low`` and ``high``;
        undefined values are left out.
    """
    rows = range(max(map(len, series.values()), default=0))
    known = {row: [name for name in series if row < len(series[name]) and _is_known(series[name][row])] for row in rows}
    for (name, intervals), color, marker in zip(series.items(), cycle(COLORS), cycle(MARKERS), strict=False):
        places = []
        for row in rows:
            if name in known[row]:
                step = min(0.26, 0.62 / len(known[row]))
                place = row + step * (known[row].index(name) - (len(known[row]) - 1) / 2)
                places.append((intervals[row]["value"], place))
                ends = [intervals[row].get(end) for end in ("low", "high")]
                if None not in ends:
                    panel.plot(ends, [place, place], color=color, linewidth=1.6)  # type: ignore[arg-type]
        panel.plot(*zip(*places, strict=True) if places else ([], []), marker, color=color, markersize=4.5, label=name)


def _is_known(interval: FigureInterval) -> bool:
    return interval["value"] is not None and math.isfinite(interval["value"])


def label_rows(panel: "Axes", labels: Sequence[str], *, title: str = "", xlabel: str = "") -> None:
    """Prepare a panel for `draw_intervals`: one row for each label, the first at the top."""
    panel.set_yticks(range(len(labels)), [fill(label, LABEL_WIDTH) for label in labels], fontsize=TEXT_SIZE)
    panel.locator_params(axis="x", nbins=5)
    panel.set_ylim(len(labels) - 0.5, -0.5)
    panel.set_title(title, fontsize=TITLE_SIZE)
    panel.set_xlabel(xlabel, fontsize=TEXT_SIZE)
    panel.tick_params(axis="x", labelsize=TEXT_SIZE)
    panel.grid(axis="x", **GRID)  # type: ignore[arg-type]


def share_rows(panels: "Sequence[Axes]") -> None:
    """Leave the row labels to the first of panels side by side."""
    for panel in panels[1:]:
        panel.tick_params(axis="y", left=False, labelleft=False)


def draw_matrix(panel: "Axes", counts: Sequence[Sequence[int]], labels: Sequence[str], *, title: str) -> None:
    """Draw a confusion matrix in percent of each row; rows without counts are empty."""
    import numpy as np

    table = np.array(counts, dtype=float)
    sums = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, sums, out=np.zeros_like(table), where=sums > 0)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        panel.text(
            column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=7, color="w" if share > 0.6 else "k"
        )
    panel.set_xticks(range(len(labels)), list(labels), fontsize=7.5, rotation=40, ha="right", rotation_mode="anchor")
    panel.set_yticks(range(len(labels)), list(labels), fontsize=7.5)
    panel.set_title(title, fontsize=TITLE_SIZE)


def add_legend(figure: "Figure", panel: "Axes") -> None:
    """Add the legend of one panel below the figure, in one line where it fits."""
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(len(labels), 4), fontsize=TEXT_SIZE, frameon=False
    )


def save_figure(figure: "Figure", path: AnyPath, *, results: Mapping[str, Any]) -> None:
    """Save a figure as a PNG with 256 colors, and the digest of the results that it shows.

    The same results give the same bytes with the same versions of matplotlib and Pillow.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=110)
    info = PngInfo()
    info.add_text(SOURCE, digest(results))
    with Image.open(drawn) as image, atomic_write(path) as scratch:
        small = image.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        small.save(scratch, optimize=True, pnginfo=info)


def digest(results: Mapping[str, Any]) -> str:
    """Return a digest of results as JSON, which names them in their pictures."""
    return hashlib.sha256(json.dumps(results, sort_keys=True).encode()).hexdigest()[:16]
