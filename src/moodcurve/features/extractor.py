"""The ComParE list of descriptors, from blocks of samples: order, smoothing, deltas, and the ends of the file."""

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
"""How jitter and shimmer accept a period: see :class:`Descriptors`."""
Voiced = Literal["all", "smoothed", "pitch", "none"]
"""Which of the voice descriptors are wanted: see :class:`Descriptors`."""

CHUNK = 96
"""Frames that are worked on at once, at fixed places of the recording: results cannot depend on the blocks."""
_VOICE = VOICE_NAMES[2:]


class Descriptors:
    """The smoothed descriptors and their deltas, one row every 10 ms, from blocks of samples.

    Parameters
    ----------
    sr : int
        Sample rate in Hz, from 8000 to 384000.
    profile : {"2016", "is13"}
        Which periods count for jitter and shimmer: those that correlate above 0.5, as in openSMILE's
        ComParE_2016; or, as in its IS13_ComParE, those above the smallest correlation in the frame so far.
    voiced : {"all", "smoothed", "pitch", "none"}
        "all" gives all columns. "smoothed" leaves the deltas of the six voice descriptors 0, "pitch" also
        jitter, shimmer and HNR; "none" leaves all six and their deltas out. What is not wanted takes no time.

    Attributes
    ----------
    names : tuple of str
        The columns of its rows: LLD_NAMES, without the voice descriptors if "none" of them is wanted.
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
        self._base = 0  # sample of the recording that wave[0] is
        self._count = 0  # frames taken
        self._crossings: Float32Array = np.empty((0, 1), np.float32)  # of the last chunk
        self._levels = SmoothedDeltas(4)
        self._shapes = SmoothedDeltas(55)
        self._nonzero = NonzeroSmoothedDeltas(deltas=voiced == "all") if self._pitch else None

    def push(self, x: npt.ArrayLike) -> Float32Array:
        """Take in samples of one channel; give the rows (n, names) that are finished.

        Full scale is [-1, 1]; what lies beyond is clipped, and NaN and infinities count as 0.

        Raises
        ------
        ValueError
            If x is not a one-dimensional array of floats.
        """
        samples = as_mono_float32(x)
        step = CHUNK * self._framing.hop
        rows = [self._take(samples[i : i + step]) for i in range(0, len(samples), step)]
        return np.concatenate(rows) if rows else self._finished(0)

    def flush(self) -> Float32Array:
        """Give the rest, the recording having ended; the object is then used up."""
        total = self._base + len(self._wave)
        long = self._framing.frames(total, self._framing.long)
        if long == 0:
            return self._finished(0)
        self._frames(long - self._count)
        self._last_short_frames(self._framing.frames(total, self._framing.short) - long)
        if self._pitch and self._nonzero:
            self._nonzero.finish(*self._voiced(self._pitch.flush()))
        return self._finished(long + 1)

    def _take(self, x: Float32Array) -> Float32Array:
        """Take in at most a chunk of samples."""
        added = np.empty(len(self._wave) + len(x), np.float32)
        added[: len(self._wave)] = self._wave
        quantize(x, added[len(self._wave) :])
        self._wave = added
        if self._framing.frames(self._base + len(added), self._framing.long) >= self._count + CHUNK:
            self._frames(CHUNK)
            start = self._count * self._framing.hop
            if self._voice:
                start = min(start, self._voice.reads_from)
            self._wave, self._base = self._wave[start - self._base :], start
        return self._finished(self._count)

    def _frames(self, count: int) -> None:
        """Take in frames of both lengths."""
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
            self._nonzero.push(*self._voiced(self._pitch.push(wave, count)))
        self._count += count

    def _last_short_frames(self, count: int) -> None:
        """Take in the last frames, of which only the first 20 ms are there: their zero crossings repeat."""
        levels, shapes = self._short.push(self._wave[self._count * self._framing.hop - self._base :], count)
        crossings = np.repeat(self._crossings[-1:], count, axis=0)
        self._levels.finish(np.concatenate([levels, crossings], axis=1), self._count + 1)
        self._shapes.finish(shapes, self._count + count + 1)

    def _voiced(self, decided: Float32Array) -> tuple[Float32Array, Float32Array]:
        if self._voice is None:
            return decided, np.zeros((len(decided), len(_VOICE)), np.float32)
        return decided, self._voice.push(self._wave, self._base, np.ascontiguousarray(decided[:, 0]))

    def _finished(self, most: int) -> Float32Array:
        """Take the rows out that all tables have, at most so many: (n, names)."""
        streams = (self._nonzero, self._levels, self._shapes) if self._nonzero else (self._levels, self._shapes)
        n = min(most, *(min(len(stream.smoothed), len(stream.deltas)) for stream in streams))
        tables = [stream.smoothed[:n] for stream in streams] + [stream.deltas[:n] for stream in streams]
        for stream in streams:
            stream.smoothed, stream.deltas = stream.smoothed[n:], stream.deltas[n:]
        return np.concatenate(tables, axis=1)


class Extractor:
    """Window features of one recording, from blocks of samples of any length.

    The rows do not depend on how the samples are split into blocks, to the last bit, and only what the coming
    rows need is kept.

    Parameters
    ----------
    sr : int
        Sample rate in Hz, from 8000 to 384000. The features depend on it; models expect 44100.
    feature_set : FeatureSet
        Which columns to give; descriptors that none of them needs are not computed.
    profile : {"2016", "is13"}
        See :class:`Descriptors`.
    """

    _STATE = ("_descriptors", "_windows", "_rows")

    def __init__(self, sr: int, feature_set: FeatureSet = COMPARE260, *, profile: Profile = "2016") -> None:
        names = feature_set.names
        if not any(name.startswith(VOICE_NAMES) for name in names):
            voiced: Voiced = "none"
        elif any(name.startswith(VOICE_NAMES) and "_sma_de" in name for name in names):
            voiced = "all"
        elif any(name.startswith(_VOICE) for name in names):
            voiced = "smoothed"
        else:
            voiced = "pitch"
        self.sr = sr
        self.feature_set = feature_set
        self.profile = profile
        self._descriptors = Descriptors(sr, profile=profile, voiced=voiced)
        self._windows = WindowStatistics(len(self._descriptors.names))
        where = {name: i for i, name in enumerate(window_columns(self._descriptors.names))}
        self._columns = np.array([where[name] for name in names])
        self._rows = 0

    def push(self, x: npt.ArrayLike) -> Features:
        """Take in samples of one channel, full scale [-1, 1]; give the rows that are finished.

        What lies beyond full scale is clipped, and NaN and infinities count as 0.

        Raises
        ------
        ValueError
            If x is not a one-dimensional array of floats.
        """
        return self._features(self._descriptors.push(x))

    def flush(self) -> Features:
        """Give the rest, the recording having ended; the object is then used up."""
        return self._features(self._descriptors.flush())

    def save(self) -> bytes:
        """Give all that the coming rows depend on, some 100 kB, for `Extractor.resume`; the extractor goes on."""
        columns = self.feature_set
        sr = np.asarray(self.sr).item()  # a rate may be one of NumPy's integers
        made = json.dumps([__version__, sr, self.profile, columns.name, columns.version, columns.names])
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, made=np.array(made), **save_arrays(self))
        return stream.getvalue()

    @classmethod
    def resume(cls, saved: bytes) -> Self:
        """Make an extractor that goes on where `save` was called: its rows are the same to the last bit.

        Nothing in the bytes is executed; still, take them from where you put them only.

        Raises
        ------
        FeatureError
            If this is not what this version of moodcurve has saved.
        """
        try:
            with np.load(io.BytesIO(saved), allow_pickle=False) as stored:
                arrays = dict(stored)
            version, sr, profile, name, of_set, names = json.loads(str(arrays["made"]))
            extractor = cls(sr, FeatureSet(name, of_set, tuple(names)), profile=profile)
            load_arrays(extractor, arrays)
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FeatureError("not an extractor that Extractor.save has given, or a part of one") from error
        if version != __version__:
            raise FeatureError(f"this extractor was saved by moodcurve {version}, not {__version__}: start afresh")
        return extractor

    def _features(self, rows: Float32Array) -> Features:
        values = self._windows.push(rows)[:, self._columns]
        times = HOP_S * np.arange(self._rows, self._rows + len(values), dtype=np.float64)
        self._rows += len(values)
        return Features(values, times, self.feature_set)


def stream(
    blocks: Iterable[npt.ArrayLike],
    sr: int,
    feature_set: FeatureSet = COMPARE260,
    *,
    profile: Profile = "2016",
) -> Iterator[Features]:
    """Give the window features of a recording part by part, as soon as they are known.

    The parameters and errors are those of :func:`extract`.
    """
    extractor = Extractor(sr, feature_set, profile=profile)
    samples = 0
    for block in blocks:
        yield extractor.push(block)
        samples += np.size(block)
    yield extractor.flush()
    if extractor._rows == 0:
        raise FeatureError(f"{samples / sr:.2f} s of audio is too short: one window takes at least 1.04 s")


def extract(
    blocks: Iterable[npt.ArrayLike],
    sr: int,
    feature_set: FeatureSet = COMPARE260,
    *,
    profile: Profile = "2016",
) -> Features:
    """Window features of a whole recording: a row each 0.5 s, of the window of 1.0 s that starts there.

    Parameters
    ----------
    blocks : iterable of (samples,) float32
        The recording, one channel, full scale [-1, 1], in blocks of any length.
    sr : int
        Sample rate in Hz.
    feature_set : FeatureSet
        Which columns to give.
    profile : {"2016", "is13"}
        See :class:`Descriptors`.

    Raises
    ------
    FeatureError
        If the recording is shorter than one window and what its last descriptors need (1.04 s).
    """
    parts = list(stream(blocks, sr, feature_set, profile=profile))
    return Features(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.times_s for part in parts]),
        feature_set,
    )
