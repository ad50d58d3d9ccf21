"""Blend of the Gaussian-process model and a Kalman filter, whose errors differ: a weighted average, stretched.

Both read the same rows, which are free of the recording's level: the filter's linear regression sees the columns of
compare236 as `moodcurve.learn.preprocessing.rows` standardizes them, shrunk along the directions in which altered sound
moves, silent rows as the average of all rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.models.gp import GP, GPConfig, fit_gp
from moodcurve.learn.models.state_space import LiveStateSpaceConfig, StateSpace, fit_state_space
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.context import ContextStatistics
from moodcurve.learn.preprocessing.rows import Rows, song_of_rows
from moodcurve.learn.preprocessing.shifts import shrinkage, version_shifts
from moodcurve.runtime.sequence import SequenceMode


@dataclass(frozen=True, kw_only=True)
class FilterShares:
    """Shares of a Kalman filter in the average of two models, and the stretch of that average.

    Attributes
    ----------
    share_arousal : float
        Share of the Kalman filter in the average of arousal, from 0 to 1.
    share_valence : float
        Share of the Kalman filter in the average of valence, from 0 to 1.
    stretch_arousal : float
        Factor of the average's deviation of arousal from its mean over the rated training songs.
    stretch_valence : float
        Factor of the average's deviation of valence from its mean over the rated training songs.
    """

    share_arousal: float = 0.3
    share_valence: float = 0.1
    stretch_arousal: float = 1.2
    stretch_valence: float = 1.2

    def __post_init__(self) -> None:
        for key in ("share_arousal", "share_valence"):
            check(0 <= getattr(self, key) <= 1, key, "from 0 to 1", getattr(self, key))
        for key in ("stretch_arousal", "stretch_valence"):
            check(getattr(self, key) > 0, key, "positive", getattr(self, key))

    @property
    def share(self) -> FloatArray:
        """Share of the Kalman filter on both axes, (2,)."""
        return np.array([self.share_arousal, self.share_valence])

    @property
    def stretch(self) -> FloatArray:
        """Factors of both axes, (2,)."""
        return np.array([self.stretch_arousal, self.stretch_valence])


@dataclass(frozen=True, kw_only=True)
class GPBlendConfig(FilterShares):
    """Settings of both models, their shares, and the stretch.

    Shares and stretch lie on plateaus of the protocol `deam`: of arousal's r and concordance, and of valence's
    concordance. A larger share of valence, .2, gives the same concordance, but lets the axes correlate more (.69
    instead of .66, ratings .61). See `moodcurve.learn.models.blend.BlendConfig` for the stretch.

    Attributes
    ----------
    share_arousal : float
        Share of the Kalman filter in the average of arousal, from 0 to 1.
    share_valence : float
        Share of the Kalman filter in the average of valence, from 0 to 1.
    stretch_arousal : float
        Factor of the average's deviation of arousal from its mean over the rated training songs.
    stretch_valence : float
        Factor of the average's deviation of valence from its mean over the rated training songs.
    gp : GPConfig
        Settings of the Gaussian-process model.
    state_space : LiveStateSpaceConfig
        Settings of the Kalman filter.
    """

    gp: GPConfig = field(default_factory=GPConfig)
    state_space: LiveStateSpaceConfig = field(default_factory=lambda: LiveStateSpaceConfig(level_memory_s=600.0))


@dataclass(frozen=True, eq=False, kw_only=True)
class GPBlend:
    """Both models, fitted on the same songs.

    Attributes
    ----------
    steady : (columns of compare236, the same)
        From standardized rows to those that the filter reads; exact in single precision.
    center : (2,)
        Mean rating of the training songs, from which predictions are stretched.
    """

    config: GPBlendConfig
    gp: GP
    steady: FloatArray
    state_space: StateSpace
    center: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from a recording's features (n ≥ 1, columns); not limited to [-1, 1]."""
        share = self.config.share
        filtered = self.state_space.predict(_filter_rows(self.gp.rows, self.steady, x))
        average = (1 - share) * self.gp.predict(x) + share * filtered
        return self.center + self.config.stretch * (average - self.center)

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output."""
        share, stretch = self.config.share, self.config.stretch
        first = self.gp.build(graph)
        rows = graph.rows
        with graph.reading(_add_filter_rows(self.gp.rows, self.steady, graph)):
            second = self.state_space.build_stateless(graph)
        graph.rows = SequenceMode(
            kind="window",
            window_rows=max(rows.window_rows, graph.rows.window_rows),
            margin_rows=max(rows.margin_rows, graph.rows.margin_rows),
        )
        first = graph.add("Mul", first, graph.constant(stretch * (1 - share)))
        second = graph.add("Mul", second, graph.constant(stretch * share))
        return graph.add("Add", graph.add("Add", first, second), graph.constant(self.center * (1 - stretch)))


def fit_gp_blend(
    songs: Sequence[Song], config: GPBlendConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> GPBlend:
    """Fit the Gaussian-process model on all songs, and the Kalman filter on those that are rated.

    Raises
    ------
    TrainingError
        As `fit_gp`, and if no song is rated.
    DatasetError
        If the rated songs have fewer artists than the Kalman filter's inner folds.
    """
    rated = [song for song in songs if song.is_rated]
    check(len(rated) > 0, "songs", "at least one song with ratings", "none")
    gp = fit_gp(songs, config.gp, seed=seed, progress=progress)
    steady = _fit_steady(gp.rows, songs, config.gp.level.shift_penalty)
    filtered = [song_of_rows(song, _filter_rows(gp.rows, steady, song.full_features.values)) for song in rated]
    return GPBlend(
        config=config,
        gp=gp,
        steady=steady,
        state_space=fit_state_space(filtered, config.state_space, seed=seed, progress=progress),
        center=np.mean([song.y.mean(axis=0) for song in rated], axis=0),
    )


def _fit_steady(rows: Rows, songs: Sequence[Song], penalty: float) -> FloatArray:
    """Return `GPBlend.steady`: columns have a mean square of 1 / columns, as the level's kernel weights a block."""
    columns = rows.blocks[0]

    def describe(values: Float32Array) -> FloatArray:
        z, sounding = rows.apply(values)
        return ContextStatistics(len(z)).apply(z, sounding)[:1, :columns]

    shifts = version_shifts(songs, describe, columns)
    return shrinkage(shifts / math.sqrt(columns), penalty).astype(np.float32).astype(np.float64)


def _filter_rows(rows: Rows, steady: FloatArray, x: npt.NDArray[np.floating]) -> FloatArray:
    """Return what the filter reads of a recording's features: (n, columns of compare236)."""
    z, sounding = rows.apply(x)
    read: FloatArray = (z[:, : rows.blocks[0]] @ steady) * sounding
    return read


def _add_filter_rows(rows: Rows, steady: FloatArray, graph: Graph) -> str:
    """Add `_filter_rows` to a graph and return the name of its output."""
    z, sounding = rows.build(graph)
    read = graph.add("Gather", z, graph.indices(range(rows.blocks[0])), axis=1)
    return graph.add("Mul", graph.add("MatMul", read, graph.constant(steady)), sounding)
