"""Define an annotated song and its ratings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.errors import MoodcurveError
from moodcurve.features import Features, FeatureSet
from moodcurve.mood.circumplex import QUADRANTS

QUADRANT_RATINGS = dict(zip(QUADRANTS, ((0.5, 0.5), (0.5, -0.5), (-0.5, -0.5), (-0.5, 0.5)), strict=True))
"""Arousal and valence in the middle of each quadrant."""


class DatasetError(MoodcurveError):
    """A folder of annotated songs cannot be read; the message gives the file, the line and what was expected."""


@dataclass(frozen=True, kw_only=True)
class SongMetadata:
    """Metadata of a song; texts are empty, and ratings of the whole song (on [-1, 1]) None, if unknown."""

    artist: str = ""
    title: str = ""
    genre: str = ""
    arousal: float | None = None
    valence: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Annotation:
    """Listeners' ratings of one song.

    Attributes
    ----------
    times_s : (n,)
        Start of each rated feature window, in seconds from the start of the recording that the features describe.
    arousal, valence : (n,)
        Mean over raters, in [-1, 1].
    song_arousal, song_valence : float or None
        Rating of the whole song, mapped linearly from 1-9 to [-1, 1]; None if there is none.
    arousal_std, valence_std : (n,) or None
        Standard deviation over raters (n - 1) at each time, on the same scale. NaN where there is only one rater;
        None if the ratings of individual raters are unknown.
    arousal_raters, valence_raters : (n,) or None
        Number of raters behind each mean; None if unknown.
    quadrant : str or None
        Quadrant of the whole song, one of `moodcurve.mood.circumplex.QUADRANTS`, if it was labeled with one.
    words : mapping of str to float
        Share of the listeners, in [0, 1], who chose each of a set's emotion words for the whole song; empty if the song
        was not labeled with words. They are not converted to arousal and valence.
    """

    times_s: FloatArray
    arousal: FloatArray
    valence: FloatArray
    song_arousal: float | None = None
    song_valence: float | None = None
    arousal_std: FloatArray | None = None
    valence_std: FloatArray | None = None
    arousal_raters: npt.NDArray[np.int64] | None = None
    valence_raters: npt.NDArray[np.int64] | None = None
    quadrant: str | None = None
    words: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        points = f"{len(self.times_s)} points"
        if len(self.times_s):
            points += f", {self.times_s[0]:g} to {self.times_s[-1]:g} s"
        return f"Annotation({points})"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Song:
    """One annotated song; row i of the features belongs to point i of the annotation.

    A song that only has a quadrant, words or comparisons has no rated rows: its features and annotation have the length
    0, and `recording` holds all rows.

    Attributes
    ----------
    song_id : str
        Unique within its dataset.
    artist, title, genre : str
        As in the dataset, without surrounding blanks; empty if unknown.
    features : Features, n rows
        The rated rows.
    annotation : Annotation, n points
    recording : Features or None
        All feature rows of the recording, which include the rated rows as one block. None if only the rated rows are
        known, or if they do not follow each other. Sequence models also use the rows around the rated part.
    versions : tuple of Features
        All rows of some of the song's sound, first as it is, then altered without changing the music: coded at a low
        bit rate, for example. Empty if none was made.
    """

    song_id: str
    artist: str
    title: str
    genre: str
    features: Features
    annotation: Annotation
    recording: Features | None = None
    versions: tuple[Features, ...] = ()

    def __repr__(self) -> str:
        return f"Song({self.song_id!r}, {len(self.x)} frames, {self.features.feature_set.name})"

    @property
    def full_features(self) -> Features:
        """All known feature rows of the song: those of the recording, or else the rated ones."""
        return self.features if self.recording is None else self.recording

    @property
    def rated(self) -> slice:
        """Position of the rated rows within ``full_features``."""
        if not self.is_rated:
            return slice(0, 0)
        first = int(np.searchsorted(self.full_features.times_s, self.features.times_s[0]))
        return slice(first, first + len(self.features.times_s))

    @property
    def is_rated(self) -> bool:
        """True if at least one row is rated; False for a song with other labels only."""
        return len(self.annotation.times_s) > 0

    def rated_by_quadrant(self) -> "Song":
        """Return a song whose rows are all rated as the middle of its quadrant, if it only has a quadrant.

        A song with ratings, or without a quadrant, is returned unchanged. Use this where a label per row is needed,
        and only the side of each axis counts; ``QUADRANT_RATINGS`` has the values.
        """
        if self.is_rated or self.annotation.quadrant is None:
            return self
        arousal, valence = QUADRANT_RATINGS[self.annotation.quadrant]
        features = self.full_features
        rows = len(features.times_s)
        annotation = replace(
            self.annotation,
            times_s=features.times_s,
            arousal=np.full(rows, arousal),
            valence=np.full(rows, valence),
        )
        return replace(self, features=features, annotation=annotation)

    def select(self, feature_set: FeatureSet) -> "Song":
        """Return the same song with the columns of another feature set, selected by name."""
        recording = None if self.recording is None else self.recording.select(feature_set)
        versions = tuple(version.select(feature_set) for version in self.versions)
        return replace(self, features=self.features.select(feature_set), recording=recording, versions=versions)

    @property
    def x(self) -> Float32Array:
        """Values of the rated feature rows, shape (n, columns)."""
        return self.features.values

    @property
    def y(self) -> FloatArray:
        """Arousal and valence of the rated rows, shape (n, 2)."""
        return np.column_stack([self.annotation.arousal, self.annotation.valence])
