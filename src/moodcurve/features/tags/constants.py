"""Read the constants of an ONNX file without the package ``onnx``, which only training needs.

An ONNX file is a protocol buffer message; the field numbers are those of onnx.proto.
"""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.util.protobuf import fields, messages

_GRAPH = 7
"""Of ModelProto."""
_INITIALIZER = 5
"""Of GraphProto."""
_DIMS, _DATA_TYPE, _NAME, _RAW_DATA = 1, 2, 8, 9
"""Of TensorProto."""
_FLOAT = 1


def read_constants(data: bytes) -> dict[str, Float32Array]:
    """Return the single-precision constants of an ONNX file by name; other constants are left out.

    Raises
    ------
    ValueError
        If the bytes are not an ONNX file.
    """
    found = {}
    for graph in messages(memoryview(data), _GRAPH):
        for tensor in messages(graph, _INITIALIZER):
            found_fields = list(fields(tensor))
            name, raw = (bytes(value) for key, value in sorted(found_fields, key=_number) if key in (_NAME, _RAW_DATA))
            shape = [value for key, value in found_fields if key == _DIMS and isinstance(value, int)]
            if (_DATA_TYPE, _FLOAT) in found_fields:
                found[name.decode()] = np.frombuffer(raw, "<f4").astype(np.float32).reshape(shape)
    return found


def _number(field: tuple[int, int | memoryview]) -> int:
    return field[0]
