"""Draw the noise ceiling of ratings, and how far a single rater agrees with the mean of the others."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moodcurve.curve import AXES
from moodcurve.datasets.raters.report import CEILING_NAMES, ESTIMATE_NAMES, has_ceilings, songs_of
from moodcurve.util.figures import TITLE_SIZE, add_legend, draw_intervals, label_rows, new_figure, share_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METRICS = ("r", "rmse", "r_within", "r_song")


def ceilings_figure(results: Mapping[str, Any]) -> "Figure":
    """Draw both estimates of the ceiling and one rater, for each part of the songs that has a ceiling.

    Parameters
    ----------
    results : dict
        Result of `moodcurve.datasets.raters.statistics.rater_statistics`.
    """
    parts = [part for part in results["parts"] if has_ceilings(part)]
    labels = [songs_of(part) for part in parts]
    figure = new_figure(9, 2 + 0.75 * len(labels))
    panels = figure.subplots(len(AXES), len(METRICS), squeeze=False, sharex="col")
    for row, axis in zip(panels, AXES, strict=True):
        for panel, metric in zip(row, METRICS, strict=True):
            label_rows(panel, labels, title=f"{axis}: {CEILING_NAMES[metric]}")
            ceilings = [part[axis]["ceilings"] for part in parts]
            draw_intervals(
                panel, {name: [one[estimate][metric] for one in ceilings] for estimate, name in ESTIMATE_NAMES.items()}
            )
        share_rows(row)
    figure.suptitle(f"{results['name']}: the best that a model can reach, and one rater", fontsize=TITLE_SIZE)
    add_legend(figure, panels[0][0])
    return figure
