"""Those who play a section: beats to notes, with the freedom and the small inaccuracies of people."""

from collections.abc import Sequence

import numpy as np

from moodcurve.demo.synth.harmony import Chord, voice
from moodcurve.demo.synth.instruments import Instrument, Note
from moodcurve.demo.synth.melody import BEATS, PHRASE, Motif, tune
from moodcurve.demo.synth.section import TONICS, Section, Style

_RUBATO: dict[Style, float] = {"pastoral": 0.03, "festive": 0.0, "menace": 0.0, "elegy": 0.08}
"""How much slower than its mean the tempo is at the ends of a phrase, and faster in its middle."""
_HOLD_S = 1.5
"""How much longer than written the last chord of a piece is held."""


class Performance:
    """Plays a section over its chords and collects the notes; `last` holds its final chord longer."""

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
        """Add a note; both times in beats. Onsets stray by 6 ms and velocities by 6 % (standard deviations)."""
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
        """Bend time within each phrase, b + r P/(2π) sin(2π b/P): late in its first half, early in its second."""
        period = BEATS * min(PHRASE, len(self.chords))
        swing = _RUBATO[self.section.style] * period / (2 * np.pi)
        return float(beat + swing * np.sin(2 * np.pi * beat / period))

    def play_tune(self, instrument: Instrument, *, velocity: float, octave: int = 0, transposed: int = 0) -> None:
        """Add the tune, octaves up and scale steps up; it swells to the middle of each phrase."""
        section = self.section
        notes = tune(
            self.motif,
            self.chords,
            mode=section.mode,
            tonic=self.tonic,
            register=section.register,
            density=section.density,
            transposed=transposed,
        )
        for note in notes:
            place = note.beat / (PHRASE * BEATS) % 1
            swell = 0.85 + 0.15 * np.sin(np.pi * place)
            beats = min(note.beats * section.articulation, section.bars * BEATS - note.beat)
            pitch = note.pitch + 12 * octave
            self.play(instrument, note.beat, beats, pitch=pitch, velocity=velocity * note.stress * swell)

    def root(self, chord: Chord, *, lowest: int) -> int:
        """Give the chord's root in the octave above `lowest`."""
        return lowest + (self.tonic + chord[0] - lowest) % 12

    def bars(self, *, center: float) -> list[tuple[float, Chord, tuple[int, ...]]]:
        """Give each bar's first beat, chord, and the chord's notes led from those of the bar before."""
        bars: list[tuple[float, Chord, tuple[int, ...]]] = []
        pitches: tuple[int, ...] = ()
        for bar, chord in enumerate(self.chords):
            pitches = voice(chord, self.tonic, center=center, previous=pitches)
            bars.append((bar * BEATS, chord, pitches))
        return bars
