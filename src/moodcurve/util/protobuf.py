"""Read protocol buffer messages without a library, for ONNX files: the package ``onnx`` is only for training.

A message (protobuf.dev/programming-guides/encoding) is a sequence of fields with a number and a type, some of which are
messages again.
"""

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_SHIFT = 63


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and value of each field of a message: an integer, or the bytes of anything else.

    Raises
    ------
    ValueError
        If the bytes are not a message.
    """
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


def messages(data: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the messages in the fields of a number; raise ValueError as `fields` does."""
    for key, value in fields(data):
        if key == number and isinstance(value, memoryview):
            yield value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return an integer of seven bits a byte, lowest first, and the position after it."""
    value = shift = 0
    while at < len(data) and shift <= _MAX_SHIFT:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("not a protocol buffer: it ends within a number")
