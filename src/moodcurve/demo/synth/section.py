"""Describe a section of music of one mood by the cues that listeners use."""

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
    """A section of music of one mood, described by the cues that listeners use.

    The effects of these cues are those reported by Gabrielsson & Lindström (2010, "The role of structure in the musical
    expression of emotions"), Juslin & Laukka (2003, doi.org/10.1037/0033-2909.129.5.770) and Eerola, Friberg & Bresin
    (2013, doi.org/10.3389/fpsyg.2013.00487).

    Attributes
    ----------
    name : str
    bars : int, 1 to 64
        Number of bars of four beats.
    tempo_bpm : float, 40 to 220
        Tempo in beats per minute; faster sounds more aroused.
    mode : "major", "minor" or "dissonant"
        Major sounds more positive than minor; dissonance sounds tense.
    tonic : str
        For example ``"F#"``.
    register : float, 45 to 90
        MIDI note number around which the melody moves (60 is middle C). High sounds happy, low sad or threatening.
    level_db : float, -50 to -8
        Root mean square in dBFS; louder sounds more aroused. Above about -14 dBFS the limiter reduces it.
    articulation : float, 0.1 to 1.2
        Share of its duration that a note sounds: 0.4 is staccato, 1 legato. Legato sounds calm or sad.
    brightness : float, 0 to 1
        Brightness of timbre; brighter sounds more aroused.
    density : int, 1 to 8
        Notes of the melody per bar.
    style : "pastoral", "festive", "menace" or "elegy"
        Instruments and patterns: piano and guitar; brass, bells and drums; overdriven guitars, tremolo strings and
        irregular drums; cello, piano and strings.
    arousal, valence : -1 or 1
        Signs of the intended arousal and valence.

    Raises
    ------
    ValueError
        If a value is out of its range.
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
        """Duration of the bars in seconds."""
        return self.bars * BEATS * 60 / self.tempo_bpm
