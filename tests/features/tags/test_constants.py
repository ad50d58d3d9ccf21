"""Reading an ONNX file's constants, compared with the package ``onnx``."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from moodcurve.features.tags.constants import read_constants
from tests.helpers import ROOT

DATA = (ROOT / "src" / "moodcurve" / "features" / "tags" / "tags1.onnx").read_bytes()


def test_constants_of_the_packaged_file() -> None:
    found = read_constants(DATA)
    initializers = [t for t in onnx.load_from_string(DATA).graph.initializer if t.data_type == TensorProto.FLOAT]
    assert list(found) == [t.name for t in initializers]
    for tensor in initializers:
        np.testing.assert_array_equal(found[tensor.name], numpy_helper.to_array(tensor))


def test_other_types_are_left_out() -> None:
    constants = [numpy_helper.from_array(np.array(x), name) for name, x in (("a", 1), ("b", 1.5), ("c", [[True]]))]
    constants.append(numpy_helper.from_array(np.float32([[1, 2], [3, 4]]), "d"))
    graph = helper.make_graph([], "g", [], [], constants)
    found = read_constants(helper.make_model(graph).SerializeToString())
    assert list(found) == ["d"]
    np.testing.assert_array_equal(found["d"], [[1, 2], [3, 4]])


@pytest.mark.parametrize("data", [DATA[:1000], DATA[:-1], b"\xff", b"\x0b", b"not an ONNX file"])
def test_damaged_files_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a protocol buffer"):
        read_constants(data)
