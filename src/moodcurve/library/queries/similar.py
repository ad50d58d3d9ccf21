r"""Find songs like a song, by how they move (``course``), how they feel (``mood``) and how they sound (``sound``).

Each part of a song is a vector: its course as 16 means of arousal and valence; its mean arousal and valence; its
descriptors (means of all features), standardized over the library and reduced to 64 principal components. With
:math:`d_p` the Euclidean distance of a part from the seed's, divided by its median over the library, and weights
:math:`w_p`, songs are sorted by

.. math:: d = \sqrt{\sum_p w_p d_p^2 / \sum_p w_p}

All songs are compared; `moodcurve.library.queries.similar_index` keeps their vectors.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.library.database import Library
from moodcurve.library.errors import LibraryError, translate_errors
from moodcurve.library.queries.similar_index import PARTS, SimilarIndex, load_index

EQUAL_WEIGHTS = dict.fromkeys(PARTS, 1.0)
NEAR_SHARE = 0.05
"""A part agrees if it is nearer than in all but this share of the library."""


@dataclass(frozen=True)
class SimilarSong:
    """A song like another one.

    Attributes
    ----------
    id : int
    distance : float
        0 for equal songs; 1 is usual between any two songs of the library.
    shares : dict
        For each of `PARTS`, the share of the library that is nearer to the seed in it.
    """

    id: int
    distance: float
    shares: dict[str, float]

    @property
    def agrees(self) -> tuple[str, ...]:
        """Parts in which the song is among the nearest `NEAR_SHARE` of the library."""
        return tuple(part for part in PARTS if self.shares[part] <= NEAR_SHARE)


def similar_songs(
    library: Library, song: int, *, weights: Mapping[str, float] = EQUAL_WEIGHTS, limit: int = 10
) -> list[SimilarSong]:
    """Return the songs most like a song, the nearest first, among those analyzed with its feature set.

    Parameters
    ----------
    library : Library
    song : int
        Id of the seed, which is not returned.
    weights : mapping
        Weights of `PARTS`, 0 or more, at least one above 0; missing ones are 0.
    limit : int
        Largest number of songs.

    Raises
    ------
    LibraryError
        If there is no such song, or its course is damaged.
    ValueError
        If the weights are invalid.
    """
    if (
        not set(weights) <= set(PARTS)
        or any(not 0 <= w < np.inf for w in weights.values())
        or not any(weights.values())
    ):
        raise ValueError(f"weights must be 0 or more for {', '.join(PARTS)}, one above 0, got {dict(weights)}")
    with translate_errors(library.path):
        row = library.db.execute("SELECT feature_set FROM song WHERE id = ?", (song,)).fetchone()
    if row is None:
        raise LibraryError(f"no song with id {song} in the library")
    return nearest_songs(load_index(library, row[0]), song, weights=weights, limit=limit)


def parse_weights(text: str) -> dict[str, float]:
    """Return weights given as ``course=2,sound=1``; raise ValueError if the text is malformed.

    >>> parse_weights("course=2,sound=0.5")
    {'course': 2.0, 'sound': 0.5}
    """
    found = {}
    for item in text.split(","):
        name, _, value = item.strip().partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = -1.0
        if name not in PARTS or not 0 <= found[name] < np.inf:
            raise ValueError(f"{item.strip()!r} is not PART=WEIGHT, such as sound=2, with {', '.join(PARTS)}")
    if not any(found.values()):
        raise ValueError(f"{text!r} has no weight above 0")
    return found


def nearest_songs(index: SimilarIndex, song: int, *, weights: Mapping[str, float], limit: int) -> list[SimilarSong]:
    """Return the songs of an index most like one of them, see `similar_songs`."""
    seed = int(np.searchsorted(index.ids, song))
    if seed >= len(index.ids) or index.ids[seed] != song:
        raise LibraryError(f"song {song} cannot be compared with others: its curve is damaged; scan it again")
    distances = {part: _distances(vectors, seed) for part, vectors in index.parts.items()}
    total = sum(weights.values())
    squared = sum(weight / total * distances[part] ** 2 for part, weight in weights.items() if weight)
    combined: FloatArray = np.sqrt(squared)
    combined[seed] = np.inf
    count = min(limit, len(combined) - 1)
    nearest = np.argpartition(combined, count)[:count] if count else np.empty(0, np.int64)
    nearest = nearest[np.lexsort((nearest, combined[nearest]))]
    others = max(len(combined) - 1, 1)
    return [
        SimilarSong(
            id=int(index.ids[i]),
            distance=float(combined[i]),
            # the seed itself is always nearer
            shares={part: (np.count_nonzero(d < d[i]) - (d[seed] < d[i])) / others for part, d in distances.items()},
        )
        for i in nearest
    ]


def _distances(vectors: Float32Array, seed: int) -> FloatArray:
    """Return the distances of all vectors from one, relative to their median."""
    difference = vectors - vectors[seed]
    distances = np.sqrt(np.einsum("ij,ij->i", difference, difference)).astype(np.float64)
    middle = float(np.median(distances))
    scaled: FloatArray = distances / (middle if middle > 0 else 1.0)
    return scaled
