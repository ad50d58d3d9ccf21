"""The filter and smoother of `moodcurve.learn.models.kalman` as nodes of a graph: the recursions are Scan operators.

Covariances are computed in the graph row by row, so the answers are exact from the first row on, for songs of
any length; nothing is replaced by a steady state.
"""

from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, ValueInfoProto, helper

from moodcurve.learn.models.kalman import Dynamics
from moodcurve.learn.onnx_graph import Graph
from moodcurve.runtime.sequence import NEXT_STATE, SequenceMode

WINDOW_ROWS, MARGIN_ROWS = 3072, 1024
"""A song of up to 25 minutes is read at once; a longer one in windows that lead in and out for 8 minutes: what was
before weighs little by then, and a window takes some 100 MB."""


def filter_nodes(graph: Graph, z: str, system: Dynamics) -> str:
    """Add `kalman.filtered` of (rows, 2), with a state that is carried from call to call.

    The state is the next row's mean and its covariance less that of the start, so that a song begins with zeros.
    """
    k = len(system.transition)
    graph.rows = SequenceMode(kind="carried", state_size=k + k * k)
    taken = graph.add("Cast", graph.take("state", k + k * k), to=graph.double)
    flat = graph.add("Reshape", taken, graph.indices([-1]))
    mean, change = graph.add_all("Split", flat, graph.indices([k, k * k]), outputs=2, axis=0)
    change = graph.add("Reshape", change, graph.indices([k, k]))
    start = graph.constant(system.start)
    found = _forward(graph, z, mean, graph.add("Add", change, start), system)
    change = graph.add("Reshape", graph.add("Sub", found[1], start), graph.indices([-1]))
    left = graph.add("Concat", found[0], change, axis=0)
    graph.give(NEXT_STATE, graph.add("Unsqueeze", left, graph.indices([0])), [1, k + k * k])
    return found[2]


def whole_filter_nodes(graph: Graph, z: str, system: Dynamics) -> str:
    """Add `kalman.filtered` of (rows, 2) of a whole recording, or of a window of a longer one: no state is carried."""
    graph.rows = SequenceMode(kind="window", window_rows=WINDOW_ROWS, margin_rows=MARGIN_ROWS)
    start = graph.constant(np.zeros(len(system.transition)))
    return _forward(graph, z, start, graph.constant(system.start), system)[2]


def smoother_nodes(graph: Graph, z: str, system: Dynamics) -> str:
    """Add `kalman.smoothed` of (rows, 2)."""
    k = len(system.transition)
    graph.rows = SequenceMode(kind="window", window_rows=WINDOW_ROWS, margin_rows=MARGIN_ROWS)
    found = _forward(graph, z, graph.constant(np.zeros(k)), graph.constant(system.start), system)
    transposed = {"A": graph.constant(system.transition.T), "H": graph.constant(system.observed.T)}
    body = _Body()
    correction = body.add("MatMul", "spread", "adjoint")
    body.name("smooth", body.add("Sub", "mean", correction))
    seen = body.add("MatMul", "gain", "adjoint")
    seen = body.add("MatMul", transposed["H"], body.add("Add", "surprise", seen))
    body.name("earlier", body.add("MatMul", transposed["A"], body.add("Sub", "adjoint", seen)))
    inner = helper.make_graph(
        body.nodes,
        "smoother",
        [*_values({"adjoint": [k], "mean": [2], "spread": [2, k], "gain": [2, k], "surprise": [2]})],
        [*_values({"earlier": [k], "smooth": [2]})],
    )
    return graph.add_all(
        "Scan",
        graph.constant(np.zeros(k)),
        *found[2:],
        outputs=2,
        body=inner,
        num_scan_inputs=4,
        scan_input_directions=[1] * 4,
        scan_output_directions=[1],
    )[1]


def _forward(graph: Graph, z: str, mean: str, covariance: str, system: Dynamics) -> tuple[str, ...]:
    """Add the filter; gives its state after the last row, then C s, C P, Kᵀ and S⁻¹ v of each row."""
    k = len(system.transition)
    a, a_t, noise = (graph.constant(m) for m in (system.transition, system.transition.T, system.noise))
    h, h_t, wanted = (graph.constant(m) for m in (system.observed, system.observed.T, system.wanted))
    one, half = graph.constant(np.eye(2)), graph.constant(np.float64(0.5))
    body = _Body()
    seen = body.add("MatMul", h, "covariance")
    spread = body.add("MatMul", seen, h_t)
    # of a symmetric 2 x 2 matrix S: adj S = trace S · I - S, and S adj S = det S · I
    trace = body.add("ReduceSum", body.add("Mul", spread, one), keepdims=0)
    adjugate = body.add("Sub", body.add("Mul", trace, one), spread)
    determinant = body.add("Mul", body.add("ReduceSum", body.add("Mul", spread, adjugate), keepdims=0), half)
    inverse = body.add("Div", adjugate, determinant)
    # no Transpose: where one stands before a MatMul with a vector, ONNX Runtime fuses the two to a wrong product
    gain = body.add("MatMul", body.add("MatMul", "covariance", h_t), inverse)
    innovation = body.add("Sub", "row", body.add("MatMul", h, "mean"))
    body.name("gain", body.add("MatMul", inverse, seen))
    body.name("surprise", body.add("MatMul", inverse, innovation))
    mean_now = body.add("Add", "mean", body.add("MatMul", gain, innovation))
    covariance_now = body.add("Sub", "covariance", body.add("MatMul", gain, seen))
    body.name("found", body.add("MatMul", wanted, mean_now))
    body.name("spread", body.add("MatMul", wanted, covariance_now))
    body.name("mean_next", body.add("MatMul", a, mean_now))
    moved = body.add("MatMul", body.add("MatMul", a, covariance_now), a_t)
    body.name("covariance_next", body.add("Add", moved, noise))
    inner = helper.make_graph(
        body.nodes,
        "filter",
        [*_values({"mean": [k], "covariance": [k, k], "row": [2]})],
        [
            *_values({"mean_next": [k], "covariance_next": [k, k]}),
            *_values({"found": [2], "spread": [2, k], "gain": [2, k], "surprise": [2]}),
        ],
    )
    return graph.add_all("Scan", mean, covariance, z, outputs=6, body=inner, num_scan_inputs=1)


class _Body:
    """Nodes of a Scan's inner graph; it may name values of the graph around it."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        output = f"inner{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def name(self, name: str, value: str) -> None:
        self.nodes.append(helper.make_node("Identity", [value], [name]))


def _values(shapes: dict[str, list[int]]) -> list[ValueInfoProto]:
    return [helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape) for name, shape in shapes.items()]
