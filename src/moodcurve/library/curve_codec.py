"""A curve's JSON in few bytes, and back to the digit.

What `moodcurve.curve.Curve.to_dict` gives is rounded to few decimals, so that each list of numbers is a list of whole
numbers in steps of a power of ten. Such a column is written as what is left of it after a prediction: from the point
before, from the two before, or from another column (the ends of an interval follow the value). What is left is small,
its bytes are laid out in planes, and zlib finds that most are zeros. Three minutes take about 2 kB of what is 30 kB as
JSON. Nothing is assumed of the keys, so that what the JSON may hold later is kept as well.
"""

import json
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

VERSION = 1
"""First byte of what is packed."""
MOST_DECIMALS = 6
RAW = 255
"""In place of the decimals: a column that is no list of rounded numbers, kept as float64."""
_HEAD = struct.Struct("<BI")
_COLUMN = struct.Struct("<BBBBI")
"""Decimals, order of the differences, the column that it follows plus one, bytes a number, numbers."""
_USUAL = json.dumps(
    {
        "source": "", "model": "default", "feature_set": "compare236/1", "duration_s": 180.0, "times_s": {"#": 0},
        "arousal": {"#": 1}, "valence": {"#": 2}, "arousal_low": {"#": 3}, "arousal_high": {"#": 4},
        "valence_low": {"#": 5}, "valence_high": {"#": 6},
        "song": {"arousal": 0.0, "valence": -0.0, "quadrant": "excited-positive",
                 "words": ["tense-negative", "sad-negative", "calm-positive", "neutral"],
                 "arousal_9": 5.0, "valence_9": 5.0, "arousal_low": 0.0, "arousal_high": 0.0, "valence_low": 0.0,
                 "valence_high": 0.0}, "novelty": 0.0, "warnings": [],
    },
    separators=(",", ":"),
).encode()  # fmt: skip
"""What zlib may take for known before it begins; part of the layout, as `VERSION` is."""


class PackingError(ValueError):
    """Bytes are not what `pack` gives; they are damaged."""


def pack(data: dict[str, Any]) -> bytes:
    """Give what `moodcurve.curve.Curve.to_dict` gave in few bytes."""
    columns: list[list[float]] = []
    template = json.dumps(_taken_out(data, columns), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    encoded = template.encode("utf-8")
    known: list[tuple[int, IntArray]] = []
    parts = [encoded, *(_packed(column, known) for column in columns)]
    deflate = zlib.compressobj(9, zdict=_USUAL)
    return _HEAD.pack(VERSION, len(encoded)) + deflate.compress(b"".join(parts)) + deflate.flush()


def unpack(packed: bytes) -> dict[str, Any]:
    """Give what `pack` was given, its numbers all floats.

    Raises
    ------
    PackingError
        If the bytes are damaged.
    """
    try:
        version, length = _HEAD.unpack_from(packed)
        if version != VERSION:
            raise PackingError(f"version must be {VERSION}, got {version}")
        raw = zlib.decompressobj(zdict=_USUAL).decompress(packed[_HEAD.size :])
        columns = _unpacked(raw[length:])
        found: dict[str, Any] = _put_back(json.loads(raw[:length], parse_int=float), columns)
    except (struct.error, zlib.error, IndexError, KeyError, TypeError, OverflowError, ValueError) as error:
        raise PackingError(f"not a packed curve: {error}") from error
    return found


def _taken_out(value: Any, columns: list[list[float]]) -> Any:
    """Give JSON data with each list of numbers replaced by its place among the columns.

    A place is an object with the one key ``#``; keys that begin so themselves get another one in front.
    """
    if isinstance(value, dict):
        return {f"#{key}" if key.startswith("#") else key: _taken_out(inner, columns) for key, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, float) for item in value):
        columns.append(value)
        return {"#": len(columns) - 1}
    return value


def _put_back(value: Any, columns: list[list[float]]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"#"}:
            return columns[int(value["#"])]
        return {key.removeprefix("#"): _put_back(inner, columns) for key, inner in value.items()}
    return value


def _packed(column: list[float], known: list[tuple[int, IntArray]]) -> bytes:
    values = np.array(column)
    decimals = _decimals(values)
    if decimals == RAW:
        known.append((RAW, np.empty(0, np.int64)))
        return _COLUMN.pack(RAW, 0, 0, 8, len(values)) + values.astype("<f8").tobytes()
    whole = np.rint(values * 10**decimals).astype(np.int64)
    alike = {0: whole} | {
        i + 1: whole - x for i, (d, x) in enumerate(known[:254]) if (d, len(x)) == (decimals, len(whole))
    }
    # the column to follow is chosen by what is left after one difference, as all of them move slowly
    other = min(alike, key=lambda i: _cost(_differences(alike[i], 1)))
    left, order = min(((_differences(alike[other], n), n) for n in range(3)), key=lambda found: _cost(found[0]))
    known.append((decimals, whole))
    # ...3, 1, 0, 2, 4...: small numbers of either sign have small codes
    codes = np.where(left < 0, -2 * left - 1, 2 * left).astype("<u8")
    size = max(1, (int(codes.max()).bit_length() + 7) // 8)
    planes = codes.view(np.uint8).reshape(-1, 8)[:, :size].T
    return _COLUMN.pack(decimals, order, other, size, len(values)) + planes.tobytes()


def _differences(x: IntArray, order: int) -> IntArray:
    """Differences of an order, as many as there are numbers: the first ones are from 0."""
    return np.diff(x, n=order, prepend=np.zeros(order, np.int64))


def _cost(left: IntArray) -> float:
    """About how many bits numbers take."""
    return float(np.log2(1 + np.abs(left)).sum())


def _unpacked(raw: bytes) -> list[list[float]]:
    columns: list[list[float]] = []
    known: list[IntArray] = []
    at = 0
    while at < len(raw):
        decimals, order, other, size, count = _COLUMN.unpack_from(raw, at)
        body = raw[at + _COLUMN.size : at + _COLUMN.size + size * count]
        if not 1 <= size <= 8 or len(body) < size * count:
            raise PackingError("a column is cut short")
        at += _COLUMN.size + size * count
        if decimals == RAW:
            columns.append(np.frombuffer(body, "<f8").tolist())
            known.append(np.empty(0, np.int64))
            continue
        bytes_of = np.zeros((count, 8), np.uint8)
        bytes_of[:, :size] = np.frombuffer(body, np.uint8).reshape(size, count).T
        codes = bytes_of.view("<u8").ravel()
        whole = (codes >> 1).astype(np.int64)
        whole = np.where(codes & 1, -whole - 1, whole)
        for _ in range(order):
            whole = np.cumsum(whole)
        if other:
            whole = whole + known[other - 1]
        known.append(whole)
        # + 0.0 turns -0.0 into 0.0
        columns.append((whole / 10**decimals + 0.0).tolist())
    return columns


def _decimals(values: npt.NDArray[np.float64]) -> int:
    """Give the fewest decimals that hold all values exactly as `round` gives them; `RAW` if too many."""
    if not np.abs(values).max() < 2**20:  # in the finest steps, 2^40; NaN fails this too
        return RAW
    for decimals in range(MOST_DECIMALS + 1):
        if np.array_equal(np.rint(values * 10**decimals) / 10**decimals, values):
            return decimals
    return RAW
