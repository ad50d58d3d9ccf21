"""Russell's circumplex: what a place on the plane of arousal and valence is called.

Angles run anticlockwise from pleasure: valence = r cos θ, arousal = r sin θ.
"""

import math
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import Curve

Point = tuple[float, float]
"""Arousal and valence, in this order as everywhere, each in [-1, 1]."""

MOOD_ANGLES_DEG = {
    "happy": 7.8, "delighted": 24.9, "excited": 48.6, "astonished": 69.8, "aroused": 73.8, "tense": 92.8,
    "alarmed": 96.5, "angry": 99.0, "afraid": 116.0, "annoyed": 123.0, "distressed": 138.0,
    "frustrated": 141.0, "miserable": 188.7, "sad": 207.5, "gloomy": 209.0, "depressed": 210.0,
    "bored": 242.0, "droopy": 256.6, "tired": 267.7, "sleepy": 271.9, "calm": 316.2, "relaxed": 318.0,
    "satisfied": 319.0, "at ease": 321.0, "content": 323.0, "serene": 328.6, "glad": 349.0, "pleased": 353.2,
}  # fmt: skip
"""The 28 words of Russell (1980), doi:10.1037/h0077714, with the angles commonly quoted from his circular
scaling (degrees).

Take the places as approximate readings: they rest on how 36 students sorted English words, the paper's other
scalings put some words elsewhere, and the words are about people's feelings, not about music. No word stands
between 141° and 189° or between 272° and 316°, so the nearest one can be far there.
"""

RIM_WORDS = (
    "happy", "delighted", "excited", "aroused", "tense", "afraid", "distressed", "miserable", "sad", "bored",
    "tired", "calm", "serene", "pleased",
)  # fmt: skip
"""Words that stand far enough apart to be written around a drawn circle."""

NEUTRAL_RADIUS = 0.1
"""Nearer to the centre than this, a point is neutral. Published models of single moments err by 0.2 to 0.3 on
each axis: a direction read from a smaller distance would say nothing."""
MILD_RADIUS, STRONG_RADIUS = 0.3, 0.6
"""Below the first a mood is mild, from the second on strong: a convention of ours, not a finding."""

MAX_WORD_ANGLE_DEG = 45
"""Farther than this from a point's direction, a word does not describe it."""

QUADRANTS = ("excited-positive", "tense-negative", "sad-negative", "calm-positive")
NEUTRAL = "neutral"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A song as a whole.

    Attributes
    ----------
    arousal, valence : float
        Mean over the points of the curve.
    quadrant : str
        Of the mean point, see `quadrant`.
    words : tuple of str
        Of the mean point, see `mood_words`.
    arousal_range, valence_range : (float, float)
        Lowest and highest point.
    shares : dict
        Part of the points in each quadrant and in the neutral middle; the five add up to 1.
    """

    arousal: float
    valence: float
    quadrant: str
    words: tuple[str, ...]
    arousal_range: tuple[float, float]
    valence_range: tuple[float, float]
    shares: dict[str, float]


def intensity(arousal: float, valence: float) -> float:
    """Distance from the neutral centre, r = √(arousal² + valence²), from 0 to √2."""
    _check(arousal, valence)
    return math.hypot(arousal, valence)


def distance(first: Point, second: Point) -> float:
    """Euclidean distance of two points (arousal, valence), from 0 to 2√2."""
    _check(*first)
    _check(*second)
    return math.dist(first, second)


def quadrant(arousal: float, valence: float) -> str:
    """Name the quadrant of a point.

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


def mood_words(arousal: float, valence: float, n: int = 3) -> tuple[str, ...]:
    """Return up to `n` mood words for a point, the nearest first, or only ``neutral`` near the center.

    The words stand on the unit circle, so the nearest word is the one nearest in direction; `describe` adds how
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

    fitting = [word for word in MOOD_ANGLES_DEG if quadrant(*place(word)) == home and away(word) <= MAX_WORD_ANGLE_DEG]
    return tuple(sorted(fitting, key=away)[:n])


def place(word: str) -> Point:
    """Arousal and valence of one of Russell's words, on the unit circle; KeyError for any other word."""
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


def summarize(curve: Curve) -> Summary:
    """Describe a song by the mean of its points, their range, and the time it spends in each quadrant."""
    arousal, valence = float(curve.arousal.mean()), float(curve.valence.mean())
    names = [quadrant(float(a), float(v)) for a, v in zip(curve.arousal, curve.valence, strict=True)]
    return Summary(
        arousal=arousal,
        valence=valence,
        quadrant=quadrant(arousal, valence),
        words=mood_words(arousal, valence),
        arousal_range=_range(curve.arousal),
        valence_range=_range(curve.valence),
        shares={name: names.count(name) / len(names) for name in (*QUADRANTS, NEUTRAL)},
    )


def _range(values: FloatArray) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))


def _check(arousal: float, valence: float) -> None:
    for name, value in (("arousal", arousal), ("valence", valence)):
        if not -1 <= value <= 1:  # NaN fails this too
            raise ValueError(f"{name} must be a number in [-1, 1], got {value}")
