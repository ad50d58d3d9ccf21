"""Store the strengths of a song's tags in 100 bytes that SQLite can compare.

Each tag takes two bytes, in the order of `moodcurve.features.tags.names.TAGS`: its strength in units of .0001,
big-endian, so that the bytes of a stronger tag are greater. Strengths of `moodcurve.curve.Curve.to_dict` have four
decimals: nothing is lost.
"""

import struct
from collections.abc import Mapping

from moodcurve.features.tags.names import TAGS
from moodcurve.library.curve_codec import PackingError
from moodcurve.mood.tags import STRENGTH_DECIMALS, sorted_tags

_UNIT = 10**STRENGTH_DECIMALS
_SIZE = 2


def pack_tags(tags: Mapping[str, float]) -> bytes:
    """Return the strengths of all tags as bytes."""
    return b"".join(pack_strength(tags[tag]) for tag in TAGS)


def pack_strength(strength: float) -> bytes:
    """Return a strength in [0, 1] as bytes that compare as the strengths do."""
    return struct.pack(">H", round(strength * _UNIT))


def unpack_tags(packed: bytes) -> dict[str, float]:
    """Return the tags as `moodcurve.curve.Curve.to_dict` has them, the strongest first.

    Raises
    ------
    PackingError
        If the bytes are damaged.
    """
    try:
        units = struct.unpack(f">{len(TAGS)}H", packed)
    except struct.error as error:
        raise PackingError(f"not packed tags: {error}") from error
    if max(units) > _UNIT:
        raise PackingError(f"not packed tags: a strength of {max(units) / _UNIT}")
    return sorted_tags({tag: unit / _UNIT for tag, unit in zip(TAGS, units, strict=True)})


def strength_sql(tag: str) -> str:
    """Return the SQL of a tag's bytes in the column ``tag_strengths``, which NULL leaves NULL."""
    return f"substr(tag_strengths, {_SIZE * TAGS.index(tag) + 1}, {_SIZE})"
