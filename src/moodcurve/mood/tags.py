"""Sort and format the tags of songs: how much a pretrained network expects listeners to use each of fifty words.

The words are `moodcurve.features.tags.names.TAGS`, the commonest tags of Last.fm in the Million Song Dataset. They are
what the network answers, not facts about the recording.
"""

from collections.abc import Mapping

from moodcurve.features.tags.names import TAGS

MIN_TAG_STRENGTH = 0.1
"""A tag of this strength or more is named as a tag of the song, and found by searches.

In 32 pieces of music the strongest tag had .20 to .68, and 3 to 9 tags of a piece reached this limit.
"""
SHOWN_TAGS = 3
"""Largest number of tags that are shown for a song."""
STRENGTH_DECIMALS = 4
_SEPARATOR = ", "


def check_tags(tags: Mapping[str, float]) -> None:
    """Raise ValueError if tags are not all of `TAGS`, in their order, with strengths in [0, 1]."""
    if tuple(tags) != TAGS:
        raise ValueError(f"tags must be the {len(TAGS)} of the tag network in its order, got {len(tags)} others")
    if not all(0 <= strength <= 1 for strength in tags.values()):  # NaN fails this too
        raise ValueError("tags must have strengths in [0, 1]")


def sorted_tags(tags: Mapping[str, float]) -> dict[str, float]:
    """Return tags with rounded strengths, the strongest first; equal ones in the order of `TAGS`."""
    rounded = {tag: round(float(tags[tag]), STRENGTH_DECIMALS) + 0.0 for tag in TAGS if tag in tags}
    return dict(sorted(rounded.items(), key=lambda item: -item[1]))


def strongest_tags(tags: Mapping[str, float]) -> dict[str, float]:
    """Return the tags of at least `MIN_TAG_STRENGTH`, as `sorted_tags`.

    Examples
    --------
    >>> strongest_tags({"rock": 0.31, "jazz": 0.02, "acoustic": 0.402})
    {'acoustic': 0.402, 'rock': 0.31}
    """
    return {tag: strength for tag, strength in sorted_tags(tags).items() if strength >= MIN_TAG_STRENGTH}


def tags_text(tags: Mapping[str, float], *, most: int = SHOWN_TAGS, decimals: int = 2) -> str:
    """Return the strongest tags with their strengths as text.

    Examples
    --------
    >>> tags_text({"rock": 0.31, "jazz": 0.02, "acoustic": 0.402})
    'acoustic 0.40, rock 0.31'
    """
    shown = list(strongest_tags(tags).items())[:most]
    return _SEPARATOR.join(f"{tag} {strength:.{decimals}f}" for tag, strength in shown)


def tag_names(text: str, *, most: int = SHOWN_TAGS) -> str:
    """Return the first tags of a text of `tags_text` without their strengths.

    Examples
    --------
    >>> tag_names("female vocalists 0.40, rock 0.31")
    'female vocalists, rock'
    """
    items = text.split(_SEPARATOR, most)[:most]
    return _SEPARATOR.join(item.rpartition(" ")[0] for item in items)


def parse_tags(text: str) -> dict[str, float]:
    """Return the tags and strengths of a text of `tags_text`.

    Examples
    --------
    >>> parse_tags("female vocalists 0.40, rock 0.31")
    {'female vocalists': 0.4, 'rock': 0.31}
    """
    pairs = (item.rsplit(" ", 1) for item in text.split(_SEPARATOR) if item)
    return {tag: float(strength) for tag, strength in pairs}
