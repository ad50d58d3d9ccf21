"""Small model files that look like ours, and ways in which they do harm."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from moodcurve.features import COMPARE236
from moodcurve.runtime.metadata import as_json
from moodcurve.runtime.sequence import INDEPENDENT

COLUMNS = len(COMPARE236.names)
METADATA = {
    "format": "2",
    "name": "made",
    "feature_set": COMPARE236.name,
    "feature_set_version": COMPARE236.version,
    "columns": json.dumps(COMPARE236.names),
    "rows": as_json(INDEPENDENT),
}


def write_model(
    path: Path, *nodes: onnx.NodeProto, constants: tuple[onnx.TensorProto, ...] = (), **stated: str
) -> Path:
    """Write a model whose nodes turn ``features`` into ``arousal_valence``; by default, into zeros."""
    weights = numpy_helper.from_array(np.zeros((COLUMNS, 2), np.float32), "weights")
    graph = helper.make_graph(
        nodes or [helper.make_node("MatMul", ["features", "weights"], ["arousal_valence"])],
        "made",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", COLUMNS])],
        [helper.make_tensor_value_info("arousal_valence", TensorProto.FLOAT, ["rows", 2])],
        [weights, *constants],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in {**METADATA, **stated}.items():
        model.metadata_props.add(key=f"moodcurve.{key}", value=value)
    path.write_bytes(model.SerializeToString())
    return path


def failing(path: Path) -> Path:
    """Write a model whose graph can be loaded, and fails when it runs."""
    one = numpy_helper.from_array(np.array([10**6]), "beyond")
    return write_model(
        path,
        helper.make_node("Gather", ["features", "beyond"], ["row"], axis=1),
        helper.make_node("Concat", ["row", "row"], ["arousal_valence"], axis=1),
        constants=(one,),
    )


def not_a_number(path: Path) -> Path:
    """Write a model that gives NaN for every row."""
    return write_model(
        path,
        helper.make_node("MatMul", ["features", "weights"], ["zeros"]),
        helper.make_node("Div", ["zeros", "zeros"], ["arousal_valence"]),
    )
