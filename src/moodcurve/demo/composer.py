"""Makes short pieces of music with a known emotional course: the demo song and the songs that tests need."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from moodcurve.demo.synth.melody import draw_motif
from moodcurve.demo.synth.mixing import limit, mix, room, set_level, without_rumble
from moodcurve.demo.synth.score import write_section
from moodcurve.demo.synth.section import Section
from moodcurve.util.files import atomic_write

__all__ = ["DEMO_SECTIONS", "Composition", "Section", "Span", "compose", "demo_song", "write_flac"]

RING_S = 2.5
"""How long the last chord rings on."""

DEMO_SECTIONS = (
    Section(
        name="sad", arousal=-1, valence=-1, style="elegy", bars=4, tempo_bpm=58, mode="minor", tonic="A",
        register=57, level_db=-28, articulation=1.1, brightness=0.15, density=3,
    ),
    Section(
        name="tense", arousal=1, valence=-1, style="menace", bars=8, tempo_bpm=126, mode="dissonant", tonic="E",
        register=50, level_db=-11, articulation=0.9, brightness=0.5, density=3,
    ),
    Section(
        name="excited", arousal=1, valence=1, style="festive", bars=8, tempo_bpm=132, mode="major", tonic="D",
        register=76, level_db=-14, articulation=0.6, brightness=0.9, density=7,
    ),
    Section(
        name="calm", arousal=-1, valence=1, style="pastoral", bars=8, tempo_bpm=84, mode="major", tonic="G",
        register=71, level_db=-30, articulation=0.9, brightness=0.15, density=4,
    ),
)  # fmt: skip
"""A theme in four moods, one for each quadrant of the plane of arousal and valence."""


@dataclass(frozen=True)
class Span:
    """Where a section sounds, in seconds from the start of the piece: [start_s, end_s)."""

    start_s: float
    end_s: float
    section: Section


@dataclass(frozen=True, eq=False)
class Composition:
    """A piece and its course.

    Attributes
    ----------
    audio : (samples, 2) float32
        Left and right, nowhere above 10^(-1.5/20) = 0.84 in absolute value.
    sr : int
        Samples a second.
    spans : tuple of Span
        One a section, without gaps, from 0 to the end of the audio; the last holds the ringing of the final chord.
    """

    audio: npt.NDArray[np.float32]
    sr: int
    spans: tuple[Span, ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.audio) / self.sr


def compose(sections: Sequence[Section], *, sr: int = 44100, seed: int = 0) -> Composition:
    """Compose and perform a piece.

    All sections share a motif, which the seed draws, as it does the progressions and the players' inaccuracies.
    The same arguments give the same samples on the same machine.

    Raises
    ------
    ValueError
        If there is no section, or `sr` does not lie in [22050, 96000] Hz.
    """
    if not sections:
        raise ValueError("sections must hold at least one Section, got none")
    if not 22050 <= sr <= 96000:
        raise ValueError(f"sr must lie in [22050, 96000] Hz, got {sr!r}")
    motif_seed, room_seed, *section_seeds = np.random.SeedSequence(seed).spawn(2 + len(sections))
    motif = draw_motif(np.random.default_rng(motif_seed))
    hall = room(sr, np.random.default_rng(room_seed))
    edges = np.rint(np.cumsum([0.0, *(s.duration_s for s in sections)]) * sr).astype(int)
    ring = int(RING_S * sr)
    piece = np.zeros((2, edges[-1] + ring))
    for i, section in enumerate(sections):
        rng = np.random.default_rng(section_seeds[i])
        following = sections[i + 1] if i + 1 < len(sections) else None
        notes = write_section(section, motif, rng, following=following)
        length = int(edges[i + 1] - edges[i])
        sound = mix(notes, samples=length + ring, hall=hall, sr=sr, rng=rng)
        # each section rings into the next
        sound = set_level(sound, samples=length, level_db=section.level_db)
        piece[:, edges[i] : edges[i + 1] + ring] += sound
    piece[:, -sr:] *= np.linspace(1, 0, sr)
    audio = limit(without_rumble(piece, sr=sr), sr=sr).T.astype(np.float32, order="C")
    ends = [*(edges[1:-1] / sr), len(audio) / sr]
    spans = (Span(float(a), float(b), s) for a, b, s in zip(edges[:-1] / sr, ends, sections, strict=True))
    return Composition(audio, sr, tuple(spans))


def demo_song() -> Composition:
    """Compose the demo song: sad, tense, excited and calm, a little over a minute."""
    return compose(DEMO_SECTIONS)


def write_flac(composition: Composition, path: str | os.PathLike[str]) -> None:
    """Write the piece as FLAC with 16 bits a sample, whole or not at all.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    with atomic_write(path) as scratch:
        soundfile.write(scratch, composition.audio, composition.sr, format="FLAC", subtype="PCM_16")
