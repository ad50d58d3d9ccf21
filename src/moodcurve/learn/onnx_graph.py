"""A model's arithmetic as an ONNX graph, in double precision from the features to the answer.

Recurrent cells are the exception: ONNX Runtime computes them in single precision only.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

from moodcurve.runtime.sequence import INDEPENDENT, SequenceMode

OPSET = 17
"""ONNX operator set; every ONNX Runtime since 1.12 (2022) runs it."""
IR_VERSION = 8
"""File format version that goes with it."""


class Graph:
    """Nodes and constants in the order in which they were added.

    Each family of models adds its own arithmetic by calling `add` and `constant`, which both give the name
    of a value; `model` closes the graph. Names are numbered, so that the same calls give the same bytes.

    Attributes
    ----------
    rows : SequenceMode
        How the answer to a row depends on other rows; a model whose rows are not independent sets it.
    """

    features = "features"
    answer = "arousal_valence"
    double = TensorProto.DOUBLE
    float = TensorProto.FLOAT

    def __init__(self) -> None:
        self._nodes = [helper.make_node("Cast", [self.features], ["features_f64"], to=TensorProto.DOUBLE)]
        self._constants: list[TensorProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []
        self._values = 0
        self.rows: SequenceMode = INDEPENDENT

    @property
    def x(self) -> str:
        """Name of the features in double precision, (rows, columns)."""
        return "features_f64"

    def constant(self, values: npt.NDArray[np.float64] | np.float64) -> str:
        """Add a constant; gives its name.

        Values that single precision holds exactly are stored in it, which halves the file, and are widened in
        the graph.
        """
        values = np.ascontiguousarray(values, dtype=np.float64).reshape(np.shape(values))
        single = values.astype(np.float32)
        exact = values.ndim > 0 and np.array_equal(single.astype(np.float64), values)
        name = self._initializer(single if exact else values)
        return self.add("Cast", name, to=TensorProto.DOUBLE) if exact else name

    def single(self, values: npt.NDArray[np.floating] | np.float32) -> str:
        """Add a constant that stays in single precision; gives its name."""
        return self._initializer(np.ascontiguousarray(values, dtype=np.float32))

    def index(self, value: int) -> str:
        """Add a whole number without dimensions; gives its name."""
        return self._initializer(np.array(value, dtype=np.int64))

    def indices(self, values: Sequence[int]) -> str:
        """Add whole numbers (n,), as operators take shapes, axes and positions; gives their name."""
        return self._initializer(np.array(values, dtype=np.int64))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add one ONNX operator with its attributes, as the operator's specification names them.

        Gives the name of its only output, or of the first of several.
        """
        return self.add_all(operator, *inputs, outputs=1, **attributes)[0]

    def add_all(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Add one ONNX operator and name its first `outputs` outputs."""
        names = tuple(f"v{self._values + i}" for i in range(1, outputs + 1))
        self._values += outputs
        self._nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def take(self, name: str, columns: int) -> str:
        """Declare a further input, float32 (1, columns); gives its name."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, columns]))
        return name

    def give(self, name: str, value: str, shape: Sequence[int | str]) -> None:
        """Declare a further output, float32 of this shape (``"rows"`` for as many as there are), under its name."""
        self._nodes.append(helper.make_node("Cast", [value], [name], to=TensorProto.FLOAT))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def model(self, result: str, *, columns: int) -> ModelProto:
        """Close the graph: float32 (rows, columns) in, float32 (rows, 2) out, then what was declared beside them."""
        nodes = [*self._nodes, helper.make_node("Cast", [result], [self.answer], to=TensorProto.FLOAT)]
        features = helper.make_tensor_value_info(self.features, TensorProto.FLOAT, ["rows", columns])
        answer = helper.make_tensor_value_info(self.answer, TensorProto.FLOAT, ["rows", 2])
        graph = helper.make_graph(
            nodes, "moodcurve", [features, *self._inputs], [answer, *self._outputs], self._constants
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="moodcurve",
        )

    def _initializer(self, values: npt.NDArray[Any]) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name
