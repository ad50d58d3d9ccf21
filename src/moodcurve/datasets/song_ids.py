"""Sort song ids as people do, and list them in a sentence."""

import re
from collections.abc import Iterable

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
    shown = ", ".join(ordered[:_SHOWN])
    if len(ordered) == 1:
        return f"song {shown}"
    return f"{len(ordered)} songs ({shown}{', …' if len(ordered) > _SHOWN else ''})"
