"""How unlike the songs that a model has learned from a recording is.

A model's graph gives each row a place among the training songs: coordinates that have mean 0 and, over passages of
`PASSAGE_ROWS` of those songs, equal variances, see `moodcurve.learn.uncertainty.novelty`. Two things can be unusual:

- distance: |mean place|² of the recording's passages, on average, which speech, tones or clicks make large;
- stillness: how little the places vary over the rows, as noise, hum and silence do.

Both are running sums, so that live use and ten hours need no more memory than a passage.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray

MOST = 99.0
"""Where novelty ends: digital silence does not vary at all."""
LEAST = 1e-6
"""What a variance counts at least: a ten-thousandth of what is usual, or less. It is 0 where nothing moves."""
PASSAGE_ROWS = 20
"""Rows of a passage: ten seconds. Means over more rows lie nearer to 0, so that lengths must be alike to be compared;
a recording that is shorter cannot be judged."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is usual among training songs.

    Attributes
    ----------
    distance : float
        Squared distance that few of them exceed; positive.
    variance : float
        Variance over the rows, see `Whereabouts.variance`, that few of them fall short of; positive.
    usual : float
        Share of the training songs that stay within each of the two, in (0, 1].
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
class Whereabouts:
    """Sums over the places of one recording.

    Attributes
    ----------
    rows, passages : int
        Rows so far, and passages that are complete, laid from the first row on without overlap.
    total, squares : (size,)
        Sum of the rows' places, and of their squares.
    distances : float
        Sum of |mean place|² over the complete passages.
    begun : (n, size)
        Rows of the passage that is not complete, n < `PASSAGE_ROWS`.
    """

    rows: int
    passages: int
    total: FloatArray
    squares: FloatArray
    distances: float
    begun: FloatArray

    @classmethod
    def nowhere(cls, size: int) -> "Whereabouts":
        """Begin a recording."""
        return cls(0, 0, np.zeros(size), np.zeros(size), 0.0, np.empty((0, size)))

    def add(self, places: npt.NDArray[np.floating]) -> None:
        """Go on by rows (n, size)."""
        places = places.astype(np.float64)
        self.rows += len(places)
        self.total += places.sum(axis=0)
        self.squares += (places**2).sum(axis=0)
        means, self.begun = passage_means(np.vstack([self.begun, places]))
        self.passages += len(means)
        self.distances += float((means**2).sum())

    @property
    def distance(self) -> float:
        """Mean of |mean place|² over the complete passages; NaN without one."""
        return self.distances / self.passages if self.passages else math.nan

    @property
    def variance(self) -> float:
        """Variance over the rows (divisor n), geometric mean over the coordinates, `LEAST` or more; NaN without rows.

        The geometric mean asks whether all coordinates move: noise moves along some of them more than songs do.
        """
        if not self.rows:
            return math.nan
        variances = self.squares / self.rows - (self.total / self.rows) ** 2
        return math.exp(np.log(np.maximum(variances, LEAST)).mean())

    def novelty(self, limits: Limits) -> float | None:
        """Give how unusual the recording is: above 1.0 it is unlike the training songs, at most `MOST`.

        The greater of distance / limit and limit / variance; None before the first passage is complete.
        """
        if not self.passages:
            return None
        still = limits.variance / max(self.variance, limits.variance / MOST)
        return min(max(self.distance / limits.distance, still), MOST)


def passage_means(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Average rows (n, size) over each complete passage, and give the rows that are left."""
    passages, size = len(x) // PASSAGE_ROWS, x.shape[1]
    whole, left = x[: passages * PASSAGE_ROWS], x[passages * PASSAGE_ROWS :]
    return whole.reshape(passages, PASSAGE_ROWS, size).mean(axis=1), left


def warning(novelty: float) -> str:
    """Say in words that a recording is unlike the training songs."""
    return (
        f"unlike the songs that the model has learned from (novelty {novelty:.1f}, the limit is 1): "
        "take its values with care"
    )
