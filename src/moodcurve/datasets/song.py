"""An annotated song, and a set of them: what every reader gives and every model learns from."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from moodcurve.errors import MoodcurveError
from moodcurve.features import Features, FeatureSet


class DatasetError(MoodcurveError):
    """A folder of annotated songs cannot be read; the message gives file, line and what was expected."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Annotation:
    """Listeners' ratings of one song.

    Attributes
    ----------
    times_s : (n,)
        Start of each rated moment's feature window, in seconds on the clock of the song's features.
    arousal, valence : (n,)
        Mean over raters, in [-1, 1].
    song_arousal, song_valence : float or None
        The rating of the song as a whole, mapped linearly from 1-9 to [-1, 1]; None where there is none.
    arousal_spread, valence_spread : (n,) or None
        Standard deviation over raters (n - 1) at each moment, on the same scale; NaN where there is one rater only,
        None where single raters are not known.
    arousal_raters, valence_raters : (n,) or None
        How many raters the mean is of; None where that is not known.
    """

    times_s: npt.NDArray[np.float64]
    arousal: npt.NDArray[np.float64]
    valence: npt.NDArray[np.float64]
    song_arousal: float | None = None
    song_valence: float | None = None
    arousal_spread: npt.NDArray[np.float64] | None = None
    valence_spread: npt.NDArray[np.float64] | None = None
    arousal_raters: npt.NDArray[np.int64] | None = None
    valence_raters: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Song:
    """One annotated song; row i of the features belongs to point i of the annotation.

    Attributes
    ----------
    song_id : str
        Unique within its dataset.
    artist, title, genre : str
        As the dataset gives them, blanks stripped; empty where unknown.
    features : Features, n rows
    annotation : Annotation, n points
    recording : Features or None
        All rows that there are of the recording, among them the rated ones, which follow each other; None where
        only those are known. A model that reads a song as a sequence hears what surrounds the rated part too.
    """

    song_id: str
    artist: str
    title: str
    genre: str
    features: Features
    annotation: Annotation
    recording: Features | None = None

    @property
    def full_features(self) -> Features:
        """All rows that are known of the song: of the recording, or else the rated ones."""
        return self.features if self.recording is None else self.recording

    @property
    def rated(self) -> slice:
        """Where the rated rows stand among those heard."""
        first = int(np.searchsorted(self.full_features.times_s, self.features.times_s[0]))
        return slice(first, first + len(self.features.times_s))

    def select(self, feature_set: FeatureSet) -> "Song":
        """Give the same song with the columns of another feature set, by name."""
        recording = None if self.recording is None else self.recording.select(feature_set)
        return replace(self, features=self.features.select(feature_set), recording=recording)

    @property
    def x(self) -> npt.NDArray[np.float32]:
        """Feature values, shape (n, columns)."""
        return self.features.values

    @property
    def y(self) -> npt.NDArray[np.float64]:
        """Arousal and valence, shape (n, 2)."""
        return np.column_stack([self.annotation.arousal, self.annotation.valence])


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Songs of one folder, with what was noticed and corrected while reading them.

    Attributes
    ----------
    name : str
        Names the data and the labels, as results and model files state it (``DEAM``, ``MediaEval 2015 dev``).
    songs : tuple of Song
        In the order of their ids; all with the same feature set.
    notes : tuple of str
        What the reader corrected, dropped or doubts, a sentence each.
    level_notes : tuple of str
        The same of the ratings of songs as wholes, for those who use them.
    left_out : tuple of str
        Ids of one's own annotated songs that could not be used; the notes say why.
    """

    name: str
    songs: tuple[Song, ...]
    notes: tuple[str, ...] = ()
    level_notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def feature_set(self) -> FeatureSet:
        """The feature set of all songs."""
        return self.songs[0].features.feature_set
