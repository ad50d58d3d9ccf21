"""The cost of a playlist: how far it is from its path, how far its songs jump, and how much its length is off."""

from dataclasses import dataclass

import numpy as np

from moodcurve._typing import BoolArray, FloatArray, IntArray
from moodcurve.playlists.path import MoodPath
from moodcurve.playlists.points import SongPoints

JUMP_WEIGHT = 1.0
LENGTH_WEIGHT = 1.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Objective:
    """The cost of playlists that are to last a time T.

    With songs i = 1 … n that last d_i and begin at t_i, with starts s_i and ends e_i on the plane and a path p,

        cost = Σ d_i / T · (c_i + (|s_i - p(t_i / T)| + |e_i - p((t_i + d_i) / T)|) / 2)
             + `JUMP_WEIGHT` / (T / d - 1) · Σ |e_i - s_{i+1}|
             + `LENGTH_WEIGHT` · |Σ d_i - T| / T

    where d is the median duration, so that the second line is about the mean jump of a list of usual songs. Without a
    path, its distances are 0.

    Attributes
    ----------
    songs : SongPoints
    path : MoodPath or None
    length_s : float
        T.
    own_cost : (n,)
        c, a cost of each song wherever it stands: its distance from a region, and the variation of a seed.
    slack_songs : float
        How much the length may be off, in songs of mean duration; 0 to use all songs of which there are too few.
    """

    songs: SongPoints
    path: MoodPath | None
    length_s: float
    own_cost: FloatArray
    slack_songs: float = 0.5

    @property
    def expected_songs(self) -> float:
        """The number of songs of median duration that fill the time, at least 1."""
        return max(1.0, self.length_s / float(np.median(self.songs.duration_s)))

    def off_path(self, rows: IntArray, begin_s: FloatArray) -> FloatArray:
        """Return the distance of songs from the path, without their own cost, if they begin at these times."""
        if self.path is None:
            return np.zeros(np.broadcast(rows, begin_s).shape)
        begin = self.path.at(begin_s / self.length_s)
        end = self.path.at((begin_s + self.songs.duration_s[rows]) / self.length_s)
        return (distances(self.songs.start[rows], begin) + distances(self.songs.end[rows], end)) / 2

    def placed(self, rows: IntArray, begin_s: FloatArray) -> FloatArray:
        """Return the first line of the cost, song by song."""
        weight = self.songs.duration_s[rows] / self.length_s
        return weight * (self.own_cost[rows] + self.off_path(rows, begin_s))

    def jumps(self, rows: IntArray, following: IntArray) -> FloatArray:
        """Return the distance from the end of each song to the start of the one that follows."""
        return distances(self.songs.end[rows], self.songs.start[following])

    @property
    def jump_cost(self) -> float:
        """The cost of a jump of 1."""
        return JUMP_WEIGHT / max(1.0, self.expected_songs - 1)

    def length_cost(self, total_s: FloatArray) -> FloatArray:
        """Return the third line of the cost."""
        return LENGTH_WEIGHT * np.abs(total_s - self.length_s) / self.length_s

    def slack_s(self, total_s: FloatArray, songs: int) -> FloatArray:
        """Return how much the length of lists of this number of songs may be off."""
        return self.slack_songs * total_s / songs + 1e-6

    def fits(self, total_s: FloatArray, songs: int) -> BoolArray:
        """Return whether lists of this number of songs last the time."""
        return np.abs(total_s - self.length_s) <= self.slack_s(total_s, songs)

    def costs(self, lists: IntArray) -> FloatArray:
        """Return the cost of lists (m, length) of the same length, as (m,)."""
        durations = self.songs.duration_s[lists]
        ends = np.cumsum(durations, axis=1)
        placed = self.placed(lists, ends - durations).sum(axis=1)
        jumps = self.jumps(lists[:, :-1], lists[:, 1:]).sum(axis=1)
        result: FloatArray = placed + self.jump_cost * jumps + self.length_cost(ends[:, -1])
        return result


def distances(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the distances of points (..., 2), which broadcast."""
    found: FloatArray = np.hypot(first[..., 0] - second[..., 0], first[..., 1] - second[..., 1])
    return found
