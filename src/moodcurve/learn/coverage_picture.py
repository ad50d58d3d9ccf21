"""Draw how often ratings lie in a packaged model's intervals: by set and genre, and at other levels than 90 %."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moodcurve.curve import AXES
from moodcurve.learn.group_coverage import ALL, GOAL
from moodcurve.util.figures import (
    COLORS,
    GRID,
    MARKERS,
    TEXT_SIZE,
    TITLE_SIZE,
    add_legend,
    draw_intervals,
    label_rows,
    new_figure,
    share_rows,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Result = Mapping[str, Any]
"""Content of `moodcurve.learn.group_coverage.as_dict`."""
POINTS = {"coverage": "points", "coverage_song": "song's mean"}


def coverage_figure(result: Result) -> "Figure":
    """Draw the coverage of points and of songs' means for each set and genre; the band is the goal."""
    sets = list(dict.fromkeys(one["set"] for one in result["groups"]))
    groups = {name: [one for one in result["groups"] if one["set"] == name] for name in sets}
    figure = new_figure(9, 1.4 + 0.27 * len(result["groups"]))
    panels = figure.subplots(
        len(sets), len(AXES), squeeze=False, sharex=True, height_ratios=[len(groups[name]) for name in sets]
    )
    for row, name in zip(panels, sets, strict=True):
        labels = [f"{one['genre']} ({one['songs']})" for one in groups[name]]
        for panel, axis in zip(row, AXES, strict=True):
            label_rows(panel, labels, title=f"{name}, {axis}")
            panel.axvspan(*GOAL, color="grey", alpha=0.15, linewidth=0)
            panel.axvline(result["level"], color="grey", linewidth=0.8)
            draw_intervals(
                panel, {label: [one[axis][metric] for one in groups[name]] for metric, label in POINTS.items()}
            )
        share_rows(row)
    for panel in panels[-1]:
        panel.set_xlabel("share of ratings inside", fontsize=TEXT_SIZE)
    figure.suptitle(
        f"Coverage of the {100 * result['level']:.0f} % intervals of {result['model']}; grey: the goal",
        fontsize=TITLE_SIZE,
    )
    add_legend(figure, panels[0][0])
    return figure


def reliability_figure(result: Result) -> "Figure":
    """Draw the coverage of intervals of several levels over the level, for each set."""
    sets = list(dict.fromkeys(one["set"] for one in result["levels"]))
    figure = new_figure(9, 4.6)
    panels = figure.subplots(1, len(AXES), squeeze=False, sharey=True)[0]
    for panel, axis in zip(panels, AXES, strict=True):
        panel.axline((0, 0), slope=1, color="grey", linewidth=0.8)
        for name, color, marker in zip(sets, COLORS, MARKERS, strict=False):
            found = [one for one in result["levels"] if one["set"] == name]
            levels = [one["level"] for one in found]
            values = [one[axis] for one in found]
            for level, one in zip(levels, values, strict=True):
                panel.plot([level, level], [one["low"], one["high"]], color=color, linewidth=1.4)
            songs = next(one["songs"] for one in result["groups"] if (one["set"], one["genre"]) == (name, ALL))
            panel.plot(
                levels,
                [one["value"] for one in values],
                f"{marker}-",
                color=color,
                linewidth=0.8,
                markersize=4.5,
                label=f"{name} ({songs})",
            )
        panel.set(xlim=(0.4, 1), ylim=(0.4, 1), aspect="equal")
        panel.set_title(axis, fontsize=TITLE_SIZE)
        panel.set_xlabel("level of the intervals", fontsize=TEXT_SIZE)
        panel.tick_params(labelsize=TEXT_SIZE)
        panel.grid(**GRID)
    panels[0].set_ylabel("share of points inside", fontsize=TEXT_SIZE)
    figure.suptitle(f"Reliability of the intervals of {result['model']} on songs of other artists", fontsize=TITLE_SIZE)
    add_legend(figure, panels[0])
    return figure
