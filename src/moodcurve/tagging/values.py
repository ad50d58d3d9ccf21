"""What is written into a file's tags: the fields, and their texts for a song."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moodcurve.curve import Curve
from moodcurve.features.song.key_names import CAMELOT
from moodcurve.library.queries.search import FoundSong
from moodcurve.library.schema import WORD_SEPARATOR

MOOD, ENERGY, BPM, KEY = "MOOD", "ENERGY", "BPM", "INITIALKEY"
"""Fields that other programs know too."""
AROUSAL, VALENCE, QUADRANT = "MOODCURVE_AROUSAL", "MOODCURVE_VALENCE", "MOODCURVE_QUADRANT"
FIELDS = (MOOD, ENERGY, AROUSAL, VALENCE, QUADRANT, BPM, KEY)
"""Names of all fields, as Vorbis comments have them."""

FieldTexts = Mapping[str, Sequence[str]]
"""Texts of each field to write; most fields have one."""
_DECIMALS, _ENERGY_DECIMALS = 4, 2


@dataclass(frozen=True, kw_only=True)
class FieldOptions:
    """Which fields to write.

    Attributes
    ----------
    quadrant_as_mood : bool
        Write the quadrant as MOOD, instead of mood words.
    bpm : bool
        Write the tempo, rounded to a whole number, as ID3 wants it.
    key : bool
        Write the musical key.
    camelot : bool
        Write the key as its Camelot code.
    """

    quadrant_as_mood: bool = False
    bpm: bool = False
    key: bool = False
    camelot: bool = False


@dataclass(frozen=True, kw_only=True)
class SongValues:
    """What is known of a song; tempo and key are None if they are not."""

    arousal: float
    valence: float
    quadrant: str
    words: tuple[str, ...]
    tempo_bpm: float | None
    key: str | None

    def texts(self, options: FieldOptions) -> dict[str, list[str]]:
        """Return the texts of the fields to write; a field whose value is unknown is left out.

        Examples
        --------
        >>> values = SongValues(
        ...     arousal=-0.4, valence=0.25, quadrant="calm-positive", words=("calm",), tempo_bpm=96.6, key="Am"
        ... )
        >>> values.texts(FieldOptions(bpm=True, key=True, camelot=True))["INITIALKEY"]
        ['8A']
        """
        texts = {
            MOOD: [self.quadrant] if options.quadrant_as_mood else list(self.words),
            ENERGY: [f"{(self.arousal + 1) / 2:.{_ENERGY_DECIMALS}f}"],
            AROUSAL: [_number(self.arousal)],
            VALENCE: [_number(self.valence)],
            QUADRANT: [self.quadrant],
        }
        if options.bpm and self.tempo_bpm is not None:
            texts[BPM] = [str(round(self.tempo_bpm))]
        if options.key and self.key is not None:
            texts[KEY] = [CAMELOT[self.key] if options.camelot else self.key]
        return texts


def values_of_song(song: FoundSong) -> SongValues:
    """Return the values of a song of a library."""
    return SongValues(
        arousal=song.arousal,
        valence=song.valence,
        quadrant=song.quadrant,
        words=tuple(song.words.split(WORD_SEPARATOR)),
        tempo_bpm=song.tempo_bpm,
        key=song.key,
    )


def values_of_curve(curve: Curve) -> SongValues:
    """Return the values of a song that was just analyzed."""
    summary, sound = curve.summary, curve.sound
    return SongValues(
        arousal=summary.arousal,
        valence=summary.valence,
        quadrant=summary.quadrant,
        words=summary.words,
        tempo_bpm=None if sound is None else sound.tempo_bpm,
        key=None if sound is None else sound.key,
    )


def _number(value: float) -> str:
    return f"{round(value, _DECIMALS) + 0.0:.{_DECIMALS}f}"
