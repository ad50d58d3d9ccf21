"""Compute the window features of a recording from blocks of samples."""

from __future__ import annotations  # keeps `help` short

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Self

import numpy as np
import numpy.typing as npt

from moodcurve import __version__
from moodcurve._typing import Float32Array
from moodcurve.features.feature_sets import (
    COMPARE260,
    HOP_S,
    VOICE_NAMES,
    VOICE_QUALITY_NAMES,
    FeatureError,
    Features,
    FeatureSet,
    window_columns,
)
from moodcurve.features.low_level import Descriptors, Profile, Voiced
from moodcurve.features.state import load_arrays, save_arrays
from moodcurve.features.windows import WindowStatistics

SampleBlocks = npt.ArrayLike | Iterable[npt.ArrayLike]
"""One array of samples, or blocks of them: see `extract`."""


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
        elif any(name.startswith(VOICE_QUALITY_NAMES) for name in names):
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
