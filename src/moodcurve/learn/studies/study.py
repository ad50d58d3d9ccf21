"""Hold the result of a study, and write studies as a Markdown page.

A study compares arms: ways of training or choosing models, on the same songs. An arm's metrics are means over its
repeats (other draws of songs, other folds). Its 95 % intervals come from drawing songs, the same draws for all arms, so
that differences between arms are paired.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from moodcurve import __version__
from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset
from moodcurve.learn.benchmarks.results import DRAWS, INTERVAL
from moodcurve.metrics.bootstrap import bootstrap_scores, percentile_interval
from moodcurve.util.markdown import (
    TableRow,
    interval_text,
    markdown_list,
    markdown_paragraph,
    markdown_table,
)

SongPredictions = Sequence[FloatArray]
"""Predictions of each song, (n, 2)."""
DrawnMetrics = Mapping[str, Mapping[str, FloatArray]]
"""By axis and metric: the value, then the values of the bootstrap draws, (1 + draws,)."""

SCORES = ("rmse", "r", "ccc", "r_song")
TITLES = {
    "rmse": "RMSE",
    "r": "r",
    "ccc": "CCC",
    "r_song": "r per song",
    "coverage": "coverage",
    "width": "width",
    "coverage_song": "coverage of song mean",
    "width_song": "width for song mean",
}
"""Headings of all metrics of studies; RMSE, r and CCC are pooled over all points."""
CHOSEN_TITLES = {"of what was chosen": "inner CCC of the chosen settings", "chosen": "chosen settings"}
"""Headings of `StudyResult.chosen`; other columns have their key as heading."""
LEVEL = 0.95


class HasLabels(Protocol):
    """A song or medley with labels."""

    @property
    def y(self) -> FloatArray:
        """Arousal and valence, (n, 2)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Arm:
    """One way of training or choosing a model, with its metrics.

    Attributes
    ----------
    what : str
        Short name.
    family : str
        Model family.
    drawn : DrawnMetrics
    """

    what: str
    family: str
    drawn: DrawnMetrics

    def metrics(self, other: "Arm | None" = None) -> dict[str, dict[str, dict[str, float | None]]]:
        """Return each metric with its interval for JSON; with another arm, this arm's metrics minus the other's."""
        return {
            axis: {
                name: percentile_interval(
                    values if other is None else values - other.drawn[axis][name], LEVEL
                ).as_dict()
                for name, values in self.drawn[axis].items()
            }
            for axis in AXES
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyResult:
    """Result of one study.

    Attributes
    ----------
    name : str
        One of `moodcurve.learn.studies.run.STUDIES`.
    title : str
    how : tuple of str
        Method and notes, one entry per topic.
    dataset : Dataset
    songs : int
        Number of songs tested.
    seed : int
    arms : tuple of Arm
        All with the same metrics.
    pairs : tuple of (Arm, Arm)
        Comparisons: the first minus the second.
    chosen : tuple of dict
        Chosen settings, by column; all with the same keys.
    """

    name: str
    title: str
    how: tuple[str, ...]
    dataset: Dataset
    songs: int
    seed: int
    arms: tuple[Arm, ...]
    pairs: tuple[tuple[Arm, Arm], ...] = ()
    chosen: tuple[Mapping[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return all results as strict JSON content."""
        return {
            "name": self.name,
            "title": self.title,
            "moodcurve_version": __version__,
            "dataset": self.dataset.name,
            "feature_set": self.dataset.feature_set.key,
            "songs": self.songs,
            "seed": self.seed,
            "interval": INTERVAL,
            "how": list(self.how),
            "arms": [{"what": arm.what, "family": arm.family, **arm.metrics()} for arm in self.arms],
            "differences": [
                {"what": one.what, "other": other.what, "family": one.family, **one.metrics(other)}
                for one, other in self.pairs
            ],
            "chosen": [dict(row) for row in self.chosen],
        }


def score_arm(
    what: str, family: str, songs: Sequence[HasLabels], repeats: Sequence[SongPredictions], *, seed: int
) -> Arm:
    """Compute `SCORES` of one or several predictions of the same songs, averaged over these repeats."""
    drawn: dict[str, dict[str, FloatArray]] = {}
    for column, axis in enumerate(AXES):
        y = [song.y[:, column] for song in songs]
        scored = [bootstrap_scores(y, [p[:, column] for p in one], n=DRAWS, seed=seed) for one in repeats]
        drawn[axis] = {name: np.mean([scores[name] for scores in scored], axis=0) for name in SCORES}
    return Arm(what=what, family=family, drawn=drawn)


def studies_page(studies: Sequence[Mapping[str, Any]]) -> str:
    """Return studies, given as `StudyResult.as_dict` returns them, as a Markdown page."""
    parts = [
        "# Studies",
        markdown_paragraph(
            "For readers who want to know how features, data size, splits, labels and settings affect accuracy. Each "
            "section starts with its largest effects. RMSE, r and CCC are pooled over all points; r per song is a mean "
            "over songs. Written by `moodcurve studies`; studies.json has the same values."
        ),
    ]
    for study in studies:
        head = (
            f"{study['dataset']}, {study['songs']} songs, {study['feature_set']}; seed {study['seed']}; moodcurve "
            f"{study['moodcurve_version']}. Intervals: {study['interval']}."
        )
        parts += [f"## {study['title']}", markdown_paragraph(_summary(study)), markdown_list((head, *study["how"]))]
        if study["differences"]:
            parts += [
                "Differences, the first minus the second on the same songs:",
                markdown_table(_rows(study["differences"])),
                "Metrics:",
            ]
        parts.append(markdown_table(_rows(study["arms"])))
        if study["chosen"]:
            keys = tuple(study["chosen"][0])
            header = tuple(CHOSEN_TITLES.get(key, key) for key in keys)
            parts.append(
                markdown_table([header, *(tuple(_plain(row[key]) for key in keys) for row in study["chosen"])])
            )
    return "\n\n".join(parts) + "\n"


def _summary(study: Mapping[str, Any]) -> str:
    """State the extremes of the most telling metric, CCC or coverage, over differences or else arms."""
    name = "ccc" if "ccc" in study["arms"][0]["arousal"] else "coverage"
    compared = study["differences"] or study["arms"]
    values = [
        (one[axis][name], f"{_title(one)}, {one['family']}, {axis}")
        for one in compared
        for axis in AXES
        if one[axis][name]["value"] is not None
    ]
    if not values:
        return f"{TITLES[name]} is undefined for all arms."
    (low, lowest), (high, highest) = (choose(values, key=lambda pair: pair[0]["value"]) for choose in (min, max))
    if not study["differences"]:
        return f"The {TITLES[name]} lies between {low['value']:.3f} ({lowest}) and {high['value']:.3f} ({highest})."
    clear = sum(one["low"] is not None and (one["low"] > 0 or one["high"] < 0) for one, _ in values)
    return (
        f"Differences in {TITLES[name]} lie between {low['value']:+.3f} ({lowest}) and {high['value']:+.3f} "
        f"({highest}). {clear} of {len(values)} intervals exclude 0."
    )


def _rows(compared: Sequence[Mapping[str, Any]]) -> list[TableRow]:
    """Return a header and one row per arm or difference and axis."""
    names = list(compared[0]["arousal"])
    rows: list[TableRow] = [("variant", "model", "axis", *(TITLES[name] for name in names))]
    for one in compared:
        signed = "other" in one
        for axis in AXES:
            cells = (interval_text(one[axis][name], signed=signed) for name in names)
            rows.append((_title(one), one["family"], axis, *cells))
    return rows


def _title(one: Mapping[str, Any]) -> str:
    return f"{one['what']} vs. {one['other']}" if "other" in one else str(one["what"])


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
