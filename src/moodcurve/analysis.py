"""Analyze recordings: files, streams and arrays to curves, and files to features."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import BinaryIO, cast

import numpy.typing as npt

from moodcurve import features
from moodcurve._typing import Float32Array
from moodcurve.audio import AudioError, AudioReader, open_audio
from moodcurve.audio.parts import Part
from moodcurve.audio.prefetch import prefetch as prefetched
from moodcurve.audio.reader import OnSamples
from moodcurve.audio.samples import open_samples, open_stream
from moodcurve.audio.stretches import stretches
from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.features import FeatureError, Features, FeatureSet
from moodcurve.features.song.loudness import LoudnessMeter, PartsLoudness
from moodcurve.features.song.sound import SoundMeter
from moodcurve.features.warmup import is_prepared, prepare
from moodcurve.runtime import Model, load_model
from moodcurve.runtime.loading import describe_model
from moodcurve.util.files import AnyPath
from moodcurve.workers import ItemProgress, Job, ProgressCallback, run_each

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class FileFeatures:
    """Features of one audio file.

    Attributes
    ----------
    features : Features
    duration_s : float
        Seconds of audio that were read.
    warnings : tuple of str
        Warnings about the file, for example that it is truncated.
    """

    features: Features
    duration_s: float
    warnings: tuple[str, ...]


def file_features(
    path: AnyPath, feature_set: FeatureSet, *, name: str | None = None, progress: ProgressCallback | None = None
) -> FileFeatures:
    """Compute the window features of an audio file, or of the sound of a video; `name` replaces its path in messages.

    Raises
    ------
    AudioError
        If the file cannot be read, or is shorter than one window.
    """
    with _opened(open_audio(path, name=name), progress) as (reader, blocks):
        # the extractor is loaded here, while the file is being decoded
        found = features.extract(blocks, reader.sr, feature_set)
        return FileFeatures(found, reader.duration_s, tuple(reader.warnings))


def analyze(
    audio: AnyPath | BinaryIO | npt.ArrayLike,
    *,
    sr: int | None = None,
    name: str | None = None,
    track: int | None = None,
    model: AnyPath | Model = "default",
    progress: ProgressCallback | None = None,
    prefetch: bool = True,
    on_features: Callable[[Features], None] | None = None,
) -> Curve:
    """Compute the arousal and valence curve of a recording.

    Parameters
    ----------
    audio : path, binary file or array
        A path of an audio or video file that libsndfile or FFmpeg reads; a file object opened in binary mode, which is
        read from its position through a temporary file; or samples, (n,) or (n, channels), as floats with full scale
        ±1 or as integers scaled by the full range of their type.
    sr : int, optional
        Sample rate of an array in Hz, required for arrays only; any rate is resampled.
    name : str, optional
        Name of a path's file in messages and as the curve's source, instead of the path.
    track : int, optional
        Number of the audio track in files with several, from 1; by default the one that players play.
    model : str, path or Model
        Name of a packaged model, a model file, or a loaded model, which is faster for many songs.
    progress : callable, optional
        Called with the seconds read and the seconds that the file claims to last, or None.
    prefetch : bool
        Decode in another thread, which uses a second core.
    on_features : callable, optional
        Called with the features as they are computed, part by part in order; some parts have no row.

    Returns
    -------
    Curve
        Its `source` is the path, the name of the file object or ``<stream>``, or ``<array>``.

    Raises
    ------
    AudioError
        If the audio cannot be read, has no such track, or is shorter than one window of 1.0 s.
    ModelError
        If there is no such model, or it needs features of another version.
    ValueError
        If `sr` is missing for an array or given for a file, `track` is given for an array or is less than 1, or the
        array's shape or type cannot be used.

    Examples
    --------
    >>> curve = analyze("song.mp3")                      # doctest: +SKIP
    >>> float(curve.arousal.mean())                      # doctest: +SKIP
    0.31
    """
    loaded = model if isinstance(model, Model) else load_model(model)
    loudness, sound = LoudnessMeter(), SoundMeter(loaded.feature_set)
    with _opened(_open(audio, sr, track, name, loudness.add), progress, prefetch=prefetch) as (reader, blocks):
        _prepare(loaded.feature_set)
        # part by part: the features are never held all at once, however long the recording is
        parts = map(sound.take, features.stream(blocks, reader.sr, sound.extended))
        prediction = loaded.predict_parts(parts if on_features is None else _reported_parts(parts, on_features))
        warnings = tuple(reader.warnings)
        curve = loaded.curve_from(prediction, source=reader.path, duration_s=reader.duration_s, warnings=warnings)
    curve = replace(curve, sound=sound.sound(loudness.integrated_lufs()))
    for warning in curve.warnings:
        _log.warning("%s: %s", curve.source, warning)
    return curve


def analyze_parts(
    path: AnyPath,
    parts: Sequence[Part],
    *,
    track: int | None = None,
    name: str | None = None,
    model: AnyPath | Model = "default",
    progress: ProgressCallback | None = None,
    prefetch: bool = True,
    on_features: Callable[[int, Features], None] | None = None,
) -> dict[Part, Curve]:
    """Compute a curve for each part of a file, such as the songs of an album, in one pass over the file.

    Parameters
    ----------
    path : str or path
        An audio or video file.
    parts : sequence of Part
        In order and without overlap, as `moodcurve.audio.parts.find_parts` returns them.
    track, name, model, progress, prefetch
        As for `analyze`.
    on_features : callable, optional
        Called with the index of a part and its features, as `analyze` does.

    Returns
    -------
    dict of Part to Curve
        In order, without the parts of which the file has less than one window of 1.0 s. `Curve.start_s` is the start of
        a part, and its times count from there. Warnings are those of the whole file, and of the part.

    Raises
    ------
    AudioError
        If the audio cannot be read, or no part has a window of it.
    ModelError
        If there is no such model, or it needs features of another version.

    Examples
    --------
    >>> from moodcurve.audio.parts import find_parts, Split
    >>> curves = analyze_parts("album.flac", find_parts("album.flac", Split.cue))        # doctest: +SKIP
    """
    loaded = model if isinstance(model, Model) else load_model(model)
    curves: dict[Part, Curve] = {}
    sounds = {part: SoundMeter(loaded.feature_set) for part in parts}
    loudness = PartsLoudness([(part.start_s, part.end_s) for part in parts])
    opening = open_audio(path, track=track, name=name, on_samples=loudness.add)
    with _opened(opening, progress, prefetch=prefetch) as (reader, blocks):
        _prepare(loaded.feature_set)
        bounds = [
            (round(part.start_s * reader.sr), None if part.end_s is None else round(part.end_s * reader.sr))
            for part in parts
        ]
        for index, (part, stretch) in enumerate(zip(parts, stretches(blocks, bounds), strict=True)):
            counter = _SampleCounter(stretch)
            sound = sounds[part]
            found: Iterator[Features] = map(sound.take, features.stream(counter, reader.sr, sound.extended))
            if on_features is not None:
                found = _reported_parts(found, partial(on_features, index))
            try:
                prediction = loaded.predict_parts(found)
            except FeatureError:  # the file ends before it
                continue
            curve = loaded.curve_from(prediction, source=reader.path, duration_s=counter.samples / reader.sr)
            # loudness follows below: it is measured before channels are mixed
            curves[part] = replace(curve, start_s=part.start_s, title=part.title, sound=sound.sound(None))
    if not curves:
        raise AudioError(f"{reader.path}: none of its {len(parts)} parts has a second of sound")
    for warning in dict.fromkeys((*reader.warnings, *(text for curve in curves.values() for text in curve.warnings))):
        _log.warning("%s: %s", reader.path, warning)
    lufs = {part: meter.integrated_lufs() for part, meter in zip(parts, loudness.meters, strict=True)}
    return {
        # the warnings of the file are known at its end
        part: replace(curve, sound=sounds[part].sound(lufs[part]), warnings=(*reader.warnings, *curve.warnings))
        for part, curve in curves.items()
    }


class _SampleCounter:
    """Passes blocks on, and counts their samples."""

    def __init__(self, blocks: Iterator[Float32Array]) -> None:
        self.samples = 0
        self._blocks = blocks

    def __iter__(self) -> Iterator[Float32Array]:
        for block in self._blocks:
            self.samples += len(block)
            yield block


def analyze_many(
    paths: AnyPath | Iterable[AnyPath],
    *,
    track: int | None = None,
    model: AnyPath = "default",
    workers: int | None = None,
    progress: ItemProgress | None = None,
) -> Iterator[Curve | MoodcurveError | OSError]:
    """Yield the curve of each file, or the error it raised, in the order of the paths and as soon as it is known.

    Parameters
    ----------
    paths : path or iterable of paths
        Audio or video files; a single path counts as a list of one. An iterator is read as the results are needed.
    track : int, optional
        Number of the audio track, as for `analyze`.
    model : str or path
        Name of a packaged model, or a model file.
    workers : int, optional
        Number of processes; by default one for each core, or one for fewer than four files. With several processes, a
        file that crashes its process gives a `moodcurve.workers.CrashError` and does not affect the others.
    progress : callable, optional
        Called with the index of a file in `paths` and the share of it that is done: 0 at its start, 1 at its end.

    Raises
    ------
    ModelError
        If there is no such model, or it needs features of another version.
    ValueError
        If `workers` is less than 1.

    Examples
    --------
    >>> for path, curve in zip(paths, analyze_many(paths)):             # doctest: +SKIP
    ...     print(path, curve if isinstance(curve, Exception) else curve.arousal.mean())
    """
    _prepare(describe_model(model)[1])  # once, and with errors raised here, instead of in each process
    items = [paths] if isinstance(paths, str | os.PathLike) else paths
    names: Iterable[str] = (os.fspath(path) for path in items)
    if isinstance(items, Sized):  # their number tells how many processes are worth starting
        names = list(names)
    return run_each(partial(_job, model, track), names, workers=workers, progress=progress)


def _job(model: AnyPath, track: int | None) -> Job[str, Curve]:
    loaded = load_model(model)
    return lambda path, progress: analyze(path, track=track, model=loaded, progress=progress, prefetch=False)


@cache
def _prepare(feature_set: FeatureSet) -> None:
    """Compile the extractor on the first run on this machine, which takes about fifteen seconds."""
    if not is_prepared(feature_set):
        _log.info("compiling the feature extractor for this machine, once; this takes about fifteen seconds")
        if not prepare(feature_set):
            _log.warning(
                "the compiled feature extractor cannot be cached: no cache folder is writable; each process compiles "
                "it again, for about fifteen seconds"
            )


def _open(
    audio: AnyPath | BinaryIO | npt.ArrayLike,
    sr: int | None,
    track: int | None,
    name: str | None,
    on_samples: OnSamples,
) -> AbstractContextManager[AudioReader]:
    is_stream = hasattr(audio, "read")
    if isinstance(audio, str | os.PathLike) or is_stream:
        if sr is not None:
            raise ValueError(f"sr must not be given for files, which state their sample rate, got {sr}")
        if is_stream:
            return open_stream(cast(BinaryIO, audio), track=track, on_samples=on_samples)
        return open_audio(cast(AnyPath, audio), track=track, name=name, on_samples=on_samples)
    if track is not None:
        raise ValueError(f"track must not be given for arrays, got {track}")
    if isinstance(audio, bytes | bytearray):
        raise ValueError("audio must be a path, a binary file or an array, got bytes; wrap them in io.BytesIO")
    if sr is None:
        raise ValueError("sr must be given for an array: its sample rate in Hz")
    return open_samples(cast(npt.ArrayLike, audio), sr, on_samples=on_samples)


def _reported_parts(parts: Iterator[Features], report: Callable[[Features], None]) -> Iterator[Features]:
    for part in parts:
        report(part)
        yield part


@contextmanager
def _opened(
    opening: AbstractContextManager[AudioReader], progress: ProgressCallback | None, *, prefetch: bool = True
) -> Iterator[tuple[AudioReader, Iterator[Float32Array]]]:
    """Open audio whose blocks are decoded ahead; raise AudioError if it is too short for features."""
    with opening as reader, prefetched(reader.blocks()) if prefetch else nullcontext(reader.blocks()) as blocks:
        try:
            yield reader, _reported_blocks(blocks, reader, progress)
        except FeatureError as error:
            raise AudioError(f"{reader.path}: {error}") from error


def _reported_blocks(
    blocks: Iterator[Float32Array], reader: AudioReader, progress: ProgressCallback | None
) -> Iterator[Float32Array]:
    samples = 0
    for block in blocks:
        yield block
        samples += len(block)
        if progress is not None:
            progress(samples / reader.sr, reader.claimed_duration_s)
