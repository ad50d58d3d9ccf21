"""Gaussian-process model: the level of a passage from several kinds of features, and changes within it.

ŷ(t) = level(t) + trajectory(t), as in the two-level model, with four differences:

- The level is a Gaussian process (`moodcurve.learn.models.gp_level`) of blocks of equal weight: means and standard
  deviations of the columns of compare236, means of those of tonal1, of the tag network's layers, and of a user's own.
  It learns from ratings and from quadrants.
- The passage around a row holds the rows within a minute that sound like it
  (`moodcurve.learn.preprocessing.similar_context`), so that sections of a song stand apart. In training it is all of
  them: clips hardly change.
- The features are free of the recording's level (`moodcurve.learn.preprocessing.loudness`).
- Silent rows take no part in any statistic, and have the level of the passage around them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.song import QUADRANT_RATINGS
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.models.gp_level import GPLevel, GPLevelConfig, Passages, fit_gp_level
from moodcurve.learn.models.two_level import (
    CLIP,
    WINDOW_ROWS,
    add_exponential_average,
    exponential_average,
    fit_ridge,
    margin_rows,
)
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.context import ContextStatistics
from moodcurve.learn.preprocessing.rows import Rows, fit_rows
from moodcurve.learn.preprocessing.shifts import version_shifts
from moodcurve.learn.preprocessing.similar_context import BLOCK_ROWS, SimilarContext, fit_similar_context
from moodcurve.learn.preprocessing.steps import Clip, Scaling, fit_standardization
from moodcurve.runtime.sequence import SequenceMode


@dataclass(frozen=True, kw_only=True)
class GPConfig:
    """Settings of the Gaussian-process model.

    Attributes
    ----------
    context_s : float
        Length of the context on each side, in seconds, up to 600.
    smoothing_s : float
        Rows are compared by their averages over this time on each side, from 0 to 60 seconds.
    directions : int
        Number of combinations of columns that rows are compared by, 1 or more.
    similarity_width : float
        Difference of two rows, in standard deviations within songs, at which one counts exp(-1/2) around the other.
        Values from 1 to 4 hardly differ on clips; smaller ones set sections farther apart.
    lag_s : float
        Time constant of the trajectory's exponential average in seconds, from 0 to 60.
    ridge : float
        Penalty of the trajectory's weights, as in the two-level model.
    stretch_arousal : float
        Factor of the deviation of arousal's level from its mean over the training songs. Predictions that minimize the
        squared error vary less than ratings do; see `moodcurve.learn.models.blend.BlendConfig`.
    stretch_valence : float
        Factor of the deviation of valence's level from its mean over the training songs.
    level : GPLevelConfig
        Settings of the level's regression.
    """

    context_s: float = 60.0
    smoothing_s: float = 4.0
    directions: int = 10
    similarity_width: float = 2.0
    lag_s: float = 4.0
    ridge: float = 2.4
    stretch_arousal: float = 1.0
    stretch_valence: float = 1.0
    level: GPLevelConfig = field(default_factory=GPLevelConfig)

    def __post_init__(self) -> None:
        check(HOP_S <= self.context_s <= 600, "context_s", f"from {HOP_S} to 600", self.context_s)
        check(0 <= self.smoothing_s <= 60, "smoothing_s", "from 0 to 60", self.smoothing_s)
        check(self.directions >= 1, "directions", "1 or more", self.directions)
        check(self.similarity_width > 0, "similarity_width", "positive", self.similarity_width)
        check(0 <= self.lag_s <= 60, "lag_s", "from 0 to 60", self.lag_s)
        check(self.ridge > 0, "ridge", "positive", self.ridge)
        for key in ("stretch_arousal", "stretch_valence"):
            check(getattr(self, key) > 0, key, "positive", getattr(self, key))

    @property
    def context_rows(self) -> int:
        """Length of the context on each side, in rows."""
        return round(self.context_s / HOP_S)

    @property
    def smoothing_rows(self) -> int:
        """Rows on each side that rows are averaged over before they are compared."""
        return round(self.smoothing_s / HOP_S)

    @property
    def decay(self) -> float:
        """Factor of the exponential average's weights from one row to the next, in [0, 1)."""
        return math.exp(-HOP_S / self.lag_s) if self.lag_s else 0.0

    @property
    def stretch(self) -> FloatArray:
        """Factors of both axes, (2,)."""
        return np.array([self.stretch_arousal, self.stretch_valence])


@dataclass(frozen=True, eq=False, kw_only=True)
class GP:
    """Fitted model.

    Attributes
    ----------
    rows : Rows
    similar : SimilarContext
        Finds the passage around each row.
    scaling : Scaling
        Of a passage's statistics.
    levels : tuple of GPLevel
        For arousal and valence.
    center : (2,)
        Mean of the levels of the training songs, from which they are stretched.
    trajectory : (used columns, 2)
    """

    config: GPConfig
    rows: Rows
    similar: SimilarContext
    scaling: Scaling
    levels: tuple[GPLevel, ...]
    center: FloatArray
    trajectory: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from a recording's features (n ≥ 1, columns); not limited to [-1, 1]."""
        z, sounding = self.rows.apply(x)
        context = self.similar.apply(z, sounding)
        passages = Clip(CLIP).apply(self.scaling.apply(context[:, list(self.rows.described)]))
        level = np.hstack([one.apply(passages) for one in self.levels])
        usual = context[:, : z.shape[1]] @ self.trajectory
        moved = sounding * (z @ self.trajectory - usual) + usual
        stretched = self.center + self.config.stretch * (level - self.center)
        return stretched + exponential_average(moved, self.config.decay) - usual

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output."""
        z, sounding = self.rows.build(graph)
        nodes = self.similar.build(graph, z, sounding)
        found = graph.add_by_block(
            z, lambda start: self._add_passages(graph, nodes.add_block(graph, start)), size=BLOCK_ROWS, columns=4
        )
        level, usual = (graph.add("Gather", found, graph.indices(part), axis=1) for part in ([0, 1], [2, 3]))
        now = graph.add("MatMul", z, graph.constant(self.trajectory))
        moved = graph.add("Add", graph.add("Mul", sounding, graph.add("Sub", now, usual)), usual)
        recent = add_exponential_average(graph, moved, self.config.decay)
        graph.rows = SequenceMode(
            kind="window", window_rows=WINDOW_ROWS, margin_rows=margin_rows(self.similar.reach, self.config.decay)
        )
        return graph.add("Add", level, graph.add("Sub", recent, usual))

    def _add_passages(self, graph: Graph, context: str) -> str:
        """Add the stretched level and the usual value of the trajectory, (rows, 4), of the statistics of passages."""
        described = graph.add("Gather", context, graph.indices(self.rows.described), axis=1)
        passages = Clip(CLIP).build(graph, self.scaling.build(graph, described))
        level = graph.add("Concat", *(one.build(graph, passages) for one in self.levels), axis=1)
        level = graph.add("Mul", level, graph.constant(self.config.stretch))
        level = graph.add("Add", level, graph.constant(self.center * (1 - self.config.stretch)))
        of_mean = np.vstack([self.trajectory, np.zeros_like(self.trajectory)])
        return graph.add("Concat", level, graph.add("MatMul", context, graph.constant(of_mean)), axis=1)


def fit_gp(songs: Sequence[Song], config: GPConfig, *, seed: int = 0, progress: TrainingProgress = no_progress) -> GP:
    """Fit the scaling of rows, then the level, then the trajectory.

    Songs may be rated or have a quadrant only. The level is trained on the middle of each song; the trajectory on each
    rated row's deviation from the mean of the ratings in its context.

    The fit is deterministic; `seed` is accepted so that all families have the same signature.

    Raises
    ------
    TrainingError
        If the features lack the columns of the RMS energy, which the level and silence are computed from, if no song
        is rated, or if a song has neither ratings nor a quadrant.
    """
    rows = fit_rows(songs)
    check(any(song.is_rated for song in songs), "songs", "at least one song with ratings", "none")
    statistics = ContextStatistics(config.context_rows)
    described, levels, moments, deviations, compared = [], [], [], [], []
    for song in songs:
        z, sounding = rows.apply(song.full_features.values)
        context = statistics.apply(z, sounding)
        middle = (song.rated.start + song.rated.stop) // 2 if song.is_rated else len(z) // 2
        described.append(context[middle, list(rows.described)])
        levels.append(song.y.mean(axis=0) if song.is_rated else np.sign(QUADRANT_RATINGS[required_quadrant(song)]))
        compared.append(z[song.rated] if song.is_rated else z)
        if song.is_rated:
            usual = context[:, : z.shape[1]]
            moved = exponential_average(sounding * (z - usual) + usual, config.decay) - usual
            moments.append(moved[song.rated])
            deviations.append(song.y - statistics.apply(song.y)[:, :2])
    scaling = fit_standardization(np.array(described))
    x = Clip(CLIP).apply(scaling.apply(np.array(described)))
    shifts = version_shifts(songs, lambda values: Clip(CLIP).apply(scaling.apply(_whole(rows, values))), x.shape[1])
    sides = np.array([not song.is_rated for song in songs])
    fitted = []
    for axis, (name, level) in enumerate(zip(AXES, np.array(levels).T, strict=True)):
        passages = Passages(
            x=x, y=level, is_side=sides, weights=np.ones(len(x)), first=np.ones(len(x), bool), shifts=shifts
        )
        fitted.append(fit_gp_level(passages, rows.passage_blocks, config.level))
        progress(axis + 1, 3, f"level of {name}")
    trajectory = fit_ridge(np.vstack(moments), np.vstack(deviations), config.ridge)
    progress(3, 3, "trajectory fitted")
    center = np.array([float(one.apply(x).mean()) for one in fitted])
    similar = fit_similar_context(
        compared,
        radius=config.context_rows,
        smoothing=config.smoothing_rows,
        count=config.directions,
        width=config.similarity_width,
    )
    return GP(
        config=config,
        rows=rows,
        similar=similar,
        scaling=scaling,
        levels=tuple(fitted),
        center=center,
        trajectory=trajectory,
    )


def _whole(rows: Rows, values: Float32Array) -> FloatArray:
    """Return the statistics of a recording as one passage, (1, columns)."""
    z, sounding = rows.apply(values)
    return ContextStatistics(len(z)).apply(z, sounding)[:1, list(rows.described)]


def required_quadrant(song: Song) -> str:
    """Return the quadrant of a song without ratings, which must have one."""
    quadrant = song.annotation.quadrant
    check(quadrant is not None, "songs", "songs with ratings or a quadrant", song.song_id)
    assert quadrant is not None  # nosec B101 # narrows the type for mypy
    return quadrant
