"""Compose short pieces of music with known arousal and valence: the demo song, and songs for tests."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from moodcurve.demo.synth.melody import draw_motif
from moodcurve.demo.synth.mixing import limit, mix, remove_rumble, room_response, set_level
from moodcurve.demo.synth.score import write_section
from moodcurve.demo.synth.section import Section
from moodcurve.util.files import atomic_write

__all__ = ["DEMO_SECTIONS", "Composition", "Section", "Span", "compose", "demo_song", "write_flac"]

RING_S = 2.5
"""Length of the decay of the last chord (seconds)."""

DEMO_SECTIONS = (
    Section(
        name="sad", arousal=-1, valence=-1, style="elegy", bars=4, tempo_bpm=58, mode="minor", tonic="A",
        register=57, level_db=-28, articulation=1.1, brightness=0.15, density=3,
    ),
    Section(
        name="tense", arousal=1, valence=-1, style="menace", bars=14, tempo_bpm=126, mode="dissonant", tonic="E",
        register=50, level_db=-11, articulation=0.9, brightness=0.5, density=3,
    ),
    Section(
        name="excited", arousal=1, valence=1, style="festive", bars=8, tempo_bpm=132, mode="major", tonic="D",
        register=76, level_db=-14, articulation=0.6, brightness=0.9, density=7,
    ),
    Section(
        name="calm", arousal=-1, valence=1, style="pastoral", bars=8, tempo_bpm=84, mode="major", tonic="G",
        register=71, level_db=-30, articulation=0.9, brightness=0.25, density=5,
    ),
)  # fmt: skip
"""A theme in four moods, one per quadrant of the arousal-valence plane."""


@dataclass(frozen=True)
class Span:
    """Start and end of a section in seconds from the start of the piece: [start_s, end_s)."""

    start_s: float
    end_s: float
    section: Section


@dataclass(frozen=True, eq=False)
class Composition:
    """A piece of music and the times of its sections.

    Attributes
    ----------
    audio : (samples, 2) float32
        Left and right channel, at most 10^(-1.5/20) = 0.84 in absolute value.
    sr : int
        Sample rate in Hz.
    spans : tuple of Span
        One per section, without gaps, from 0 to the end of the audio; the last includes the decay of the final chord.
    """

    audio: npt.NDArray[np.float32]
    sr: int
    spans: tuple[Span, ...]

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return len(self.audio) / self.sr


def compose(sections: Sequence[Section], *, sr: int = 44100, seed: int = 0) -> Composition:
    """Compose and synthesize a piece.

    All sections share a motif. The motif, the chord progressions and the players' inaccuracies are drawn from the seed.
    The same arguments give the same samples on the same machine.

    Parameters
    ----------
    sections : sequence of Section
        At least one.
    sr : int
        Sample rate, 22050 to 96000 Hz.
    seed : int

    Raises
    ------
    ValueError
        If there is no section, or `sr` is out of range.
    """
    if not sections:
        raise ValueError("sections must hold at least one Section, got none")
    if not 22050 <= sr <= 96000:
        raise ValueError(f"sr must lie in [22050, 96000] Hz, got {sr!r}")
    motif_seed, room_seed, *section_seeds = np.random.SeedSequence(seed).spawn(2 + len(sections))
    motif = draw_motif(np.random.default_rng(motif_seed))
    room = room_response(sr, np.random.default_rng(room_seed))
    edges = np.rint(np.cumsum([0.0, *(s.duration_s for s in sections)]) * sr).astype(int)
    ring = int(RING_S * sr)
    piece = np.zeros((2, edges[-1] + ring))
    for i, section in enumerate(sections):
        rng = np.random.default_rng(section_seeds[i])
        following = sections[i + 1] if i + 1 < len(sections) else None
        notes = write_section(section, motif, rng, following=following)
        length = int(edges[i + 1] - edges[i])
        sound = mix(notes, samples=length + ring, room=room, sr=sr, rng=rng)
        # each section decays into the next
        sound = set_level(sound, samples=length, level_db=section.level_db)
        piece[:, edges[i] : edges[i + 1] + ring] += sound
    piece[:, -sr:] *= np.linspace(1, 0, sr)
    audio = limit(remove_rumble(piece, sr=sr), sr=sr).T.astype(np.float32, order="C")
    ends = [*(edges[1:-1] / sr), len(audio) / sr]
    spans = (Span(float(a), float(b), s) for a, b, s in zip(edges[:-1] / sr, ends, sections, strict=True))
    return Composition(audio, sr, tuple(spans))


def demo_song() -> Composition:
    """Compose the demo song: sad, tense, excited and calm, a minute and a half."""
    return compose(DEMO_SECTIONS)


def write_flac(composition: Composition, path: str | os.PathLike[str]) -> None:
    """Write a piece as FLAC with 16 bits per sample, whole or not at all.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with atomic_write(path) as scratch:
        soundfile.write(scratch, composition.audio, composition.sr, format="FLAC", subtype="PCM_16")
