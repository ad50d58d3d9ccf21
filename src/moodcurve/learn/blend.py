"""Recurrent networks and the two-level model averaged: they err differently, so that their mean errs less."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.graph import Graph
from moodcurve.learn.model import Epoch, Progress, silent
from moodcurve.learn.recurrent import Recurrent, RecurrentConfig, fit_recurrent
from moodcurve.learn.steps import FloatArray
from moodcurve.learn.two_level import TwoLevel, TwoLevelConfig, fit_two_level
from moodcurve.rows import Rows


@dataclass(frozen=True, kw_only=True)
class BlendConfig:
    """Settings of both models, and their shares.

    Attributes
    ----------
    recurrent_share : float
        Of the recurrent networks in the mean, between 0 and 1; the rest is the two-level model's. Not tuned.
    recurrent : RecurrentConfig
        Reading both ways.
    two_level : TwoLevelConfig
    """

    recurrent_share: float = 0.5
    recurrent: RecurrentConfig = field(default_factory=RecurrentConfig)
    two_level: TwoLevelConfig = field(default_factory=TwoLevelConfig)

    def __post_init__(self) -> None:
        check(0 < self.recurrent_share < 1, "recurrent_share", "between 0 and 1", self.recurrent_share)
        both = self.recurrent.bidirectional
        check(both, "recurrent.bidirectional", "true: the two-level model needs later rows too", both)


@dataclass(frozen=True, eq=False, kw_only=True)
class Blend:
    """Both models, fitted on the same songs."""

    config: BlendConfig
    recurrent: Recurrent
    two_level: TwoLevel

    @property
    def history(self) -> tuple[Epoch, ...]:
        """The networks' epochs."""
        return self.recurrent.history

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Arousal and valence (n, 2) of the rows of one song (n, columns); not limited to [-1, 1]."""
        share = self.config.recurrent_share
        return share * self.recurrent.predict(x) + (1 - share) * self.two_level.predict(x)

    def predict_spread(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Give the standard deviation (n, 2) that the networks expect; the two-level model knows none."""
        return self.recurrent.predict_spread(x)

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph, the spread beside it; gives the name of the result."""
        share = self.config.recurrent_share
        parts = []
        rows: list[Rows] = []
        for model, weight in ((self.recurrent, share), (self.two_level, 1 - share)):
            parts.append(graph.add("Mul", model.build(graph), graph.constant(np.float64(weight))))
            rows.append(graph.rows)
        graph.rows = Rows(
            kind="window",
            window_rows=max(r.window_rows for r in rows),
            margin_rows=max(r.margin_rows for r in rows),
        )
        return graph.add("Add", *parts)


def fit_blend(songs: Sequence[Song], config: BlendConfig, *, seed: int = 0, progress: Progress = silent) -> Blend:
    """Fit both models; the same songs, settings and seed give the same models on one machine.

    Raises
    ------
    TrainingError
        If the networks' weights grow beyond all numbers.
    """
    return Blend(
        config=config,
        recurrent=fit_recurrent(songs, config.recurrent, seed=seed, progress=progress),
        two_level=fit_two_level(songs, config.two_level, seed=seed, progress=progress),
    )
