r"""Measure the integrated loudness of a recording by EBU R128 and ITU-R BS.1770-4, as it is read.

Each channel passes the K-weighting (a high shelf for the head, then a high pass). The mean square of blocks of 400 ms,
one every 100 ms, gives their loudness, with the channels' weights :math:`G_c`:

.. math:: l_j = -0.691 + 10 \log_{10} \sum_c G_c z_{jc}

Integrated loudness is that of the mean power of the blocks above -70 LUFS, and above a relative gate: 10 LU below the
loudness of the former. Only the powers of steps of 100 ms are kept: 3 MB for ten hours.

Sixteen steps are filtered at once, one in each lane of a vector. Each lane begins 60 ms before its step, at rest: what
the filters then lack of what came earlier is less than 1e-5 of its amplitude (their slowest poles are both at 38 Hz).
"""

from collections.abc import Sequence

import numpy as np

from moodcurve._typing import AnyFloatArray, Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, aligned_table, broadcast, load, muladd, store, to_double
from moodcurve.features.jit.transpose import half_transpose

STEP_S = 0.1
"""Distance between blocks (seconds)."""
STEPS = 4
"""Steps in a block."""
MEMORY_S = 0.06
"""Time before a step (seconds) in which its lane's filters start up."""
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
_OFFSET = -0.691
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773
"""Analog prototypes whose bilinear transforms at 48 kHz are the filters of the standard; other rates get theirs."""
_SURROUND = 1.41
_WEIGHTS = {
    4: (1, 1, _SURROUND, _SURROUND),
    5: (1, 1, 1, _SURROUND, _SURROUND),
    6: (1, 1, 1, 0, _SURROUND, _SURROUND),
    7: (1, 1, 1, 0, 1, _SURROUND, _SURROUND),
    8: (1, 1, 1, 0, 1, 1, _SURROUND, _SURROUND),
}
"""Weights by number of channels in the usual order of files: left, right, center, low frequencies (which do not count),
back, sides."""


def k_weighting(sr: float) -> FloatArray:
    """Return the coefficients of the two filters at a sample rate: b0, b1, b2, a1, a2 each (2, 5).

    Examples
    --------
    >>> k_weighting(48_000).round(5)
    array([[ 1.53512, -2.6917 ,  1.19839, -1.69066,  0.73248],
           [ 1.     , -2.     ,  1.     , -1.99005,  0.99007]])
    """
    k = np.tan(np.pi * _SHELF_HZ / sr)
    high = 10 ** (_SHELF_DB / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / _SHELF_Q + k * k
    shelf = [
        (high + band * k / _SHELF_Q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / _SHELF_Q + k * k) / a0,
        2 * (k * k - 1) / a0,
        (1 - k / _SHELF_Q + k * k) / a0,
    ]
    k = np.tan(np.pi * _PASS_HZ / sr)
    a0 = 1 + k / _PASS_Q + k * k
    return np.array([shelf, [1, -2, 1, 2 * (k * k - 1) / a0, (1 - k / _PASS_Q + k * k) / a0]])


def channel_weights(channels: int) -> FloatArray:
    """Return the weight of each channel, 1 for layouts that the standard does not know."""
    return np.array(_WEIGHTS.get(channels, (1,) * channels), np.float64)


class LoudnessMeter:
    """Measures the loudness of samples as they arrive, with all channels as the file has them.

    A file whose rate or number of channels changes is measured on, with filters that start at rest.

    Examples
    --------
    >>> t = np.arange(10 * 48_000) / 48_000
    >>> meter = LoudnessMeter()
    >>> meter.add(np.stack([np.sin(2 * np.pi * 1000 * t)] * 2, axis=1) * 10 ** (-23 / 20), 48_000)
    >>> round(meter.integrated_lufs(), 1)
    -23.0
    """

    def __init__(self) -> None:
        self._powers: list[FloatArray] = []
        self._rate = self._step = self._memory = 0
        self._filters = np.zeros((2, 5))
        self._weights = np.zeros(0)
        self._carried = np.zeros((0, _FILTER_STATES))
        self._samples: Float32Array = np.zeros((0, 0), np.float32)
        self._filled = 0  # of the sixteen steps in _samples
        self._tables = aligned_table(2 * LANES), aligned_table(_FILTER_STATES + 1, np.float64)

    def add(self, samples: AnyFloatArray, rate: int) -> None:
        """Add samples (frames, channels) at a rate in Hz; those that are not finite count as 0."""
        x = np.asarray(samples, np.float32)
        if rate != self._rate or x.shape[1] != len(self._weights):
            self._begin(rate, x.shape[1])
        length = LANES * self._step
        start = 0
        while start < len(x):
            part = x[start : start + length - self._filled]
            self._samples[:, self._filled : self._filled + len(part)] = part.T
            self._filled += len(part)
            start += len(part)
            if self._filled == length:
                powers, self._carried = self._measure()
                self._powers.append(powers)
                self._filled = 0

    def _begin(self, rate: int, channels: int) -> None:
        """Keep the complete steps so far, and set up the filters."""
        self._powers.append(self._rest())
        self._rate = rate
        self._step, self._memory = round(STEP_S * rate), round(MEMORY_S * rate)
        self._filters = k_weighting(rate)
        self._weights = channel_weights(channels)
        self._carried = np.zeros((channels, _FILTER_STATES))
        self._samples = np.zeros((channels, LANES * self._step + LANES), np.float32)  # read in squares of sixteen
        self._filled = 0

    def _measure(self) -> tuple[FloatArray, FloatArray]:
        """Return the powers of the sixteen steps, and the states of the filters after them."""
        carried, powers = self._filtered()
        if not np.isfinite(powers).all():
            self._samples[~np.isfinite(self._samples)] = 0
            carried, powers = self._filtered()
        return powers, carried

    def _filtered(self) -> tuple[FloatArray, FloatArray]:
        carried, powers = self._carried.copy(), np.zeros(LANES)
        sizes, tables = (self._step, self._memory), self._tables
        _add_powers(self._samples, *sizes, self._filters, self._weights, carried, *tables, powers)
        return carried, powers

    def _rest(self) -> FloatArray:
        """Return the powers of the complete steps that wait for others."""
        count = self._filled // self._step if self._filled else 0
        self._samples[:, self._filled :] = 0
        return self._measure()[0][:count] if count else np.empty(0)

    def integrated_lufs(self) -> float | None:
        """Return the integrated loudness so far; None if no block of 400 ms is above -70 LUFS."""
        steps = np.concatenate([*self._powers, self._rest()])
        if len(steps) < STEPS:
            return None
        blocks = np.convolve(steps, np.full(STEPS, 1 / STEPS), mode="valid")
        loud = blocks[blocks > _power(ABSOLUTE_GATE_LUFS)]
        if not len(loud):
            return None
        gate = _lufs(float(loud.mean())) + RELATIVE_GATE_LU
        return _lufs(float(loud[loud > _power(gate)].mean()))


class PartsLoudness:
    """Measures the loudness of parts of a recording, such as the songs of an album, as its samples arrive.

    Parameters
    ----------
    bounds_s : sequence of (float, float or None)
        Start and end of each part in seconds; None is the end of the recording.

    Attributes
    ----------
    meters : list of LoudnessMeter
        One for each part.
    """

    def __init__(self, bounds_s: Sequence[tuple[float, float | None]]) -> None:
        self.meters = [LoudnessMeter() for _ in bounds_s]
        self._bounds_s = bounds_s
        self._read_s = 0.0

    def add(self, samples: AnyFloatArray, rate: int) -> None:
        """Add samples (frames, channels) at a rate in Hz, as to a `LoudnessMeter`."""
        for meter, (start_s, end_s) in zip(self.meters, self._bounds_s, strict=True):
            start = max(0, round((start_s - self._read_s) * rate))
            end = len(samples) if end_s is None else min(len(samples), round((end_s - self._read_s) * rate))
            if start < end:
                meter.add(samples[start:end], rate)
        self._read_s += len(samples) / rate


def _lufs(power: float) -> float:
    return _OFFSET + 10 * float(np.log10(power))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))


_FILTER_STATES = 4
"""Of the two filters of a channel."""


@exact
def _add_powers(
    samples: Float32Array,
    step: int,
    memory: int,
    filters: FloatArray,
    weights: FloatArray,
    carried: FloatArray,
    squares: Float32Array,
    lanes: FloatArray,
    powers: FloatArray,
) -> None:
    """Add the weighted powers of sixteen steps of all channels to powers (16,), and update the carried states.

    `squares` (32, 16) and `lanes` (5, 16) are work tables.
    """
    for c in range(len(samples)):
        lanes[:] = 0.0
        _filter_lanes(samples[c], step - memory, step, step, filters, squares, lanes)
        for k in range(_FILTER_STATES):
            for lane in range(LANES - 1, 0, -1):  # each step goes on where the one before ends
                lanes[k, lane] = lanes[k, lane - 1]
            lanes[k, 0] = carried[c, k]
        lanes[_FILTER_STATES] = 0.0
        _filter_lanes(samples[c], 0, step, step, filters, squares, lanes)
        for k in range(_FILTER_STATES):
            carried[c, k] = lanes[k, LANES - 1]
        for lane in range(LANES):
            powers[lane] += weights[c] * lanes[_FILTER_STATES, lane] / step


@exact
def _filter_lanes(
    x: Float32Array, begin: int, end: int, step: int, filters: FloatArray, squares: Float32Array, lanes: FloatArray
) -> None:
    """Filter samples begin .. end - 1 of steps that are `step` apart, one in each lane.

    Updates the rows of `lanes`: four states of the filters, and the sum of squares.
    """
    flat = squares.reshape(-1)
    one = broadcast(np.float32(1))
    b0, b1, b2, a1, a2 = filters[0, 0], filters[0, 1], filters[0, 2], -filters[0, 3], -filters[0, 4]
    e1, e2 = -filters[1, 3], -filters[1, 4]
    p1, p2, p3, p4, total = load(lanes, 0), load(lanes, 1), load(lanes, 2), load(lanes, 3), load(lanes, 4)
    for t in range(begin, end, LANES):
        half_transpose(x, t, step, one, flat, LANES * LANES)
        half_transpose(flat, LANES * LANES, LANES, one, flat, 0)
        for i in range(min(LANES, end - t)):
            u = to_double(load(squares, i))
            y = muladd(u, b0, p1)
            p1 = muladd(u, b1, muladd(y, a1, p2))
            p2 = muladd(u, b2, y * a2)
            w = y + p3
            p3 = muladd(y, -2.0, muladd(w, e1, p4))
            p4 = muladd(w, e2, y)
            total = muladd(w, w, total)
    store(lanes, 0, p1)
    store(lanes, 1, p2)
    store(lanes, 2, p3)
    store(lanes, 3, p4)
    store(lanes, 4, total)
