"""Song-level regression: one arousal and valence for a whole song, with a 90 % interval, trained on song ratings.

Listeners use the scale differently when they rate a whole song than when they rate continuously. In DEAM, song ratings
vary more and are lower than the means of the curves. This model therefore predicts them directly, by support vector
regression on the mean and standard deviation of each column over the song.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sklearn import svm

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import k_fold
from moodcurve.learn.config import check
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.models.svr import SVRConfig, kernel
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stack_songs
from moodcurve.learn.preprocessing.steps import Clip, Scaling, fit_standardization

LEVEL = 0.9
"""Fraction of the ratings that an interval should contain."""
INNER_FOLDS = 4
"""Folds of the training songs that determine the width of the interval."""
CLIP = 5.0
"""Limit of the standardized means and standard deviations."""


@dataclass(frozen=True, kw_only=True)
class SongLevelConfig:
    """Settings, like those of the level in `moodcurve.learn.models.two_level.TwoLevelConfig`."""

    C: float = 1.0
    epsilon: float = 0.1
    gamma: float = 0.25
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)

    def __post_init__(self) -> None:
        check(self.C > 0, "C", "positive", self.C)
        check(self.epsilon >= 0, "epsilon", "0 or positive", self.epsilon)
        check(self.gamma > 0, "gamma", "positive", self.gamma)


@dataclass(frozen=True, eq=False, kw_only=True)
class SongLevel:
    """Fitted regression.

    Attributes
    ----------
    scaling : Scaling
        Of means and standard deviations (2 · width).
    support, weights, bias : (vectors, 2 · width), (vectors, 2), (2,)
    half_width : (2,)
        Half width of the 90 % interval on each axis.
    """

    config: SongLevelConfig
    preprocessing: Preprocessing
    scaling: Scaling
    support: FloatArray
    weights: FloatArray
    bias: FloatArray
    half_width: FloatArray

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (2,) of a song from all its rows (n, columns), n ≥ 1; not limited to [-1, 1]."""
        song = Clip(CLIP).apply(self.scaling.apply(_summary(self.preprocessing.apply(x))[None]))
        similar = kernel(song, self.support, _kernel_config(self.config, song.shape[1]))
        rated: FloatArray = similar[0] @ self.weights + self.bias
        return rated


def fit_song_level(
    songs: Sequence[Song], config: SongLevelConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> SongLevel:
    """Fit on the songs that have a rating of the whole song, and determine the interval by cross-validation.

    The half width is the ⌈(n + 1) · 0.9⌉-th smallest error of n songs. Each is predicted by a model that was not
    trained on its artist. This is split conformal prediction (Lei et al. 2018,
    https://doi.org/10.1080/01621459.2017.1307116) with the errors of all folds pooled.

    Raises
    ------
    TrainingError
        If no song has a rating of the whole song.
    DatasetError
        If the rated songs have fewer artists than `INNER_FOLDS`.
    """
    rated = [song for song in songs if song.annotation.song_arousal is not None]
    check(len(rated) > 0, "songs", "songs with a rating of the whole song", "none")
    errors: list[FloatArray] = []
    for number, (train, test) in enumerate(k_fold(rated, INNER_FOLDS, seed, by="artist")):
        inner = _fit([rated[i] for i in train], config, np.zeros(2))
        errors += [np.abs(inner.predict(rated[i].full_features.values) - song_rating(rated[i])) for i in test]
        progress(number + 1, INNER_FOLDS + 1, f"fold {number + 1} of {INNER_FOLDS}")
    model = _fit(rated, config, conformal_half_width(np.array(errors)))
    progress(INNER_FOLDS + 1, INNER_FOLDS + 1, "fitted")
    return model


def conformal_half_width(errors: FloatArray) -> FloatArray:
    """Return the ⌈(n + 1) · 0.9⌉-th smallest of absolute errors (n, axes) on each axis, or the largest if n < 9."""
    rank = min(math.ceil((len(errors) + 1) * LEVEL), len(errors))
    return np.asarray(np.sort(errors, axis=0)[rank - 1], dtype=np.float64)


def song_rating(song: Song) -> FloatArray:
    """Return the rating (2,) of a whole song, in [-1, 1]."""
    return np.array([song.annotation.song_arousal, song.annotation.song_valence], dtype=np.float64)


def _fit(songs: Sequence[Song], config: SongLevelConfig, half_width: FloatArray) -> SongLevel:
    preprocessing = fit_preprocessing(stack_songs(songs)[0], config.preprocessing)
    summaries = np.array([_summary(preprocessing.apply(song.full_features.values)) for song in songs])
    scaling = fit_standardization(summaries)
    # round before the fit: single precision is enough for support vectors
    z = Clip(CLIP).apply(scaling.apply(summaries)).astype(np.float32).astype(np.float64)
    y = np.array([song_rating(song) for song in songs])
    kernel_config = _kernel_config(config, z.shape[1])
    weights, bias = np.zeros_like(y), np.zeros(2)
    for axis in range(2):
        fitted = svm.SVR(C=kernel_config.C, epsilon=kernel_config.epsilon, gamma=kernel_config.gamma).fit(z, y[:, axis])
        weights[fitted.support_, axis] = fitted.dual_coef_[0]
        bias[axis] = fitted.intercept_[0]
    needed = weights.any(axis=1)
    return SongLevel(
        config=config,
        preprocessing=preprocessing,
        scaling=scaling,
        support=z[needed],
        weights=weights[needed],
        bias=bias,
        half_width=half_width,
    )


def _summary(z: FloatArray) -> FloatArray:
    """Concatenate the mean and the standard deviation of each column of a song."""
    return np.concatenate([z.mean(axis=0), z.std(axis=0)])


def _kernel_config(config: SongLevelConfig, columns: int) -> SVRConfig:
    return SVRConfig(kernel="rbf", C=config.C, epsilon=config.epsilon, gamma=config.gamma / columns)
