"""Notes with overtones, chords, scales and clicks, whose key, mode and tempo are known."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.tonal.columns import TONAL1
from moodcurve.features.tonal.extractor import TonalExtractor

SR = 44_100
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)


def rows_of(x: Float32Array, sr: int = SR) -> Float32Array:
    """Return the rows of all whole windows: the columns of ``tonal1``, then those of ``song1``."""
    extractor = TonalExtractor(sr)
    count = int(2 * len(x) / sr) - 1
    return np.concatenate([extractor.push(x), extractor.flush(count)])


def last_row(x: Float32Array, sr: int = SR) -> dict[str, float]:
    """Return the values of the last window but one by column: its frames do not reach beyond the end."""
    return dict(zip(TONAL1, rows_of(x, sr)[-2].tolist(), strict=False))


def chord(
    notes: tuple[int, ...], root: float, seconds: float = 1.0, *, a4: float = 440.0, sr: int = SR
) -> Float32Array:
    """Return a struck chord: six overtones per note that fall by 1/h and decay. root is a MIDI number."""
    t = np.arange(round(seconds * sr)) / sr
    envelope = np.minimum(1, t / 0.01) * np.exp(-t / seconds) * np.minimum(1, (seconds - t) / 0.02)
    x = np.zeros(len(t))
    for note in notes:
        f = a4 * 2 ** ((root + note - 69) / 12)
        x += sum(np.sin(2 * np.pi * h * f * t) / h for h in range(1, 7) if h * f < sr / 2)
    return (0.05 * envelope * x).astype(np.float32)


def melody(notes: tuple[int, ...], root: float, *, a4: float = 440.0) -> Float32Array:
    """Return notes one by one, 0.4 s each."""
    return np.concatenate([chord((note,), root, 0.4, a4=a4) for note in notes])


def progression(chords: list[tuple[tuple[int, ...], int]], root: float, *, a4: float = 440.0) -> Float32Array:
    """Return chords one by one, 1 s each: pairs of notes and the chord's root above `root`."""
    return np.concatenate([chord(notes, root + above, a4=a4) for notes, above in chords])


def clicks(bpm: float, seconds: float = 12.0) -> Float32Array:
    """Return short bursts of noise at a steady tempo."""
    rng = np.random.default_rng(0)
    x = np.zeros(round(seconds * SR), np.float32)
    for start in np.arange(0.1, seconds - 0.1, 60 / bpm):
        i = round(start * SR)
        x[i : i + 1000] += 0.3 * rng.standard_normal(1000) * np.exp(-np.arange(1000) / 200)
    return x


def noise(seconds: float, sr: int = SR) -> Float32Array:
    """Return white noise."""
    return (0.1 * np.random.default_rng(0).standard_normal(round(seconds * sr))).astype(np.float32)
