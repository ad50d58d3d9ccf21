"""Statistics of the rows around each row, compared with a plain loop, with and without weights."""

import numpy as np
import pytest

from moodcurve.learn.preprocessing.context import ContextStatistics
from tests.helpers.onnx_values import onnx_values

Z = np.random.default_rng(4).normal(3, 2, (40, 3)).astype(np.float32).astype(np.float64)
WEIGHTS = {
    "some": (np.random.default_rng(5).random((40, 1)) < 0.6).astype(np.float64),
    "first half": (np.arange(40) < 20).astype(np.float64)[:, None],
    "all": np.ones((40, 1)),
    "none": np.zeros((40, 1)),
}


def loop(z: np.ndarray, weights: np.ndarray, radius: int) -> np.ndarray:
    rows = []
    for t in range(len(z)):
        around = slice(max(t - radius, 0), t + radius + 1)
        counted = z[around][weights[around, 0] == 1]
        if len(counted):
            rows.append(np.hstack([counted.mean(axis=0), counted.std(axis=0)]))
        else:
            rows.append(np.zeros(2 * z.shape[1]))
    return np.array(rows)


@pytest.mark.parametrize("radius", [0, 3, 100])
@pytest.mark.parametrize("name", WEIGHTS)
def test_weighted_statistics_are_those_of_the_counted_rows(name: str, radius: int) -> None:
    weights = WEIGHTS[name]
    expected = loop(Z, weights, radius)
    # cumulative sums lose digits, and the root of a variance near 0 half of the rest
    np.testing.assert_allclose(ContextStatistics(radius).apply(Z, weights), expected, atol=1e-6)

    def add(graph) -> str:
        sums = graph.add("Slice", graph.x, graph.indices([0]), graph.indices([3]), graph.indices([1]))
        counted = graph.add("Slice", graph.x, graph.indices([3]), graph.indices([4]), graph.indices([1]))
        return ContextStatistics(radius).build(graph, sums, 3, counted)

    found = onnx_values(np.hstack([Z, weights]), add, 6)
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("radius", [0, 3, 100])
def test_without_weights_all_rows_count(radius: int) -> None:
    expected = loop(Z, np.ones((40, 1)), radius)
    np.testing.assert_allclose(ContextStatistics(radius).apply(Z), expected, atol=1e-6)
    found = onnx_values(Z, lambda graph: ContextStatistics(radius).build(graph, graph.x, 3), 6)
    np.testing.assert_allclose(found, expected, atol=2e-6)
