"""Audio files and samples to feature rows, as a scikit-learn transformer."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin

from moodcurve._typing import FloatArray
from moodcurve.audio.samples import open_samples
from moodcurve.datasets.audio_features import audio_features
from moodcurve.features import Features, extract, feature_set

Pool = Literal["none", "mean", "mean_std"]


class FeatureExtractor(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Compute window features of audio files or samples, the first step of a pipeline.

    Features of files are cached, so that searches compute them once.

    Parameters
    ----------
    feature_set : str
        Name of a feature set, such as ``default`` or ``compare236+tonal1``.
    sr : int, optional
        Sample rate of arrays in Hz; files state theirs.
    pool : {"none", "mean", "mean_std"}
        ``none`` returns all rows of each song, for `CurveRegressor`. ``mean`` and ``mean_std`` return one row per song,
        for scikit-learn's own estimators: means of the columns, or means and then standard deviations.
    workers : int, optional
        Number of processes for files; by default one per core.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(3 * 44100) / 44100)
    >>> FeatureExtractor("compare236", sr=44100).fit_transform([tone])
    [Features(compare236/1, rows=4, columns=236, sr=44100)]
    >>> FeatureExtractor("compare236", sr=44100, pool="mean").fit_transform([tone]).shape
    (1, 236)
    """

    def __init__(
        self, feature_set: str = "default", *, sr: int | None = None, pool: Pool = "none", workers: int | None = None
    ) -> None:
        self.feature_set = feature_set
        self.sr = sr
        self.pool = pool
        self.workers = workers

    def fit(self, X: Sequence[Any], y: object = None) -> Self:
        """Check the parameters; nothing is learned."""
        feature_set(self.feature_set)
        if self.pool not in ("none", "mean", "mean_std"):
            raise ValueError(f"pool must be 'none', 'mean' or 'mean_std', got {self.pool!r}")
        return self

    def transform(self, X: Sequence[Any]) -> list[Features] | FloatArray:
        """Compute the features of each song.

        Parameters
        ----------
        X : sequence of paths, or of arrays (n,) or (n, channels)

        Returns
        -------
        list of Features
            With ``pool="none"``.
        (songs, columns) or (songs, 2 × columns)
            With the others.

        Raises
        ------
        ValueError
            If a file cannot be read, a song is shorter than one window, or `sr` is missing for arrays.
        """
        wanted = feature_set(self.feature_set)
        found: list[Features | None] = [None] * len(X)
        files = [i for i, song in enumerate(X) if isinstance(song, str | os.PathLike)]
        of_files = audio_features([Path(X[i]) for i in files], wanted, workers=self.workers)
        for i, outcome in zip(files, of_files, strict=True):
            if isinstance(outcome, Exception):
                raise outcome
            found[i] = outcome.features
        for i, song in enumerate(X):
            if i not in set(files):
                found[i] = self._extract(song)
        songs = [features for features in found if features is not None]
        if self.pool == "none":
            return songs
        means = [song.values.mean(axis=0, dtype=np.float64) for song in songs]
        if self.pool == "mean":
            return np.stack(means)
        stds = [song.values.std(axis=0, dtype=np.float64) for song in songs]
        return np.hstack([np.stack(means), np.stack(stds)])

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the names of the columns."""
        names = feature_set(self.feature_set).names
        if self.pool == "mean_std":
            names = (*(f"{name}_mean" for name in names), *(f"{name}_std" for name in names))
        return np.array(names, dtype=object)

    def _extract(self, samples: npt.ArrayLike) -> Features:
        if self.sr is None:
            raise ValueError("sr must be given for arrays: their sample rate in Hz")
        reader = open_samples(samples, self.sr)
        return extract(reader.blocks(), reader.sr, feature_set(self.feature_set))

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        return tags
