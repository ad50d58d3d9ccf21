"""Write a melody from a motif: phrases of four bars that state it, invert it, repeat it and close."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moodcurve.demo.synth.harmony import SCALES, Chord, Mode

BEATS = 4
"""Beats per bar."""
PHRASE = 4
"""Bars per phrase."""
MAX_DENSITY = 8
"""Most notes of a melody per bar."""

_RHYTHMS: dict[int, tuple[tuple[float, ...], ...]] = {
    1: ((0,),),
    2: ((0, 2), (0, 3), (0, 2.5)),
    3: ((0, 2, 3), (0, 1.5, 3), (0, 2, 2.5)),
    4: ((0, 1, 2, 3), (0, 1.5, 2, 3), (0, 1, 2, 3.5)),
    5: ((0, 1, 1.5, 2, 3), (0, 1.5, 2, 2.5, 3), (0, 1, 2, 2.5, 3)),
    6: ((0, 0.5, 1, 2, 2.5, 3), (0, 0.5, 1.5, 2, 3, 3.5), (0, 0.75, 1.5, 2, 2.5, 3)),
    7: ((0, 0.5, 1, 1.5, 2, 2.5, 3), (0, 0.5, 1, 2, 2.5, 3, 3.5)),
    8: ((0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5),),
}
"""Onsets in a bar (beats), by number of notes."""
_CLOSES: dict[int, tuple[float, ...]] = {1: (0,), 2: (0, 1), 3: (0, 0.5, 1)}
"""Onsets in the last bar of a phrase, whose last note is long."""
_ARC = (0, 2, 4, 1)
"""Start of each bar of a phrase relative to the center of the register, in scale steps."""
_REACH = 8
"""Largest distance of a melody from the center of the register, in scale steps."""


@dataclass(frozen=True)
class Motif:
    """The motif that the melodies of all sections of a piece share, in any mode and tempo.

    Attributes
    ----------
    steps : tuple of int, MAX_DENSITY - 1 of them
        Scale steps between successive notes of a bar.
    variant : int
        Index of the rhythm for each density.
    """

    steps: tuple[int, ...]
    variant: int


@dataclass(frozen=True)
class MelodyNote:
    """A note of a melody: onset and length in beats from the section's start, MIDI note number, stress in [0, 1]."""

    beat: float
    beats: float
    pitch: int
    stress: float


def draw_motif(rng: np.random.Generator) -> Motif:
    """Draw a singable motif: mostly steps, sometimes a third or a fourth, each followed by a step back."""
    steps: list[int] = []
    while len(steps) < MAX_DENSITY - 1:
        if steps and abs(steps[-1]) > 1:
            steps.append(-int(np.sign(steps[-1])))
        else:
            steps.append(int(rng.choice([-3, -2, -1, 1, 2, 3], p=[0.06, 0.14, 0.3, 0.3, 0.14, 0.06])))
    return Motif(tuple(steps), int(rng.integers(3)))


@dataclass(frozen=True)
class _Scale:
    """A scale whose step 0, the tonic, has the MIDI note number `base`."""

    degrees: tuple[int, ...]
    base: int

    def pitch(self, step: int) -> int:
        return self.base + 12 * (step // 7) + self.degrees[step % 7]

    def nearest(self, step: int, chord: Chord) -> int:
        """Return the nearest step that is a chord tone, the lower of two, or the same step if there is none."""
        tones = {tone % 12 for tone in chord}
        around = sorted(range(step - 6, step + 7), key=lambda s: (abs(s - step), s))
        return next((s for s in around if self.degrees[s % 7] in tones), step)


def melody(
    motif: Motif,
    chords: Sequence[Chord],
    *,
    mode: Mode,
    tonic: int,
    register: float,
    density: int,
    transposed: int = 0,
) -> list[MelodyNote]:
    """Write a melody over the chords, one bar per chord.

    Bars 1 and 3 of a phrase have the motif, and bar 2 its inversion, which is reversed in every second phrase. Bar 4
    and the last bar have few notes and end with a long one. Bar 3 is the highest in major and the lowest otherwise.
    Notes on the first and third beat, and all in the last bar of a phrase, are chord tones.

    Parameters
    ----------
    tonic : int
        Pitch class, 0 is C.
    register : float
        MIDI note number around which the melody moves.
    density : int
        Notes per bar, 1 to MAX_DENSITY.
    transposed : int
        Scale steps to transpose by: -2 gives a second voice in thirds.
    """
    scale = _Scale(SCALES[mode], tonic + 12 * round((register - tonic) / 12))
    center = min(range(-7, 8), key=lambda step: abs(scale.pitch(step) - register))
    rise = 1 if mode == "major" else -1
    notes: list[MelodyNote] = []
    for bar, chord in enumerate(chords):
        position = bar % PHRASE
        closing = position == PHRASE - 1 or bar == len(chords) - 1
        onsets = _onsets(motif, position, density, closing=closing)
        step = center + rise * _ARC[position]
        for i, onset in enumerate(onsets):
            if i:
                step += rise * _steps(motif, bar)[i - 1]
            if abs(step - center) > _REACH:
                step = 2 * center - step
            moved = step + transposed
            if onset in (0, 2) or closing:
                moved = scale.nearest(moved, chord)
                step = moved - transposed
            end = onsets[i + 1] if i + 1 < len(onsets) else BEATS
            pitch = _raise_seventh(scale.pitch(moved), tonic, chord)
            notes.append(MelodyNote(bar * BEATS + onset, end - onset, pitch, _stress(onset)))
    return notes


def _onsets(motif: Motif, position: int, density: int, *, closing: bool) -> tuple[float, ...]:
    if closing:
        return _CLOSES[min(3, max(1, density // 2))]
    options = _RHYTHMS[density]
    return options[(motif.variant + position % 2) % len(options)]


def _steps(motif: Motif, bar: int) -> tuple[int, ...]:
    """Return the steps of the motif, inverted in bar 2 of a phrase."""
    if bar % PHRASE != 1:
        return motif.steps
    steps = motif.steps if bar // PHRASE % 2 == 0 else motif.steps[::-1]
    return tuple(-step for step in steps)


def _raise_seventh(pitch: int, tonic: int, chord: Chord) -> int:
    """Raise the seventh degree of minor if the chord has the leading note, since the two would clash."""
    return pitch + 1 if 11 in chord and (pitch - tonic) % 12 == 10 else pitch


def _stress(onset: float) -> float:
    return 1.0 if onset == 0 else 0.85 if onset == 2 else 0.7
