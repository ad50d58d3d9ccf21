"""Sort song ids as people do, and list them in messages."""

import re
from collections.abc import Iterable, Sequence

_SHOWN = 5


def natural_key(song_id: str) -> list[tuple[int, str]]:
    """Return a sort key that compares the numbers in names by value, so that 2 comes before 10.

    Examples
    --------
    >>> sorted(["song 10", "song 2", "a"], key=natural_key)
    ['a', 'song 2', 'song 10']
    """
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", song_id)]


def list_songs(ids: Iterable[str | int]) -> str:
    """Return a phrase that names songs by their ids, the first five if there are more.

    Examples
    --------
    >>> list_songs(["7"])
    'song 7'
    >>> list_songs([20, 3])
    '2 songs (3, 20)'
    """
    ordered = sorted(map(str, ids), key=natural_key)
    if len(ordered) == 1:
        return f"song {ordered[0]}"
    return f"{len(ordered)} songs ({abbreviate_ids(ordered)})"


def abbreviate_ids(ids: Sequence[str]) -> str:
    """Join the first five ids, with an ellipsis if there are more."""
    return ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
