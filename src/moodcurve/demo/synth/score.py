"""What is played: a section's cues to notes, in one of four styles."""

from collections.abc import Callable

import numpy as np

from moodcurve.demo.synth.harmony import progression
from moodcurve.demo.synth.instruments import Instrument, Note
from moodcurve.demo.synth.melody import BEATS, PHRASE, Motif
from moodcurve.demo.synth.performance import Players
from moodcurve.demo.synth.section import TONICS, Section, Style

_PICKING = (0, 1, 2, 1, 0, 2, 1, 2)
"""Which string of the chord is plucked at each half beat."""


def _pastoral(players: Players) -> None:
    """Sing on a piano over a picked guitar, with a quiet bass, strings far behind, a shaker and brushes."""
    share = players.section.articulation
    players.sing("piano", velocity=0.75)
    for start, chord, pitches in players.bars(centre=players.section.register - 10):
        root = players.root(chord, lowest=36)
        fifth = root + 7 if (chord[0] + 7) % 12 in chord else root
        players.play("bass", start, 1.8 * share, pitch=root, velocity=0.5)
        players.play("bass", start + 2, 1.8 * share, pitch=fifth, velocity=0.4)
        for i, string in enumerate(_PICKING):
            velocity = 0.8 if i % 4 == 0 else 0.65
            players.play("pluck", start + i / 2, 1.6 * share, pitch=pitches[string], velocity=velocity)
            players.play("shaker", start + i / 2, 0.2, velocity=0.7 if i % 4 == 2 else 0.45)
        for beat in (1, 3):
            players.play("snare", start + beat, 0.3, velocity=0.2)
        for pitch in pitches:
            players.play("strings", start, BEATS, pitch=pitch, velocity=0.25)


_STRUMS = (0, 1, 1.5, 2.5, 3, 3.5)
"""Beats on which the guitar is strummed."""


def _festive(players: Players) -> None:
    """Dance: brass in thirds with bells above, strummed guitar, octaves in the bass, full kit."""
    share = players.section.articulation
    players.sing("brass", velocity=0.85)
    players.sing("brass", velocity=0.65, transposed=-2)
    players.sing("bells", velocity=0.7, octave=1)
    for start, chord, pitches in players.bars(centre=players.section.register - 12):
        root = players.root(chord, lowest=34)
        for i in range(8):
            players.play("bass", start + i / 2, 0.75 * share, pitch=root + 12 * (i % 2), velocity=0.65 - 0.1 * (i % 2))
        for onset in _STRUMS:
            for i, pitch in enumerate(pitches):
                players.play("pluck", start + onset + 0.02 * i, 0.7 * share, pitch=pitch + 12, velocity=0.6)
        _kit(players, start)
    last = (players.section.bars - 1) * BEATS
    for i in range(8):
        drum: Instrument = "snare" if i < 4 else "tom"
        players.play(drum, last + 2 + i / 4, 0.25, pitch=55 - 2 * i, velocity=0.55 + 0.05 * i)


def _kit(players: Players, start: float) -> None:
    """Add a bar of drums: kick on each beat, snare and clap on two and four, hats between, a crash a phrase."""
    if start % (PHRASE * BEATS) == 0:
        players.play("crash", start, 2, velocity=0.8)
    for beat in range(BEATS):
        players.play("kick", start + beat, 0.5, velocity=0.95)
        players.play("hat", start + beat, 0.2, velocity=0.6)
        players.play("hat", start + beat + 0.25, 0.1, velocity=0.35)
        players.play("open_hat", start + beat + 0.5, 0.3, velocity=0.75)
        players.play("hat", start + beat + 0.75, 0.1, velocity=0.4)
    for beat in (1, 3):
        players.play("snare", start + beat, 0.3, velocity=0.9)
        players.play("clap", start + beat, 0.3, velocity=0.6)


_BLOWS = (0, 1.5, 2.5, 3.25)
"""Beats on which the drums fall: never twice at the same distance."""
_OSTINATO = (0, 0, 1, 0, 0, 6, 0, 1, 0, 0, 1, 0, 6, 5, 1, 0)
"""Semitones above the tonic at each quarter of a beat: minor second and tritone."""


def _menace(players: Players) -> None:
    """Let a low overdriven ostinato grind under overdriven clusters, tremolo grow above, drums fall out of step."""
    share = players.section.articulation
    low = players.root((0,), lowest=28)
    players.sing("grit", velocity=0.6)
    for start, _, pitches in players.bars(centre=players.section.register):
        growth = start / (players.section.bars * BEATS)
        for i, step in enumerate(_OSTINATO):
            velocity = 1.0 if i / 4 in _BLOWS else 0.6
            players.play("grit", start + i / 4, 0.25 * share, pitch=low + step, velocity=velocity)
        for pitch in pitches:
            players.play("grit", start, 3.2 * share, pitch=pitch, velocity=0.6)
            players.play("grit", start + _BLOWS[2], 2 * share, pitch=pitch, velocity=0.6)
            players.play("tremolo", start, BEATS, pitch=pitch + 24, velocity=0.4 + 0.2 * growth)
            players.play("tremolo", start, BEATS, pitch=pitch + 25, velocity=0.35 + 0.2 * growth)
            players.play("brass", start + _BLOWS[1], 0.8 * share, pitch=pitch, velocity=0.4)
        for beat in _BLOWS:
            players.play("tom", start + beat, 0.5, pitch=36, velocity=0.75)


def _elegy(players: Players) -> None:
    """Sing on a cello over slow chords of piano and low strings."""
    players.sing("cello", velocity=0.8)
    for start, chord, pitches in players.bars(centre=players.section.register - 2):
        players.play("piano", start, 3.8, pitch=players.root(chord, lowest=33), velocity=0.6)
        for i, pitch in enumerate(pitches):
            players.play("piano", start + 1 + 0.06 * i, 2.8, pitch=pitch, velocity=0.5)
            players.play("strings", start, BEATS, pitch=pitch - 12, velocity=0.45)


_ARRANGEMENTS: dict[Style, Callable[[Players], None]] = {
    "pastoral": _pastoral,
    "festive": _festive,
    "menace": _menace,
    "elegy": _elegy,
}


def write_section(section: Section, motif: Motif, rng: np.random.Generator, *, following: Section | None) -> list[Note]:
    """Write a section's notes; its last bar leads into the section that follows, or closes the piece."""
    pivot = None if following is None else (TONICS[following.tonic] - TONICS[section.tonic]) % 12
    chords = progression(section.mode, section.bars, rng, pivot=pivot)
    players = Players(section, chords, motif, rng, last=following is None)
    _ARRANGEMENTS[section.style](players)
    if following is not None and following.arousal > section.arousal:
        players.play("swell", section.bars * BEATS - 3, 3, velocity=0.6)
    return players.notes
