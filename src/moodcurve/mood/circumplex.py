"""Map points on the plane of arousal and valence to quadrants and to the mood words of Russell's circumplex.

Angles run anticlockwise from pleasure: valence = r cos θ, arousal = r sin θ.
"""

import math
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray, IntArray

Point = tuple[float, float]
"""Arousal and valence, in this order, each in [-1, 1]."""

MOOD_ANGLES_DEG = {
    "happy": 7.8, "delighted": 24.9, "excited": 48.6, "astonished": 69.8, "aroused": 73.8, "tense": 92.8,
    "alarmed": 96.5, "angry": 99.0, "afraid": 116.0, "annoyed": 123.0, "distressed": 138.0,
    "frustrated": 141.0, "miserable": 188.7, "sad": 207.5, "gloomy": 209.0, "depressed": 210.0,
    "bored": 242.0, "droopy": 256.6, "tired": 267.7, "sleepy": 271.9, "calm": 316.2, "relaxed": 318.0,
    "satisfied": 319.0, "at ease": 321.0, "content": 323.0, "serene": 328.6, "glad": 349.0, "pleased": 353.2,
}  # fmt: skip
"""The 28 words of Russell (1980), doi:10.1037/h0077714, with the angles commonly quoted from his circular
scaling (degrees).

The angles are approximate: they rest on how 36 students sorted English words, the paper's other scalings put some words
elsewhere, and the words describe people's feelings, not music. No word lies between 141° and 189° or between 272° and
316°, so the nearest one can be far there.
"""

RIM_WORDS = (
    "happy", "delighted", "excited", "aroused", "tense", "afraid", "distressed", "miserable", "sad", "bored",
    "tired", "calm", "serene", "pleased",
)  # fmt: skip
"""Words far enough apart to be written around a drawn circle."""

NEUTRAL_RADIUS = 0.1
"""A point nearer to the center than this is neutral. Published models of single moments err by 0.2 to 0.3 on each axis,
so the direction of a shorter vector means nothing."""
MILD_RADIUS, STRONG_RADIUS = 0.3, 0.6
"""A mood is mild below the first and strong from the second on: a convention of this package, not a finding."""

MAX_WORD_ANGLE_DEG = 45
"""Farther than this from a point's direction, a word does not describe it."""

QUADRANTS = ("excited-positive", "tense-negative", "sad-negative", "calm-positive")
NEUTRAL = "neutral"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A song as a whole, see `summarize`.

    Attributes
    ----------
    arousal, valence : float
        Mean over the points of the curve.
    quadrant : str
        Quadrant of the mean point, see `moodcurve.mood.quadrant`.
    words : tuple of str
        Mood words of the mean point, the nearest first, see `mood_words`.
    arousal_range, valence_range : (float, float)
        Lowest and highest point.
    shares : dict
        Share of the points in each quadrant and in the neutral middle; the five add up to 1.
    """

    arousal: float
    valence: float
    quadrant: str
    words: tuple[str, ...]
    arousal_range: tuple[float, float]
    valence_range: tuple[float, float]
    shares: dict[str, float]


def intensity(arousal: float, valence: float) -> float:
    """Return the distance from the neutral center, r = √(arousal² + valence²), from 0 to √2."""
    _check(arousal, valence)
    return math.hypot(arousal, valence)


def distance(first: Point, second: Point) -> float:
    """Return the Euclidean distance of two points (arousal, valence), from 0 to 2√2."""
    _check(*first)
    _check(*second)
    return math.dist(first, second)


def quadrant(arousal: float, valence: float) -> str:
    """Return the name of a point's quadrant.

    ``excited-positive`` (arousal ≥ 0, valence ≥ 0), ``tense-negative`` (≥ 0, < 0), ``sad-negative``
    (< 0, < 0), ``calm-positive`` (< 0, ≥ 0), or ``neutral`` where the intensity is below `NEUTRAL_RADIUS`.
    An exact zero counts as positive.

    Raises
    ------
    ValueError
        If a value is not a number in [-1, 1].

    Examples
    --------
    >>> quadrant(0.4, -0.3), quadrant(0.05, 0.05)
    ('tense-negative', 'neutral')
    """
    if intensity(arousal, valence) < NEUTRAL_RADIUS:
        return NEUTRAL
    if arousal >= 0:
        return QUADRANTS[0] if valence >= 0 else QUADRANTS[1]
    return QUADRANTS[2] if valence < 0 else QUADRANTS[3]


def quadrant_indices(ratings: FloatArray) -> IntArray:
    """Return the index in `QUADRANTS` of each point (n, 2); 0 is on the high side.

    Examples
    --------
    >>> quadrant_indices(np.array([[0.1, 0.1], [0.1, -0.1], [-0.1, -0.1], [-0.1, 0.1]]))
    array([0, 1, 2, 3])
    """
    arousal, valence = (ratings >= 0).T
    return np.where(arousal, np.where(valence, 0, 1), np.where(valence, 3, 2))


def mood_words(arousal: float, valence: float, n: int = 3) -> tuple[str, ...]:
    """Return up to `n` mood words for a point, the nearest first, or only ``neutral`` near the center.

    The words lie on the unit circle, so the nearest word is the one nearest in direction; `describe` adds how
    strong the mood is. A word is left out if it lies in another quadrant or more than `MAX_WORD_ANGLE_DEG` away:
    ``droopy`` does not fit a point of positive valence, however near. At least one word always remains.

    Parameters
    ----------
    arousal, valence : float
        In [-1, 1].
    n : int
        From 1 to 28.

    Raises
    ------
    ValueError
        If a value is not a number in [-1, 1], or `n` not from 1 to 28.

    Examples
    --------
    >>> mood_words(0.7, 0.6)
    ('excited', 'astonished', 'aroused')
    >>> mood_words(-0.2, 0.02)
    ('sleepy', 'calm', 'relaxed')
    """
    if not 1 <= n <= len(MOOD_ANGLES_DEG):
        raise ValueError(f"n must be from 1 to {len(MOOD_ANGLES_DEG)}, got {n}")
    if intensity(arousal, valence) < NEUTRAL_RADIUS:
        return (NEUTRAL,)
    angle = math.degrees(math.atan2(arousal, valence))
    home = quadrant(arousal, valence)

    def away(word: str) -> float:
        return abs((MOOD_ANGLES_DEG[word] - angle + 180) % 360 - 180)

    fitting = [
        word for word in MOOD_ANGLES_DEG if quadrant(*word_position(word)) == home and away(word) <= MAX_WORD_ANGLE_DEG
    ]
    return tuple(sorted(fitting, key=away)[:n])


def word_position(word: str) -> Point:
    """Return arousal and valence of one of Russell's words, on the unit circle; KeyError for any other word."""
    angle = math.radians(MOOD_ANGLES_DEG[word])
    return math.sin(angle), math.cos(angle)


def describe(arousal: float, valence: float, n: int = 3) -> str:
    """Return the mood words of a point with how strong the mood is.

    ``neutral`` near the center; ``slightly pleased`` below `MILD_RADIUS`, the nearest word alone, since the direction
    of so short a vector is uncertain; plain words; ``very …`` from `STRONG_RADIUS` on.

    Examples
    --------
    >>> describe(-0.1, 0.2, n=2), describe(-0.6, -0.2, n=1)
    ('slightly serene', 'very droopy')
    """
    r = intensity(arousal, valence)
    if NEUTRAL_RADIUS <= r < MILD_RADIUS:
        return f"slightly {mood_words(arousal, valence, 1)[0]}"
    words = ", ".join(mood_words(arousal, valence, n))
    return f"very {words}" if r >= STRONG_RADIUS else words


def summarize(arousal: FloatArray, valence: FloatArray) -> Summary:
    """Summarize a curve: the mean of its points, their range, and the share of time in each quadrant.

    Parameters
    ----------
    arousal, valence : (n,)
        At least one point.

    Examples
    --------
    >>> summarize(np.array([0.4, 0.6]), np.array([0.1, 0.3])).quadrant
    'excited-positive'
    """
    mean = float(arousal.mean()), float(valence.mean())
    names = [quadrant(float(a), float(v)) for a, v in zip(arousal, valence, strict=True)]
    return Summary(
        arousal=mean[0],
        valence=mean[1],
        quadrant=quadrant(*mean),
        words=mood_words(*mean),
        arousal_range=_range(arousal),
        valence_range=_range(valence),
        shares={name: names.count(name) / len(names) for name in (*QUADRANTS, NEUTRAL)},
    )


def _range(values: FloatArray) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))


def _check(arousal: float, valence: float) -> None:
    for name, value in (("arousal", arousal), ("valence", valence)):
        if not -1 <= value <= 1:  # NaN fails this too
            raise ValueError(f"{name} must be a number in [-1, 1], got {value}")
