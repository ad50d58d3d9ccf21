"""Define the songs that a playlist is chosen from, as arrays: where each starts and ends on the plane."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from moodcurve._typing import FloatArray, IntArray

NO_ARTIST = -1
"""The number of an unknown artist."""
NO_KEY = -1
"""The code of an unknown key."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SongPoints:
    """Songs as arrays; row i of each array belongs to song i.

    Attributes
    ----------
    ids : (n,) int
    start, end, mean : (n, 2) float
        Arousal and valence where the song starts and ends, and on average, in [-1, 1].
    duration_s : (n,) float
        Positive.
    artist : (n,) int
        Equal for songs of one artist; `NO_ARTIST` if unknown.
    tempo_bpm : (n,) float or None
        NaN if unknown.
    key : (n,) int or None
        Codes of `moodcurve.playlists.constraints.camelot_code`; `NO_KEY` if unknown.

    Raises
    ------
    ValueError
        If arrays differ in length, points are not finite, or a duration is not positive.
    """

    ids: IntArray
    start: FloatArray
    end: FloatArray
    mean: FloatArray
    duration_s: FloatArray
    artist: IntArray
    tempo_bpm: FloatArray | None = None
    key: IntArray | None = None

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name in ("start", "end", "mean"):
            points = getattr(self, name)
            if points.shape != (n, 2) or not np.isfinite(points).all():
                raise ValueError(f"{name} must be {n} finite points, got shape {points.shape}")
        for name in ("duration_s", "artist", "tempo_bpm", "key"):
            values = getattr(self, name)
            if values is not None and values.shape != (n,):
                raise ValueError(f"{name} must have shape ({n},), got {values.shape}")
        if not (self.duration_s > 0).all():
            raise ValueError("duration_s must be positive")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: IntArray) -> "SongPoints":
        """Return the songs of these rows, in their order."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: values[rows] for name, values in arrays.items() if values is not None})


def join(parts: Sequence[SongPoints]) -> SongPoints:
    """Return the songs of all parts, one after the other; all have the same optional arrays."""
    arrays = {field.name: [getattr(part, field.name) for part in parts] for field in fields(SongPoints)}
    present = {name: np.concatenate(values) for name, values in arrays.items() if values[0] is not None}
    return replace(parts[0], **present)
