"""Build a model's computation as an ONNX graph, in double precision from the features to the output.

Recurrent cells are the exception: ONNX Runtime computes them in single precision only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from moodcurve.runtime.sequence import INDEPENDENT, SequenceMode

OPSET = 17
"""Version of the ONNX operator set; supported since ONNX Runtime 1.12 (2022)."""
IR_VERSION = 8
"""Version of the file format that belongs to `OPSET`."""


class Graph:
    """Nodes and constants of a graph, in the order in which they were added.

    Each model family adds its computation with `add`, `constant` and their relatives, which return the name of a
    value; `to_model` completes the graph. Names are numbered, so that the same calls produce the same bytes.

    Parameters
    ----------
    prefix : str
        Start of the names of all values, so that the nodes can be added to another graph.

    Attributes
    ----------
    rows : SequenceMode
        How the output of a row depends on other rows; set by models whose rows are not independent.
    """

    features = "features"
    output = "arousal_valence"
    double = TensorProto.DOUBLE
    float = TensorProto.FLOAT

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._x = f"{prefix}features_f64"
        self._nodes = [helper.make_node("Cast", [self.features], [self._x], to=TensorProto.DOUBLE)]
        self._constants: list[TensorProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []
        self._values = 0
        self.rows: SequenceMode = INDEPENDENT
        self._current = self._nodes  # where `add` puts nodes: the graph's, or those of a block

    @property
    def x(self) -> str:
        """Name of the features in double precision, (rows, columns), or of what replaces them inside `reading`."""
        return self._x

    @contextmanager
    def reading(self, x: str) -> Iterator[None]:
        """Let models that are added inside this context read other columns than the features."""
        before, self._x = self._x, x
        try:
            yield
        finally:
            self._x = before

    def constant(self, values: npt.NDArray[np.float64] | np.float64) -> str:
        """Add a constant in double precision and return its name.

        Values that single precision represents exactly are stored as such and converted in the graph, which
        halves the file.
        """
        values = np.ascontiguousarray(values, dtype=np.float64).reshape(np.shape(values))
        single = values.astype(np.float32)
        exact = values.ndim > 0 and np.array_equal(single.astype(np.float64), values)
        name = self._initializer(single if exact else values)
        if not exact:
            return name
        converted = self._new_names(1)[0]
        self._nodes.append(helper.make_node("Cast", [name], [converted], to=TensorProto.DOUBLE))  # once for all blocks
        return converted

    def constant_float32(self, values: npt.NDArray[np.floating] | np.float32) -> str:
        """Add a constant in single precision and return its name."""
        return self._initializer(np.ascontiguousarray(values, dtype=np.float32))

    def mask(self, values: npt.NDArray[np.bool_]) -> str:
        """Add a constant of truth values and return its name."""
        return self._initializer(np.ascontiguousarray(values, dtype=np.bool_))

    def index(self, value: int) -> str:
        """Add an integer without dimensions and return its name."""
        return self._initializer(np.array(value, dtype=np.int64))

    def indices(self, values: Sequence[int]) -> str:
        """Add integers (n,), as operators take shapes, axes and positions, and return their name."""
        return self._initializer(np.array(values, dtype=np.int64))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an ONNX operator and return the name of its first output.

        `attributes` are named as in the operator's specification.
        """
        return self.add_multiple(operator, *inputs, outputs=1, **attributes)[0]

    def add_multiple(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Add an ONNX operator and return the names of its first `outputs` outputs."""
        names = self._new_names(outputs)
        self._current.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def add_by_block(self, rows: str, block: Callable[[str], str], *, size: int, columns: int) -> str:
        """Add a computation for blocks of rows, one after the other, whose values in between need little memory.

        Parameters
        ----------
        rows : str
            A value with as many rows as the result.
        block : callable
            Adds the computation of one block, given the name of the number of its first row (no dimensions), and
            returns the name of the block's result, (size, columns). It may use values added before. Rows of the last
            block beyond the last row are dropped.
        size : int
            Rows of a block.
        columns : int
            Columns of the result.
        """
        zero = self.index(0)
        count = self.add("Squeeze", self.add("Shape", rows, start=0, end=1), self.indices([0]))
        starts = self.add("Range", zero, count, self.index(size))
        nodes: list[NodeProto] = []
        outside, self._current = self._current, nodes
        start = self._new_names(1)[0]
        result = block(start)
        self._current = outside
        body = helper.make_graph(
            nodes,
            "block",
            [helper.make_tensor_value_info(start, TensorProto.INT64, [])],
            [helper.make_tensor_value_info(result, TensorProto.DOUBLE, [size, columns])],
        )
        blocks = self.add("Scan", starts, body=body, num_scan_inputs=1)
        joined = self.add("Reshape", blocks, self.indices([-1, columns]))
        return self.add("Slice", joined, self.indices([0]), self.add("Shape", rows, start=0, end=1), self.indices([0]))

    def add_input(self, name: str, columns: int) -> str:
        """Add a graph input, float32 (1, columns), and return its name."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, columns]))
        return name

    def add_output(self, name: str, value: str, shape: Sequence[int | str]) -> None:
        """Add a graph output, float32 of a shape in which ``"rows"`` stands for the number of rows."""
        self._nodes.append(helper.make_node("Cast", [value], [name], to=TensorProto.FLOAT))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def append_to(self, graph: GraphProto, result: str, output: str) -> None:
        """Add the nodes to the end of a finished graph, with the value `result` as its output, in single precision.

        The nodes read values of that graph by their names; it must not have names with this graph's prefix.
        """
        graph.node.extend(self._nodes)
        graph.node.append(helper.make_node("Cast", [result], [output], to=TensorProto.FLOAT))
        graph.initializer.extend(self._constants)

    def to_model(self, result: str, *, columns: int) -> ModelProto:
        """Return the complete model: float32 (rows, columns) to float32 (rows, 2), plus added inputs and outputs."""
        nodes = [*self._nodes, helper.make_node("Cast", [result], [self.output], to=TensorProto.FLOAT)]
        features = helper.make_tensor_value_info(self.features, TensorProto.FLOAT, ["rows", columns])
        output = helper.make_tensor_value_info(self.output, TensorProto.FLOAT, ["rows", 2])
        graph = helper.make_graph(
            nodes, "moodcurve", [features, *self._inputs], [output, *self._outputs], self._constants
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="moodcurve",
        )

    def _new_names(self, count: int) -> tuple[str, ...]:
        names = tuple(f"{self._prefix}v{self._values + i}" for i in range(1, count + 1))
        self._values += count
        return names

    def _initializer(self, values: npt.NDArray[Any]) -> str:
        name = f"{self._prefix}c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name


class LoopBody:
    """Nodes of the inner graph of a Scan operator, which may refer to values of the outer graph."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an ONNX operator and return the name of its output."""
        output = f"inner{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def name(self, name: str, value: str) -> None:
        """Give a value a further name, as outputs need one."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))

    def to_graph(
        self, name: str, inputs: Mapping[str, Sequence[int]], outputs: Mapping[str, Sequence[int]]
    ) -> GraphProto:
        """Return the inner graph; inputs and outputs are in double precision, given by name and shape."""
        return helper.make_graph(self._nodes, name, _double_values(inputs), _double_values(outputs))


def _double_values(shapes: Mapping[str, Sequence[int]]) -> list[ValueInfoProto]:
    return [helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape) for name, shape in shapes.items()]
