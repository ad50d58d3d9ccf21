"""Feature sets from encoders that users install: their own function from samples to rows, found by entry point.

A package declares an encoder in its ``pyproject.toml``::

    [project.entry-points."moodcurve.encoders"]
    mert = "my_package:mert"

where ``my_package.mert`` is an `Encoder`. Its name can then be used like any feature set's: ``--set mert``, or joined,
``--set compare236+mert``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.feature_sets import HOP_S, WINDOW_S, FeatureError, FeatureSet

GROUP = "moodcurve.encoders"
"""Group of the entry points."""


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A function that turns samples into rows, such as a pretrained network without its last layer.

    Attributes
    ----------
    encode : callable
        Called with samples (n,) float32 in [-1, 1] of one channel; returns rows (m, columns), spaced evenly over them,
        at least one for each second.
    columns : int
        Number of columns.
    version : str
        Must change whenever the same sound yields different numbers: cached features and models are of one version.
    sr : int
        Sample rate in Hz that `encode` expects.
    chunk_s : float
        A recording is passed in pieces of this many seconds, the last one shorter, so that memory does not grow with
        its length.

    Raises
    ------
    ValueError
        If a number is not positive.
    """

    encode: Callable[[Float32Array], FloatArray | Float32Array]
    columns: int
    version: str = "1"
    sr: int = 44_100
    chunk_s: float = 30.0

    def __post_init__(self) -> None:
        if not (self.columns > 0 and self.sr > 0 and self.chunk_s > 0):
            raise ValueError(f"columns, sr and chunk_s must be positive, got {self.columns}, {self.sr}, {self.chunk_s}")


@cache
def encoder_names() -> tuple[str, ...]:
    """Return the names of the installed encoders; nothing of them is imported."""
    return tuple(sorted(entry_points(group=GROUP).names))


@cache
def find_encoder(name: str) -> Encoder | None:
    """Import and return the installed encoder of a name, or None if there is none.

    Raises
    ------
    FeatureError
        If it cannot be imported, or is not an `Encoder`.
    """
    for entry in entry_points(group=GROUP, name=name):
        try:
            found = entry.load()
        except Exception as error:  # it is the user's own code that runs
            raise FeatureError(f"encoder {name}: cannot import {entry.value}: {error}") from error
        if not isinstance(found, Encoder):
            raise FeatureError(f"encoder {name}: {entry.value} must be a moodcurve.features.encoders.Encoder")
        return found
    return None


def encoder_set(name: str) -> FeatureSet | None:
    """Return the feature set of an installed encoder, or None; its columns are ``name[0]``, ``name[1]`` and so on.

    Raises
    ------
    FeatureError
        As `find_encoder`.
    """
    encoder = find_encoder(name)
    if encoder is None:
        return None
    return FeatureSet(name, encoder.version, tuple(f"{name}[{i}]" for i in range(encoder.columns)))


def encoder_of(column: str) -> str | None:
    """Return the name of the installed encoder that a column belongs to, or None."""
    name, bracket, _ = column.partition("[")
    return name if bracket and name in encoder_names() else None


class EncoderExtractor:
    """Computes an encoder's columns for the windows [t, t + 1.0 s): means of its rows whose middles lie inside.

    Parameters
    ----------
    name : str
        Name of an installed encoder.
    sr : int
        Sample rate in Hz of the samples that are pushed; they are resampled for the encoder piece by piece.

    Raises
    ------
    FeatureError
        As `find_encoder`; from `push` and `flush`, if the encoder fails or returns something else than rows.
    """

    _STATE = ("_samples", "_sums", "_counts", "_pieces", "_returned")

    def __init__(self, name: str, sr: int) -> None:
        encoder, columns = find_encoder(name), encoder_set(name)
        if encoder is None or columns is None:
            raise FeatureError(f"encoder {name}: not installed")
        self.names = columns.names
        self._name, self._encoder, self._sr = name, encoder, sr
        self._piece = max(1, round(encoder.chunk_s * sr))
        self._samples = np.empty(0, np.float32)  # of the current piece
        self._sums = np.zeros((0, encoder.columns))  # of the windows from the first that was not returned
        self._counts = np.zeros(0)
        self._pieces = 0
        self._returned = 0

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples; return the rows of the windows that end within the pieces that are complete."""
        self._samples = np.concatenate([self._samples, x])
        while len(self._samples) >= self._piece:
            self._encode(self._samples[: self._piece])
            self._samples = self._samples[self._piece :]
        complete = int((self._pieces * self._piece / self._sr - WINDOW_S) / HOP_S) + 1
        return self._take(max(0, complete - self._returned))

    def flush(self, rows: int) -> Float32Array:
        """Return the remaining rows, so that there are `rows` in total."""
        if len(self._samples):
            self._encode(self._samples)
        return self._take(rows - self._returned)

    def _encode(self, samples: Float32Array) -> None:
        """Add the encoder's rows of a piece to the windows that hold their middles."""
        start_s, length_s = self._pieces * self._piece / self._sr, len(samples) / self._sr
        self._pieces += 1
        rows = self._rows(samples)
        middles = start_s + (np.arange(len(rows)) + 0.5) * length_s / max(1, len(rows))
        for shift in range(round(WINDOW_S / HOP_S)):
            windows = (middles / HOP_S).astype(int) - shift - self._returned
            held = windows >= 0
            self._grow(int(windows.max(initial=-1)) + 1)
            np.add.at(self._sums, windows[held], rows[held])
            np.add.at(self._counts, windows[held], 1)

    def _rows(self, samples: Float32Array) -> FloatArray:
        import soxr

        if self._encoder.sr != self._sr:
            samples = soxr.resample(samples, self._sr, self._encoder.sr)
        try:
            rows = np.asarray(self._encoder.encode(samples), dtype=np.float64)
        except Exception as error:
            raise FeatureError(f"encoder {self._name}: {type(error).__name__}: {error}") from error
        if rows.ndim != 2 or rows.shape[1] != self._encoder.columns or not np.isfinite(rows).all():
            raise FeatureError(
                f"encoder {self._name}: must return finite rows (m, {self._encoder.columns}), got {rows.shape}"
            )
        return rows

    def _grow(self, windows: int) -> None:
        missing = max(0, windows - len(self._counts))
        self._sums = np.concatenate([self._sums, np.zeros((missing, self._sums.shape[1]))])
        self._counts = np.concatenate([self._counts, np.zeros(missing)])

    def _take(self, count: int) -> Float32Array:
        self._grow(count)
        sums, counts = self._sums[:count], self._counts[:count]
        if not counts.all():
            raise FeatureError(f"encoder {self._name}: must return at least one row for each second")
        self._sums, self._counts = self._sums[count:], self._counts[count:]
        self._returned += count
        return (sums / counts[:, None]).astype(np.float32)
