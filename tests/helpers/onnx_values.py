"""Compute single values of a graph with ONNX Runtime, to compare them with the NumPy form of a step."""

from collections.abc import Callable

import numpy as np
import onnxruntime

from moodcurve.learn.onnx_graph import Graph


def onnx_values(x: np.ndarray, add: Callable[[Graph], str], columns: int) -> np.ndarray:
    """Return the value (rows, columns) that `add` adds to a graph of features x, in single precision."""
    graph = Graph()
    graph.add_output("value", add(graph), ["rows", columns])
    model = graph.to_model(graph.add("Gather", graph.x, graph.indices([0, 1]), axis=1), columns=x.shape[1])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(["value"], {"features": x.astype(np.float32)})
    return np.asarray(found)
