"""Beam search: extend the best lists song by song."""

from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.playlists.constraints import Constraints
from moodcurve.playlists.objective import Objective, distances

BEAM_WIDTH = 64
USUAL_SONGS = 32
"""Lists of more songs are searched with a narrower beam, so that time grows slowly with length."""
MIN_BEAM_WIDTH = 8
MAX_STATIONS = 64
MIN_CANDIDATES = 192
UNGUIDED_CANDIDATES = 2000
"""Songs that a list without a path is chosen from."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Shortlist:
    """The songs that are worth a try at moments of a playlist, evenly apart in time.

    Attributes
    ----------
    rows : (stations, size) int
        Best songs of each moment, the best first.
    """

    rows: IntArray

    def at(self, shares: FloatArray) -> IntArray:
        """Return the rows (m, size) for shares (m,) of the playing time."""
        last = len(self.rows) - 1
        return self.rows[np.clip(np.rint(shares * last), 0, last).astype(np.int64)]


def shortlist(objective: Objective, rng: np.random.Generator, *, size: int | None = None) -> Shortlist:
    """Return the songs that fit the path best at each moment; without a path, a random choice.

    The number of songs grows with the number that the list needs, since a path that stays in one place uses up its best
    songs; `size` sets it instead.
    """
    songs, n = objective.songs, len(objective.songs)
    expected = int(np.ceil(objective.expected_songs))
    if objective.path is None:
        size = min(n, size or max(UNGUIDED_CANDIDATES, 4 * expected))
        rows = np.sort(rng.permutation(n)[:size]) if size < n else np.arange(n)
        return Shortlist(rows=rows[None])
    stations = 1 if len(objective.path.points) == 1 else min(MAX_STATIONS, 2 * expected + 1)
    size = min(n, size or max(MIN_CANDIDATES, 4 * expected))
    chosen = []
    for share in np.linspace(0, 1, stations):
        begin = objective.path.at(np.array(share))
        end = objective.path.at(share + songs.duration_s / objective.length_s)
        score = (distances(songs.start, begin) + distances(songs.end, end)) / 2 + objective.own_cost
        best = np.argpartition(score, size - 1)[:size]
        chosen.append(best[np.lexsort((best, score[best]))])
    return Shortlist(rows=np.array(chosen))


@dataclass(frozen=True, eq=False)
class Found:
    """The best list of a search; `complete` if it lasts the time."""

    rows: IntArray
    complete: bool


def beam_search(objective: Objective, constraints: Constraints, candidates: Shortlist, first: int | None) -> Found:
    """Extend the best lists, up to `BEAM_WIDTH`, by every candidate, until all last the time or none goes on.

    Lists of one number of songs are compared by their cost per time. Of those that last the time (`Objective.fits`),
    the one of least cost is returned; if none does, the longest.

    Parameters
    ----------
    first : int or None
        The row of the first song, if it is given.
    """
    songs, length = objective.songs, objective.length_s
    width = round(max(MIN_BEAM_WIDTH, BEAM_WIDTH * min(1.0, USUAL_SONGS / objective.expected_songs)))
    lists, elapsed, cost = np.zeros((1, 0), np.int64), np.zeros(1), np.zeros(1)
    used = np.zeros((1, len(songs)), np.bool_)
    best, best_cost = np.zeros(0, np.int64), np.inf
    partial, partial_key = np.zeros(0, np.int64), (-np.inf, -np.inf)
    while len(lists):
        count = lists.shape[1] + 1
        rows = candidates.at(elapsed / length) if count > 1 or first is None else np.array([[first]])
        total = elapsed[:, None] + songs.duration_s[rows]
        costs = cost[:, None] + objective.placed(rows, elapsed[:, None])
        allowed = ~np.take_along_axis(used, rows, axis=1) & (total - length <= objective.slack_s(total, count))
        if count > 1:
            last = lists[:, -1:]
            costs += objective.jump_cost * objective.jumps(last, rows)
            allowed &= constraints.allowed_after(songs, last, rows) & constraints.artist_allowed(songs, lists, rows)
        finished = np.where(allowed & objective.fits(total, count), costs + objective.length_cost(total), np.inf)
        at = np.unravel_index(int(np.argmin(finished)), finished.shape)
        if finished[at] < best_cost:
            best_cost, best = float(finished[at]), np.append(lists[at[0]], rows[at])
        open_costs = np.where(allowed & (total < length), costs / total, np.inf).ravel()
        order = np.argsort(open_costs, kind="stable")[:width]
        order = order[np.isfinite(open_costs[order])]
        parent, column = np.divmod(order, rows.shape[1])
        added = rows[parent, column]
        lists = np.concatenate([lists[parent], added[:, None]], axis=1)
        elapsed, cost = total.ravel()[order], costs.ravel()[order]
        used = used[parent]
        used[np.arange(len(added)), added] = True
        if len(order):
            longest = int(np.lexsort((cost, -elapsed))[0])
            partial_key, partial = max(
                (partial_key, partial), ((elapsed[longest], -cost[longest]), lists[longest]), key=lambda item: item[0]
            )
    return Found(best, True) if np.isfinite(best_cost) else Found(partial, False)
