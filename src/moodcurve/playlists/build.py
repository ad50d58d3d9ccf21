"""Choose and order songs along a path: the playlist of least cost that a beam search finds."""

from dataclasses import dataclass, replace

import numpy as np

from moodcurve._typing import BoolArray, FloatArray, IntArray
from moodcurve.errors import MoodcurveError
from moodcurve.playlists.beam import Found, Shortlist, beam_search, shortlist
from moodcurve.playlists.constraints import Constraints
from moodcurve.playlists.improve import improve
from moodcurve.playlists.objective import Objective
from moodcurve.playlists.path import MoodPath, Region
from moodcurve.playlists.points import SongPoints
from moodcurve.util.text import clock

VARIATION = 0.2
"""Largest cost that a seed adds to a song at random, as a distance on the plane."""
MAX_LENGTH_S = 24 * 3600.0


class PlaylistError(MoodcurveError):
    """No playlist can be made; the message says why, and what would help."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Ordering:
    """Songs in the order of a playlist.

    Attributes
    ----------
    rows : (n,) int
        Rows of the songs.
    begin_s : (n,)
        When each begins.
    total_s : float
    distances : (n,)
        Mean distance of each song's start and end from the path, at the time when it plays; 0 without a path.
    jumps : (n - 1,)
        Distance from the end of each song to the start of the next one.
    cost : float
        See `moodcurve.playlists.objective.Objective`.
    shortfall : str
        How much shorter it is than asked for, and why; empty if it is not.
    """

    rows: IntArray
    begin_s: FloatArray
    total_s: float
    distances: FloatArray
    jumps: FloatArray
    cost: float
    shortfall: str = ""


def order_songs(
    songs: SongPoints,
    length_s: float,
    *,
    path: MoodPath | None = None,
    region: Region | None = None,
    constraints: Constraints | None = None,
    first: int | None = None,
    seed: int | None = None,
) -> Ordering:
    """Choose and order songs that last a time and follow a path, each starting near where the one before ended.

    Parameters
    ----------
    songs : SongPoints
    length_s : float
        Kept within half of the list's mean song.
    path : MoodPath, optional
        Without a path, only the jumps between songs count.
    region : Region, optional
        Only songs whose mean lies in it are used; starts and ends outside it cost their distance.
    constraints : Constraints, optional
    first : int, optional
        Row of the song to begin with.
    seed : int, optional
        Varies the list: adds up to `VARIATION` to the cost of each song, at random. The same seed gives the same list,
        and none always the best one found.

    Raises
    ------
    PlaylistError
        If there are no songs, or all, or the first one, are too long.
    ValueError
        If the length is not positive or above `MAX_LENGTH_S`.
    """
    if not 0 < length_s <= MAX_LENGTH_S:
        raise ValueError(f"length_s must be above 0 and at most {MAX_LENGTH_S:g}, got {length_s}")
    constraints = constraints or Constraints()
    usable = constraints.usable(songs)
    _check_usable(songs, constraints, usable)
    own_cost = np.zeros(len(songs))
    if region is not None:
        usable &= region.contains(songs.mean)
        own_cost[usable] += (region.distances(songs.start[usable]) + region.distances(songs.end[usable])) / 2
    if first is not None:
        usable[first] = True
    rows = np.flatnonzero(usable)
    if not len(rows):
        raise PlaylistError("no songs in the region; draw a larger one")
    rng = np.random.default_rng(0 if seed is None else seed)
    if seed is not None:
        own_cost += rng.uniform(0, VARIATION, len(songs))
    usable_songs = songs.take(rows)
    whole_s = float(usable_songs.duration_s.sum())
    objective = Objective(songs=usable_songs, path=path, length_s=length_s, own_cost=own_cost[rows])
    if whole_s < length_s:
        objective = replace(objective, length_s=whole_s, slack_songs=0)
    start = None if first is None else int(np.searchsorted(rows, first))
    objective, chosen, back = _search(objective, constraints, start, rng)
    shortfall = _shortfall(objective, chosen, length_s, len(rows))
    ordering = describe(replace(objective, own_cost=np.zeros_like(objective.own_cost)), chosen)
    return replace(ordering, rows=rows[back[chosen]], shortfall=shortfall)


def describe(objective: Objective, rows: IntArray) -> Ordering:
    """Return an ordering with its distances, jumps and cost."""
    durations = objective.songs.duration_s[rows]
    begin = np.cumsum(durations) - durations
    return Ordering(
        rows=rows,
        begin_s=begin,
        total_s=float(durations.sum()),
        distances=objective.off_path(rows, begin),
        jumps=objective.jumps(rows[:-1], rows[1:]),
        cost=float(objective.costs(rows[None])[0]),
    )


def _check_usable(songs: SongPoints, constraints: Constraints, usable: BoolArray) -> None:
    if not len(songs):
        raise PlaylistError("no songs to choose from; loosen the filters, or scan more music")
    if not usable.any():
        needed = " and ".join(
            name
            for name, on in (("a tempo", constraints.tempo_step is not None), ("a key", constraints.neighboring_keys))
            if on
        )
        raise PlaylistError(f"no song has {needed}, which the rules need; leave them out")


def _search(
    objective: Objective, constraints: Constraints, first: int | None, rng: np.random.Generator
) -> tuple[Objective, IntArray, IntArray]:
    """Return the objective of the songs that were worth a try, a list of their rows, and the row of each before."""
    candidates = shortlist(objective, rng)
    extra = [] if first is None else [first]
    worth = np.union1d(candidates.rows, np.array(extra, np.int64))
    objective = replace(objective, songs=objective.songs.take(worth), own_cost=objective.own_cost[worth])
    candidates = Shortlist(rows=np.searchsorted(worth, candidates.rows))
    first = None if first is None else int(np.searchsorted(worth, first))
    found = beam_search(objective, constraints, candidates, first)
    if not len(found.rows):
        if first is not None:
            raise PlaylistError("the first song is too long; ask for a longer playlist, or begin with another song")
        shortest = clock(float(objective.songs.duration_s.min()))
        raise PlaylistError(f"all songs are too long, the shortest of them {shortest}; ask for a longer playlist")
    if not found.complete:
        # the path ends with the list, rather than being cut off
        whole_s = float(objective.songs.duration_s[found.rows].sum())
        shorter = replace(objective, length_s=whole_s, slack_songs=0)
        again = beam_search(shorter, constraints, candidates, first)
        objective, found = (shorter, again) if again.complete else (shorter, Found(found.rows, True))
    fixed = 0 if first is None else 1
    return objective, improve(objective, constraints, candidates, found.rows, fixed=fixed), worth


def _shortfall(objective: Objective, chosen: IntArray, length_s: float, usable: int) -> str:
    total = float(objective.songs.duration_s[chosen].sum())
    if total >= length_s - total / len(chosen) / 2:
        return ""
    reason = "there are no more songs" if len(chosen) == usable else "the rules leave no song to go on with"
    return f"{clock(total)} of {clock(length_s)}: {reason}"
