"""Ways to correct a model's outputs, from the simplest to the richest.

A correction adds to each axis of the outputs p, at every row,

    level + scale · p_axis + mix · p_other + sound · z,

where z describes the sound. All weights have independent normal priors around 0, no correction. A penalty is the
variance of a song's error divided by the prior variance of what the term adds: with this number of songs, the data
count as much as the prior. A term that a candidate lacks has an infinite penalty.
"""

import math
from dataclasses import dataclass

OUTPUT_VARIANCE = 0.08
"""Variance of a model's outputs over songs: that of the default model on DEAM is 0.09 (arousal) and 0.06 (valence)."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Penalties of a correction of one axis, in songs.

    Attributes
    ----------
    name : str
    level, scale, mix, sound : float
        Positive; infinite if the correction lacks the term.
    """

    name: str
    level: float = math.inf
    scale: float = math.inf
    mix: float = math.inf
    sound: float = math.inf


CANDIDATES = (
    Candidate(name="none"),
    Candidate(name="level", level=1),
    Candidate(name="level and scale, shrunk", level=1, scale=16),
    Candidate(name="level and scale", level=1, scale=4),
    Candidate(name="both axes, shrunk", level=1, scale=16, mix=16),
    Candidate(name="both axes", level=1, scale=4, mix=4),
    Candidate(name="both axes and sound, shrunk", level=1, scale=16, mix=16, sound=8),
    Candidate(name="both axes and sound", level=1, scale=4, mix=4, sound=2),
)
"""In the order of their number of free parameters."""
