"""Local improvement of a playlist: replace one song, or exchange two, while the cost falls."""

from itertools import combinations

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.playlists.beam import USUAL_SONGS, Shortlist
from moodcurve.playlists.constraints import Constraints
from moodcurve.playlists.objective import Objective

MAX_PASSES = 6
MAX_TRIED = 192
"""Songs tried in each place of a list of `USUAL_SONGS`; fewer in a longer one."""
MAX_EXCHANGE = 24
"""Farthest places that are exchanged."""


def improve(
    objective: Objective, constraints: Constraints, candidates: Shortlist, rows: IntArray, *, fixed: int
) -> IntArray:
    """Return a list whose cost no replacement and no exchange lowers, or that of the last pass; long lists have one.

    Parameters
    ----------
    rows : (n,)
        A list that keeps the rules and lasts the time.
    fixed : int
        Number of songs at the front that stay.
    """
    pairs = [(i, j) for i, j in combinations(range(fixed, len(rows)), 2) if j - i <= MAX_EXCHANGE]
    for _ in range(MAX_PASSES if len(rows) <= USUAL_SONGS else 1):
        before = rows
        for place in range(fixed, len(rows)):
            rows = _best(objective, constraints, rows, _replacements(objective, candidates, rows, place))
        if pairs:
            exchanged = np.repeat(rows[None], len(pairs), axis=0)
            at, (i, j) = np.arange(len(pairs)), np.array(pairs).T
            exchanged[at, i], exchanged[at, j] = rows[j], rows[i]
            rows = _best(objective, constraints, rows, exchanged)
        if np.array_equal(before, rows):
            break
    return rows


def _replacements(objective: Objective, candidates: Shortlist, rows: IntArray, place: int) -> IntArray:
    """Return lists (m, n) with another song in one place."""
    begin = objective.songs.duration_s[rows[:place]].sum()
    tried = candidates.at(np.array([begin / objective.length_s]))[0][
        : MAX_TRIED * USUAL_SONGS // max(USUAL_SONGS, len(rows))
    ]
    tried = tried[~np.isin(tried, rows)]
    lists = np.repeat(rows[None], len(tried), axis=0)
    lists[:, place] = tried
    return lists


def rated(objective: Objective, constraints: Constraints, lists: IntArray) -> FloatArray:
    """Return the cost of lists (m, n), infinite where they break a rule or do not last the time."""
    total = objective.songs.duration_s[lists].sum(axis=1)
    allowed = constraints.lists_allowed(objective.songs, lists) & objective.fits(total, lists.shape[1])
    return np.where(allowed, objective.costs(lists), np.inf)


def _best(objective: Objective, constraints: Constraints, rows: IntArray, lists: IntArray) -> IntArray:
    """Return the best of a list and its variants."""
    costs = rated(objective, constraints, np.concatenate([rows[None], lists]))
    at = int(np.argmin(costs))
    return rows if at == 0 or costs[at] >= costs[0] - 1e-12 else lists[at - 1]
