"""Define a dataset: the annotated songs that every reader returns and every model is trained on."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.datasets.comparison import Comparison
from moodcurve.datasets.song import Song
from moodcurve.datasets.splits import By, group_numbers
from moodcurve.features import FeatureSet


class DatasetArrays(NamedTuple):
    """All rated frames of a dataset, song after song, as scikit-learn takes them.

    Attributes
    ----------
    X : (frames, columns)
        Feature values.
    y : (frames, 2)
        Arousal and valence, in [-1, 1].
    groups : (frames,)
        Index of the artist or the song that a frame belongs to, from 0.
    times_s : (frames,)
        Start of each frame in its recording, in seconds.
    """

    X: Float32Array
    y: FloatArray
    groups: npt.NDArray[np.intp]
    times_s: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Dataset:
    """The annotated songs of one folder, and notes on what the reader corrected or skipped.

    Attributes
    ----------
    name : str
        Name of the data and the labels in results and model files (``DEAM``, ``MediaEval 2015 dev``).
    songs : tuple of Song
        In the order of their ids; all have the same feature set.
    notes : tuple of str
        What the reader corrected, skipped or doubts, one sentence each.
    song_rating_notes : tuple of str
        The same for the ratings of whole songs; of interest only where these are used.
    skipped_ids : tuple of str
        Ids of annotated songs that could not be used; the notes give the reasons. Always empty for DEAM.
    comparisons : tuple of Comparison
        Listeners' comparisons of two of the songs.
    """

    name: str
    songs: tuple[Song, ...]
    notes: tuple[str, ...] = ()
    song_rating_notes: tuple[str, ...] = ()
    skipped_ids: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    def __repr__(self) -> str:
        frames = sum(len(song.x) for song in self.songs)
        columns = f", {self.feature_set.name}" if self.songs else ""
        return f"Dataset({self.name!r}, {len(self.songs)} songs, {frames} frames{columns})"

    @property
    def feature_set(self) -> FeatureSet:
        """The feature set of all songs."""
        return self.songs[0].features.feature_set

    @property
    def quadrants(self) -> tuple[str | None, ...]:
        """The quadrant that each song was labeled with, or None."""
        return tuple(song.annotation.quadrant for song in self.songs)

    def arrays(self, *, groups: By = "artist") -> DatasetArrays:
        """Return all rated frames as arrays for scikit-learn.

        Parameters
        ----------
        groups : {"artist", "song"}
            What the returned groups stand for. A group must not be split between training and test data: frames of a
            song are nearly equal, and songs of an artist sound alike. Songs without an artist form one group each.

        Returns
        -------
        DatasetArrays
            A named tuple ``(X, y, groups, times_s)``.

        Raises
        ------
        ValueError
            If ``groups`` is neither of the two.

        Examples
        --------
        >>> from sklearn.linear_model import Ridge                                  # doctest: +SKIP
        >>> from sklearn.model_selection import GroupKFold, cross_val_score         # doctest: +SKIP
        >>> from moodcurve.datasets import read_dataset                             # doctest: +SKIP
        >>> X, y, groups, times_s = read_dataset("DEAM").arrays()                   # doctest: +SKIP
        >>> cross_val_score(Ridge(), X, y, groups=groups, cv=GroupKFold(5)).mean()  # doctest: +SKIP
        """
        if groups not in ("artist", "song"):
            raise ValueError(f"groups must be 'artist' or 'song', got {groups!r}")
        numbers = group_numbers(self.songs, by=groups)
        return DatasetArrays(
            X=np.concatenate([song.x for song in self.songs]),
            y=np.concatenate([song.y for song in self.songs]),
            groups=np.repeat(numbers, [len(song.x) for song in self.songs]),
            times_s=np.concatenate([song.annotation.times_s for song in self.songs]),
        )
