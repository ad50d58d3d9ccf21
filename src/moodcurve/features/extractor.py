"""Compute the window features of a recording from blocks of samples."""

from __future__ import annotations  # keeps `help` short

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from moodcurve import __version__
from moodcurve._typing import Float32Array
from moodcurve.features.compare import CompareExtractor
from moodcurve.features.encoders import EncoderExtractor, encoder_of
from moodcurve.features.feature_sets import (
    COMPARE260,
    HOP_S,
    SONG1,
    TAGS1,
    TONAL1,
    FeatureError,
    Features,
    FeatureSet,
    join,
)
from moodcurve.features.framing import Framing, as_mono_float32
from moodcurve.features.low_level import Profile
from moodcurve.features.state import copy_state, load_arrays, save_arrays
from moodcurve.features.windows import HALF

SampleBlocks = npt.ArrayLike | Iterable[npt.ArrayLike]
"""One array of samples, or blocks of them: see `extract`."""


class PartExtractor(Protocol):
    """Computes the columns of one part of a feature set.

    Its rows do not depend on the lengths of the blocks, to the last bit, and its memory does not grow with the
    recording. An attribute `_STATE` lists what `Extractor.save` stores, see `moodcurve.features.state`.

    Attributes
    ----------
    names : tuple of str
        Columns of its rows.
    """

    names: tuple[str, ...]

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples (n,), finite and in [-1, 1]; return the rows (rows, columns) that are complete."""

    def flush(self, rows: int) -> Float32Array:
        """Return the remaining rows, so that there are `rows` in total; the object cannot be used afterwards."""


MakePart = Callable[[int, tuple[str, ...], Profile], PartExtractor]
"""Create the extractor of a part from the sample rate, the columns that are needed, and the profile."""


def _make_compare(sr: int, names: tuple[str, ...], profile: Profile) -> PartExtractor:
    return CompareExtractor(sr, names, profile=profile)


def _make_tags(sr: int, names: tuple[str, ...], profile: Profile) -> PartExtractor:
    from moodcurve.features.tags.extractor import TagExtractor  # loads the network's weights

    return TagExtractor(sr)


def _make_tonal(sr: int, names: tuple[str, ...], profile: Profile) -> PartExtractor:
    from moodcurve.features.tonal.extractor import TonalExtractor

    return TonalExtractor(sr)


PARTS: tuple[tuple[FeatureSet, MakePart], ...] = (
    (COMPARE260, _make_compare),
    (join([TONAL1, SONG1]), _make_tonal),
    (TAGS1, _make_tags),
)
"""Feature sets that together have every column, each once, with what computes them."""


class Extractor:
    """Window features of a recording, from blocks of samples as they arrive.

    All parts of a feature set get the same samples; a row is returned once every part has it. Rows do not depend on the
    lengths of the blocks, to the last bit. Memory use does not grow with the recording. `save` returns the state (about
    100 kB for compare260), and `resume` restores it.

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
        If `sr` or `profile` is invalid, or nothing computes one of the columns.

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

    _STATE = ("_parts", "_held", "_samples", "_rows")

    def __init__(self, sr: int, feature_set: FeatureSet = COMPARE260, *, profile: Profile = "2016") -> None:
        self._framing = Framing(sr)
        self.sr = int(sr)
        self.feature_set = feature_set
        self.profile: Profile = profile
        self._parts = _make_parts(self.sr, feature_set.names, profile)
        computed = [name for part in self._parts for name in part.names]
        self._columns = None  # the parts' columns side by side are those of the set, as in all named sets
        if tuple(computed) != feature_set.names:
            indices = {name: i for i, name in enumerate(computed)}
            self._columns = np.array([indices[name] for name in feature_set.names])
        self._held = tuple(np.empty((0, len(part.names)), np.float32) for part in self._parts)
        self._samples = 0
        self._rows = 0  # rows returned
        self._scratch: Extractor | None = None  # for `peek`

    def push(self, x: npt.ArrayLike) -> Features:
        """Add samples of one channel with full scale [-1, 1]; return the rows that are complete.

        Samples beyond full scale are clipped; NaN and infinities count as 0.

        Raises
        ------
        ValueError
            If x is not a one-dimensional array of floats.
        """
        samples = _cleaned(as_mono_float32(x))
        self._samples += len(samples)
        return self._to_features([part.push(samples) for part in self._parts])

    def flush(self) -> Features:
        """Return the remaining rows at the end of the recording; the extractor cannot be used afterwards."""
        return self._to_features([part.flush(self._total_rows) for part in self._parts])

    def peek(self) -> Features:
        """Return the rows that `flush` would return if the recording ended here; the extractor is not changed.

        Live use has these rows 0.04 s after the end of their window. They differ a little from what `push` will return
        for the same times, since smoothing, pitch, harmony and tags read what comes next.
        """
        if self._scratch is None:
            self._scratch = type(self)(self.sr, self.feature_set, profile=self.profile)
        copy_state(self, self._scratch)
        return self._scratch.flush()

    def save(self) -> bytes:
        """Return the state as bytes (about 100 kB) for `Extractor.resume`; the extractor is not changed."""
        sets = [[part.name, part.version, part.names] for part in self.feature_set.parts or (self.feature_set,)]
        header = json.dumps([__version__, self.sr, self.profile, sets])
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
            version, sr, profile, sets = json.loads(str(arrays["header"]))
            feature_set = join([FeatureSet(name, of_set, tuple(names)) for name, of_set, names in sets])
            extractor = cls(sr, feature_set, profile=profile)
            load_arrays(extractor, arrays)
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FeatureError("not the state of an extractor from Extractor.save, or damaged") from error
        if version != __version__:
            raise FeatureError(f"this extractor was saved by moodcurve {version}, not {__version__}; start a new one")
        return extractor

    @property
    def _total_rows(self) -> int:
        """Number of rows of a recording that ends here.

        openSMILE averages 10 ms steps, of which there is one more than complete frames of 60 ms; other parts follow.
        """
        frames = self._framing.frames(self._samples, self._framing.long)
        return max(0, (frames + 1) // HALF - 1) if frames else 0

    def _to_features(self, added: list[Float32Array]) -> Features:
        """Return the rows that all parts have, and hold back the others."""
        tables = [np.concatenate(both) if len(both[0]) else both[1] for both in zip(self._held, added, strict=True)]
        count = min(self._total_rows - self._rows, *(len(table) for table in tables))
        self._held = tuple(table[count:] for table in tables)
        ready = [table[:count] for table in tables]
        values = ready[0] if len(ready) == 1 else np.concatenate(ready, axis=1)
        if self._columns is not None:
            values = values[:, self._columns]
        times = HOP_S * np.arange(self._rows, self._rows + count, dtype=np.float64)
        self._rows += count
        return Features(values, times, self.feature_set, sr=self.sr)


def _make_parts(sr: int, names: tuple[str, ...], profile: Profile) -> tuple[PartExtractor, ...]:
    """Create what computes the columns, in the order of each part's first column."""
    made: dict[int | str, PartExtractor] = {}
    owners: dict[str, int | str] = {name: index for index, (known, _) in enumerate(PARTS) for name in known.names}
    for name in names:
        owner = owners[name] if name in owners else encoder_of(name)
        if owner is None:
            raise ValueError(f"feature_set has the column {name!r}, which nothing computes")
        if owner in made:
            continue
        if isinstance(owner, int):
            needed = tuple(other for other in names if owners.get(other) == owner)
            made[owner] = PARTS[owner][1](sr, needed, profile)
        else:
            made[owner] = EncoderExtractor(owner, sr)
    return tuple(made.values())


def _cleaned(x: Float32Array) -> Float32Array:
    """Return samples with NaN and infinities set to 0, and the others clipped to [-1, 1]."""
    if not len(x) or (x.min() >= -1 and x.max() <= 1):  # both are NaN if any sample is
        return x
    return np.where(np.isfinite(x), np.clip(x, -1, 1), np.float32(0))


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
