"""Measure the sound of a song from the rows of its features."""

from dataclasses import dataclass

import numpy as np

from moodcurve.features.feature_sets import SONG1, TONAL1, Features, FeatureSet, join
from moodcurve.features.song.key import KeyMeter
from moodcurve.features.song.rhythm import RhythmMeter
from moodcurve.features.tonal.columns import CHROMA, FRAMES_PER_ROW, ONSETS

_BANDS = len(ONSETS) // FRAMES_PER_ROW


@dataclass(frozen=True, kw_only=True)
class Sound:
    """Measures of a song's sound; None where one is unknown, as in silence.

    Attributes
    ----------
    loudness_lufs : float or None
        Integrated loudness by EBU R128, see `moodcurve.features.song.loudness`.
    tempo_bpm : float or None
        Beats per minute, see `moodcurve.features.song.rhythm`.
    key : str or None
        One of `moodcurve.features.song.key_names.KEYS`, such as ``Am``.
    danceability : float or None
        In [0, 1], see `moodcurve.features.song.rhythm`.
    """

    loudness_lufs: float | None = None
    tempo_bpm: float | None = None
    key: str | None = None
    danceability: float | None = None


class SoundMeter:
    """Measures tempo, key and danceability from rows of features as they arrive.

    Parameters
    ----------
    feature_set : FeatureSet
        Of a model. Without all columns of ``tonal1``, nothing is measured and nothing further computed.

    Attributes
    ----------
    extended : FeatureSet
        The set to compute: that of the model, and ``song1``.
    """

    def __init__(self, feature_set: FeatureSet) -> None:
        self._measures = set(TONAL1.names) <= set(feature_set.names)
        self._feature_set = feature_set
        self.extended = join([*(feature_set.parts or (feature_set,)), SONG1]) if self._measures else feature_set
        self._key = KeyMeter()
        self._rhythm = RhythmMeter(_BANDS)

    def take(self, features: Features) -> Features:
        """Add rows of the extended set; return those of the model's set."""
        if not self._measures:
            return features
        values, song = np.split(features.values, [len(self._feature_set.names)], axis=1)
        self._key.add(song[:, : len(CHROMA)])
        onsets = song[:, len(CHROMA) :].reshape(len(song), _BANDS, FRAMES_PER_ROW)
        self._rhythm.add(onsets.transpose(0, 2, 1).reshape(-1, _BANDS).astype(np.float64))
        return Features(np.ascontiguousarray(values), features.times_s, self._feature_set, sr=features.sr)

    def sound(self, loudness_lufs: float | None) -> Sound:
        """Return the measures so far, with a loudness."""
        tempo_bpm, danceability = self._rhythm.measures()
        return Sound(loudness_lufs=loudness_lufs, tempo_bpm=tempo_bpm, key=self._key.key(), danceability=danceability)
