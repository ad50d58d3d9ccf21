"""Distances shrink along the directions of shifts, and only there."""

import numpy as np
import pytest

from moodcurve.learn.preprocessing.shifts import shrinkage


def test_distances_shrink_along_the_shifts_by_their_formula() -> None:
    direction = np.array([[3.0, 4.0, 0.0]]) / 5
    found = shrinkage(np.vstack([2 * direction, -2 * direction]), 6.0)
    # the mean square of the shifts is 4: 1 / sqrt(1 + 6 · 4)
    np.testing.assert_allclose(direction @ found, direction / 5, atol=1e-12)
    for other in ([[4.0, -3.0, 0.0]], [[0.0, 0.0, 1.0]]):
        np.testing.assert_allclose(np.array(other) @ found, other, atol=1e-12)
    np.testing.assert_allclose(found, found.T, atol=1e-12)


@pytest.mark.parametrize(
    ("shifts", "strength"), [(np.empty((0, 3)), 6.0), (np.ones((2, 3)), 0.0), (np.zeros((2, 3)), 6.0)]
)
def test_nothing_shrinks_without_shifts_or_strength(shifts: np.ndarray, strength: float) -> None:
    np.testing.assert_allclose(shrinkage(shifts, strength), np.eye(3), atol=1e-12)
