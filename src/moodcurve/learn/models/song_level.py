"""Song level: one arousal and valence for a whole song, with a 90 % interval, learned from ratings of whole songs.

Listeners who rate a song as a whole use the scale otherwise than those who follow it: in DEAM their ratings spread
more and lie lower than the means of the curves. So the ratings are learned for themselves, by support vector
regression on the mean and spread of each column over the song.
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
from moodcurve.learn.models.base import Progress, silent
from moodcurve.learn.models.svr import SVRConfig, kernel, kernel_nodes
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stacked
from moodcurve.learn.preprocessing.steps import Limit, Scaling, standardising

LEVEL = 0.9
"""Share of the ratings that an interval is to hold."""
INNER_FOLDS = 4
"""Parts of the training songs whose ratings are predicted by a model of the others, for the interval's width."""
CLIP = 5.0
"""Limit of the standardised means and spreads."""


@dataclass(frozen=True, kw_only=True)
class SongLevelConfig:
    """Settings, as those of the level in `moodcurve.learn.models.two_level.TwoLevelConfig`."""

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
        Of means and spreads (2 · width).
    support, weights, bias : (vectors, 2 · width), (vectors, 2), (2,)
    half_width : (2,)
        A rating lies within so much of the prediction in 9 of 10 songs, by axis.
    """

    config: SongLevelConfig
    preprocessing: Preprocessing
    scaling: Scaling
    support: FloatArray
    weights: FloatArray
    bias: FloatArray
    half_width: FloatArray

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Arousal and valence (2,) of all rows of a song (n, columns), n ≥ 1; not limited to [-1, 1]."""
        song = Limit(CLIP).apply(self.scaling.apply(_summary(self.preprocessing.apply(x))[None]))
        similar = kernel(song, self.support, _machine(self.config, song.shape[1]))
        rated: FloatArray = similar[0] @ self.weights + self.bias
        return rated

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph; gives the name of the result, (1, 2)."""
        z = self.preprocessing.build(graph)
        mean = graph.add("ReduceMean", z, axes=[0], keepdims=1)
        away = graph.add("Sub", z, mean)
        variance = graph.add("ReduceMean", graph.add("Mul", away, away), axes=[0], keepdims=1)
        summary = graph.add("Concat", mean, graph.add("Sqrt", variance), axis=1)
        song = Limit(CLIP).build(graph, self.scaling.build(graph, summary))
        similar = kernel_nodes(graph, song, self.support, _machine(self.config, self.support.shape[1]))
        return graph.add("Add", graph.add("MatMul", similar, graph.constant(self.weights)), graph.constant(self.bias))


def fit_song_level(
    songs: Sequence[Song], config: SongLevelConfig, *, seed: int = 0, progress: Progress = silent
) -> SongLevel:
    """Fit on the songs that have ratings as a whole, and find the interval's width by predicting them out of fold.

    The half width is the ⌈(n + 1) · 0.9⌉-th smallest error of n songs, each predicted by a model that knows none of
    its artist: split conformal prediction (Lei et al. 2018, https://doi.org/10.1080/01621459.2017.1307116) with all
    folds' errors taken together.

    Raises
    ------
    TrainingError
        If no song is rated as a whole.
    DatasetError
        If the rated songs have fewer artists than `INNER_FOLDS`.
    """
    rated = [song for song in songs if song.annotation.song_arousal is not None]
    check(len(rated) > 0, "songs", "some that are rated as a whole", "none")
    errors: list[FloatArray] = []
    for number, (train, test) in enumerate(k_fold(rated, INNER_FOLDS, seed, by="artist")):
        inner = _fit([rated[i] for i in train], config, np.zeros(2))
        errors += [np.abs(inner.predict(rated[i].full_features.values) - song_rating(rated[i])) for i in test]
        progress(number + 1, INNER_FOLDS + 1, f"part {number + 1} of {INNER_FOLDS} predicted")
    model = _fit(rated, config, conformal_half_width(np.array(errors)))
    progress(INNER_FOLDS + 1, INNER_FOLDS + 1, "fitted")
    return model


def conformal_half_width(errors: FloatArray) -> FloatArray:
    """Give the ⌈(n + 1) · 0.9⌉-th smallest of absolute errors (n, axes) by axis, the largest where n < 9."""
    place = min(math.ceil((len(errors) + 1) * LEVEL), len(errors))
    return np.asarray(np.sort(errors, axis=0)[place - 1], dtype=np.float64)


def song_rating(song: Song) -> FloatArray:
    """Arousal and valence (2,) of a song that is rated as a whole, in [-1, 1]."""
    return np.array([song.annotation.song_arousal, song.annotation.song_valence], dtype=np.float64)


def on_nine_points(values: FloatArray) -> FloatArray:
    """Map [-1, 1] linearly to the scale from 1 to 9 that listeners used: 5 + 4 · value."""
    return 5 + 4 * values


def _fit(songs: Sequence[Song], config: SongLevelConfig, half_width: FloatArray) -> SongLevel:
    preprocessing = fit_preprocessing(stacked(songs)[0], config.preprocessing)
    summaries = np.array([_summary(preprocessing.apply(song.full_features.values)) for song in songs])
    scaling = standardising(summaries)
    # rounded before the fit, so that a model file can hold the support vectors in single precision
    z = Limit(CLIP).apply(scaling.apply(summaries)).astype(np.float32).astype(np.float64)
    y = np.array([song_rating(song) for song in songs])
    machine = _machine(config, z.shape[1])
    weights, bias = np.zeros_like(y), np.zeros(2)
    for axis in range(2):
        fitted = svm.SVR(C=machine.C, epsilon=machine.epsilon, gamma=machine.gamma).fit(z, y[:, axis])
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
    """Means, then spreads, of each column of a song."""
    return np.concatenate([z.mean(axis=0), z.std(axis=0)])


def _machine(config: SongLevelConfig, columns: int) -> SVRConfig:
    return SVRConfig(kernel="rbf", C=config.C, epsilon=config.epsilon, gamma=config.gamma / columns)
