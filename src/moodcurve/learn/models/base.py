"""What every family of models gives, and how training reports on itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from moodcurve.datasets import Song
from moodcurve.learn.onnx_graph import Graph

Progress = Callable[[int, int, str], None]
"""Called with the steps done, the most there can be, and what was just reached."""


@dataclass(frozen=True)
class Epoch:
    """One pass over the training songs.

    Attributes
    ----------
    number : int
        From 1.
    training_rmse : float
        Root of the mean squared error of the batches as they were learned from, dropout included, on the
        labels' scale.
    held_out_rmse : float or None
        The same after the epoch, without dropout, over the songs held out to decide when to stop; None
        without such songs.
    """

    number: int
    training_rmse: float
    held_out_rmse: float | None


class FittedModel(Protocol):
    """A trained model of any family."""

    @property
    def config(self) -> Any:
        """The settings that it was trained with."""

    @property
    def history(self) -> tuple[Epoch, ...]:
        """Its loss curve; empty for families that are not trained in epochs."""

    def predict(self, x: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Arousal and valence (n, 2) of the rows of one song (n, columns), in order; not limited to [-1, 1]."""

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph; gives the name of the result.

        A model whose rows are not independent sets the graph's `rows`; one that knows how far ratings may lie from
        its answer gives the graph a further output, ``spread``.
        """


def predict_rated(model: FittedModel, song: Song) -> npt.NDArray[np.float64]:
    """Predict the rated rows of a song, (n, 2), from all its rows that are known; not limited to [-1, 1]."""
    return model.predict(song.full_features.values)[song.rated]


def silent(done: int, total: int, what: str) -> None:
    """Report progress to nobody."""
