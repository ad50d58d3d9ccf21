"""Draw a study: the differences between its arms, or the arms where nothing is compared, with intervals."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moodcurve.curve import AXES
from moodcurve.learn.studies.study import TITLES, compared, telling_metric, title_of
from moodcurve.runtime.intervals import LEVEL as INTERVAL_LEVEL
from moodcurve.util.figures import TITLE_SIZE, add_legend, draw_intervals, label_rows, new_figure, share_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def study_figure(study: Mapping[str, Any]) -> "Figure":
    """Draw the metric that the study's section starts with, by axis; each model family has a color.

    Parameters
    ----------
    study : dict
        Result of `moodcurve.learn.studies.study.StudyResult.as_dict`.
    """
    metric, rows = telling_metric(study), compared(study)
    labels = list(dict.fromkeys(title_of(one) for one in rows))
    families = list(dict.fromkeys(one["family"] for one in rows))
    heights = [max(0.3, 0.16 * sum(title_of(one) == label for one in rows)) for label in labels]
    figure = new_figure(9, 1.6 + sum(heights))
    panels = figure.subplots(1, len(AXES), squeeze=False, sharex=True)[0]
    for panel, axis in zip(panels, AXES, strict=True):
        label_rows(panel, labels, title=axis)
        if study["differences"] or metric == "coverage":
            panel.axvline(0 if study["differences"] else INTERVAL_LEVEL, color="grey", linewidth=0.8)
        found = {(one["family"], title_of(one)): one[axis][metric] for one in rows}
        draw_intervals(
            panel,
            {family: [found.get((family, label), {"value": None}) for label in labels] for family in families},
        )
    share_rows(panels)
    what = f"difference of {TITLES[metric]}" if study["differences"] else TITLES[metric]
    figure.suptitle(f"{study['title']}: {what}", fontsize=TITLE_SIZE)
    add_legend(figure, panels[0])
    return figure
