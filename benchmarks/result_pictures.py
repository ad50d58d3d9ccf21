"""Draw the results of adaptation.py, from the JSON that it writes, and of robustness.py, from its tables on a page."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moodcurve.curve import AXES
from moodcurve.util.figures import (
    TITLE_SIZE,
    add_legend,
    draw_intervals,
    label_rows,
    new_figure,
    share_rows,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ADAPTATION_METRICS = {"rmse": "RMSE", "ccc": "CCC"}


def adaptation_figure(result: Mapping[str, Any]) -> "Figure":
    """Draw RMSE and CCC of each model for each number of songs; intervals are over raters."""
    sizes = result["sizes"]
    labels = list(sizes[0]["arms"])
    figure = new_figure(9, 2.2 + 0.8 * len(labels))
    panels = figure.subplots(len(AXES), len(ADAPTATION_METRICS), squeeze=False, sharex="col")
    for row, axis in zip(panels, AXES, strict=True):
        for panel, (metric, title) in zip(row, ADAPTATION_METRICS.items(), strict=True):
            label_rows(panel, labels, title=f"{axis}: {title}")
            draw_intervals(
                panel,
                {
                    f"{one['songs']} songs of each of {one['raters']} raters": [
                        one["arms"][label][axis][metric] for label in labels
                    ]
                    for one in sizes
                },
            )
        share_rows(row)
    figure.suptitle("Models for one rater, on the rater's other songs", fontsize=TITLE_SIZE)
    add_legend(figure, panels[0][0])
    return figure


Changes = dict[str, dict[str, dict[str, float]]]
"""By model and changed sound: ``worst`` and ``mean`` of each axis after its name, and ``limit`` where there is one."""


def robustness_tables(page: str) -> Changes:
    """Read the tables that robustness.py prints, from a page that they were pasted into."""
    found: Changes = {}
    model = ""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            model = cells[0].split("`")[1]
            found[model] = {}
        elif line.startswith("|") and model and not line.startswith("|---"):
            numbers = [re.findall(r"[\d.]+", cell)[:2] for cell in cells[1:3]]
            one = {
                f"{axis} {name}": float(number)
                for axis, pair in zip(AXES, numbers, strict=True)
                for name, number in zip(("worst", "mean"), pair, strict=True)
            }
            limit = re.match(r"≤ ([\d.]+):", cells[-1])
            found[model][cells[0]] = one | ({"limit": float(limit[1])} if limit else {})
    return found


def robustness_figure(found: Changes) -> "Figure":
    """Draw how far songs move: dots are means, bars end at the song that moves most, black marks are limits."""
    labels = list(next(iter(found.values())))
    figure = new_figure(9, 1.5 + 0.48 * len(labels))
    panels = figure.subplots(1, len(AXES), squeeze=False, sharex=True)[0]
    for panel, axis in zip(panels, AXES, strict=True):
        label_rows(panel, labels, title=axis, xlabel="absolute change of a song's mean")
        series = {
            model: [
                {"value": one[f"{axis} mean"], "low": one[f"{axis} mean"], "high": one[f"{axis} worst"]}
                for one in changes.values()
            ]
            for model, changes in found.items()
        }
        draw_intervals(panel, series)
        for row, one in enumerate(next(iter(found.values())).values()):
            if "limit" in one:
                panel.plot([one["limit"]] * 2, [row - 0.4, row + 0.4], color="black", linewidth=1.2)
    largest = max(one[f"{axis} worst"] for changes in found.values() for one in changes.values() for axis in AXES)
    panels[0].set_xlim(0, 1.04 * largest)
    share_rows(panels)
    figure.suptitle(
        "Changed sound: dots are means over songs, bars end at the largest change, black marks are limits",
        fontsize=TITLE_SIZE,
    )
    add_legend(figure, panels[0])
    return figure
