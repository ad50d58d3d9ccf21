"""Choose the songs of a rater and their order: random, and balanced over raters.

Songs that fewest raters have are given first. Orders are rows of a Williams design: over a group of raters, each song
is at each position, and directly after each other song, equally often. Williams, "Experimental designs balanced for the
estimation of residual effects of treatments", Australian Journal of Scientific Research A 2(2), 1949,
https://doi.org/10.1071/CH9490149.
"""

import random
from collections.abc import Mapping, Sequence


def williams_design(n: int) -> list[list[int]]:
    """Return the rows of a Williams design of n treatments: n rows if n is even, else 2n.

    >>> williams_design(4)
    [[0, 3, 1, 2], [1, 0, 2, 3], [2, 1, 3, 0], [3, 2, 0, 1]]
    """
    first = [i // 2 if i % 2 == 0 else n - (i + 1) // 2 for i in range(n)]
    rows = [[(i + shift) % n for i in first] for shift in range(n)]
    return rows if n % 2 == 0 else rows + [row[::-1] for row in rows]


def rater_order(songs: Sequence[str], given: Mapping[str, int], *, rater: int, count: int, seed: int) -> list[str]:
    """Return the songs of a rater, in the order in which they are rated.

    Parameters
    ----------
    songs : sequence of str
        All songs of the study.
    given : mapping of str to int
        Number of raters who have each song; missing songs have none.
    rater : int
        Number of raters who started before.
    count : int
        Number of songs of each rater; 0 for all.
    seed : int

    Returns
    -------
    list of str
        The same for the same arguments. Songs with fewest raters are preferred, and chance decides between equal ones.
    """
    count = min(count or len(songs), len(songs))
    rows = count if count % 2 == 0 else 2 * count
    # labels of the design are drawn again for each group of raters that it is complete with
    shuffled = random.Random(f"{seed}/{rater // rows}").sample(sorted(songs), len(songs))  # nosec B311 # no secret
    if count < len(songs):
        drawn = random.Random(f"{seed}/{rater}/songs").sample(shuffled, len(shuffled))  # nosec B311 # no secret
        fewest = set(sorted(drawn, key=lambda song: given.get(song, 0))[:count])
        shuffled = [song for song in shuffled if song in fewest]
    return [shuffled[i] for i in williams_design(count)[rater % rows]]


def with_repeats(order: Sequence[str], repeats: int) -> list[str]:
    """Return an order with its first songs again at its end, so that most time passes in between."""
    return [*order, *order[:repeats]]
