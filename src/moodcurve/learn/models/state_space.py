"""State-space models: a linear dynamical system that turns row-wise predictions of a simpler model into a curve.

A model that predicts each row by itself makes two kinds of errors: an offset that lasts for the whole song, and noise
from row to row. The system knows the size and duration of both, and how labels move. Schmidt & Kim, "Prediction of
time-varying musical mood distributions using Kalman filtering", ICMLA 2010, https://doi.org/10.1109/ICMLA.2010.101;
Markov & Matsui, "Dynamic music emotion recognition using state-space models", MediaEval 2014.

With u = (label arousal, label valence, predicted arousal, predicted valence) minus their means:

    u(t) = l(t) + d(t)                          level of the song + deviation from it
    l(t + 1) = rho l(t) + noise                 stationary covariance B, that of songs' means
    d(t + 1) = F d(t) + noise                   stationary covariance W, that within songs

The state (l, d) has eight components. The predictions, two of the four components of u, are observed; the outputs are
the labels' components. The level is *not* the mean of the predictions but the label's mean as regressed on it. Since F
has lagged terms, labels may follow the predictions with a delay, as raters do.
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
from moodcurve.learn.kalman.filter import Dynamics, kalman_filter, kalman_smoother
from moodcurve.learn.kalman.nodes import (
    add_carried_filter,
    add_filter,
    add_smoother,
    add_stateless_filter,
    filter_state_size,
)
from moodcurve.learn.models.base import Epoch, FittedModel, TrainingProgress, no_progress, predict_rated
from moodcurve.learn.models.ffnn import FFNNConfig, fit_ffnn
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.steps import Clip

INNER_FOLDS = 4
"""Folds of the training songs, so that each is predicted by a base model that was not trained on it."""
FLOOR = 1e-8
"""Added to the variances, so that the system is solvable for constant labels: 1e-4 squared in units of the labels."""
SCALE = Clip(1.0)
"""Limits predictions to the range of the labels, so that an unusual recording cannot drive the level far outside."""
OBSERVATION = np.hstack([np.eye(4)[2:]] * 2)
"""H: (l, d) to predictions."""
OUTPUT = np.hstack([np.eye(4)[:2]] * 2)
"""C: (l, d) to labels."""


@dataclass(frozen=True, kw_only=True)
class StateSpaceConfig:
    """Settings of the state-space model with smoother, which uses past and future rows.

    Attributes
    ----------
    base : str
        Family of the row-wise model: ``mlr`` or ``ffnn``.
    level_memory_s : float
        Time in seconds after which the level's autocorrelation is 1/e, from 30 to 36000. Training clips of half a
        minute cannot determine it: scores on them grow with it, while long songs may change.
    mlr : MLRConfig
        Settings of the base model if base is ``mlr``.
    ffnn : FFNNConfig
        Settings of the base model if base is ``ffnn``.
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
        """True for the smoother, False for the filter."""
        return True


@dataclass(frozen=True, kw_only=True)
class LiveStateSpaceConfig(StateSpaceConfig):
    """Settings of the state-space model with Kalman filter, which uses past rows only, for live use."""

    @property
    def looks_ahead(self) -> bool:
        """True for the smoother, False for the filter."""
        return False


@dataclass(frozen=True, eq=False, kw_only=True)
class StateSpace:
    """Fitted system.

    Attributes
    ----------
    base : FittedModel
        Row-wise model whose predictions are observed.
    means : (4,)
        Means of labels and predictions, subtracted in u.
    dynamics : Dynamics
    """

    config: StateSpaceConfig
    base: FittedModel
    means: FloatArray
    dynamics: Dynamics
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from a recording's features (n ≥ 1, columns); not limited to [-1, 1]."""
        observed = SCALE.apply(self.base.predict(x)) - self.means[2:]
        estimate = kalman_smoother if self.config.looks_ahead else kalman_filter
        return estimate(observed, self.dynamics) + self.means[:2]

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output."""
        return self._build(graph, add_smoother if self.config.looks_ahead else add_filter)

    def build_stateless(self, graph: Graph) -> str:
        """Add the model without a state to a graph of whole recordings and return the name of its output."""
        return self._build(graph, add_smoother if self.config.looks_ahead else add_stateless_filter)

    @property
    def state_size(self) -> int:
        """Size of the state of `build_carried`."""
        return filter_state_size(self.dynamics)

    def build_carried(self, graph: Graph, state: str) -> tuple[str, str]:
        """Add the filter after rows that left a state (size,); return the names of its output and of the next state."""
        output, next_state = add_carried_filter(graph, self._add_observed(graph), self.dynamics, state)
        return graph.add("Add", output, graph.constant(self.means[:2])), next_state

    def _build(self, graph: Graph, add_estimate: Callable[[Graph, str, Dynamics], str]) -> str:
        estimate = add_estimate(graph, self._add_observed(graph), self.dynamics)
        return graph.add("Add", estimate, graph.constant(self.means[:2]))

    def _add_observed(self, graph: Graph) -> str:
        """Add the base model's predictions minus their means, (rows, 2)."""
        return graph.add("Sub", SCALE.build(graph, self.base.build(graph)), graph.constant(self.means[2:]))


def fit_state_space(
    songs: Sequence[Song], config: StateSpaceConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> StateSpace:
    """Train the base model, then fit the system to labels and cross-validated predictions.

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
    """Fit means and system to each song's labels and predictions u (n, 4), in closed form.

    B is the covariance of the songs' means. W and F follow from the deviations d of all songs by the Yule-Walker
    equations, with the autocovariances C_k = Σ d(t + k) d(t)ᵀ / (number of rows): W = C₀ and F = C₁ C₀⁻¹. The result
    is always stationary. A least-squares fit is not: ratings move outward during a clip, which it takes for an
    instability, and the system runs away over a long song.

    Parameters
    ----------
    songs : sequence of (n, 4)
    rho : float
        Autocorrelation of the level from one row to the next.

    Returns
    -------
    means : (4,)
    dynamics : Dynamics
    """
    levels = np.array([u.mean(axis=0) for u in songs])
    means: FloatArray = levels.mean(axis=0)
    between = (levels - means).T @ (levels - means) / len(songs) + FLOOR * np.eye(4)
    deviations = [u - level for u, level in zip(songs, levels, strict=True)]
    rows = sum(map(len, deviations))
    within = sum((d.T @ d for d in deviations), np.zeros((4, 4))) / rows + FLOOR * np.eye(4)
    lagged = sum((d[1:].T @ d[:-1] for d in deviations), np.zeros((4, 4))) / rows
    transition = np.linalg.solve(within, lagged.T).T
    noise = within - transition @ within @ transition.T
    zero = np.zeros((4, 4))
    dynamics = Dynamics(
        transition=np.block([[rho * np.eye(4), zero], [zero, transition]]),
        noise=np.block([[(1 - rho**2) * between, zero], [zero, (noise + noise.T) / 2]]),
        initial=np.block([[between, zero], [zero, within]]),
        observation=OBSERVATION,
        output=OUTPUT,
    )
    return means, dynamics
