"""Perform a section: turn beats into notes, with rubato and small inaccuracies."""

from collections.abc import Sequence

import numpy as np

from moodcurve.demo.synth.harmony import Chord, lead_voices
from moodcurve.demo.synth.instruments import Instrument, Note
from moodcurve.demo.synth.melody import BEATS, PHRASE, Motif, melody
from moodcurve.demo.synth.section import TONICS, Section, Style

_RUBATO: dict[Style, float] = {"pastoral": 0.03, "festive": 0.0, "menace": 0.0, "elegy": 0.08}
"""Relative change of the tempo: slower at the ends of a phrase, faster in its middle."""
_HOLD_S = 1.5
"""Extra duration of the last chord of a piece (seconds)."""


class Performance:
    """Plays a section over its chords and collects the notes; the last section holds its final chord longer."""

    def __init__(
        self,
        section: Section,
        chords: Sequence[Chord],
        motif: Motif,
        rng: np.random.Generator,
        *,
        last: bool,
    ) -> None:
        self.section = section
        self.chords = chords
        self.motif = motif
        self.rng = rng
        self.last = last
        self.tonic = TONICS[section.tonic]
        self.notes: list[Note] = []

    def play(self, instrument: Instrument, beat: float, beats: float, *, pitch: float = 60, velocity: float) -> None:
        """Add a note, with times in beats. Onsets vary by 6 ms and velocities by 6 % (standard deviations)."""
        beat_s = 60 / self.section.tempo_bpm
        start_s = beat_s * self._with_rubato(beat)
        duration_s = beat_s * self._with_rubato(beat + beats) - start_s
        if self.last and beat + beats > len(self.chords) * BEATS - 0.5:
            duration_s += _HOLD_S
        self.notes.append(
            Note(
                start_s=max(0.0, start_s + float(np.clip(self.rng.normal(0, 0.006), -0.015, 0.015))),
                duration_s=max(0.04, duration_s),
                pitch=pitch,
                velocity=float(np.clip(velocity * self.rng.normal(1, 0.06), 0.05, 1)),
                brightness=self.section.brightness,
                instrument=instrument,
            )
        )

    def _with_rubato(self, beat: float) -> float:
        """Apply rubato to a beat, b + r P/(2π) sin(2π b/P): late in the first half of a phrase, then early."""
        period = BEATS * min(PHRASE, len(self.chords))
        swing = _RUBATO[self.section.style] * period / (2 * np.pi)
        return float(beat + swing * np.sin(2 * np.pi * beat / period))

    def play_melody(self, instrument: Instrument, *, velocity: float, octave: int = 0, transposed: int = 0) -> None:
        """Add the melody, transposed by octaves and scale steps, and loudest in the middle of each phrase."""
        section = self.section
        notes = melody(
            self.motif,
            self.chords,
            mode=section.mode,
            tonic=self.tonic,
            register=section.register,
            density=section.density,
            transposed=transposed,
        )
        for note in notes:
            position = note.beat / (PHRASE * BEATS) % 1
            swell = 0.85 + 0.15 * np.sin(np.pi * position)
            beats = min(note.beats * section.articulation, section.bars * BEATS - note.beat)
            pitch = note.pitch + 12 * octave
            self.play(instrument, note.beat, beats, pitch=pitch, velocity=velocity * note.stress * swell)

    def root(self, chord: Chord, *, lowest: int) -> int:
        """Return the chord's root in the octave above `lowest`."""
        return lowest + (self.tonic + chord[0] - lowest) % 12

    def bars(self, *, center: float) -> list[tuple[float, Chord, tuple[int, ...]]]:
        """Return each bar's first beat, its chord, and the chord's pitches."""
        bars: list[tuple[float, Chord, tuple[int, ...]]] = []
        pitches: tuple[int, ...] = ()
        for bar, chord in enumerate(self.chords):
            pitches = lead_voices(chord, self.tonic, center=center, previous=pitches)
            bars.append((bar * BEATS, chord, pitches))
        return bars
