"""Order songs by how much a rating of each would teach an adapted model about all the others.

The model is that of `moodcurve.learn.adaptation`: a correction that is linear in terms φ of a song, which are 1, the
model's arousal and valence, and the sound, with independent normal priors. Before any rating, the correction of song i
has the variance φ_i · φ_i, in units of a song's own error; ratings give the weights the covariance

    S = (I + Σ_rated φ φᵀ)⁻¹.

The next song is the one whose rating lowers the mean variance over all songs most, by

    mean_j (φ_j · S φ_i)² / (1 + φ_i · S φ_i).

So songs at the ends of the plane and of unusual sound come first, but only if there are others like them, and none
twice: a rated song has little left to teach. What the ratings are does not matter, so that songs can be chosen at once.
"""

import math
from collections.abc import Collection

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.library.database import Library
from moodcurve.library.errors import NO_SONGS, LibraryError, translate_errors
from moodcurve.library.queries.query import Query
from moodcurve.library.queries.search import matching_ids
from moodcurve.library.queries.similar_index import load_index

LEVEL, OUTPUTS, SOUND = 1.0, 16.0, 8.0
"""Penalties of the terms, in songs, as in `moodcurve.learn.adaptation.candidates`."""
OUTPUT_VARIANCE = 0.08
"""Variance of a model's outputs over songs, as there."""


def suggest_songs(library: Library, query: Query, *, count: int, rated: Collection[int] = ()) -> list[int]:
    """Return the ids of the songs that would teach most, the best first.

    Parameters
    ----------
    library : Library
    query : Query
        Which songs to choose from; they also stand for those that the model will be used on.
    count : int
        Largest number of songs.
    rated : collection of int
        Ids of songs that are rated already.

    Raises
    ------
    LibraryError
        If the library cannot be read, or no song matches.
    """
    chosen = np.sort(matching_ids(library, query))
    with translate_errors(library.path):
        rows = library.db.execute(
            "SELECT feature_set, COUNT(*) FROM song WHERE copies > 0 GROUP BY feature_set"
        ).fetchall()
    if not rows:
        raise LibraryError(NO_SONGS)
    index = load_index(library, max(rows, key=lambda row: row[1])[0])
    known = np.isin(index.ids, np.array(sorted(rated), np.int64))
    here = np.isin(index.ids, chosen) | known
    ids, known = index.ids[here], known[here]
    if not (~known).any():
        raise LibraryError("no unrated song matches")
    order = teaching_order(
        index.parts["mood"][here].astype(np.float64),
        index.parts["sound"][here].astype(np.float64),
        count=count,
        rated=np.flatnonzero(known),
    )
    return [int(number) for number in ids[order]]


def songs_with_content(library: Library, hashes: Collection[str]) -> list[int]:
    """Return the ids of songs by their content hashes, see `moodcurve.audio.content_hash`; raises LibraryError."""
    with translate_errors(library.path):
        rows = [
            library.db.execute("SELECT id FROM song WHERE content = ?", (content,)).fetchone() for content in hashes
        ]
    return [row[0] for row in rows if row is not None]


def teaching_order(outputs: FloatArray, sound: FloatArray, *, count: int, rated: IntArray) -> IntArray:
    """Return the indices of the songs to rate next, the one that teaches most first.

    Parameters
    ----------
    outputs : (n, 2)
        A model's mean arousal and valence of each song.
    sound : (n, size)
        Any description of each song's sound in which distances mean something.
    count : int
        Largest number of songs.
    rated : (m,)
        Indices of rated songs, which are not returned.

    Examples
    --------
    >>> outputs = np.array([[0.0, 0.0], [0.0, 0.1], [0.9, 0.9], [0.9, 0.8], [-0.5, 0.0]])
    >>> teaching_order(outputs, np.zeros((5, 1)), count=2, rated=np.array([0])).tolist()
    [2, 4]
    """
    terms = _terms(outputs, sound)
    covariance = np.eye(terms.shape[1])
    free = np.ones(len(terms), bool)
    for song in rated:
        covariance = _after(covariance, terms[song])
        free[song] = False
    moments = terms.T @ terms / len(terms)
    order: list[int] = []
    while len(order) < count and free.any():
        spread = terms @ covariance
        variances = np.einsum("ij,ij->i", spread, terms)
        gains = np.einsum("ij,jk,ik->i", spread, moments, spread, optimize=True) / (1 + variances)
        best = int(np.where(free, gains, -1.0).argmax())
        order.append(best)
        free[best] = False
        covariance = _after(covariance, terms[best])
    return np.array(order, np.int64)


def _terms(outputs: FloatArray, sound: FloatArray) -> FloatArray:
    """Return the terms of songs, (n, 3 + size), each scaled by its prior standard deviation."""
    centered = sound - sound.mean(axis=0)
    size = math.sqrt(max(float((centered**2).sum(axis=1).mean()), np.finfo(float).tiny))
    return np.hstack(
        [
            np.full((len(outputs), 1), 1 / math.sqrt(LEVEL)),
            outputs / math.sqrt(OUTPUTS * OUTPUT_VARIANCE),
            centered / (size * math.sqrt(SOUND)),
        ]
    )


def _after(covariance: FloatArray, terms: FloatArray) -> FloatArray:
    """Return the covariance of the weights after the rating of a song (Sherman & Morrison)."""
    spread = covariance @ terms
    updated: FloatArray = covariance - np.outer(spread, spread) / (1 + terms @ spread)
    return updated
