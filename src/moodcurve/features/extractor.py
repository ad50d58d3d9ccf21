"""Compute the ComParE descriptors and their window features from blocks of samples."""

from __future__ import annotations  # keeps `help` short

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from moodcurve import __version__
from moodcurve._typing import Float32Array
from moodcurve.features.deltas import NonzeroSmoothedDeltas, SmoothedDeltas
from moodcurve.features.descriptors import energy
from moodcurve.features.feature_sets import (
    COMPARE260,
    HOP_S,
    LLD_NAMES,
    VOICE_NAMES,
    FeatureError,
    Features,
    FeatureSet,
    window_columns,
)
from moodcurve.features.framing import Framing, as_mono_float32, quantize
from moodcurve.features.stages import PitchTracker, ShortFrames, VoiceQuality
from moodcurve.features.state import load_arrays, save_arrays
from moodcurve.features.windows import WindowStatistics

Profile = Literal["2016", "is13"]
"""Which periods count for jitter and shimmer: see `Descriptors`."""
Voiced = Literal["all", "smoothed", "pitch", "none"]
"""Which voice descriptors are computed: see `Descriptors`."""
SampleBlocks = npt.ArrayLike | Iterable[npt.ArrayLike]
"""One array of samples, or blocks of them: see `extract`."""

CHUNK = 96
"""Frames per step, at fixed positions of the recording, so that results do not depend on the blocks."""
_VOICE_QUALITY = VOICE_NAMES[2:]


class Descriptors:
    """Smoothed descriptors and their deltas, one row every 10 ms, from blocks of samples.

    Parameters
    ----------
    sr : int
        Sample rate in Hz, from 8000 to 384000.
    profile : {"2016", "is13"}
        Which periods count for jitter and shimmer: those with a correlation above 0.5, as in openSMILE's ComParE_2016;
        or above the smallest correlation in the frame so far, as in its IS13_ComParE.
    voiced : {"all", "smoothed", "pitch", "none"}
        Which voice descriptors to compute. "all": everything. "smoothed": the deltas of the six voice descriptors are
        0. "pitch": jitter, shimmer and HNR are 0 as well. "none": all six and their deltas are left out.

    Attributes
    ----------
    names : tuple of str
        Column names of the rows: `LLD_NAMES`, without the voice descriptors if `voiced` is "none".

    Raises
    ------
    ValueError
        If `sr` or `profile` is invalid.

    Examples
    --------
    >>> descriptors = Descriptors(44100)
    >>> rows = [descriptors.push(np.zeros(44100)), descriptors.flush()]
    >>> np.concatenate(rows).shape
    (96, 130)
    """

    _STATE = (
        "_wave", "_base", "_count", "_crossings", "_short", "_pitch", "_voice", "_levels", "_shapes", "_nonzero",
    )  # fmt: skip

    def __init__(
        self,
        sr: int,
        *,
        profile: Profile = "2016",
        voiced: Voiced = "all",
    ) -> None:
        if profile not in get_args(Profile):
            raise ValueError(f"profile must be one of {', '.join(get_args(Profile))}, got {profile!r}")
        self._framing = Framing(sr)
        self._short = ShortFrames(self._framing)
        self._pitch = None if voiced == "none" else PitchTracker(self._framing)
        self._voice = VoiceQuality(self._framing, strict=profile == "is13") if voiced in ("all", "smoothed") else None
        self.names = tuple(name for name in LLD_NAMES if self._pitch or not name.startswith(VOICE_NAMES))
        self._wave: Float32Array = np.empty(0, np.float32)
        self._base = 0  # index of _wave[0] in the recording
        self._count = 0  # frames processed
        self._crossings: Float32Array = np.empty((0, 1), np.float32)  # zero-crossing rates of the last chunk
        self._levels = SmoothedDeltas(4)
        self._shapes = SmoothedDeltas(55)
        self._nonzero = NonzeroSmoothedDeltas(deltas=voiced == "all") if self._pitch else None

    def push(self, x: npt.ArrayLike) -> Float32Array:
        """Add samples of one channel; return the rows (n, names) that are complete.

        Full scale is [-1, 1]; samples beyond are clipped, and NaN and infinities count as 0.

        Raises
        ------
        ValueError
            If x is not a one-dimensional array of floats.
        """
        samples = as_mono_float32(x)
        step = CHUNK * self._framing.hop
        rows = [self._push_chunk(samples[i : i + step]) for i in range(0, len(samples), step)]
        return np.concatenate(rows) if rows else self._pop_rows(0)

    def flush(self) -> Float32Array:
        """Return the remaining rows at the end of the recording; the object cannot be used afterwards."""
        total = self._base + len(self._wave)
        long = self._framing.frames(total, self._framing.long)
        if long == 0:
            return self._pop_rows(0)
        self._process_frames(long - self._count)
        self._process_last_short_frames(self._framing.frames(total, self._framing.short) - long)
        if self._pitch and self._nonzero:
            self._nonzero.finish(*self._voice_rows(self._pitch.flush()))
        return self._pop_rows(long + 1)

    def _push_chunk(self, x: Float32Array) -> Float32Array:
        """Add at most a chunk of samples."""
        added = np.empty(len(self._wave) + len(x), np.float32)
        added[: len(self._wave)] = self._wave
        quantize(x, added[len(self._wave) :])
        self._wave = added
        if self._framing.frames(self._base + len(added), self._framing.long) >= self._count + CHUNK:
            self._process_frames(CHUNK)
            start = self._count * self._framing.hop
            if self._voice:
                start = min(start, self._voice.reads_from)
            self._wave, self._base = self._wave[start - self._base :], start
        return self._pop_rows(self._count)

    def _process_frames(self, count: int) -> None:
        """Process `count` frames of both lengths."""
        if count == 0:
            return
        framing = self._framing
        wave = self._wave[self._count * framing.hop - self._base :]
        self._crossings = np.empty((count, 1), np.float32)
        energy.zero_crossing_rate(wave, framing.hop, framing.long, self._crossings[:, 0])
        levels, shapes = self._short.push(wave, count)
        self._levels.push(np.concatenate([levels, self._crossings], axis=1))
        self._shapes.push(shapes)
        if self._pitch and self._nonzero:
            self._nonzero.push(*self._voice_rows(self._pitch.push(wave, count)))
        self._count += count

    def _process_last_short_frames(self, count: int) -> None:
        """Process the last frames, of which only the first 20 ms exist: the last zero-crossing rate repeats."""
        levels, shapes = self._short.push(self._wave[self._count * self._framing.hop - self._base :], count)
        crossings = np.repeat(self._crossings[-1:], count, axis=0)
        self._levels.finish(np.concatenate([levels, crossings], axis=1), self._count + 1)
        self._shapes.finish(shapes, self._count + count + 1)

    def _voice_rows(self, decided: Float32Array) -> tuple[Float32Array, Float32Array]:
        if self._voice is None:
            return decided, np.zeros((len(decided), len(_VOICE_QUALITY)), np.float32)
        return decided, self._voice.push(self._wave, self._base, np.ascontiguousarray(decided[:, 0]))

    def _pop_rows(self, limit: int) -> Float32Array:
        """Return and remove the rows that all streams have, at most `limit` (n, names)."""
        streams = (self._nonzero, self._levels, self._shapes) if self._nonzero else (self._levels, self._shapes)
        n = min(limit, *(min(len(stream.smoothed), len(stream.deltas)) for stream in streams))
        tables = [stream.smoothed[:n] for stream in streams] + [stream.deltas[:n] for stream in streams]
        for stream in streams:
            stream.smoothed, stream.deltas = stream.smoothed[n:], stream.deltas[n:]
        return np.concatenate(tables, axis=1)


class Extractor:
    """Window features of a recording, from blocks of samples as they arrive.

    Rows do not depend on the lengths of the blocks, to the last bit. Memory use does not grow with the recording.
    `save` returns the state (about 100 kB), and `resume` restores it.

    Parameters
    ----------
    sr : int
        Sample rate of the samples in Hz, from 8000 to 384000. The features depend on it; models accept 44100 only.
    feature_set : FeatureSet
        Columns of the rows. Descriptors that no column needs are not computed.
    profile : {"2016", "is13"}
        Which periods count for jitter and shimmer; see `Descriptors`.

    Attributes
    ----------
    sr, feature_set, profile
        As passed.

    Raises
    ------
    ValueError
        If `sr` or `profile` is invalid.

    Examples
    --------
    >>> from moodcurve.features import COMPARE236
    >>> extractor = Extractor(44100, COMPARE236)
    >>> extractor.push(np.zeros(2 * 44100))      # the rows that are complete so far
    Features(compare236/1, rows=2, columns=236, sr=44100)
    >>> extractor.push(np.zeros(44100))
    Features(compare236/1, rows=2, columns=236, sr=44100)
    >>> extractor.flush()                        # the remaining rows
    Features(compare236/1, rows=0, columns=236, sr=44100)
    """

    _STATE = ("_descriptors", "_windows", "_rows")

    def __init__(self, sr: int, feature_set: FeatureSet = COMPARE260, *, profile: Profile = "2016") -> None:
        names = feature_set.names
        if not any(name.startswith(VOICE_NAMES) for name in names):
            voiced: Voiced = "none"
        elif any(name.startswith(VOICE_NAMES) and "_sma_de" in name for name in names):
            voiced = "all"
        elif any(name.startswith(_VOICE_QUALITY) for name in names):
            voiced = "smoothed"
        else:
            voiced = "pitch"
        self._descriptors = Descriptors(sr, profile=profile, voiced=voiced)
        self.sr = int(sr)
        self.feature_set = feature_set
        self.profile: Profile = profile
        self._windows = WindowStatistics(len(self._descriptors.names))
        indices = {name: i for i, name in enumerate(window_columns(self._descriptors.names))}
        self._columns = np.array([indices[name] for name in names])
        self._rows = 0

    def push(self, x: npt.ArrayLike) -> Features:
        """Add samples of one channel with full scale [-1, 1]; return the rows that are complete.

        Samples beyond full scale are clipped; NaN and infinities count as 0.

        Raises
        ------
        ValueError
            If x is not a one-dimensional array of floats.
        """
        return self._to_features(self._descriptors.push(x))

    def flush(self) -> Features:
        """Return the remaining rows at the end of the recording; the extractor cannot be used afterwards."""
        return self._to_features(self._descriptors.flush())

    def save(self) -> bytes:
        """Return the state as bytes (about 100 kB) for `Extractor.resume`; the extractor is not changed."""
        columns = self.feature_set
        header = json.dumps([__version__, self.sr, self.profile, columns.name, columns.version, columns.names])
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, header=np.array(header), **save_arrays(self))
        return stream.getvalue()

    @classmethod
    def resume(cls, saved: bytes) -> Self:
        """Restore an extractor that continues where `save` was called, to the last bit.

        Nothing in the bytes is executed; still, load only bytes that you have saved yourself.

        Raises
        ------
        FeatureError
            If the bytes are damaged or were saved by another version of moodcurve.
        """
        try:
            with np.load(io.BytesIO(saved), allow_pickle=False) as stored:
                arrays = dict(stored)
            version, sr, profile, name, of_set, names = json.loads(str(arrays["header"]))
            extractor = cls(sr, FeatureSet(name, of_set, tuple(names)), profile=profile)
            load_arrays(extractor, arrays)
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FeatureError("not the state of an extractor from Extractor.save, or damaged") from error
        if version != __version__:
            raise FeatureError(f"this extractor was saved by moodcurve {version}, not {__version__}; start a new one")
        return extractor

    def _to_features(self, rows: Float32Array) -> Features:
        values = self._windows.push(rows)[:, self._columns]
        times = HOP_S * np.arange(self._rows, self._rows + len(values), dtype=np.float64)
        self._rows += len(values)
        return Features(values, times, self.feature_set, sr=self.sr)


def stream(
    samples: SampleBlocks,
    sr: int,
    feature_set: FeatureSet = COMPARE260,
    *,
    profile: Profile = "2016",
) -> Iterator[Features]:
    """Yield the window features of a recording part by part, as soon as they are complete.

    Parameters and errors are those of `extract`; some parts have no row.
    """
    extractor = Extractor(sr, feature_set, profile=profile)
    count = 0
    for block in _blocks(samples):
        yield extractor.push(block)
        count += np.size(block)
    yield extractor.flush()
    if extractor._rows == 0:
        raise FeatureError(f"{count / sr:.2f} s of audio is too short: one window takes at least 1.04 s")


def extract(
    samples: SampleBlocks,
    sr: int,
    feature_set: FeatureSet = COMPARE260,
    *,
    profile: Profile = "2016",
) -> Features:
    """Return the window features of a whole recording: one row every 0.5 s, over windows of 1.0 s.

    Parameters
    ----------
    samples : (n,) array of floats, or iterable of such arrays
        The recording, one channel with full scale [-1, 1], as one array or in blocks of any length.
    sr : int
        Sample rate of the samples in Hz, from 8000 to 384000. Nothing is resampled; models accept 44100 only, to which
        `moodcurve.audio.open_audio` converts files.
    feature_set : FeatureSet
        Columns of the result.
    profile : {"2016", "is13"}
        Which periods count for jitter and shimmer; see `Descriptors`.

    Raises
    ------
    FeatureError
        If the recording is shorter than 1.04 s (one window and the last frame).
    ValueError
        If `sr` or `profile` is invalid, or `samples` are not one channel of floats.

    Examples
    --------
    >>> extract(np.zeros(3 * 44100), sr=44100)
    Features(compare260/1, rows=4, columns=260, sr=44100)
    """
    parts = list(stream(samples, sr, feature_set, profile=profile))
    return Features(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.times_s for part in parts]),
        feature_set,
        sr=parts[0].sr,
    )


def _blocks(samples: SampleBlocks) -> Iterable[npt.ArrayLike]:
    """Return blocks of samples: an array, or what converts to one, is a single block."""
    if hasattr(samples, "__array__"):
        return [np.asarray(samples)]
    if isinstance(samples, Iterable) and not isinstance(samples, str | bytes):
        return samples
    raise ValueError(f"samples must be an array or an iterable of arrays, got {type(samples).__name__}")
