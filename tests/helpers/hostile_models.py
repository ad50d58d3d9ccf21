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


def endless(path: Path) -> Path:
    """Write a model that loops 2^62 times."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["still"]), helper.make_node("Add", ["x", "x"], ["y"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
        ],
    )
    times = numpy_helper.from_array(np.array(2**62), "times")
    yes = numpy_helper.from_array(np.array(True), "yes")
    return write_model(
        path,
        helper.make_node("MatMul", ["features", "weights"], ["start"]),
        helper.make_node("Loop", ["times", "yes", "start"], ["arousal_valence"], body=body),
        constants=(times, yes),
    )


def greedy(path: Path) -> Path:
    """Write a model that takes 64 GB."""
    size = numpy_helper.from_array(np.array([2**34]), "size")
    return write_model(
        path,
        helper.make_node("ConstantOfShape", ["size"], ["large"]),
        helper.make_node("ReduceSum", ["large"], ["sum"]),
        helper.make_node("MatMul", ["features", "weights"], ["zeros"]),
        helper.make_node("Add", ["zeros", "sum"], ["arousal_valence"]),
        constants=(size,),
    )


def external(path: Path, *, nested: bool = False) -> Path:
    """Write a model whose weights lie in the file ``weights.bin`` of the working folder."""
    write_model(path)
    model = onnx.load(path)
    weights = TensorProto()
    weights.CopyFrom(model.graph.initializer[0])
    size = len(weights.raw_data)
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "weights.bin"), ("offset", "0"), ("length", str(size))):
        weights.external_data.add(key=key, value=value)
    del model.graph.initializer[0]
    if nested:
        model.graph.node.insert(0, helper.make_node("Constant", [], ["weights"], value=weights))
    else:
        model.graph.initializer.append(weights)
    path.write_bytes(model.SerializeToString())
    return path


def with_types(path: Path, kind: int) -> Path:
    """Write a model whose output has another type."""
    write_model(
        path,
        helper.make_node("MatMul", ["features", "weights"], ["zeros"]),
        helper.make_node("Cast", ["zeros"], ["arousal_valence"], to=kind),
    )
    model = onnx.load(path)
    model.graph.output[0].type.tensor_type.elem_type = kind
    path.write_bytes(model.SerializeToString())
    return path


def sequence(path: Path) -> Path:
    """Write a model whose output is a sequence of tables."""
    write_model(
        path,
        helper.make_node("MatMul", ["features", "weights"], ["zeros"]),
        helper.make_node("SequenceConstruct", ["zeros", "zeros"], ["arousal_valence"]),
    )
    model = onnx.load(path)
    del model.graph.output[0]
    model.graph.output.append(helper.make_tensor_sequence_value_info("arousal_valence", TensorProto.FLOAT, None))
    path.write_bytes(model.SerializeToString())
    return path


def further_input(path: Path) -> Path:
    """Write a model that asks for more than features."""
    model = onnx.load(write_model(path))
    model.graph.input.append(helper.make_tensor_value_info("password", TensorProto.FLOAT, [1]))
    path.write_bytes(model.SerializeToString())
    return path


def negative_spread(path: Path) -> Path:
    """Write a model whose standard deviation is -1."""
    minus = numpy_helper.from_array(np.array([-1.0], np.float32), "minus")
    write_model(
        path,
        helper.make_node("MatMul", ["features", "weights"], ["arousal_valence"]),
        helper.make_node("Add", ["arousal_valence", "minus"], ["spread"]),
        constants=(minus,),
    )
    model = onnx.load(path)
    model.graph.output.append(helper.make_tensor_value_info("spread", TensorProto.FLOAT, ["rows", 2]))
    path.write_bytes(model.SerializeToString())
    return path


def not_utf8(path: Path) -> Path:
    """Write a model whose name is not UTF-8."""
    data = write_model(path, name="moodXcurve").read_bytes()
    path.write_bytes(data.replace(b"moodXcurve", b"mood\xffcurve"))
    return path


def narrow(path: Path) -> Path:
    """Write a model that reads three columns."""
    model = onnx.load(write_model(path))
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 3
    path.write_bytes(model.SerializeToString())
    return path


def nested_columns(path: Path) -> Path:
    """Write a model whose list of columns is nested 100,000 deep."""
    return write_model(path, feature_set="compare236+own", columns="[" * 100_000)
