"""The two-level model and the Kalman filter averaged: they err differently, so that their mean errs less.

Both draw their answers towards the middle, since that keeps the squared error of an uncertain guess small; the mean
of both even more so. The blend stretches its answers again, half way to the spread of real labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, Progress, silent
from moodcurve.learn.models.state_space import LiveStateSpaceConfig, StateSpace, fit_state_space
from moodcurve.learn.models.two_level import TwoLevel, TwoLevelConfig, fit_two_level
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import stacked
from moodcurve.runtime.sequence import SequenceMode


@dataclass(frozen=True, kw_only=True)
class BlendConfig:
    """Settings of both models, and how they are joined.

    Attributes
    ----------
    stretch_arousal, stretch_valence : float
        ŷ = c + stretch · (mean of both - c), with c the mean of the training labels. Of predictions that
        correlate with labels at r and spread k times as far, the squared error is least at k = r and the
        concordance greatest at k = 1. The defaults bring k near √r, half way in ratio, where either loses
        little; r and k are those of the protocol `deam`, two numbers read from each axis of its five folds.
    two_level, state_space : settings of the two models
        Other than their families' defaults they let the level change within a song: over some 70 s of context
        and ten minutes of memory. On the protocol `deam`, whose clips of half a minute know no sections, that
        costs .002 of r; songs of one artist joined to medleys are followed better (docs/results/tried.md).
    """

    stretch_arousal: float = 1.17
    stretch_valence: float = 1.3
    two_level: TwoLevelConfig = field(default_factory=lambda: TwoLevelConfig(context_s=36.0))
    state_space: LiveStateSpaceConfig = field(default_factory=lambda: LiveStateSpaceConfig(level_memory_s=600.0))

    def __post_init__(self) -> None:
        for key in ("stretch_arousal", "stretch_valence"):
            check(getattr(self, key) > 0, key, "positive", getattr(self, key))


@dataclass(frozen=True, eq=False, kw_only=True)
class Blend:
    """Both models, fitted on the same songs.

    Attributes
    ----------
    centre : (2,)
        c.
    """

    config: BlendConfig
    two_level: TwoLevel
    state_space: StateSpace
    centre: FloatArray
    history: tuple[Epoch, ...] = ()

    @property
    def _factor(self) -> FloatArray:
        return np.array([self.config.stretch_arousal, self.config.stretch_valence]) / 2

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Arousal and valence (n, 2) of a recording's features (n, columns), n ≥ 1; not limited to [-1, 1]."""
        both = self.two_level.predict(x) + self.state_space.predict(x)
        return self.centre + self._factor * (both - 2 * self.centre)

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        first = self.two_level.build(graph)
        needed = graph.rows
        both = graph.add("Add", first, self.state_space.build_whole(graph))
        graph.rows = SequenceMode(
            kind="window",
            window_rows=max(needed.window_rows, graph.rows.window_rows),
            margin_rows=max(needed.margin_rows, graph.rows.margin_rows),
        )
        stretched = graph.add("Mul", both, graph.constant(self._factor))
        return graph.add("Add", stretched, graph.constant(self.centre - 2 * self._factor * self.centre))


def fit_blend(songs: Sequence[Song], config: BlendConfig, *, seed: int = 0, progress: Progress = silent) -> Blend:
    """Fit both models.

    Raises
    ------
    DatasetError
        If the songs have fewer artists than the Kalman filter's inner folds.
    """
    return Blend(
        config=config,
        two_level=fit_two_level(songs, config.two_level, seed=seed, progress=progress),
        state_space=fit_state_space(songs, config.state_space, seed=seed, progress=progress),
        centre=stacked(songs)[1].mean(axis=0),
    )
