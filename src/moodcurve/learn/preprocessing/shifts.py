"""Make columns insensitive to changes of the sound that are not changes of the music.

Low-passing and coding move a recording's columns, mostly along few directions. With the mean square C of these shifts,

    x ↦ (I + strength · C)^(-1/2) x

shrinks distances along them, and leaves all others as they are (within-class covariance normalization, with versions of
one song as a class; Hatch, Kajarekar & Stolcke, Interspeech 2006).
"""

from collections.abc import Callable, Sequence

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.datasets import Song


def shrinkage(shifts: FloatArray, strength: float) -> FloatArray:
    """Compute the map (columns, columns) from shifts (n, columns); it is symmetric, and the identity without shifts.

    Parameters
    ----------
    shifts : (n, columns)
        Differences of altered versions of songs from the unaltered ones.
    strength : float
        0 or more; 0 gives the identity.
    """
    columns = shifts.shape[1]
    if not len(shifts) or not strength:
        return np.eye(columns)
    variances, directions = np.linalg.eigh(shifts.T @ shifts / len(shifts))
    found: FloatArray = (directions / np.sqrt(1 + strength * np.maximum(variances, 0))) @ directions.T
    return found


def version_shifts(songs: Sequence[Song], describe: Callable[[Float32Array], FloatArray], columns: int) -> FloatArray:
    """Return what altering the sound of songs changes, (n, columns), for all altered versions of all songs.

    `describe` returns one row (1, columns) for the features of a version.
    """
    found = [np.empty((0, columns))]
    for song in songs:
        described = [describe(version.values) for version in song.versions]
        found += [one - described[0] for one in described[1:]]
    return np.vstack(found)
