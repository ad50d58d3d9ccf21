"""A model's arithmetic as an ONNX graph, in double precision from the features to the answer."""

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, helper, numpy_helper

OPSET = 17
"""ONNX operator set; every ONNX Runtime since 1.12 (2022) runs it."""
IR_VERSION = 8
"""File format version that goes with it."""


class Graph:
    """Nodes and constants in the order in which they were added.

    Each family of models adds its own arithmetic by calling `add` and `constant`, which both give the name
    of a value; `model` closes the graph. Names are numbered, so that the same calls give the same bytes.
    """

    features = "features"
    answer = "arousal_valence"

    def __init__(self) -> None:
        self._nodes = [helper.make_node("Cast", [self.features], ["features_f64"], to=TensorProto.DOUBLE)]
        self._constants: list[TensorProto] = []

    @property
    def x(self) -> str:
        """Name of the features in double precision, (rows, columns)."""
        return "features_f64"

    def constant(self, values: npt.NDArray[np.float64] | np.float64) -> str:
        """Add a constant; gives its name.

        Values that single precision holds exactly are stored in it, which halves the file, and are widened in
        the graph.
        """
        name = f"c{len(self._constants)}"
        values = np.ascontiguousarray(values, dtype=np.float64).reshape(np.shape(values))
        single = values.astype(np.float32)
        exact = values.ndim > 0 and np.array_equal(single.astype(np.float64), values)
        self._constants.append(numpy_helper.from_array(single if exact else values, name))
        return self.add("Cast", name, to=TensorProto.DOUBLE) if exact else name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add one ONNX operator with its attributes, as the operator's specification names them.

        Gives the name of its only output.
        """
        output = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def model(self, result: str, *, columns: int) -> ModelProto:
        """Close the graph: float32 (rows, columns) in, float32 (rows, 2) out."""
        nodes = [*self._nodes, helper.make_node("Cast", [result], [self.answer], to=TensorProto.FLOAT)]
        graph = helper.make_graph(
            nodes,
            "moodcurve",
            [helper.make_tensor_value_info(self.features, TensorProto.FLOAT, ["rows", columns])],
            [helper.make_tensor_value_info(self.answer, TensorProto.FLOAT, ["rows", 2])],
            self._constants,
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="moodcurve",
        )
