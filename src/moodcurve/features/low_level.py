"""Compute the 65 low-level descriptors of ComParE and their deltas from blocks of samples."""

from __future__ import annotations  # keeps `help` short

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array
from moodcurve.features.deltas import NonzeroSmoothedDeltas, SmoothedDeltas
from moodcurve.features.descriptors import energy
from moodcurve.features.feature_sets import LLD_NAMES, VOICE_NAMES, VOICE_QUALITY_NAMES
from moodcurve.features.framing import Framing, as_mono_float32, quantize
from moodcurve.features.stages import PitchTracker, ShortFrames, VoiceQuality

Profile = Literal["2016", "is13"]
"""Which periods count for jitter and shimmer: see `Descriptors`."""
Voiced = Literal["all", "smoothed", "pitch", "none"]
"""Which voice descriptors are computed: see `Descriptors`."""
CHUNK = 96
"""Frames per step, at fixed positions of the recording, so that results do not depend on the blocks."""


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
            return decided, np.zeros((len(decided), len(VOICE_QUALITY_NAMES)), np.float32)
        return decided, self._voice.push(self._wave, self._base, np.ascontiguousarray(decided[:, 0]))

    def _pop_rows(self, limit: int) -> Float32Array:
        """Return and remove the rows that all streams have, at most `limit` (n, names)."""
        streams = (self._nonzero, self._levels, self._shapes) if self._nonzero else (self._levels, self._shapes)
        n = min(limit, *(min(len(stream.smoothed), len(stream.deltas)) for stream in streams))
        tables = [stream.smoothed[:n] for stream in streams] + [stream.deltas[:n] for stream in streams]
        for stream in streams:
            stream.smoothed, stream.deltas = stream.smoothed[n:], stream.deltas[n:]
        return np.concatenate(tables, axis=1)
