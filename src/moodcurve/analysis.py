"""The listening wing in one call: a file to its features, a file to its curve, many files to theirs."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from moodcurve import features
from moodcurve.audio import AudioError, AudioReader, open_audio
from moodcurve.audio.prefetch import prefetch
from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.features import FeatureError, Features, FeatureSet
from moodcurve.runtime import Model, load_model
from moodcurve.util.files import AnyPath
from moodcurve.workers import ItemProgress, Job, ProgressCallback, default_workers, run_each


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


def file_features(path: AnyPath, feature_set: FeatureSet, *, progress: ProgressCallback | None = None) -> FileFeatures:
    """Read an audio file, or the sound of a video, block by block into window features.

    Raises
    ------
    AudioError
        If nothing can be read from the file, or less than one window.
    """
    with _opened(path, progress) as (reader, blocks):
        # the extractor is loaded here, while the file is being decoded
        heard = features.extract(blocks, reader.sr, feature_set)
        return FileFeatures(heard, reader.duration_s, tuple(reader.warnings))


def analyze(
    path: AnyPath,
    *,
    model: AnyPath | Model = "default",
    progress: ProgressCallback | None = None,
    ahead: bool = True,
    rows: Callable[[Features], None] | None = None,
) -> Curve:
    """Give the curve of arousal and valence of an audio file, or of the sound of a video.

    Parameters
    ----------
    path : str or path
        Any file that libsndfile or FFmpeg reads.
    model : str, path or Model
        A packaged model's name, a model file, or a loaded model (quicker for many songs).
    progress : callable, optional
        Called with the seconds read and the seconds that the file claims, or None.
    ahead : bool
        Decode in a thread of its own, which takes a second core. Who analyses several files at once has the
        cores busy anyway.
    rows : callable, optional
        Called with the features as they come, part by part in order; some parts have no row.

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
    with _opened(path, progress, ahead=ahead) as (reader, blocks):
        # part by part: rows are never held all at once, however long the recording is
        parts = features.stream(blocks, reader.sr, loaded.feature_set)
        found = loaded.predict_parts(parts if rows is None else _shown(parts, rows))
        return loaded.curve_from(
            found, source=os.fspath(path), duration_s=reader.duration_s, warnings=tuple(reader.warnings)
        )


def analyze_many(
    paths: Sequence[AnyPath],
    *,
    model: AnyPath = "default",
    workers: int | None = None,
    watch: ItemProgress | None = None,
) -> Iterator[Curve | MoodcurveError | OSError]:
    """Give the curve of each file, or what is wrong with it, in the order of the paths, as soon as it is known.

    Parameters
    ----------
    paths : sequence of str or path
        Audio files, or videos.
    model : str or path
        A packaged model's name, or a model file.
    workers : int, optional
        How many processes work at once. A file that crashes one of several costs itself only, and gives a
        `moodcurve.workers.CrashError`. None: one process for each core, for fewer than four files one.
        Several processes need a main module that can be imported: ``if __name__ == "__main__":``.
    watch : callable, optional
        Called with the place of a file in `paths` and the share of it that is done, 0 at its start, 1 at its end.

    Raises
    ------
    ModelError
        If there is no such model, or it reads features of another version.
    ValueError
        If `workers` is less than 1.

    Examples
    --------
    >>> for path, curve in zip(paths, analyze_many(paths)):             # doctest: +SKIP
    ...     print(path, curve if isinstance(curve, Exception) else curve.arousal.mean())
    """
    count = default_workers(len(paths)) if workers is None else workers
    load_model(model)  # refused here rather than once a process
    return run_each(partial(_analysis, model), paths, workers=count, progress=watch)


def _shown(parts: Iterator[Features], rows: Callable[[Features], None]) -> Iterator[Features]:
    for part in parts:
        rows(part)
        yield part


def _analysis(model: AnyPath) -> Job[AnyPath, Curve]:
    loaded = load_model(model)
    return lambda path, progress: analyze(path, model=loaded, progress=progress, ahead=False)


@contextmanager
def _opened(
    path: AnyPath, progress: ProgressCallback | None, *, ahead: bool = True
) -> Iterator[tuple[AudioReader, Iterator[npt.NDArray[np.float32]]]]:
    """Open a file whose blocks are decoded ahead; that it is too short to have features is said of the file."""
    with open_audio(path) as reader, prefetch(reader.blocks()) if ahead else nullcontext(reader.blocks()) as blocks:
        try:
            yield reader, _reported(blocks, reader, progress)
        except FeatureError as error:
            raise AudioError(f"{os.fspath(path)}: {error}") from error


def _reported(
    blocks: Iterator[npt.NDArray[np.float32]], reader: AudioReader, progress: ProgressCallback | None
) -> Iterator[npt.NDArray[np.float32]]:
    samples = 0
    for block in blocks:
        yield block
        samples += len(block)
        if progress is not None:
            progress(samples / reader.sr, reader.claimed_duration_s)
