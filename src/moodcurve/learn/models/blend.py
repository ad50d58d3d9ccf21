"""Blend: the average of the two-level model and the Kalman filter, whose errors differ, stretched afterwards.

Both models pull predictions toward the mean, since that minimizes the squared error of an uncertain prediction; their
average does so even more. The blend stretches it again, half way to the standard deviation of the labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.models.state_space import LiveStateSpaceConfig, StateSpace, fit_state_space
from moodcurve.learn.models.two_level import TwoLevel, TwoLevelConfig, fit_two_level
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import stack_songs
from moodcurve.runtime.sequence import SequenceMode


@dataclass(frozen=True, kw_only=True)
class BlendConfig:
    """Settings of both models and of the stretch.

    The stretch is ŷ = c + stretch · (average - c), where c is the mean of the training labels. Suppose that predictions
    correlate with labels at r and have k times their standard deviation. The squared error is then least at k = r, and
    the concordance greatest at k = 1. The defaults bring k near √r, half way in ratio, where neither loses much. r and
    k come from the protocol `deam`: two numbers per axis from its five folds.

    Unlike the defaults of their families, those of the two models let the level change within a song: 36 s of context
    to each side and ten minutes of memory. On the protocol `deam`, whose clips of half a minute have no sections, this
    costs .002 of r; medleys of one artist's songs are followed better (docs/results/tried.md).

    Attributes
    ----------
    stretch_arousal : float
        Factor of arousal's deviation from its mean.
    stretch_valence : float
        Factor of valence's deviation from its mean.
    two_level : TwoLevelConfig
        Settings of the two-level model.
    state_space : LiveStateSpaceConfig
        Settings of the Kalman filter.
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
    center : (2,)
        Mean of the training labels, c.
    """

    config: BlendConfig
    two_level: TwoLevel
    state_space: StateSpace
    center: FloatArray
    history: tuple[Epoch, ...] = ()

    @property
    def _factor(self) -> FloatArray:
        return np.array([self.config.stretch_arousal, self.config.stretch_valence]) / 2

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from a recording's features (n ≥ 1, columns); not limited to [-1, 1]."""
        both = self.two_level.predict(x) + self.state_space.predict(x)
        return self.center + self._factor * (both - 2 * self.center)

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output."""
        first = self.two_level.build(graph)
        first_rows = graph.rows
        both = graph.add("Add", first, self.state_space.build_stateless(graph))
        graph.rows = SequenceMode(
            kind="window",
            window_rows=max(first_rows.window_rows, graph.rows.window_rows),
            margin_rows=max(first_rows.margin_rows, graph.rows.margin_rows),
        )
        stretched = graph.add("Mul", both, graph.constant(self._factor))
        return graph.add("Add", stretched, graph.constant(self.center - 2 * self._factor * self.center))


def fit_blend(
    songs: Sequence[Song], config: BlendConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> Blend:
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
        center=stack_songs(songs)[1].mean(axis=0),
    )
