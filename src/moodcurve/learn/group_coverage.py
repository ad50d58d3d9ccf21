"""Measure how often the ratings of held-out songs lie in a packaged model's 90 % intervals, by set and genre."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.selection import songs_by_genre
from moodcurve.datasets.splits import Indices, Split
from moodcurve.learn.benchmarks.results import DRAWS, INTERVAL
from moodcurve.learn.studies.intervals import COVERAGE_METRICS, MIN_SONGS, interval_metrics
from moodcurve.learn.uncertainty.calibration import calibrate_intervals
from moodcurve.metrics.bootstrap import draw_counts
from moodcurve.runtime.intervals import LEVEL
from moodcurve.util.markdown import interval_text, markdown_list, markdown_paragraph, markdown_table

CLIPS, EXCERPTS = "whole clips", "ten-second excerpts"
"""Names of the sets: DEAM's clips with published features, and the other songs of which there is only sound."""
GOAL = (0.85, 0.95)
ALL = "all"
_TITLES = {"coverage": "points", "coverage_song": "song's mean", "width": "width of points"}


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupCoverage:
    """Coverage and width of the intervals of some songs.

    Attributes
    ----------
    set_name, genre : str
        `ALL` for all genres.
    songs : int
    values, low, high : (metrics, 2)
        `moodcurve.learn.studies.intervals.COVERAGE_METRICS` by axis, averaged over songs, with the ends of their
        95 % intervals.
    """

    set_name: str
    genre: str
    songs: int
    values: FloatArray
    low: FloatArray
    high: FloatArray

    def interval(self, metric: str, column: int) -> dict[str, float]:
        """Return a metric of an axis with its interval."""
        ends = {"value": self.values, "low": self.low, "high": self.high}
        return {name: float(one[COVERAGE_METRICS.index(metric), column]) for name, one in ends.items()}

    def outside(self) -> list[str]:
        """Return what lies outside `GOAL`, and whether that may be chance, in words."""
        found = []
        for metric, (column, axis) in itertools.product(("coverage", "coverage_song"), enumerate(AXES)):
            one = self.interval(metric, column)
            if not GOAL[0] <= round(one["value"], 3) <= GOAL[1]:
                by_chance = one["low"] <= GOAL[1] and one["high"] >= GOAL[0]
                found.append(
                    f"{self.set_name}, {self.genre}, {axis}, {_TITLES[metric]}: {interval_text(one)}, "
                    f"{'which may be chance' if by_chance else 'beyond chance'}."
                )
        return found


def measure_groups(
    songs: Sequence[Song], clips: int, splits: Sequence[Split], predicted: Sequence[FloatArray], *, seed: int
) -> tuple[GroupCoverage, ...]:
    """Calibrate on the clips of all other splits, as the released intervals are, and test on each split's songs.

    Parameters
    ----------
    songs : sequence of Song
        Rated songs: first the clips, then the excerpts.
    clips : int
        Number of clips.
    splits : sequence of (train, test)
        Of all songs, with disjoint artists.
    predicted : sequence of (n, 2)
        Cross-validated predictions of each song, from these splits.
    seed : int
        Of the bootstrap draws.
    """
    metrics = np.empty((len(songs), len(COVERAGE_METRICS), len(AXES)))
    for train, test in splits:
        known = [i for i in train if i < clips]
        intervals = calibrate_intervals([songs[i].y for i in known], [predicted[i] for i in known])
        for i in test:
            metrics[i] = interval_metrics(songs[i].y, predicted[i], intervals)
    groups = []
    for name, members in ((CLIPS, np.arange(clips)), (EXCERPTS, np.arange(clips, len(songs)))):
        if not len(members):
            continue
        groups.append(_average(name, ALL, metrics, members, seed))
        tags = songs_by_genre([songs[i] for i in members.tolist()], min_songs=MIN_SONGS)
        groups += [_average(name, tag, metrics, members[chosen], seed) for tag, chosen in tags.items()]
    return tuple(groups)


def _average(name: str, genre: str, metrics: FloatArray, chosen: Indices, seed: int) -> GroupCoverage:
    draws = np.einsum("ds,sfa->dfa", draw_counts(len(chosen), DRAWS, seed), metrics[chosen]) / len(chosen)
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    return GroupCoverage(
        set_name=name, genre=genre, songs=len(chosen), values=metrics[chosen].mean(axis=0), low=low, high=high
    )


def as_dict(groups: Sequence[GroupCoverage], model: str) -> dict[str, Any]:
    """Return the results as JSON types."""
    return {
        "model": model,
        "level": LEVEL,
        "interval": INTERVAL,
        "groups": [
            {"set": one.set_name, "genre": one.genre, "songs": one.songs}
            | {
                axis: {metric: one.interval(metric, column) for metric in COVERAGE_METRICS}
                for column, axis in enumerate(AXES)
            }
            for one in groups
        ],
    }


def coverage_page(groups: Sequence[GroupCoverage], model: str) -> str:
    """Return the results as a Markdown page."""
    columns = [(metric, column) for metric in _TITLES for column in range(len(AXES))]
    header = ("set", "genre", "songs", *(f"{_TITLES[metric]}, {AXES[column]}" for metric, column in columns))
    rows = [
        (one.set_name, one.genre, str(one.songs), *(interval_text(one.interval(*cell)) for cell in columns))
        for one in groups
    ]
    outside = [line for one in groups for line in one.outside()]
    parts = [
        "# Coverage by set and genre",
        markdown_paragraph(
            f"For readers who rely on the intervals of `{model}` for some kind of music. Written by `make model`; the "
            "JSON file of the same name has all values."
        ),
        markdown_paragraph(
            f"Share of ratings inside the {100 * LEVEL:.0f} % intervals, averaged over songs; the goal is "
            f"{100 * GOAL[0]:.0f} to {100 * GOAL[1]:.0f} % in each row. Models and intervals come from five folds of "
            "all rated songs with disjoint artists. Intervals are calibrated on the whole clips of the other folds, as "
            "those in the model file, also for the excerpts. Songs that only have a quadrant have no ratings to cover. "
            f"Parentheses: {INTERVAL}. A song counts for each of its genre tags; tags of fewer than {MIN_SONGS} songs "
            "are left out."
        ),
        markdown_table([header, *rows]),
        "## Outside the goal",
        markdown_list(outside) if outside else "None.",
    ]
    return "\n\n".join(parts) + "\n"
