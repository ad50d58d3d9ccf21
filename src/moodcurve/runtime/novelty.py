"""Measure how unlike a model's training songs a recording is.

The graph maps each row to an embedding among the training songs. Its coordinates have mean 0 and, over passages of
`PASSAGE_ROWS` rows of those songs, equal variances; see `moodcurve.learn.uncertainty.novelty`. Two statistics
can be unusual:

- distance: the mean of |mean embedding|² over passages, large for speech, tones or clicks;
- variance: how much embeddings vary over the rows, small for noise, hum and silence.

Both are running sums, so memory does not grow with the length of a recording. Silent rows do not count, but which rows
are silent is known only at the end: the sums are kept apart by level, in whole decibels.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from moodcurve._typing import AnyFloatArray, FloatArray, IntArray

MAX_NOVELTY = 99.0
"""Upper limit of novelty: digital silence does not vary at all."""
MIN_VARIANCE = 1e-6
"""Lower limit of a variance, at most a ten-thousandth of what is usual; without it silence would have none."""
PASSAGE_ROWS = 20
"""Rows of a passage: ten seconds. Means over more rows lie nearer to 0, so passages must have one length to be
comparable; a shorter recording has no novelty."""


@dataclass(frozen=True, kw_only=True)
class NoveltyLimits:
    """Limits of what is usual among training songs.

    Attributes
    ----------
    distance : float
        Squared distance that few training songs exceed; positive.
    variance : float
        `NoveltyAccumulator.variance` that few training songs fall short of; positive.
    usual : float
        Share of training songs within each limit, in (0, 1].
    """

    distance: float
    variance: float
    usual: float

    def __post_init__(self) -> None:
        for name in ("distance", "variance", "usual"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive, got {value}")
        if self.usual > 1:
            raise ValueError(f"usual must be 1 or less, got {self.usual}")


@dataclass(eq=False)
class NoveltyAccumulator:
    """Running sums over the embeddings of one recording.

    Attributes
    ----------
    rows, passages : int
        Number of rows so far, and of complete passages, which start at the first row and do not overlap.
    total, squares : (size,)
        Sums of the embeddings and of their squares.
    distances : float
        Sum of |mean embedding|² over the complete passages.
    pending : (n, size)
        Rows of the incomplete passage, n < `PASSAGE_ROWS`.
    """

    rows: int
    passages: int
    total: FloatArray
    squares: FloatArray
    distances: float
    pending: FloatArray

    @classmethod
    def empty(cls, size: int) -> "NoveltyAccumulator":
        """Return an accumulator without rows, for embeddings of `size` coordinates."""
        return cls(0, 0, np.zeros(size), np.zeros(size), 0.0, np.empty((0, size)))

    def add(self, embeddings: AnyFloatArray) -> None:
        """Add rows (n, size)."""
        x: FloatArray = embeddings.astype(np.float64)
        self.add_rows(x)
        means, self.pending = passage_means(np.vstack([self.pending, x]))
        self.add_passages(means)

    def add_rows(self, embeddings: FloatArray) -> None:
        """Add rows (n, size) that belong to no passage."""
        self.rows += len(embeddings)
        self.total += embeddings.sum(axis=0)
        self.squares += (embeddings**2).sum(axis=0)

    def add_passages(self, means: FloatArray) -> None:
        """Add passages by their mean embeddings (n, size)."""
        self.passages += len(means)
        self.distances += float((means**2).sum())

    def add_sums(self, other: "NoveltyAccumulator") -> None:
        """Add the rows and passages of other sums, but not their incomplete passage."""
        self.rows += other.rows
        self.total += other.total
        self.squares += other.squares
        self.passages += other.passages
        self.distances += other.distances

    @property
    def distance(self) -> float:
        """Mean of |mean embedding|² over the complete passages; NaN without one."""
        return self.distances / self.passages if self.passages else math.nan

    @property
    def variance(self) -> float:
        """Geometric mean over coordinates of the variance over rows (divisor n), at least `MIN_VARIANCE`.

        NaN without rows. The geometric mean is small unless all coordinates vary: noise varies along some of them
        more than songs do.
        """
        if not self.rows:
            return math.nan
        variances = self.squares / self.rows - (self.total / self.rows) ** 2
        return math.exp(np.log(np.maximum(variances, MIN_VARIANCE)).mean())

    def novelty(self, limits: NoveltyLimits) -> float | None:
        """Return the novelty so far: above 1 the recording is unlike the training songs, at most `MAX_NOVELTY`.

        It is the larger of distance / limit and limit / variance; None before the first passage is complete.
        """
        if not self.passages:
            return None
        stillness = limits.variance / max(self.variance, limits.variance / MAX_NOVELTY)
        return min(max(self.distance / limits.distance, stillness), MAX_NOVELTY)


@dataclass(eq=False)
class NoveltyByLevel:
    """Running sums over the embeddings of one recording, by the level of the rows.

    A passage has the level of its quietest row: passages with a silent row do not count.

    Attributes
    ----------
    size : int
        Coordinates of an embedding.
    sums : dict
        Level in whole decibels to the sums of its rows and passages.
    pending, pending_levels : (n, size), (n,)
        Rows of the incomplete passage.
    """

    size: int
    sums: dict[int, NoveltyAccumulator] = field(default_factory=dict)
    pending: FloatArray = field(init=False)
    pending_levels: IntArray = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        self.pending = np.empty((0, self.size))

    def add(self, embeddings: AnyFloatArray, levels: IntArray) -> None:
        """Add rows (n, size) with their levels (n,)."""
        x: FloatArray = embeddings.astype(np.float64)
        for level in np.unique(levels):
            self._of(level).add_rows(x[levels == level])
        means, self.pending = passage_means(np.vstack([self.pending, x]))
        levels = np.concatenate([self.pending_levels, levels])
        complete = len(means) * PASSAGE_ROWS
        self.pending_levels = levels[complete:]
        for mean, level in zip(means, levels[:complete].reshape(-1, PASSAGE_ROWS).min(axis=1), strict=True):
            self._of(level).add_passages(mean[None])

    def _of(self, level: int) -> NoveltyAccumulator:
        return self.sums.setdefault(int(level), NoveltyAccumulator.empty(self.size))

    def novelty(self, limits: NoveltyLimits, threshold_db: float) -> float | None:
        """Return the novelty so far without rows below a level, or of all rows if all are below it."""
        total = NoveltyAccumulator.empty(self.size)
        sounding = [level for level in sorted(self.sums) if level >= threshold_db and self.sums[level].rows]
        for level in sounding or sorted(self.sums):
            total.add_sums(self.sums[level])
        return total.novelty(limits)


def passage_means(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean of rows (n, size) over each complete passage, and the remaining rows."""
    passages, size = len(x) // PASSAGE_ROWS, x.shape[1]
    complete, rest = x[: passages * PASSAGE_ROWS], x[passages * PASSAGE_ROWS :]
    return complete.reshape(passages, PASSAGE_ROWS, size).mean(axis=1), rest


def novelty_warning(novelty: float) -> str:
    """Return the warning for a recording that is unlike the training songs."""
    return f"unlike the model's training songs (novelty {novelty:.1f}, the limit is 1): its values may be unreliable"
