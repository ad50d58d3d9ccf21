"""Tags of songs as text, and their order."""

import math

import pytest

from moodcurve.features.tags.names import TAGS
from moodcurve.mood.tags import check_tags, parse_tags, sorted_tags, strongest_tags, tag_names, tags_text
from tests.helpers.tag_strengths import made_tags


def test_tags_are_sorted_by_strength_and_ties_by_the_networks_order() -> None:
    tags = made_tags(rock=0.30001, jazz=0.3, acoustic=0.52)
    ordered = sorted_tags(tags)
    assert set(ordered) == set(TAGS)
    assert list(ordered)[:3] == ["acoustic", "rock", "jazz"]
    assert list(ordered.values()) == sorted(ordered.values(), reverse=True)
    assert ordered["rock"] == 0.3
    assert sorted_tags(ordered) == ordered
    assert list(sorted_tags(dict.fromkeys(TAGS, 0.5))) == list(TAGS)


def test_the_limit_is_that_of_the_rounded_strength() -> None:
    """So that a curve that was written and read has the same tags."""
    assert strongest_tags(made_tags(jazz=0.09996, rock=0.09994)) == {"jazz": 0.1}


def test_tags_as_text() -> None:
    tags = made_tags(rock=0.31, jazz=0.1234, **{"female vocalists": 0.2, "Hip-Hop": 1.0})
    assert tags_text(tags) == "Hip-Hop 1.00, rock 0.31, female vocalists 0.20"
    assert parse_tags(tags_text(tags, most=50, decimals=4)) == strongest_tags(tags)
    assert tag_names(tags_text(tags, most=50)) == "Hip-Hop, rock, female vocalists"
    assert tag_names("") == tags_text(made_tags()) == ""
    assert parse_tags("") == {}


def test_all_tags_of_the_network_are_needed_in_its_order() -> None:
    check_tags(made_tags())
    with pytest.raises(ValueError, match="tags must be the 50 of the tag network in its order"):
        check_tags(dict(reversed(made_tags().items())))
    with pytest.raises(ValueError, match="tags must be the 50 of the tag network in its order"):
        check_tags({"rock": 0.5})
    for strength in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=r"tags must have strengths in \[0, 1\]"):
            check_tags(made_tags(sad=strength))
