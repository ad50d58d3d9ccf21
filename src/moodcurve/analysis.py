"""The listening wing in one call: a file to its features, a file to its curve."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve.audio import AudioError, AudioReader, open_audio
from moodcurve.curve import Curve
from moodcurve.features import FeatureError, Features, FeatureSet, extract
from moodcurve.files import AnyPath
from moodcurve.runtime import Model, load_model

Progress = Callable[[float, float | None], None]
"""Called with the seconds of audio read so far and those that the file claims, None if it does not say."""


@dataclass(frozen=True, eq=False)
class FileFeatures:
    """Features of one audio file, with what reading it brought to light.

    Attributes
    ----------
    features : Features
    duration_s : float
        Seconds of audio that were read.
    warnings : tuple of str
        What a reader of the result must know: that the file is truncated, for example.
    """

    features: Features
    duration_s: float
    warnings: tuple[str, ...]


def file_features(path: AnyPath, feature_set: FeatureSet, *, progress: Progress | None = None) -> FileFeatures:
    """Read an audio file, or the sound of a video, block by block into window features.

    Raises
    ------
    AudioError
        If nothing can be read from the file, or less than one window.
    """
    with open_audio(path) as reader:
        try:
            features = extract(_reported(reader, progress), reader.sr, feature_set)
        except FeatureError as error:
            raise AudioError(f"{os.fspath(path)}: {error}") from error
        return FileFeatures(features, reader.duration_s, tuple(reader.warnings))


def analyze(path: AnyPath, *, model: AnyPath | Model = "default", progress: Progress | None = None) -> Curve:
    """Give the curve of arousal and valence of an audio file, or of the sound of a video.

    Parameters
    ----------
    path : str or path
        Any file that libsndfile or FFmpeg reads.
    model : str, path or Model
        A packaged model's name, a model file, or a loaded model (quicker for many songs).
    progress : callable, optional
        Called with the seconds read and the seconds that the file claims, or None.

    Raises
    ------
    AudioError
        If nothing can be read from the file, or less than one window of 1.0 s.
    ModelError
        If there is no such model, or it reads features of another version.

    Examples
    --------
    >>> curve = analyze("song.mp3")                      # doctest: +SKIP
    >>> float(curve.arousal.mean())                      # doctest: +SKIP
    0.31
    """
    loaded = model if isinstance(model, Model) else load_model(model)
    heard = file_features(path, loaded.feature_set, progress=progress)
    return loaded.curve(heard.features, source=os.fspath(path), duration_s=heard.duration_s, warnings=heard.warnings)


def _reported(reader: AudioReader, progress: Progress | None) -> Iterator[npt.NDArray[np.float32]]:
    samples = 0
    for block in reader.blocks():
        yield block
        samples += len(block)
        if progress is not None:
            progress(samples / reader.sr, reader.claimed_duration_s)
