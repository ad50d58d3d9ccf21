"""Strengths of tags as bytes."""

import pytest

from moodcurve.features.tags.names import TAGS
from moodcurve.library.curve_codec import PackingError
from moodcurve.library.tag_codec import pack_strength, pack_tags, unpack_tags
from moodcurve.mood.tags import sorted_tags
from tests.helpers.tag_strengths import made_tags


def test_tags_are_packed_without_loss() -> None:
    for tags in (made_tags(rock=1.0, sad=0.0), *(made_tags(seed) for seed in range(20)), dict.fromkeys(TAGS, 0.1)):
        packed = pack_tags(sorted_tags(tags))
        assert len(packed) == 100
        assert list(unpack_tags(packed).items()) == list(sorted_tags(tags).items())


def test_bytes_compare_as_strengths_do() -> None:
    strengths = [units / 10_000 for units in range(10_001)]
    packed = [pack_strength(strength) for strength in strengths]
    assert packed == sorted(packed)
    assert len(set(packed)) == len(packed)


@pytest.mark.parametrize("packed", [b"", b"\0" * 99, b"\xff" * 100])
def test_damaged_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises(PackingError, match="not packed tags"):
        unpack_tags(packed)
