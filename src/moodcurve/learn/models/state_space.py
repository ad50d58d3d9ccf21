"""State space: a linear dynamical system that reads a curve out of the frame predictions of a simpler model.

A model that judges each row for itself errs by an offset that lasts as long as the song, and by noise from row to
row. The system knows how large and how lasting both are, and how labels move. Schmidt & Kim, "Prediction of
time-varying musical mood distributions using Kalman filtering", ICMLA 2010, https://doi.org/10.1109/ICMLA.2010.101;
Markov & Matsui, "Dynamic music emotion recognition using state-space models", MediaEval 2014.

With u = (label arousal, label valence, predicted arousal, predicted valence) less their means:

    u(t) = l(t) + d(t)                          level of the song + deviation from it
    l(t + 1) = rho l(t) + noise                 variance stays B, the covariance of songs' means
    d(t + 1) = F d(t) + noise                   variance stays W, the covariance within songs

The state (l, d) has eight numbers; the predictions, two of the four components of u, are observed, and the labels'
components are read off. The level is *not* the mean of the predictions but what their mean says about the
label's by regression; since F has lagged terms, the labels may follow the predictions late, as raters do.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import k_fold
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, FittedModel, Progress, predict_rated, silent
from moodcurve.learn.models.ffnn import FFNNConfig, fit_ffnn
from moodcurve.learn.models.kalman import Dynamics, filtered, smoothed
from moodcurve.learn.models.kalman_onnx import filter_nodes, smoother_nodes, whole_filter_nodes
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.steps import Limit

INNER_FOLDS = 4
"""Parts of the training songs for predictions of songs that the base model has not learned from."""
FLOOR = 1e-8
"""Added to the variances, 1e-4 squared on the labels' scale: constant labels leave a system that can be solved."""
SCALE = Limit(1.0)
"""Predictions are limited to the labels' scale: a recording unlike any song would else drive the level far outside."""
OBSERVED = np.hstack([np.eye(4)[2:]] * 2)
"""Rows of (l, d) → predictions."""
LABELS = np.hstack([np.eye(4)[:2]] * 2)
"""Rows of (l, d) → labels."""


@dataclass(frozen=True, kw_only=True)
class StateSpaceConfig:
    """Settings of the state-space model that looks to both sides.

    Attributes
    ----------
    base : str
        Family whose frame predictions are read: ``mlr`` or ``ffnn``.
    level_memory_s : float
        Time after which the level's correlation with itself is 1/e. Training clips of half a minute cannot tell
        it: figures on them are the better the longer it is, and a song of many minutes may change.
    mlr, ffnn : settings of the base
        Those of the one that is used count.
    """

    base: str = "mlr"
    level_memory_s: float = 2500.0
    mlr: MLRConfig = field(default_factory=MLRConfig)
    ffnn: FFNNConfig = field(default_factory=FFNNConfig)

    def __post_init__(self) -> None:
        check(self.base in ("mlr", "ffnn"), "base", "mlr or ffnn", self.base)
        check(30 <= self.level_memory_s <= 36_000, "level_memory_s", "from 30 to 36000", self.level_memory_s)

    @property
    def looks_ahead(self) -> bool:
        """Whether later rows count: a smoother, not a filter."""
        return True


@dataclass(frozen=True, kw_only=True)
class LiveStateSpaceConfig(StateSpaceConfig):
    """Settings of the state-space model that knows no later row: the Kalman filter, for live use."""

    @property
    def looks_ahead(self) -> bool:
        """Whether later rows count: a smoother, not a filter."""
        return False


@dataclass(frozen=True, eq=False, kw_only=True)
class StateSpace:
    """Fitted system.

    Attributes
    ----------
    base : FittedModel
        Gives the predictions that are read.
    means : (4,)
        Of u: what is subtracted from labels and predictions.
    dynamics : Dynamics
    """

    config: StateSpaceConfig
    base: FittedModel
    means: FloatArray
    dynamics: Dynamics
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Arousal and valence (n, 2) of a recording's features (n, columns), n ≥ 1; not limited to [-1, 1]."""
        observed = SCALE.apply(self.base.predict(x)) - self.means[2:]
        estimate = smoothed if self.config.looks_ahead else filtered
        return estimate(observed, self.dynamics) + self.means[:2]

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        return self._build(graph, smoother_nodes if self.config.looks_ahead else filter_nodes)

    def build_whole(self, graph: Graph) -> str:
        """Add the same arithmetic for recordings that are given whole, as part of a model that needs them so."""
        return self._build(graph, smoother_nodes if self.config.looks_ahead else whole_filter_nodes)

    def _build(self, graph: Graph, nodes: Callable[[Graph, str, Dynamics], str]) -> str:
        observed = graph.add("Sub", SCALE.build(graph, self.base.build(graph)), graph.constant(self.means[2:]))
        return graph.add("Add", nodes(graph, observed, self.dynamics), graph.constant(self.means[:2]))


def fit_state_space(
    songs: Sequence[Song], config: StateSpaceConfig, *, seed: int = 0, progress: Progress = silent
) -> StateSpace:
    """Train the base model, and learn the system from labels beside predictions of songs it has not learned from.

    Raises
    ------
    DatasetError
        If the songs have fewer artists than `INNER_FOLDS`.
    """
    pairs: list[FloatArray] = []
    for number, (train, test) in enumerate(k_fold(songs, INNER_FOLDS, seed, by="artist")):
        inner = _fit_base([songs[i] for i in train], config, seed)
        pairs += [np.hstack([songs[i].y, SCALE.apply(predict_rated(inner, songs[i]))]) for i in test]
        progress(number + 1, INNER_FOLDS + 1, f"{config.base} on {len(train)} songs")
    base = _fit_base(songs, config, seed)
    progress(INNER_FOLDS + 1, INNER_FOLDS + 1, f"{config.base} on all songs")
    means, dynamics = fit_dynamics(pairs, math.exp(-HOP_S / config.level_memory_s))
    return StateSpace(config=config, base=base, means=means, dynamics=dynamics)


def _fit_base(songs: Sequence[Song], config: StateSpaceConfig, seed: int) -> FittedModel:
    if config.base == "mlr":
        return fit_mlr(songs, config.mlr, seed=seed)
    return fit_ffnn(songs, config.ffnn, seed=seed)


def fit_dynamics(songs: Sequence[FloatArray], rho: float) -> tuple[FloatArray, Dynamics]:
    """Learn means and system from each song's u (n, 4), in closed form.

    B is the covariance of the songs' means. W and F follow from the deviations d of all songs by the equations of
    Yule and Walker, with the autocovariances Σ d(t + k) d(t)ᵀ / (number of rows), k = 0 and 1: F = C₁ C₀⁻¹. They
    are those of a stationary process whatever the songs, so the system cannot run away over a long song, as one
    fitted by least squares does: raters move outwards during a clip, which it takes for an instability.
    """
    levels = np.array([u.mean(axis=0) for u in songs])
    means: FloatArray = levels.mean(axis=0)
    between = (levels - means).T @ (levels - means) / len(songs) + FLOOR * np.eye(4)
    deviations = [u - level for u, level in zip(songs, levels, strict=True)]
    rows = sum(map(len, deviations))
    within = sum((d.T @ d for d in deviations), np.zeros((4, 4))) / rows + FLOOR * np.eye(4)
    lagged = sum((d[1:].T @ d[:-1] for d in deviations), np.zeros((4, 4))) / rows
    course = np.linalg.solve(within, lagged.T).T
    noise = within - course @ within @ course.T
    zero = np.zeros((4, 4))
    dynamics = Dynamics(
        transition=np.block([[rho * np.eye(4), zero], [zero, course]]),
        noise=np.block([[(1 - rho**2) * between, zero], [zero, (noise + noise.T) / 2]]),
        start=np.block([[between, zero], [zero, within]]),
        observed=OBSERVED,
        wanted=LABELS,
    )
    return means, dynamics
