"""Open a model file's graph in ONNX Runtime and run it."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moodcurve._typing import Float32Array
from moodcurve.errors import MoodcurveError, SetupError
from moodcurve.runtime.sequence import NEXT_STATE

if TYPE_CHECKING:
    import onnxruntime


INPUT, STATE = "features", "state"
"""Names of the graph's inputs; only models that carry a state have the second."""
OUTPUT, STD, EMBEDDING = "arousal_valence", "spread", "place"
"""Names of the graph's outputs, besides `moodcurve.runtime.sequence.NEXT_STATE`; only the first is required. Others are
not read."""
_OUTPUT_TYPES = ("tensor(float)", "tensor(double)")


class ModelError(MoodcurveError):
    """A model cannot be loaded, or cannot use these features; the message names it and what is accepted."""


class GraphError(ModelError, SetupError):
    """A model's graph fails when it runs, which no recording causes: its inputs are checked."""


@dataclass(frozen=True, eq=False)
class Session:
    """A graph that is ready to run.

    Attributes
    ----------
    label : str
        Name of the file in messages.
    inputs, outputs : tuple of str
        Names of the graph's inputs and outputs.
    embedding_size : int
        Columns of the output `EMBEDDING`; 0 if there is no such output, or its size is not fixed.
    """

    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    embedding_size: int
    _onnx: "onnxruntime.InferenceSession"

    def run(self, values: Float32Array, state: Float32Array | None) -> dict[str, Float32Array]:
        """Return the outputs by name for rows (n, columns) and a state (1, size) or None.

        Raises
        ------
        GraphError
            If the graph fails, or its outputs do not have one row for each input row.
        """
        inputs = {INPUT: values} if state is None else {INPUT: values, STATE: state}
        try:
            outputs = dict(zip(self.outputs, self._onnx.run(self.outputs, inputs), strict=True))
        except _run_errors() as error:
            raise GraphError(f"{self.label}: its graph fails on features of its own columns") from error
        for name in {OUTPUT, STD} & outputs.keys():
            if outputs[name].shape != (len(values), 2):
                raise GraphError(f"{self.label}: its output {name!r} must have the shape (rows, 2)")
        if EMBEDDING in outputs and outputs[EMBEDDING].shape != (len(values), self.embedding_size):
            raise GraphError(
                f"{self.label}: its output {EMBEDDING!r} must have the shape (rows, {self.embedding_size})"
            )
        if state is not None and outputs[NEXT_STATE].shape != state.shape:
            raise GraphError(f"{self.label}: its output {NEXT_STATE!r} must have the shape {state.shape}")
        return outputs

    def check_sizes(self, columns: int, state_size: int) -> None:
        """Check that the graph reads rows of `columns` features and, unless 0, a state of `state_size` values.

        Raises
        ------
        ModelError
            If its inputs have other sizes, or there are others.
        """
        expected = {INPUT: (columns,)} | ({STATE: (state_size,)} if state_size else {})
        for value in self._onnx.get_inputs():
            sizes = expected.get(value.name)
            if sizes is None:
                raise ModelError(f"{self.label}: has the further input {value.name!r}")
            if value.type != "tensor(float)" or len(value.shape) != 2:
                raise ModelError(f"{self.label}: its input {value.name!r} must be a table of single precision")
            if isinstance(value.shape[1], int) and (value.shape[1],) != sizes:
                raise ModelError(f"{self.label}: its input {value.name!r} must have {sizes[0]} columns")


def open_session(data: bytes, label: str) -> Session:
    """Open a model file's graph.

    Raises
    ------
    ModelError
        If ONNX Runtime cannot run it; the message calls it `label`.
    """
    # from 1.29 on, ONNX Runtime sends usage data unless this is set before it is imported
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # imported here: it takes a third of a second, which reading a curve or a help text should not
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # one thread: the models are small, and sums always run in the same order
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # no optimization: it saves nothing here, takes time at each start, and one fusion is wrong
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # a memory plan for a second run of the same length would hold another 90 MB
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    try:
        onnx = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except _onnx_errors() as error:
        raise ModelError(f"{label}: not an ONNX model that ONNX Runtime can run") from error
    known = [output for output in onnx.get_outputs() if output.name in (OUTPUT, STD, EMBEDDING, NEXT_STATE)]
    for output in known:
        if output.type not in _OUTPUT_TYPES:
            raise ModelError(f"{label}: its output {output.name!r} must be numbers of single or double precision")
    outputs = {output.name: output.shape for output in known}
    size = outputs.get(EMBEDDING, [])[1:]
    return Session(
        label=label,
        inputs=tuple(value.name for value in onnx.get_inputs()),
        outputs=tuple(outputs),
        embedding_size=size[0] if len(size) == 1 and isinstance(size[0], int) else 0,
        _onnx=onnx,
    )


def _run_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of a graph that is run: also Python's own, from the conversion of what it returns."""
    return (*_onnx_errors(), RuntimeError, TypeError, ValueError)


def _onnx_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that ONNX Runtime raises for a graph that it cannot load or run."""
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    return (
        errors.Fail,
        errors.InvalidArgument,
        errors.InvalidGraph,
        errors.InvalidProtobuf,
        errors.NoSuchFile,
        errors.NotImplemented,
        errors.RuntimeException,
    )
