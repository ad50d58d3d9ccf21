"""Lossless compression of a curve's JSON data.

`moodcurve.curve.Curve.to_dict` rounds to a few decimals, so each list of numbers is a list of integers in units of a
power of ten. Each list ("column") is written as its residuals after prediction: from the previous point, from the
previous two, or from another column (interval ends follow the value). The residuals are small; their bytes are laid out
in planes, most of which zlib finds to be zeros. Three minutes take about 2 kB instead of 30 kB of JSON. The codec
assumes no particular keys, so that keys added to the JSON later are stored too.
"""

import json
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

VERSION = 1
"""First byte of packed data."""
MAX_BYTES = 64 * 2**20
"""Largest size of an unpacked curve; that of ten hours takes about 7 MB."""
MAX_DECIMALS = 6
RAW = 255
"""Instead of the number of decimals: a column of numbers that are not rounded, stored as float64."""
_HEAD = struct.Struct("<BI")
_COLUMN = struct.Struct("<BBBBI")
"""Decimals, order of differences, index of the predicting column plus one, bytes per number, count of numbers."""
_ZLIB_DICTIONARY = json.dumps(
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
"""Preset dictionary for zlib, a typical curve; part of the format, like `VERSION`."""


class PackingError(ValueError):
    """The bytes are damaged; `pack` did not return them."""


def pack(data: dict[str, Any]) -> bytes:
    """Compress the data of `moodcurve.curve.Curve.to_dict`."""
    columns: list[list[float]] = []
    template = json.dumps(_extract_columns(data, columns), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    encoded = template.encode("utf-8")
    known: list[tuple[int, IntArray]] = []
    parts = [encoded, *(_encode_column(column, known) for column in columns)]
    deflate = zlib.compressobj(9, zdict=_ZLIB_DICTIONARY)
    return _HEAD.pack(VERSION, len(encoded)) + deflate.compress(b"".join(parts)) + deflate.flush()


def unpack(packed: bytes) -> dict[str, Any]:
    """Decompress what `pack` returned; all numbers are floats.

    Raises
    ------
    PackingError
        If the bytes are damaged.
    """
    try:
        version, length = _HEAD.unpack_from(packed)
        if version != VERSION:
            raise PackingError(f"version must be {VERSION}, got {version}")
        raw = zlib.decompressobj(zdict=_ZLIB_DICTIONARY).decompress(packed[_HEAD.size :], MAX_BYTES)
        if len(raw) >= MAX_BYTES:
            raise PackingError(f"it has more than {MAX_BYTES >> 20} MiB")
        columns = _decode_columns(raw[length:])
        found: dict[str, Any] = _insert_columns(json.loads(raw[:length], parse_int=float), columns)
    except (
        struct.error,
        zlib.error,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        RecursionError,
        ValueError,
    ) as error:
        raise PackingError(f"not a packed curve: {error}") from error
    return found


def _extract_columns(value: Any, columns: list[list[float]]) -> Any:
    """Return JSON data with each list of numbers moved to `columns` and replaced by ``{"#": its index}``.

    Keys that start with ``#`` themselves get another one in front.
    """
    if isinstance(value, dict):
        return {
            f"#{key}" if key.startswith("#") else key: _extract_columns(inner, columns) for key, inner in value.items()
        }
    if isinstance(value, list) and value and all(isinstance(item, float) for item in value):
        columns.append(value)
        return {"#": len(columns) - 1}
    return value


def _insert_columns(value: Any, columns: list[list[float]]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"#"}:
            return columns[int(value["#"])]
        return {key.removeprefix("#"): _insert_columns(inner, columns) for key, inner in value.items()}
    return value


def _encode_column(column: list[float], known: list[tuple[int, IntArray]]) -> bytes:
    values = np.array(column)
    decimals = _decimals(values)
    if decimals == RAW:
        known.append((RAW, np.empty(0, np.int64)))
        return _COLUMN.pack(RAW, 0, 0, 8, len(values)) + values.astype("<f8").tobytes()
    integers = np.rint(values * 10**decimals).astype(np.int64)
    candidates = {0: integers} | {
        i + 1: integers - x for i, (d, x) in enumerate(known[:254]) if (d, len(x)) == (decimals, len(integers))
    }
    # choose the predicting column by the residuals of first differences, as all columns change slowly
    other = min(candidates, key=lambda i: _cost(_differences(candidates[i], 1)))
    residuals, order = min(
        ((_differences(candidates[other], n), n) for n in range(3)), key=lambda found: _cost(found[0])
    )
    known.append((decimals, integers))
    # zigzag: ... -2, -1, 0, 1, 2 ... become ... 3, 1, 0, 2, 4 ..., so that small numbers have small codes
    codes = np.where(residuals < 0, -2 * residuals - 1, 2 * residuals).astype("<u8")
    size = max(1, (int(codes.max()).bit_length() + 7) // 8)
    planes = codes.view(np.uint8).reshape(-1, 8)[:, :size].T
    return _COLUMN.pack(decimals, order, other, size, len(values)) + planes.tobytes()


def _differences(x: IntArray, order: int) -> IntArray:
    """Return differences of an order, as many as there are numbers: the first ones are from 0."""
    return np.diff(x, n=order, prepend=np.zeros(order, np.int64))


def _cost(residuals: IntArray) -> float:
    """Estimate the bits that residuals take."""
    return float(np.log2(1 + np.abs(residuals)).sum())


def _decode_columns(raw: bytes) -> list[list[float]]:
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
        integers = (codes >> 1).astype(np.int64)
        integers = np.where(codes & 1, -integers - 1, integers)
        for _ in range(order):
            integers = np.cumsum(integers)
        if other:
            integers = integers + known[other - 1]
        known.append(integers)
        # + 0.0 turns -0.0 into 0.0
        columns.append((integers / 10**decimals + 0.0).tolist())
    return columns


def _decimals(values: npt.NDArray[np.float64]) -> int:
    """Return the fewest decimals to which all values are rounded; `RAW` if more than `MAX_DECIMALS`."""
    if not np.abs(values).max() < 2**20:  # in the finest steps, 2^40; NaN fails this too
        return RAW
    for decimals in range(MAX_DECIMALS + 1):
        if np.array_equal(np.rint(values * 10**decimals) / 10**decimals, values):
            return decimals
    return RAW
