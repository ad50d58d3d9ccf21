"""Draw the results of adaptation.py and robustness.py, from the JSON that they write."""

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
