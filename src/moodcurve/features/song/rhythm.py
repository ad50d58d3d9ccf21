r"""Find the tempo of a song from its onset strength, and how well one can dance to it.

The onset strength :math:`x_t`, 50 values a second, less its mean over 0.5 s on either side, has the autocorrelation
:math:`r(l)`, summed over windows of 16 s and scaled to :math:`r(0) = 1`, once for all onsets and once for those below
400 Hz, whose mean is taken. The tempo has the period of l frames with the highest score

.. math:: s(l) = p(l) \left(r(l) + \tfrac{1}{2} r(2 l) + \tfrac{1}{2} r(4 l)\right)

where the prior :math:`p` is log-Gaussian around 115 beats per minute. The multiples are those of half bars and bars: a
period of 3/2 beats has none that fit. The best period is refined on its multiples up to 8, whose peaks are sharper in
relation to their length.
"""

import numpy as np

from moodcurve._typing import FloatArray

FRAME_RATE = 50
"""Values of onset strength per second."""
WINDOW = 16 * FRAME_RATE
SLOWEST, FASTEST = 50.0, 210.0
"""Range of tempos (beats per minute)."""
PREFERRED, PRIOR_OCTAVES = 115.0, 0.7
"""Center (beats per minute) and standard deviation (octaves) of the prior."""
_MULTIPLES, _WEIGHTS = (1, 2, 4), (1.0, 0.5, 0.5)
_REFINING = (1, 2, 4, 8)
_CANDIDATES = np.geomspace(SLOWEST, FASTEST, 600)
_NEIGHBORS = FRAME_RATE // 2


class RhythmMeter:
    """Measures tempo and danceability from onset strengths as they arrive; its memory does not grow with the song.

    Parameters
    ----------
    bands : int
        Number of onset strengths per frame.
    """

    def __init__(self, bands: int) -> None:
        self._pending: FloatArray = np.empty((0, bands))
        self._sums = np.zeros((bands, WINDOW))

    def add(self, onsets: FloatArray) -> None:
        """Add onset strengths (n, bands)."""
        self._pending = np.concatenate([self._pending, onsets])
        while len(self._pending) >= WINDOW:
            self._sums += _autocorrelations(self._pending[:WINDOW])
            self._pending = self._pending[WINDOW // 2 :]

    def measures(self) -> tuple[float | None, float | None]:
        r"""Return tempo in beats per minute and danceability in [0, 1]; None and None without regular onsets.

        Danceability is the clarity of the beat, weighted by how near the tempo is to 115:
        :math:`p(l) \cdot \max(0, \frac{1}{3}(r(l) + r(2 l) + r(4 l)))` with the period l of the tempo.
        """
        sums = self._sums if self._sums.any() else _autocorrelations(self._pending)  # a song shorter than a window
        sounding = sums[:, 0] > 0
        if not sounding.any():
            return None, None
        correlations: FloatArray = (sums[sounding] / sums[sounding, :1]).mean(axis=0)
        periods = 60 * FRAME_RATE / _CANDIDATES
        prior = _prior(_CANDIDATES)
        scores = prior * sum(
            weight * _at(correlations, multiple * periods)
            for multiple, weight in zip(_MULTIPLES, _WEIGHTS, strict=True)
        )
        best = int(np.argmax(scores))
        if scores[best] <= 0:
            return None, None
        period = _refined(correlations, float(periods[best]))
        tempo = 60 * FRAME_RATE / period
        clarity = float(_at(correlations, period * np.array(_MULTIPLES)).mean())
        return tempo, float(np.clip(_prior(np.array(tempo)) * clarity, 0, 1))


def _prior(tempo: FloatArray) -> FloatArray:
    prior: FloatArray = np.exp(-0.5 * (np.log2(tempo / PREFERRED) / PRIOR_OCTAVES) ** 2)
    return prior


def _autocorrelations(onsets: FloatArray) -> FloatArray:
    """Return the autocorrelation of each band of a window (n, bands) by lag (bands, `WINDOW`)."""
    n = max(len(onsets), 1)
    found = np.zeros((onsets.shape[1], WINDOW))
    # longer lags have fewer products
    scale = np.maximum(1 - np.arange(WINDOW) / n, 0.25)
    for band, x in enumerate(onsets.T):
        spectrum = np.fft.rfft(_without_local_mean(x), 2 * WINDOW)
        found[band] = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[:WINDOW] / scale
    return found


def _without_local_mean(x: FloatArray) -> FloatArray:
    """Return values, smoothed over three frames, less their mean over `_NEIGHBORS` frames on either side."""
    if not len(x):
        return x
    at = np.arange(len(x))
    low, high = np.maximum(at - _NEIGHBORS, 0), np.minimum(at + _NEIGHBORS + 1, len(x))
    sums = np.concatenate([[0.0], np.cumsum(x)])
    padded = np.pad(x, 1, mode="edge")
    smooth = 0.5 * x + 0.25 * (padded[:-2] + padded[2:])
    result: FloatArray = smooth - (sums[high] - sums[low]) / (high - low)
    return result


def _at(correlations: FloatArray, lags: FloatArray) -> FloatArray:
    """Return correlations at lags between frames; 0 beyond the longest."""
    found: FloatArray = np.interp(lags, np.arange(len(correlations)), correlations, right=0.0)
    return found


def _refined(correlations: FloatArray, period: float) -> float:
    """Return a period refined by the peaks at its multiples, one after the other."""
    for multiple in _REFINING:
        lag = round(multiple * period)
        reach = max(1, round(0.02 * lag))
        if lag + reach + 1 >= len(correlations):
            break
        peak = lag - reach + int(np.argmax(correlations[lag - reach : lag + reach + 1]))
        before, here, after = correlations[peak - 1 : peak + 2]
        curvature = before - 2 * here + after
        if here > max(before, after, 0) and curvature < 0:
            period = float(peak + 0.5 * (before - after) / curvature) / multiple
    return period
