"""The compression of curves: lossless for any JSON data, small, and safe against damage."""

import contextlib
import lzma
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moodcurve.formats import json_text, to_json
from moodcurve.library.curve_codec import PackingError, pack, unpack
from tests.helpers.library_fixtures import wandering_curve


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("points", [1, 2, 480, 5000])
def test_a_curve_is_restored_exactly(points: int, everything: bool) -> None:
    data = wandering_curve(points, everything=everything).to_dict()
    assert unpack(pack(data)) == data
    assert json_text(unpack(pack(data))) == json_text(data)


def test_four_minutes_with_all_fields_take_less_than_5_kb() -> None:
    curve = wandering_curve(480, tags=None)  # the library keeps them in columns of the song
    # compared with the same text in a good general compressor
    packed = len(pack(curve.to_dict()))
    assert packed < 5000
    assert packed < 0.7 * len(lzma.compress(to_json(curve).encode(), preset=9))


NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0), min_size=1, max_size=8)
ROUNDED = st.lists(st.integers(-(10**9), 10**9).map(lambda i: i / 10_000), min_size=1, max_size=8)
VALUES = NUMBERS | ROUNDED | st.text(max_size=3) | st.none() | st.dictionaries(st.sampled_from("ab"), ROUNDED)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
@example({"#": ""})
@example({"#": [0.5], "##": None})
def test_any_json_data_is_restored_exactly(data: dict[str, Any]) -> None:
    assert unpack(pack(data)) == data


def test_keys_added_later_are_stored() -> None:
    data = {"version": "new/1", **wandering_curve(30).to_dict(), "added": {"later": [0.5, 0.25], "text": "x"}}
    assert unpack(pack(data)) == data
    assert list(unpack(pack(data))) == list(data)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_damaged_bytes_raise_packing_errors_only(at: int, other: bytes) -> None:
    packed = pack(wandering_curve(40).to_dict())
    at %= len(packed)
    damaged = packed[:at] + other + packed[at + len(other) :]
    # never another error: zlib's checksum detects nearly all damage
    with contextlib.suppress(PackingError):
        unpack(damaged)
    with pytest.raises(PackingError, match="not a packed curve"):
        unpack(packed[:at])
