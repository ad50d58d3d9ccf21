"""Use moodcurve with scikit-learn and PyTorch: features as a transformer, model families as estimators, and scorers.

One sample is a song: `X` is a sequence of songs and `y` a sequence of curves, so that scikit-learn's splitters,
searches and pipelines never cut a song in two. Estimators also take plain tables of rows.
"""

from moodcurve.learn.estimators.regressor import CurveRegressor
from moodcurve.learn.estimators.scorers import curve_score, curve_scorer
from moodcurve.learn.estimators.songs import SongSequences, song_sequences
from moodcurve.learn.estimators.torch_songs import SongTensors, TorchSongs, pad_songs
from moodcurve.learn.estimators.transformer import FeatureExtractor

__all__ = [
    "CurveRegressor", "FeatureExtractor", "SongSequences", "SongTensors", "TorchSongs", "curve_score", "curve_scorer",
    "pad_songs", "song_sequences",
]  # fmt: skip
