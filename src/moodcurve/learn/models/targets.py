"""Convert labels to network targets: scaled to the output activation, or one-hot classes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.learn.config import check

ACTIVATIONS = ("linear", "tanh", "sigmoid")


@dataclass(frozen=True)
class TargetScaling:
    """Affine map from labels in [-1, 1] to the range of an output activation."""

    factor: float
    shift: float

    def apply(self, y: FloatArray) -> FloatArray:
        """Map labels to targets: y · factor + shift."""
        return y * self.factor + self.shift

    def invert(self, targets: FloatArray) -> FloatArray:
        """Map outputs back to the scale of the labels."""
        return (targets - self.shift) / self.factor


def target_scaling(activation: str) -> TargetScaling:
    """Return the map from [-1, 1] to the range of an activation: (0, 1) for sigmoid, unchanged for tanh and linear.

    The whole scale is mapped, not only the range of the training labels, so that any song can be predicted.
    """
    check(activation in ACTIVATIONS, "output", f"one of {', '.join(ACTIVATIONS)}", activation)
    return TargetScaling(0.5, 0.5) if activation == "sigmoid" else TargetScaling(1.0, 0.0)


def one_hot(classes: npt.NDArray[np.int64], n_classes: int) -> FloatArray:
    """Encode classes (n,) from 0 to n_classes - 1 as rows (n, n_classes) with a single 1."""
    rows: FloatArray = np.eye(n_classes)[classes]
    return rows
