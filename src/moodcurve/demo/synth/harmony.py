"""Define scales and chord progressions, and lead voices from chord to chord."""

from itertools import product
from typing import Literal, get_args

import numpy as np

Mode = Literal["major", "minor", "dissonant"]
MODES: tuple[Mode, ...] = get_args(Mode)

Chord = tuple[int, ...]
"""Semitones above the tonic, the root first."""

SCALES: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    # Locrian: a minor second and a diminished fifth above the tonic
    "dissonant": (0, 1, 3, 5, 6, 8, 10),
}
"""The seven degrees of each mode, in semitones above the tonic."""

PROGRESSIONS: dict[Mode, tuple[tuple[Chord, ...], ...]] = {
    "major": (
        ((0, 4, 7), (7, 11, 2), (9, 0, 4), (5, 9, 0)),  # I V vi IV
        ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2)),  # I vi IV V
        ((0, 4, 7), (5, 9, 0), (2, 5, 9), (7, 11, 2)),  # I IV ii V
        ((0, 4, 7), (4, 7, 11), (5, 9, 0), (7, 11, 2)),  # I iii IV V
    ),
    "minor": (
        ((0, 3, 7), (8, 0, 3), (3, 7, 10), (10, 2, 5)),  # i VI III VII
        ((0, 3, 7), (5, 8, 0), (8, 0, 3), (7, 11, 2)),  # i iv VI V
        ((0, 3, 7), (10, 2, 5), (8, 0, 3), (7, 11, 2)),  # i VII VI V
        ((0, 3, 7), (7, 10, 2), (8, 0, 3), (5, 8, 0)),  # i v VI iv
    ),
    "dissonant": (
        ((0, 3, 6, 9), (1, 5, 8, 0), (0, 1, 6), (6, 10, 1, 5)),  # diminished seventh, Neapolitan, cluster, tritone
        ((0, 1, 6), (0, 3, 6, 9), (8, 0, 1, 6), (5, 6, 11)),  # clusters around the tritone
        ((0, 3, 6), (1, 5, 8), (0, 3, 6, 9), (1, 4, 7, 10)),  # diminished chords shifted by a semitone
    ),
}
"""Progressions of four bars, repeated as needed."""

CADENCES: dict[Mode, tuple[Chord, Chord]] = {
    "major": ((7, 11, 2, 5), (0, 4, 7)),
    "minor": ((7, 11, 2, 5), (0, 3, 7)),
    "dissonant": ((1, 5, 8, 0), (0, 3, 6)),
}
"""The last two bars of a piece."""

_DOMINANT_SEVENTH = (7, 11, 2, 5)


def progression(mode: Mode, bars: int, rng: np.random.Generator, *, pivot: int | None) -> list[Chord]:
    """Return one chord per bar.

    Parameters
    ----------
    pivot : int or None
        The next section's tonic, in semitones above this one's: the last bar is its dominant seventh, which leads to
        it. None ends the piece with a cadence.
    """
    choices = PROGRESSIONS[mode]
    pattern = choices[int(rng.integers(len(choices)))]
    chords = [pattern[bar % len(pattern)] for bar in range(bars)]
    if pivot is None:
        chords[-2:] = CADENCES[mode][-bars:]
    else:
        chords[-1] = tuple((pivot + step) % 12 for step in _DOMINANT_SEVENTH)
    return chords


def lead_voices(chord: Chord, tonic: int, *, center: float, previous: tuple[int, ...]) -> tuple[int, ...]:
    """Choose the octave of each chord tone for smooth voice leading.

    Of all pitches p within 7 semitones of `center`, choose those that minimize
    Σ_i min_j |p_i - q_j| + 0.25 Σ_i |mean(p) - center|: each voice moves as little as possible from a note q_j of the
    previous chord, and the second term prevents drift.

    Parameters
    ----------
    tonic : int
        Pitch class, 0 is C.
    center : float
        MIDI note number.
    previous : tuple of int
        MIDI note numbers of the previous chord; empty for the first.

    Returns
    -------
    tuple of int
        MIDI note numbers, increasing.
    """

    def pitches_of(step: int) -> list[int]:
        lowest = int(np.ceil(center - 7))
        return [p for p in range(lowest, lowest + 15) if (p - tonic - step) % 12 == 0]

    def cost(pitches: tuple[int, ...]) -> float:
        motion = sum(min((abs(p - q) for q in previous), default=0) for p in pitches)
        return motion + 0.25 * abs(sum(pitches) - len(pitches) * center)

    voicings = {tuple(sorted(pitches)) for pitches in product(*(pitches_of(step) for step in chord))}
    # sorted first, so that ties do not depend on the order of a set
    return min(sorted(voicings), key=cost)
