"""Graphs: what models read inside `reading`, and masks."""

import numpy as np
import pytest

from moodcurve.learn.onnx_graph import Graph
from tests.helpers.onnx_values import onnx_values

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def test_models_read_the_given_columns_inside_the_context_only() -> None:
    def add(graph: Graph) -> str:
        features = graph.x
        with graph.reading(graph.add("Gather", graph.x, graph.indices([2, 3]), axis=1)):
            first = graph.x
            with graph.reading(graph.add("Neg", graph.x)):
                second = graph.x
            assert graph.x == first
        assert graph.x == features
        return graph.add("Concat", first, second, graph.x, axis=1)

    found = onnx_values(X, add, 8)
    np.testing.assert_array_equal(found, np.hstack([X[:, 2:], -X[:, 2:], X]))


def test_features_are_read_again_after_an_error() -> None:
    graph = Graph()
    features = graph.x
    with pytest.raises(KeyError), graph.reading(graph.add("Neg", graph.x)):
        raise KeyError
    assert graph.x == features


def test_mask_chooses_columns() -> None:
    mask = np.array([True, False, False, True])

    def add(graph: Graph) -> str:
        return graph.add("Where", graph.mask(mask), graph.x, graph.add("Neg", graph.x))

    np.testing.assert_array_equal(onnx_values(X, add, 4), np.where(mask, X, -X))
