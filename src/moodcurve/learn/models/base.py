"""The interface that all model families share, and how training reports its progress."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from moodcurve.datasets import Song
from moodcurve.learn.onnx_graph import Graph

TrainingProgress = Callable[[int, int, str], None]
"""Called with the number of finished steps, the maximum number of steps, and a short status message."""


@dataclass(frozen=True)
class Epoch:
    """One pass over the training songs.

    Attributes
    ----------
    number : int
        From 1.
    training_rmse : float
        Root mean squared error of the training batches, with dropout, in units of the labels.
    held_out_rmse : float or None
        The same on the held-out songs after the epoch, without dropout; None if no songs were held out.
    """

    number: int
    training_rmse: float
    held_out_rmse: float | None


class FittedModel(Protocol):
    """A trained model of any family."""

    @property
    def config(self) -> Any:
        """Settings that the model was trained with."""

    @property
    def history(self) -> tuple[Epoch, ...]:
        """Loss curve; empty for families that are not trained in epochs."""

    def predict(self, x: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Predict arousal and valence (n, 2) of one song's rows (n, columns), in order; not limited to [-1, 1]."""

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output.

        If rows depend on each other, this sets the graph's `rows`. A model that predicts its own error adds it
        as the output ``spread``.
        """


def predict_rated(model: FittedModel, song: Song) -> npt.NDArray[np.float64]:
    """Predict a song's rated rows, (n, 2), given all of its rows; not limited to [-1, 1]."""
    return model.predict(song.full_features.values)[song.rated]


def no_progress(done: int, total: int, what: str) -> None:
    """Ignore progress."""
