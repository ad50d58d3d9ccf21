"""A stretch of music of one mood, described by the cues that listeners go by."""

from dataclasses import dataclass
from typing import Literal, get_args

from moodcurve.demo.synth.harmony import MODES, Mode
from moodcurve.demo.synth.melody import BEATS, MAX_DENSITY

Style = Literal["pastoral", "festive", "menace", "elegy"]
STYLES: tuple[Style, ...] = get_args(Style)
TONICS = {
    "C": 0, "C#": 1, "Db": 1, "D": 2, "D#": 3, "Eb": 3, "E": 4, "F": 5, "F#": 6, "Gb": 6,
    "G": 7, "G#": 8, "Ab": 8, "A": 9, "A#": 10, "Bb": 10, "B": 11,
}  # fmt: skip
"""Pitch classes by name."""
_RANGES = {
    "bars": (1, 64),
    "tempo_bpm": (40, 220),
    "register": (45, 90),
    "level_db": (-50, -8),
    "articulation": (0.1, 1.2),
    "brightness": (0, 1),
    "density": (1, MAX_DENSITY),
}
_CHOICES: dict[str, tuple[object, ...]] = {
    "mode": MODES,
    "tonic": tuple(TONICS),
    "style": STYLES,
    "arousal": (-1, 1),
    "valence": (-1, 1),
}


@dataclass(frozen=True, kw_only=True)
class Section:
    """A stretch of music of one mood, described by the cues that listeners go by.

    On the direction of each agree Gabrielsson & Lindström (2010, "The role of structure in the musical expression of
    emotions"), Juslin & Laukka (2003, doi.org/10.1037/0033-2909.129.5.770) and Eerola, Friberg & Bresin (2013,
    doi.org/10.3389/fpsyg.2013.00487).

    Attributes
    ----------
    name : str
    bars : int, 1 to 64
        Of four beats.
    tempo_bpm : float, 40 to 220
        Faster is more aroused.
    mode : "major", "minor" or "dissonant"
        Major is more positive, minor less; dissonance is tense.
    tonic : str
        Such as ``"F#"``.
    register : float, 45 to 90
        MIDI number round which the tune lies (60 is middle C). High is happy, low is sad or threatening.
    level_db : float, -50 to -8
        Root mean square in dBFS. Louder is more aroused. Above about -14 the limiter takes some of it back.
    articulation : float, 0.1 to 1.2
        Share of its time that a note sounds: 0.4 staccato, 1 legato. Legato is calm or sad.
    brightness : float, 0 to 1
        Of timbre. Brighter is more aroused.
    density : int, 1 to 8
        Notes of the tune a bar.
    style : "pastoral", "festive", "menace" or "elegy"
        Who plays, and in which figures: piano and guitar; brass, bells and drums; overdriven guitars, tremolo
        strings and drums out of step; cello, piano and strings.
    arousal, valence : -1 or 1
        Where the section is meant to fall.

    Raises
    ------
    ValueError
        If a value is not among those named above.
    """

    name: str
    bars: int
    tempo_bpm: float
    mode: Mode
    tonic: str
    register: float
    level_db: float
    articulation: float
    brightness: float
    density: int
    style: Style
    arousal: Literal[-1, 1]
    valence: Literal[-1, 1]

    def __post_init__(self) -> None:
        for name in ("bars", "density"):
            if not isinstance(getattr(self, name), int):
                raise ValueError(f"{name} must be a whole number, got {getattr(self, name)!r}")
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must lie in [{low}, {high}], got {getattr(self, name)!r}")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                listed = ", ".join(map(str, choices))
                raise ValueError(f"{name} must be one of {listed}, got {getattr(self, name)!r}")

    @property
    def duration_s(self) -> float:
        """Length of its bars in seconds."""
        return self.bars * BEATS * 60 / self.tempo_bpm
