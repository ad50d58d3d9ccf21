"""Arrange a section for instruments, in one of four styles."""

from collections.abc import Callable

import numpy as np

from moodcurve.demo.synth.harmony import progression
from moodcurve.demo.synth.instruments import Instrument, Note
from moodcurve.demo.synth.melody import BEATS, PHRASE, Motif
from moodcurve.demo.synth.performance import Performance
from moodcurve.demo.synth.section import TONICS, Section, Style

_PICKING = (0, 1, 2, 1, 0, 2, 1, 2)
"""Index of the chord tone that is plucked at each half beat."""


def _pastoral(performance: Performance) -> None:
    """Play a piano melody over a picked guitar, with quiet bass, strings, shaker and brushes."""
    length = performance.section.articulation
    performance.play_melody("piano", velocity=0.75)
    for start, chord, pitches in performance.bars(center=performance.section.register - 10):
        root = performance.root(chord, lowest=36)
        fifth = root + 7 if (chord[0] + 7) % 12 in chord else root
        performance.play("bass", start, 1.8 * length, pitch=root, velocity=0.5)
        performance.play("bass", start + 2, 1.8 * length, pitch=fifth, velocity=0.4)
        for i, string in enumerate(_PICKING):
            velocity = 0.8 if i % 4 == 0 else 0.65
            performance.play("pluck", start + i / 2, 1.6 * length, pitch=pitches[string], velocity=velocity)
            performance.play("shaker", start + i / 2, 0.2, velocity=0.7 if i % 4 == 2 else 0.45)
        for beat in (1, 3):
            performance.play("snare", start + beat, 0.3, velocity=0.2)
        for pitch in pitches:
            performance.play("strings", start, BEATS, pitch=pitch, velocity=0.25)


_STRUMS = (0, 1, 1.5, 2.5, 3, 3.5)
"""Beats on which the guitar is strummed."""


def _festive(performance: Performance) -> None:
    """Play a dance of brass in thirds with bells, strummed guitar, octaves in the bass and a drum kit."""
    length = performance.section.articulation
    performance.play_melody("brass", velocity=0.85)
    performance.play_melody("brass", velocity=0.65, transposed=-2)
    performance.play_melody("bells", velocity=0.7, octave=1)
    for start, chord, pitches in performance.bars(center=performance.section.register - 12):
        root = performance.root(chord, lowest=34)
        for i in range(8):
            performance.play(
                "bass", start + i / 2, 0.75 * length, pitch=root + 12 * (i % 2), velocity=0.65 - 0.1 * (i % 2)
            )
        for onset in _STRUMS:
            for i, pitch in enumerate(pitches):
                performance.play("pluck", start + onset + 0.02 * i, 0.7 * length, pitch=pitch + 12, velocity=0.6)
        _kit(performance, start)
    last = (performance.section.bars - 1) * BEATS
    for i in range(8):
        drum: Instrument = "snare" if i < 4 else "tom"
        performance.play(drum, last + 2 + i / 4, 0.25, pitch=55 - 2 * i, velocity=0.55 + 0.05 * i)


def _kit(performance: Performance, start: float) -> None:
    """Add a bar of drums: kick on each beat, snare and clap on two and four, hi-hats, and a crash per phrase."""
    if start % (PHRASE * BEATS) == 0:
        performance.play("crash", start, 2, velocity=0.8)
    for beat in range(BEATS):
        performance.play("kick", start + beat, 0.5, velocity=0.95)
        performance.play("hat", start + beat, 0.2, velocity=0.6)
        performance.play("hat", start + beat + 0.25, 0.1, velocity=0.35)
        performance.play("open_hat", start + beat + 0.5, 0.3, velocity=0.75)
        performance.play("hat", start + beat + 0.75, 0.1, velocity=0.4)
    for beat in (1, 3):
        performance.play("snare", start + beat, 0.3, velocity=0.9)
        performance.play("clap", start + beat, 0.3, velocity=0.6)


_BLOWS = (0, 1.5, 2.5, 3.25)
"""Beats of the drums, at irregular intervals."""
_OSTINATO = (0, 0, 1, 0, 0, 6, 0, 1, 0, 0, 1, 0, 6, 5, 1, 0)
"""Semitones above the tonic at each quarter of a beat: minor second and tritone."""


def _menace(performance: Performance) -> None:
    """Play a low overdriven ostinato and clusters, growing tremolo, and irregular drums."""
    length = performance.section.articulation
    low = performance.root((0,), lowest=28)
    performance.play_melody("grit", velocity=0.6)
    for start, _, pitches in performance.bars(center=performance.section.register):
        growth = start / (performance.section.bars * BEATS)
        for i, step in enumerate(_OSTINATO):
            velocity = 1.0 if i / 4 in _BLOWS else 0.6
            performance.play("grit", start + i / 4, 0.25 * length, pitch=low + step, velocity=velocity)
        for pitch in pitches:
            performance.play("grit", start, 3.2 * length, pitch=pitch, velocity=0.6)
            performance.play("grit", start + _BLOWS[2], 2 * length, pitch=pitch, velocity=0.6)
            performance.play("tremolo", start, BEATS, pitch=pitch + 24, velocity=0.4 + 0.2 * growth)
            performance.play("tremolo", start, BEATS, pitch=pitch + 25, velocity=0.35 + 0.2 * growth)
            performance.play("brass", start + _BLOWS[1], 0.8 * length, pitch=pitch, velocity=0.4)
        for beat in _BLOWS:
            performance.play("tom", start + beat, 0.5, pitch=36, velocity=0.75)


def _elegy(performance: Performance) -> None:
    """Play a cello melody over slow chords of piano and low strings."""
    performance.play_melody("cello", velocity=0.8)
    for start, chord, pitches in performance.bars(center=performance.section.register - 2):
        performance.play("piano", start, 3.8, pitch=performance.root(chord, lowest=33), velocity=0.6)
        for i, pitch in enumerate(pitches):
            performance.play("piano", start + 1 + 0.06 * i, 2.8, pitch=pitch, velocity=0.5)
            performance.play("strings", start, BEATS, pitch=pitch - 12, velocity=0.45)


_ARRANGEMENTS: dict[Style, Callable[[Performance], None]] = {
    "pastoral": _pastoral,
    "festive": _festive,
    "menace": _menace,
    "elegy": _elegy,
}


def write_section(section: Section, motif: Motif, rng: np.random.Generator, *, following: Section | None) -> list[Note]:
    """Return the notes of a section; its last bar leads to the following section, or ends the piece."""
    pivot = None if following is None else (TONICS[following.tonic] - TONICS[section.tonic]) % 12
    chords = progression(section.mode, section.bars, rng, pivot=pivot)
    performance = Performance(section, chords, motif, rng, last=following is None)
    _ARRANGEMENTS[section.style](performance)
    if following is not None and following.arousal > section.arousal:
        performance.play("swell", section.bars * BEATS - 3, 3, velocity=0.6)
    return performance.notes
