"""Read a model file and check it before ONNX Runtime does: its size, its checksum, and that it is complete in itself.

A model file may come from anyone. Its graph is a program: it cannot reach files or the network, but it may never end
and take any memory, so the command line runs graphs other than the packaged ones in a worker process with limits.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from moodcurve.util.protobuf import fields, messages

MAX_BYTES = 256 * 2**20
"""Largest model file; the packaged models take 2 MB."""
CHECKSUM = "moodcurve.sha256"
"""Key of the last metadata entry: the SHA-256 of all bytes before it, in hexadecimal."""

_MAX_FIELDS = 2_000_000
_MAX_DEPTH = 50
"""Greatest nesting of graphs in nodes."""
_GRAPH, _METADATA = 7, 14
"""Fields of ModelProto."""
_KEY, _VALUE = 1, 2
"""Fields of StringStringEntryProto."""
_EXTERNAL_DATA, _DATA_LOCATION, _EXTERNAL = 13, 14, 1
"""Fields of TensorProto, and a value of the second."""
_INNER = {
    "model": {_GRAPH: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Messages of onnx.proto that lead to tensors, by field number."""


def read_file(path: Path) -> bytes:
    """Return the content of a model file.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is not a regular file, or larger than `MAX_BYTES`.
    """
    # non-blocking, because opening a pipe would wait for its writer
    handle = os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_BINARY")))
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is not a regular file")
        if status.st_size > MAX_BYTES:
            raise ValueError(f"is larger than {MAX_BYTES >> 20} MiB")
        return file.read(MAX_BYTES)


def check_complete(data: bytes) -> None:
    """Check that a model holds its own weights: ONNX Runtime would read them from any file that the model names.

    Raises
    ------
    ValueError
        If they lie in another file, or the bytes are not a model.
    """
    waiting = [("model", memoryview(data), 0)]
    count = 0
    while waiting:
        kind, message, depth = waiting.pop()
        for number, value in fields(message):
            count += 1
            if count > _MAX_FIELDS or depth > _MAX_DEPTH:
                raise ValueError("its graph is too large")
            if kind == "tensor" and (number == _EXTERNAL_DATA or (number, value) == (_DATA_LOCATION, _EXTERNAL)):
                raise ValueError("its weights are in another file, which is not read; put them into the model")
            inner = _INNER[kind].get(number)
            if inner is not None and isinstance(value, memoryview):
                waiting.append((inner, value, depth + 1))


def read_metadata(data: bytes) -> dict[str, str]:
    """Return the metadata of a model, by key.

    Raises
    ------
    ValueError
        If they are not UTF-8, or the bytes are not a model.
    """
    found = {}
    for entry in messages(memoryview(data), _METADATA):
        texts = dict(_texts(entry))
        found[texts.get(_KEY, "")] = texts.get(_VALUE, "")
    return found


def checksum_entry(data: bytes) -> tuple[str, str]:
    """Return key and value of the metadata entry to append to a model, which then ends with it."""
    return CHECKSUM, hashlib.sha256(data).hexdigest()


def is_changed(data: bytes) -> bool:
    """Return True if a model has a checksum and is not what it was computed of; damage may give other values silently.

    Models without one, from before 0.2, cannot be checked.
    """
    entry = _encoded_entry(*checksum_entry(b""))
    start = len(data) - len(entry)
    key = entry[: -hashlib.sha256().digest_size * 2]
    if data[start : start + len(key)] == key:
        return data[start:] != _encoded_entry(*checksum_entry(data[:start]))
    return CHECKSUM.encode() in data


def _encoded_entry(key: str, value: str) -> bytes:
    """Return a metadata entry as the last field of a model."""
    pair = ((_KEY, key), (_VALUE, value))
    texts = b"".join(bytes([number << 3 | 2, len(text)]) + text.encode() for number, text in pair)
    return bytes([_METADATA << 3 | 2, len(texts)]) + texts


def _texts(entry: memoryview) -> Iterator[tuple[int, str]]:
    for number, value in fields(entry):
        if isinstance(value, memoryview):
            yield number, bytes(value).decode("utf-8")
