"""Rules on neighboring songs of a playlist: artists, tempo and key."""

import re
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import BoolArray, IntArray
from moodcurve.playlists.points import NO_ARTIST, NO_KEY, SongPoints

_CAMELOT = re.compile(r"(1[0-2]|[1-9])([AB])")


def camelot_code(text: str | None) -> int:
    """Return the code of a key on the Camelot wheel: its number - 1, plus 12 for a major key; `NO_KEY` if unknown.

    >>> camelot_code("8A"), camelot_code("8B"), camelot_code(None)
    (7, 19, -1)
    """
    match = _CAMELOT.fullmatch((text or "").strip().upper())
    return NO_KEY if match is None else int(match[1]) - 1 + 12 * (match[2] == "B")


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """Rules that songs of a playlist keep.

    Attributes
    ----------
    artist_gap : int
        Songs of others between two songs of an artist, at least. Songs of unknown artists are never too close.
    tempo_step : float or None
        Largest difference of tempo from song to song, in percent of the slower one. Half and double tempo count as the
        same, since a beat can be counted either way. Songs of unknown tempo are left out.
    neighboring_keys : bool
        Each key is the same as the one before, or its neighbor on the Camelot wheel: one step of a fifth, or the
        relative major or minor. Songs of unknown key are left out.

    Raises
    ------
    ValueError
        If a number is negative.
    """

    artist_gap: int = 3
    tempo_step: float | None = None
    neighboring_keys: bool = False

    def __post_init__(self) -> None:
        if self.artist_gap < 0:
            raise ValueError(f"artist_gap must be 0 or more, got {self.artist_gap}")
        if self.tempo_step is not None and not self.tempo_step >= 0:
            raise ValueError(f"tempo_step must be 0 or more, got {self.tempo_step}")

    def usable(self, songs: SongPoints) -> BoolArray:
        """Return which songs have the values that the rules need."""
        usable = np.ones(len(songs), np.bool_)
        if self.tempo_step is not None:
            usable &= False if songs.tempo_bpm is None else songs.tempo_bpm > 0
        if self.neighboring_keys:
            usable &= False if songs.key is None else songs.key != NO_KEY
        return usable

    def allowed_after(self, songs: SongPoints, previous: IntArray, rows: IntArray) -> BoolArray:
        """Return whether songs `rows` may directly follow songs `previous`, which broadcast, by tempo and key."""
        allowed = np.ones(np.broadcast(previous, rows).shape, np.bool_)
        if self.tempo_step is not None and songs.tempo_bpm is not None:
            octaves = np.log2(songs.tempo_bpm)
            steps = octaves[rows] - octaves[previous]
            steps = np.abs(steps - np.round(steps))
            allowed &= steps <= np.log2(1 + self.tempo_step / 100) + 1e-9
        if self.neighboring_keys and songs.key is not None:
            one, other = songs.key[previous], songs.key[rows]
            apart = (one - other) % 12
            same_mode = one // 12 == other // 12
            allowed &= (apart == 0) | (same_mode & ((apart == 1) | (apart == 11)))
        return allowed

    def artist_allowed(self, songs: SongPoints, history: IntArray, rows: IntArray) -> BoolArray:
        """Return whether songs `rows` (m, k) may follow lists `history` (m, length) by their artists."""
        recent = songs.artist[history[:, max(0, history.shape[1] - self.artist_gap) :]]
        artists = songs.artist[rows]
        close = (artists[:, :, None] == recent[:, None, :]).any(axis=-1)
        allowed: BoolArray = ~close | (artists == NO_ARTIST)
        return allowed

    def lists_allowed(self, songs: SongPoints, lists: IntArray) -> BoolArray:
        """Return which lists (m, length) keep all rules, and hold no song twice."""
        ordered = np.sort(lists, axis=1)
        allowed: BoolArray = (ordered[:, 1:] != ordered[:, :-1]).all(axis=1)
        allowed &= self.allowed_after(songs, lists[:, :-1], lists[:, 1:]).all(axis=1)
        artists = songs.artist[lists]
        for gap in range(1, min(self.artist_gap, lists.shape[1] - 1) + 1):
            same = (artists[:, gap:] == artists[:, :-gap]) & (artists[:, gap:] != NO_ARTIST)
            allowed &= ~same.any(axis=1)
        return allowed
