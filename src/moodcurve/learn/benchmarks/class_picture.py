"""Draw classifiers of moods: accuracy and macro-F1, F1 of each class, and confusion matrices."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from moodcurve.learn.benchmarks.mood_classes import CLASS_METRICS, SHORT_NAMES
from moodcurve.metrics.classification import class_f1
from moodcurve.util.figures import (
    TITLE_SIZE,
    add_legend,
    draw_intervals,
    draw_matrix,
    label_rows,
    new_figure,
    share_rows,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN = ("svm", "softmax", "curve")
"""Classifiers with confusion matrices and F1 of classes."""


def mood_classes_figure(result: Mapping[str, Any], scheme: str, part: str) -> "Figure":
    """Draw the result of `moodcurve.learn.benchmarks.mood_classes.run_mood_classes` for a scheme, of moments or songs.

    Percentages of the confusion matrices are of each true class.
    """
    labels, found = result[scheme]["classes"], result[scheme][part]
    names = list(found)
    figure = new_figure(9, 3.9 + 0.36 * len(labels))
    panels = figure.subplots(2, 3, squeeze=False, height_ratios=[1 + 0.1 * len(labels), 0.8 + 0.2 * len(labels)])
    for panel, metric in zip(panels[0], ("accuracy", "macro_f1"), strict=False):
        label_rows(panel, [SHORT_NAMES[name] for name in names], title=CLASS_METRICS[metric])
        draw_intervals(panel, {metric: [found[name][metric] for name in names]})
        panel.set_xlim(left=0)
    share_rows(panels[0][:2])
    label_rows(panels[0][2], labels, title="F1 of each class")
    scores = {name: class_f1(np.array(found[name]["confusion"], dtype=float)) for name in DRAWN}
    draw_intervals(
        panels[0][2], {SHORT_NAMES[name]: [{"value": float(one)} for one in f1] for name, f1 in scores.items()}
    )
    panels[0][2].set_xlim(-0.03, 1)
    for panel, name in zip(panels[1], DRAWN, strict=True):
        draw_matrix(panel, found[name]["confusion"], labels, title=f"{SHORT_NAMES[name]}: predicted, %")
    panels[1][0].set_ylabel("true class")
    for panel in panels[1][1:]:
        panel.set_yticklabels([])
    figure.suptitle(
        f"{scheme.capitalize()} of {part}: {result['dataset']}, {result['songs']} songs", fontsize=TITLE_SIZE
    )
    add_legend(figure, panels[0][2])
    return figure
