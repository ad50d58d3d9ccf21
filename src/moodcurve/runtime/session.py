"""The graph of a model file, as ONNX Runtime runs it."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moodcurve._typing import Float32Array
from moodcurve.errors import MoodcurveError

if TYPE_CHECKING:
    import onnxruntime


INPUT, STATE = "features", "state"
"""Names of the graph's inputs; the second is there where the rows carry a state."""
OUTPUT, SPREAD, PLACE = "arousal_valence", "spread", "place"
"""Names of the graph's outputs, `moodcurve.runtime.sequence.NEXT_STATE` beside; only the first is always there."""


class ModelError(MoodcurveError):
    """A model cannot be loaded, or cannot read these features; the message names it and what is accepted."""


@dataclass(frozen=True, eq=False)
class Session:
    """A graph that is ready to run.

    Attributes
    ----------
    label : str
        What messages call its file.
    inputs, outputs : tuple of str
        Their names.
    place_size : int
        Numbers in each row of the output `PLACE`; 0 where it is not there, or does not say.
    """

    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    place_size: int
    _onnx: "onnxruntime.InferenceSession"

    def run(self, values: Float32Array, state: Float32Array | None) -> dict[str, Float32Array]:
        """Give the outputs by name for rows (n, columns), and the state (1, size) where rows carry one.

        Raises
        ------
        ModelError
            If the graph fails, or does not give arousal and valence, and their spread, for each row.
        """
        fed = {INPUT: values} if state is None else {INPUT: values, STATE: state}
        try:
            found = dict(zip(self.outputs, self._onnx.run(self.outputs, fed), strict=True))
        except _refusals() as error:
            raise ModelError(f"{self.label}: its graph fails on features of its own columns") from error
        for name in {OUTPUT, SPREAD} & found.keys():
            if found[name].shape != (len(values), 2):
                raise ModelError(f"{self.label}: its output {name!r} is not arousal and valence of each row")
        return found

    @property
    def metadata(self) -> dict[str, str]:
        """What the file states, by key."""
        return dict(self._onnx.get_modelmeta().custom_metadata_map)


def open_session(data: bytes, label: str) -> Session:
    """Make a model file's graph ready to run.

    Raises
    ------
    ModelError
        If it is none that ONNX Runtime can run; the message calls it `label`.
    """
    # from 1.29 on ONNX Runtime reports to its maker unless this is set before it is loaded
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # imported here: it takes a third of a second, which reading a curve or a help text should not
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # one thread: the models are small, and sums always run in the same order
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # as the file has it: its fusions save nothing here, take time at each start, and one of them is wrong
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # a plan of the memory of a second run of equal length, which would be held beside the first run's: 90 MB
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    try:
        onnx = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except _refusals() as error:
        raise ModelError(f"{label}: not an ONNX model that ONNX Runtime can run") from error
    outputs = {output.name: output.shape for output in onnx.get_outputs()}
    size = outputs.get(PLACE, [])[1:]
    return Session(
        label=label,
        inputs=tuple(value.name for value in onnx.get_inputs()),
        outputs=tuple(outputs),
        place_size=size[0] if len(size) == 1 and isinstance(size[0], int) else 0,
        _onnx=onnx,
    )


def _refusals() -> tuple[type[Exception], ...]:
    """Name what ONNX Runtime raises of a graph that it cannot load or run."""
    from onnxruntime.capi import onnxruntime_pybind11_state as raised

    return (
        raised.Fail,
        raised.InvalidArgument,
        raised.InvalidGraph,
        raised.InvalidProtobuf,
        raised.NotImplemented,
        raised.RuntimeException,
    )
