"""Read the constants of an ONNX file without the package ``onnx``, which only training needs.

An ONNX file is a protocol buffer message (protobuf.dev/programming-guides/encoding): fields with a number and a type,
one after the other, messages inside messages. Field numbers are those of onnx.proto.
"""

from collections.abc import Iterator

import numpy as np

from moodcurve._typing import Float32Array

_GRAPH = 7
"""Of ModelProto."""
_INITIALIZER = 5
"""Of GraphProto."""
_DIMS, _DATA_TYPE, _NAME, _RAW_DATA = 1, 2, 8, 9
"""Of TensorProto."""
_FLOAT = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_constants(data: bytes) -> dict[str, Float32Array]:
    """Return the single-precision constants of an ONNX file by name; other constants are left out.

    Raises
    ------
    ValueError
        If the bytes are not an ONNX file.
    """
    found = {}
    for graph in _messages(memoryview(data), _GRAPH):
        for tensor in _messages(graph, _INITIALIZER):
            fields = list(_fields(tensor))
            name, raw = (bytes(value) for key, value in sorted(fields, key=_number) if key in (_NAME, _RAW_DATA))
            shape = [value for key, value in fields if key == _DIMS and isinstance(value, int)]
            if (_DATA_TYPE, _FLOAT) in fields:
                found[name.decode()] = np.frombuffer(raw, "<f4").astype(np.float32).reshape(shape)
    return found


def _number(field: tuple[int, int | memoryview]) -> int:
    return field[0]


def _messages(data: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the messages in the fields of a number."""
    for key, value in _fields(data):
        if key == number and isinstance(value, memoryview):
            yield value


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and value of each field of a message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"not a protocol buffer: field type {kind}")
        if at + size > len(data):
            raise ValueError("not a protocol buffer: it ends within a field")
        yield number, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return an integer of seven bits a byte, lowest first, and the position after it."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("not a protocol buffer: it ends within a number")
