"""What a study is: ways of training or choosing compared on the same songs, beside the protocols; and its page.

A study has arms. An arm's figures are means over its repeats (other draws of songs, other folds), and its 95 %
intervals come from drawing songs, the same draws for all arms, so that what makes songs hard for both sides of a
comparison cancels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from moodcurve import __version__
from moodcurve._typing import FloatArray
from moodcurve.datasets import Dataset
from moodcurve.evaluation import AXES
from moodcurve.learn.benchmarks.benchmark import DRAWS, INTERVAL
from moodcurve.learn.benchmarks.report import Row, as_markdown
from moodcurve.metrics.bootstrap import bootstrap_scores, percentile_interval

Predicted = Sequence[FloatArray]
"""Predictions of each song, (n, 2)."""
Drawn = Mapping[str, Mapping[str, FloatArray]]
"""By axis and figure: the value and those of the draws behind it, (1 + draws,)."""

SCORES = ("rmse", "r", "ccc", "r_song")
TITLES = {
    "rmse": "RMSE",
    "r": "r",
    "ccc": "CCC",
    "r_song": "r per song",
    "coverage": "points held",
    "width": "width",
    "coverage_song": "song's mean held",
    "width_song": "its width",
}
"""Headings of all figures of studies; RMSE, r and CCC are pooled over all points."""
LEVEL = 0.95


class Labelled(Protocol):
    """A song, or what stands for one."""

    @property
    def y(self) -> FloatArray:
        """Arousal and valence, (n, 2)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Arm:
    """One way, and what it reached.

    Attributes
    ----------
    what : str
        In a few words; `family` beside it says which model.
    family : str
    drawn : Drawn
    """

    what: str
    family: str
    drawn: Drawn

    def figures(self, other: "Arm | None" = None) -> dict[str, dict[str, dict[str, float | None]]]:
        """Give each figure with its interval, or by how much it exceeds another arm's, for JSON."""
        return {
            axis: {
                name: percentile_interval(values if other is None else values - other.drawn[axis][name], LEVEL).as_dict()
                for name, values in self.drawn[axis].items()
            }
            for axis in AXES
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class Study:
    """What one study found.

    Attributes
    ----------
    name : str
        One of `moodcurve.learn.studies.run.STUDIES`.
    title : str
    how : tuple of str
        What was done and how it is to be read, a sentence each.
    dataset : Dataset
    songs : int
        How many of its songs were tested.
    seed : int
    arms : tuple of Arm
        All with the same figures.
    pairs : tuple of (Arm, Arm)
        The first is compared with the second.
    chosen : tuple of dict
        What was chosen where something was, by column; the same keys in all.
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
        """Give all figures for strict JSON."""
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
            "arms": [{"what": arm.what, "family": arm.family, **arm.figures()} for arm in self.arms],
            "differences": [
                {"what": one.what, "other": other.what, "family": one.family, **one.figures(other)}
                for one, other in self.pairs
            ],
            "chosen": [dict(row) for row in self.chosen],
        }


def arm(what: str, family: str, songs: Sequence[Labelled], repeats: Sequence[Predicted], *, seed: int) -> Arm:
    """Score predictions of the same songs, once or several times over, by `SCORES`: means over the repeats."""
    drawn: dict[str, dict[str, FloatArray]] = {}
    for column, axis in enumerate(AXES):
        y = [song.y[:, column] for song in songs]
        found = [bootstrap_scores(y, [p[:, column] for p in one], n=DRAWS, seed=seed) for one in repeats]
        drawn[axis] = {name: np.mean([scores[name] for scores in found], axis=0) for name in SCORES}
    return Arm(what=what, family=family, drawn=drawn)


def page(studies: Sequence[Mapping[str, Any]]) -> str:
    """Give studies, as `Study.as_dict` gives them, as a Markdown page."""
    parts = ["# Studies", "Beside the protocols: what features, songs, folds, labels and settings make of the figures."]
    for study in studies:
        head = (
            f"{study['dataset']}, {study['songs']} songs, {study['feature_set']}; seed {study['seed']}; moodcurve "
            f"{study['moodcurve_version']}. Ranges are {study['interval']}."
        )
        parts += [f"## {study['title']}", "\n".join(f"- {line}" for line in (head, *study["how"]))]
        parts.append(as_markdown(_rows(study["arms"])))
        if study["differences"]:
            parts += ["The first less the second, on the same songs:", as_markdown(_rows(study["differences"]))]
        if study["chosen"]:
            header = tuple(study["chosen"][0])
            parts.append(as_markdown([header, *(tuple(_plain(row[key]) for key in header) for row in study["chosen"])]))
    return "\n\n".join(parts) + "\n"


def _rows(found: Sequence[Mapping[str, Any]]) -> list[Row]:
    names = list(found[0]["arousal"])
    rows: list[Row] = [("what", "model", "axis", *(TITLES[name] for name in names))]
    for one in found:
        what, sign = (f"{one['what']} - {one['other']}", "+") if "other" in one else (one["what"], "")
        rows += [(what, one["family"], axis, *(_cell(one[axis][name], sign) for name in names)) for axis in AXES]
    return rows


def _cell(figure: Mapping[str, float | None], sign: str) -> str:
    if figure["value"] is None:
        return "–"
    if figure["low"] is None:
        return f"{figure['value']:{sign}.3f}"
    return f"{figure['value']:{sign}.3f} ({figure['low']:{sign}.3f} to {figure['high']:{sign}.3f})"


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
