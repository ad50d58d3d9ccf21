"""Labels as a network's outputs need them: scaled to the output activation, or one class of several."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.learn.config import check
from moodcurve.mood.circumplex import QUADRANTS

ACTIVATIONS = ("linear", "tanh", "sigmoid")


@dataclass(frozen=True)
class TargetScaling:
    """The affine map between labels in [-1, 1] and what an output activation can put out."""

    factor: float
    shift: float

    def apply(self, y: FloatArray) -> FloatArray:
        """Map labels to targets: y · factor + shift."""
        return y * self.factor + self.shift

    def invert(self, targets: FloatArray) -> FloatArray:
        """Map outputs back to the labels' scale."""
        return (targets - self.shift) / self.factor


def target_scaling(activation: str) -> TargetScaling:
    """Map [-1, 1] onto the range of an output activation: sigmoid (0, 1), tanh (-1, 1), linear as it is.

    The whole scale is mapped, not the part that the training labels fill, so that no song is out of reach.
    """
    check(activation in ACTIVATIONS, "output", f"one of {', '.join(ACTIVATIONS)}", activation)
    return TargetScaling(0.5, 0.5) if activation == "sigmoid" else TargetScaling(1.0, 0.0)


def quadrant_classes(y: FloatArray) -> npt.NDArray[np.int64]:
    """Quadrant of each arousal and valence (n, 2) as its place in `QUADRANTS`.

    An exact zero counts as positive. Every point belongs to one of the four, near the centre too: a
    classifier's targets leave nothing out.
    """
    arousal, valence = y[:, 0] >= 0, y[:, 1] >= 0
    return np.where(arousal, np.where(valence, 0, 1), np.where(valence, 3, 2))


def one_hot(classes: npt.NDArray[np.int64], n_classes: int = len(QUADRANTS)) -> FloatArray:
    """Classes (n,) from 0 to n_classes - 1 as rows (n, n_classes) with a single 1."""
    rows: FloatArray = np.eye(n_classes)[classes]
    return rows
