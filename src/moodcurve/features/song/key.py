r"""Find the key of a song from its chroma.

The score of a key is the correlation of a row's chroma with the key's profiles: how often each degree of the scale
occurs by Temperley's counts of music, and how well it fits by Krumhansl's listeners, added up, and turned to the key's
tonic. Scores are added up over the rows of a song. A song that changes its key gets the one that fits most of it.
"""

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.song.key_names import KEYS
from moodcurve.features.tonal.chroma import chroma_plan


class KeyMeter:
    """Finds the key from rows of chroma as they arrive."""

    def __init__(self) -> None:
        major, minor, temperley_major, temperley_minor = chroma_plan().profiles
        modes = (major + temperley_major, minor + temperley_minor)
        self._profiles = np.array([np.roll(mode, tonic) for mode in modes for tonic in range(12)])
        self._scores = np.zeros(len(KEYS))

    def add(self, chroma: Float32Array) -> None:
        """Add rows (n, 12), from C upwards; rows of silence are 0 and count nothing."""
        centered: FloatArray = chroma - chroma.mean(axis=1, keepdims=True, dtype=np.float64)
        lengths = np.linalg.norm(centered, axis=1, keepdims=True)
        self._scores += (centered / np.where(lengths > 0, lengths, 1)).sum(axis=0) @ self._profiles.T

    def key(self) -> str | None:
        """Return the key so far; None if nothing was tonal."""
        return KEYS[int(np.argmax(self._scores))] if self._scores.any() else None
