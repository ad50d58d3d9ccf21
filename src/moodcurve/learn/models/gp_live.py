"""Gaussian-process model for live use: the blend of `moodcurve.learn.models.gp_blend` from past rows only.

ŷ(t) = center + stretch · ((1 - share) (level(t) + trajectory(t)) + share · filter(t) - center), where

- level: the Gaussian process of what was heard so far, means and standard deviations of which older rows count less;
- trajectory: (z(t) - m(t)) W, averaged over the last seconds, where m is that mean;
- filter: the Kalman filter of `moodcurve.learn.models.state_space`.

Rows are freed of the level of what was heard so far. Silent rows change nothing: the level of the passage before them
stays. All of it is carried in one state, so that rows can arrive one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.song import QUADRANT_RATINGS
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.models.gp import required_quadrant
from moodcurve.learn.models.gp_blend import FilterShares
from moodcurve.learn.models.gp_level import GPLevel, GPLevelConfig, Passages, fit_gp_level
from moodcurve.learn.models.state_space import LiveStateSpaceConfig, StateSpace, fit_state_space
from moodcurve.learn.models.two_level import CLIP, fit_ridge
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.rows import ROW_CLIP, Rows, fit_rows, song_of_rows
from moodcurve.learn.preprocessing.running import RunningLevelNormalization, RunningStatistics
from moodcurve.learn.preprocessing.steps import Clip, ColumnSelection, Scaling, fit_standardization
from moodcurve.runtime.sequence import NEXT_STATE, SequenceMode

POSITIONS = (0.0, 0.5, 1.0)
"""Where in the rated part of a song, or in a song that has a quadrant only, the level is learned: it has heard less at
the start of a recording."""


@dataclass(frozen=True, kw_only=True)
class GPLiveConfig(FilterShares):
    """Settings of the live Gaussian-process model; shares and stretch are explained at `GPBlendConfig`.

    On the protocol `deam`, a memory of 30, 60 and 120 s gives the same r and concordance within .002.

    Attributes
    ----------
    memory_s : float
        Time in seconds in which the weight of a row in the level falls to 1/e, from 1 to 3600.
    loudness_memory_s : float
        The same in the gated level that rows are freed of.
    lag_s : float
        The same in the trajectory, from 0.5 to 60.
    ridge : float
        Penalty of the trajectory's weights, as in the two-level model.
    share_arousal : float
        Share of the Kalman filter in the average of arousal, from 0 to 1.
    share_valence : float
        Share of the Kalman filter in the average of valence, from 0 to 1.
    stretch_arousal : float
        Factor of the average's deviation of arousal from its mean over the rated training songs.
    stretch_valence : float
        Factor of the average's deviation of valence from its mean over the rated training songs.
    level : GPLevelConfig
        Settings of the level's regression.
    state_space : LiveStateSpaceConfig
        Settings of the Kalman filter.
    """

    memory_s: float = 60.0
    loudness_memory_s: float = 60.0
    lag_s: float = 4.0
    ridge: float = 2.4
    level: GPLevelConfig = field(default_factory=GPLevelConfig)
    state_space: LiveStateSpaceConfig = field(default_factory=lambda: LiveStateSpaceConfig(level_memory_s=600.0))

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in ("memory_s", "loudness_memory_s"):
            check(1 <= getattr(self, key) <= 3600, key, "from 1 to 3600", getattr(self, key))
        check(0.5 <= self.lag_s <= 60, "lag_s", "from 0.5 to 60", self.lag_s)
        check(self.ridge > 0, "ridge", "positive", self.ridge)


@dataclass(frozen=True, eq=False, kw_only=True)
class PastRows:
    """What the model reads of a recording's rows, and their statistics so far.

    Attributes
    ----------
    rows : Rows
        Its columns, their blocks and scaling.
    loudness : RunningLevelNormalization
    statistics : RunningStatistics
    """

    rows: Rows
    loudness: RunningLevelNormalization
    statistics: RunningStatistics

    def apply(self, x: npt.NDArray[np.floating]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the standardized columns (n, used), which rows sound (n, 1), and the statistics (n, 2 · used)."""
        normalized, sounding = self.loudness.apply(ColumnSelection(self.rows.columns).apply(x.astype(np.float64)))
        z = Clip(ROW_CLIP).apply(self.rows.scaling.apply(normalized))
        return z, sounding, self.statistics.apply(z, sounding)

    def build(self, graph: Graph, loudness: str, statistics: str) -> tuple[tuple[str, str, str], tuple[str, str]]:
        """Add `apply` after rows that left two states; return the names of its outputs and of the next states."""
        used = ColumnSelection(self.rows.columns).build(graph, graph.x)
        normalized, sounding, next_loudness = self.loudness.build(graph, used, loudness)
        z = Clip(ROW_CLIP).build(graph, self.rows.scaling.build(graph, normalized))
        context, next_statistics = self.statistics.build(graph, z, sounding, statistics)
        return (z, sounding, context), (next_loudness, next_statistics)


@dataclass(frozen=True, eq=False, kw_only=True)
class GPLive:
    """Fitted model.

    Attributes
    ----------
    past : PastRows
    scaling : Scaling
        Of the statistics that the level reads.
    levels : tuple of GPLevel
        For arousal and valence.
    trajectory : (used columns, 2)
    state_space : StateSpace
        Kalman filter on the columns of compare236.
    center : (2,)
        Mean rating of the training songs, from which predictions are stretched.
    """

    config: GPLiveConfig
    past: PastRows
    scaling: Scaling
    levels: tuple[GPLevel, ...]
    trajectory: FloatArray
    state_space: StateSpace
    center: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from a recording's features (n ≥ 1, columns); not limited to [-1, 1]."""
        z, sounding, context = self.past.apply(x)
        passages = Clip(CLIP).apply(self.scaling.apply(context[:, list(self.past.rows.described)]))
        level = np.hstack([one.apply(passages) for one in self.levels])
        moved = (z - context[:, : z.shape[1]]) @ self.trajectory
        trajectory = RunningStatistics(self.config.lag_s, 2).apply(moved, sounding)[:, :2]
        filtered = self.state_space.predict(_filter_rows(self.past.rows, z, sounding))
        share = self.config.share
        average = (1 - share) * (level + trajectory) + share * filtered
        return self.center + self.config.stretch * (average - self.center)

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output."""
        rows, recent = self.past.rows, RunningStatistics(self.config.lag_s, 2)
        parts = (self.past.loudness, self.past.statistics, recent, self.state_space)
        sizes = [part.state_size for part in parts]
        graph.rows = SequenceMode(kind="carried", state_size=sum(sizes))
        state = graph.add("Cast", graph.add_input("state", sum(sizes)), to=graph.double)
        flat = graph.add("Reshape", state, graph.indices([-1]))
        states = graph.add_multiple("Split", flat, graph.indices(sizes), outputs=len(parts), axis=0)
        (z, sounding, context), after = self.past.build(graph, *states[:2])
        described = graph.add("Gather", context, graph.indices(rows.described), axis=1)
        passages = Clip(CLIP).build(graph, self.scaling.build(graph, described))
        level = graph.add("Concat", *(one.build(graph, passages) for one in self.levels), axis=1)
        usual = graph.add("Gather", context, graph.indices(range(len(rows.columns))), axis=1)
        moved = graph.add("MatMul", graph.add("Sub", z, usual), graph.constant(self.trajectory))
        found, after_recent = recent.build(graph, moved, sounding, states[2])
        trajectory = graph.add("Gather", found, graph.indices([0, 1]), axis=1)
        read = graph.add("Gather", z, graph.indices(range(rows.blocks[0])), axis=1)
        with graph.reading(graph.add("Mul", read, sounding)):
            filtered, after_filter = self.state_space.build_carried(graph, states[3])
        next_state = graph.add("Concat", *after, after_recent, after_filter, axis=0)
        graph.add_output(NEXT_STATE, graph.add("Unsqueeze", next_state, graph.indices([0])), [1, sum(sizes)])
        share, stretch = self.config.share, self.config.stretch
        first = graph.add("Mul", graph.add("Add", level, trajectory), graph.constant(stretch * (1 - share)))
        second = graph.add("Mul", filtered, graph.constant(stretch * share))
        return graph.add("Add", graph.add("Add", first, second), graph.constant(self.center * (1 - stretch)))


def fit_gp_live(
    songs: Sequence[Song], config: GPLiveConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> GPLive:
    """Fit the scaling of rows, then the level at `POSITIONS` of each song, the trajectory and the filter.

    Songs may be rated or have a quadrant only. The trajectory is trained on each rated row's deviation from the mean
    of its song's ratings.

    Raises
    ------
    TrainingError
        If the features lack the columns of the RMS energy, which the level and silence are computed from, if no song
        is rated, or if a song has neither ratings nor a quadrant.
    DatasetError
        If the rated songs have fewer artists than the Kalman filter's inner folds.
    """
    rows = fit_rows(songs)
    rated = [song for song in songs if song.is_rated]
    check(len(rated) > 0, "songs", "at least one song with ratings", "none")
    loudness = RunningLevelNormalization(normalization=rows.loudness, memory_s=config.loudness_memory_s)
    past = PastRows(
        rows=rows, loudness=loudness, statistics=RunningStatistics(config.memory_s, columns=len(rows.columns))
    )
    lag = RunningStatistics(config.lag_s, columns=len(rows.columns))
    described, levels, counts = [], [], []
    moments, deviations, filtered = [], [], []
    for song in songs:
        z, sounding, context = past.apply(song.full_features.values)
        positions = _positions(song.rated if song.is_rated else slice(0, len(z)))
        described.append(context[np.ix_(positions, rows.described)])
        levels.append(song.y.mean(axis=0) if song.is_rated else np.sign(QUADRANT_RATINGS[required_quadrant(song)]))
        counts.append(len(positions))
        if song.is_rated:
            moved = lag.apply(z - context[:, : z.shape[1]], sounding)[:, : z.shape[1]]
            moments.append(moved[song.rated])
            deviations.append(song.y - song.y.mean(axis=0))
            filtered.append(song_of_rows(song, _filter_rows(rows, z, sounding)))
    scaling = fit_standardization(np.vstack(described))
    x = Clip(CLIP).apply(scaling.apply(np.vstack(described)))
    sides = np.repeat([not song.is_rated for song in songs], counts)
    last = np.zeros(len(x), bool)
    last[np.cumsum(counts) - 1] = True
    fitted = []
    for axis, (name, level) in enumerate(zip(AXES, np.array(levels).T, strict=True)):
        passages = Passages(
            x=x,
            y=np.repeat(level, counts),
            is_side=sides,
            weights=np.repeat(1 / np.array(counts), counts),
            first=last,
            shifts=np.empty((0, x.shape[1])),
        )
        fitted.append(fit_gp_level(passages, rows.passage_blocks, config.level))
        progress(axis + 1, 4, f"level of {name}")
    trajectory = fit_ridge(np.vstack(moments), np.vstack(deviations), config.ridge)
    progress(3, 4, "trajectory fitted")
    state_space = fit_state_space(filtered, config.state_space, seed=seed)
    progress(4, 4, "filter fitted")
    return GPLive(
        config=config,
        past=past,
        scaling=scaling,
        levels=tuple(fitted),
        trajectory=trajectory,
        state_space=state_space,
        center=np.mean([song.y.mean(axis=0) for song in rated], axis=0),
    )


def _positions(part: slice) -> list[int]:
    """Return the rows of a part at `POSITIONS`, each once."""
    return sorted({round(part.start + share * (part.stop - 1 - part.start)) for share in POSITIONS})


def _filter_rows(rows: Rows, z: FloatArray, sounding: FloatArray) -> FloatArray:
    """Return what the filter reads of a recording: (n, columns of compare236), silent rows as the average row."""
    read: FloatArray = z[:, : rows.blocks[0]] * sounding
    return read
