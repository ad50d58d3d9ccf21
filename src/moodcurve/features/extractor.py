"""The ComParE list of descriptors, from blocks of samples: order, smoothing, deltas, and the ends of the file."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from moodcurve import __version__
from moodcurve.features.deltas import Linear, Nonzero
from moodcurve.features.descriptors import energy
from moodcurve.features.feature_sets import (
    COMPARE260,
    HOP_S,
    LLD_NAMES,
    VOICED,
    FeatureError,
    Features,
    FeatureSet,
    moments,
)
from moodcurve.features.framing import F32, Framing, one_channel, quantise
from moodcurve.features.stages import Pitch, ShortFrames, Voice
from moodcurve.features.state import recall, remembered
from moodcurve.features.windows import Windows

Profile = Literal["2016", "is13"]
"""How jitter and shimmer accept a period: see :class:`Descriptors`."""
Voiced = Literal["all", "smoothed", "pitch", "none"]
"""Which of the voice descriptors are wanted: see :class:`Descriptors`."""

CHUNK = 96
"""Frames that are worked on at once, at fixed places of the recording: results cannot depend on the blocks."""
_VOICE = VOICED[2:]


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

    MEMORY = (
        "wave", "base", "count", "crossings", "short", "pitch", "voice", "levels", "shapes", "nonzero",
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
        self.framing = Framing(sr)
        self.short = ShortFrames(self.framing)
        self.pitch = None if voiced == "none" else Pitch(self.framing)
        self.voice = Voice(self.framing, strict=profile == "is13") if voiced in ("all", "smoothed") else None
        self.names = tuple(name for name in LLD_NAMES if self.pitch or not name.startswith(VOICED))
        self.wave: F32 = np.empty(0, np.float32)
        self.base = 0  # sample of the recording that wave[0] is
        self.count = 0  # frames taken
        self.crossings: F32 = np.empty((0, 1), np.float32)  # of the last chunk
        self.levels = Linear(4)
        self.shapes = Linear(55)
        self.nonzero = Nonzero(deltas=voiced == "all") if self.pitch else None

    def push(self, x: npt.ArrayLike) -> F32:
        """Take in samples of one channel; give the rows (n, names) that are finished.

        Full scale is [-1, 1]; what lies beyond is clipped, and NaN and infinities count as 0.

        Raises
        ------
        ValueError
            If x is not a one-dimensional array of floats.
        """
        samples = one_channel(x)
        step = CHUNK * self.framing.hop
        rows = [self._take(samples[i : i + step]) for i in range(0, len(samples), step)]
        return np.concatenate(rows) if rows else self._finished(0)

    def flush(self) -> F32:
        """Give the rest, the recording having ended; the object is then used up."""
        total = self.base + len(self.wave)
        long = self.framing.frames(total, self.framing.long)
        if long == 0:
            return self._finished(0)
        self._frames(long - self.count)
        self._last_short_frames(self.framing.frames(total, self.framing.short) - long)
        if self.pitch and self.nonzero:
            self.nonzero.finish(*self._voiced(self.pitch.flush()))
        return self._finished(long + 1)

    def _take(self, x: F32) -> F32:
        """Take in at most a chunk of samples."""
        added = np.empty(len(self.wave) + len(x), np.float32)
        added[: len(self.wave)] = self.wave
        quantise(x, added[len(self.wave) :])
        self.wave = added
        if self.framing.frames(self.base + len(added), self.framing.long) >= self.count + CHUNK:
            self._frames(CHUNK)
            start = self.count * self.framing.hop
            if self.voice:
                start = min(start, self.voice.reads_from)
            self.wave, self.base = self.wave[start - self.base :], start
        return self._finished(self.count)

    def _frames(self, count: int) -> None:
        """Take in frames of both lengths."""
        if count == 0:
            return
        framing = self.framing
        wave = self.wave[self.count * framing.hop - self.base :]
        self.crossings = np.empty((count, 1), np.float32)
        energy.zero_crossing_rate(wave, framing.hop, framing.long, self.crossings[:, 0])
        levels, shapes = self.short.push(wave, count)
        self.levels.push(np.concatenate([levels, self.crossings], axis=1))
        self.shapes.push(shapes)
        if self.pitch and self.nonzero:
            self.nonzero.push(*self._voiced(self.pitch.push(wave, count)))
        self.count += count

    def _last_short_frames(self, count: int) -> None:
        """Take in the last frames, of which only the first 20 ms are there: their zero crossings repeat."""
        levels, shapes = self.short.push(self.wave[self.count * self.framing.hop - self.base :], count)
        crossings = np.repeat(self.crossings[-1:], count, axis=0)
        self.levels.finish(np.concatenate([levels, crossings], axis=1), self.count + 1)
        self.shapes.finish(shapes, self.count + count + 1)

    def _voiced(self, decided: F32) -> tuple[F32, F32]:
        if self.voice is None:
            return decided, np.zeros((len(decided), len(_VOICE)), np.float32)
        return decided, self.voice.push(self.wave, self.base, np.ascontiguousarray(decided[:, 0]))

    def _finished(self, most: int) -> F32:
        """Take the rows out that all tables have, at most so many: (n, names)."""
        streams = (self.nonzero, self.levels, self.shapes) if self.nonzero else (self.levels, self.shapes)
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

    MEMORY = ("descriptors", "windows", "rows")

    def __init__(self, sr: int, feature_set: FeatureSet = COMPARE260, *, profile: Profile = "2016") -> None:
        names = feature_set.names
        if not any(name.startswith(VOICED) for name in names):
            voiced: Voiced = "none"
        elif any(name.startswith(VOICED) and "_sma_de" in name for name in names):
            voiced = "all"
        elif any(name.startswith(_VOICE) for name in names):
            voiced = "smoothed"
        else:
            voiced = "pitch"
        self.sr = sr
        self.feature_set = feature_set
        self.profile = profile
        self.descriptors = Descriptors(sr, profile=profile, voiced=voiced)
        self.windows = Windows(len(self.descriptors.names))
        where = {name: i for i, name in enumerate(moments(self.descriptors.names))}
        self.columns = np.array([where[name] for name in names])
        self.rows = 0

    def push(self, x: npt.ArrayLike) -> Features:
        """Take in samples of one channel, full scale [-1, 1]; give the rows that are finished.

        What lies beyond full scale is clipped, and NaN and infinities count as 0.

        Raises
        ------
        ValueError
            If x is not a one-dimensional array of floats.
        """
        return self._features(self.descriptors.push(x))

    def flush(self) -> Features:
        """Give the rest, the recording having ended; the object is then used up."""
        return self._features(self.descriptors.flush())

    def save(self) -> bytes:
        """Give all that the coming rows depend on, some 100 kB, for `Extractor.resume`; the extractor goes on."""
        columns = self.feature_set
        sr = np.asarray(self.sr).item()  # a rate may be one of NumPy's integers
        made = json.dumps([__version__, sr, self.profile, columns.name, columns.version, columns.names])
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, made=np.array(made), **remembered(self))
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
            recall(extractor, arrays)
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FeatureError("not an extractor that Extractor.save has given, or a part of one") from error
        if version != __version__:
            raise FeatureError(f"this extractor was saved by moodcurve {version}, not {__version__}: start afresh")
        return extractor

    def _features(self, rows: F32) -> Features:
        values = self.windows.push(rows)[:, self.columns]
        times = HOP_S * np.arange(self.rows, self.rows + len(values), dtype=np.float64)
        self.rows += len(values)
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
    if extractor.rows == 0:
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
