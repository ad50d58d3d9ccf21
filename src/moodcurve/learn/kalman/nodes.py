"""Add the filter and smoother of `moodcurve.learn.kalman.filter` to an ONNX graph, with Scan operators as loops.

The graph computes covariances row by row instead of using their steady state. The outputs are exact from the first
row on, for recordings of any length.
"""

import numpy as np

from moodcurve.learn.kalman.filter import Dynamics
from moodcurve.learn.onnx_graph import Graph, LoopBody
from moodcurve.runtime.sequence import NEXT_STATE, SequenceMode

WINDOW_ROWS, MARGIN_ROWS = 3072, 1024
"""Recordings of up to 25 minutes are read at once, longer ones in windows with a margin of 8 minutes on each side.
Rows beyond the margin have little weight. A window takes about 100 MB."""


def add_filter(graph: Graph, z: str, system: Dynamics) -> str:
    """Add `kalman_filter` of (rows, 2) with a state that is carried from call to call."""
    size = filter_state_size(system)
    graph.rows = SequenceMode(kind="carried", state_size=size)
    state = graph.add("Cast", graph.add_input("state", size), to=graph.double)
    flat = graph.add("Reshape", state, graph.indices([-1]))
    output, next_state = add_carried_filter(graph, z, system, flat)
    graph.add_output(NEXT_STATE, graph.add("Unsqueeze", next_state, graph.indices([0])), [1, size])
    return output


def filter_state_size(system: Dynamics) -> int:
    """Return the size of the state of `add_carried_filter`."""
    k = len(system.transition)
    return k + k * k


def add_carried_filter(graph: Graph, z: str, system: Dynamics, state: str) -> tuple[str, str]:
    """Add `kalman_filter` of (rows, 2) after rows that left a state (size,); return the output and the next state.

    The state is the next row's mean, and its covariance minus the initial covariance. A song thus starts with a
    state of zeros.
    """
    k = len(system.transition)
    mean, change = graph.add_multiple("Split", state, graph.indices([k, k * k]), outputs=2, axis=0)
    change = graph.add("Reshape", change, graph.indices([k, k]))
    initial = graph.constant(system.initial)
    outputs = _forward(graph, z, mean, graph.add("Add", change, initial), system)
    change = graph.add("Reshape", graph.add("Sub", outputs[1], initial), graph.indices([-1]))
    return outputs[2], graph.add("Concat", outputs[0], change, axis=0)


def add_stateless_filter(graph: Graph, z: str, system: Dynamics) -> str:
    """Add `kalman_filter` of (rows, 2) for a whole recording, or a window of a longer one, without a state."""
    graph.rows = SequenceMode(kind="window", window_rows=WINDOW_ROWS, margin_rows=MARGIN_ROWS)
    mean = graph.constant(np.zeros(len(system.transition)))
    return _forward(graph, z, mean, graph.constant(system.initial), system)[2]


def add_smoother(graph: Graph, z: str, system: Dynamics) -> str:
    """Add `kalman_smoother` of (rows, 2)."""
    k = len(system.transition)
    graph.rows = SequenceMode(kind="window", window_rows=WINDOW_ROWS, margin_rows=MARGIN_ROWS)
    outputs = _forward(graph, z, graph.constant(np.zeros(k)), graph.constant(system.initial), system)
    transposed = {"A": graph.constant(system.transition.T), "H": graph.constant(system.observation.T)}
    body = LoopBody()
    correction = body.add("MatMul", "covariance", "adjoint")
    body.name("smooth", body.add("Sub", "mean", correction))
    observed = body.add("MatMul", "gain", "adjoint")
    observed = body.add("MatMul", transposed["H"], body.add("Add", "innovation", observed))
    body.name("earlier", body.add("MatMul", transposed["A"], body.add("Sub", "adjoint", observed)))
    inner = body.to_graph(
        "smoother",
        {"adjoint": [k], "mean": [2], "covariance": [2, k], "gain": [2, k], "innovation": [2]},
        {"earlier": [k], "smooth": [2]},
    )
    return graph.add_multiple(
        "Scan",
        graph.constant(np.zeros(k)),
        *outputs[2:],
        outputs=2,
        body=inner,
        num_scan_inputs=4,
        scan_input_directions=[1] * 4,
        scan_output_directions=[1],
    )[1]


def _forward(graph: Graph, z: str, mean: str, covariance: str, system: Dynamics) -> tuple[str, ...]:
    """Add the filter; return its state after the last row, then C s, C P, Kᵀ and S⁻¹ v of each row."""
    k = len(system.transition)
    a, a_t, noise = (graph.constant(m) for m in (system.transition, system.transition.T, system.noise))
    h, h_t, c = (graph.constant(m) for m in (system.observation, system.observation.T, system.output))
    one, half = graph.constant(np.eye(2)), graph.constant(np.float64(0.5))
    body = LoopBody()
    projected = body.add("MatMul", h, "covariance")
    variance = body.add("MatMul", projected, h_t)
    # for a symmetric 2 x 2 matrix S: adj S = trace S · I - S, and S adj S = det S · I
    trace = body.add("ReduceSum", body.add("Mul", variance, one), keepdims=0)
    adjugate = body.add("Sub", body.add("Mul", trace, one), variance)
    determinant = body.add("Mul", body.add("ReduceSum", body.add("Mul", variance, adjugate), keepdims=0), half)
    inverse = body.add("Div", adjugate, determinant)
    # no Transpose: ONNX Runtime fuses one before a MatMul with a vector into a wrong product
    gain = body.add("MatMul", body.add("MatMul", "covariance", h_t), inverse)
    innovation = body.add("Sub", "row", body.add("MatMul", h, "mean"))
    body.name("output_gain", body.add("MatMul", inverse, projected))
    body.name("output_innovation", body.add("MatMul", inverse, innovation))
    mean_now = body.add("Add", "mean", body.add("MatMul", gain, innovation))
    covariance_now = body.add("Sub", "covariance", body.add("MatMul", gain, projected))
    body.name("output_mean", body.add("MatMul", c, mean_now))
    body.name("output_covariance", body.add("MatMul", c, covariance_now))
    body.name("mean_next", body.add("MatMul", a, mean_now))
    moved = body.add("MatMul", body.add("MatMul", a, covariance_now), a_t)
    body.name("covariance_next", body.add("Add", moved, noise))
    state = {"mean_next": [k], "covariance_next": [k, k]}
    outputs = {"output_mean": [2], "output_covariance": [2, k], "output_gain": [2, k], "output_innovation": [2]}
    inner = body.to_graph("filter", {"mean": [k], "covariance": [k, k], "row": [2]}, state | outputs)
    return graph.add_multiple("Scan", mean, covariance, z, outputs=6, body=inner, num_scan_inputs=1)
