r"""Measure the integrated loudness of a recording by EBU R128 and ITU-R BS.1770-4, as it is read.

Each channel passes the K-weighting (a high shelf for the head, then a high pass). The mean square of blocks of 400 ms,
one every 100 ms, gives their loudness, with the channels' weights :math:`G_c`:

.. math:: l_j = -0.691 + 10 \log_{10} \sum_c G_c z_{jc}

Integrated loudness is that of the mean power of the blocks above -70 LUFS, and above a relative gate: 10 LU below the
loudness of the former. Only the powers of steps of 100 ms are kept: 3 MB for ten hours.
"""

import numpy as np

from moodcurve._typing import AnyFloatArray, Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact

STEP_S = 0.1
"""Distance between blocks (seconds)."""
STEPS = 4
"""Steps in a block."""
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
        self._rate = 0
        self._filters = np.zeros((2, 5))
        self._weights = np.zeros(0)
        self._states = np.zeros((0, 4))
        self._step = np.zeros(2)  # weighted sum of squares of the current step, and its samples

    def add(self, samples: AnyFloatArray, rate: int) -> None:
        """Add samples (frames, channels) at a rate in Hz; those that are not finite count as 0."""
        x: Float32Array = np.ascontiguousarray(samples, np.float32)
        if rate != self._rate or x.shape[1] != len(self._weights):
            self._rate = rate
            self._filters = k_weighting(rate)
            self._weights = channel_weights(x.shape[1])
            self._states = np.zeros((x.shape[1], 4))
            self._step[:] = 0
        size = round(STEP_S * rate)
        powers = np.zeros(len(x) // size + 1)
        count = _add_powers(x, self._filters, self._weights, self._states, self._step, size, powers)
        self._powers.append(powers[:count])

    def integrated_lufs(self) -> float | None:
        """Return the integrated loudness so far; None if no block of 400 ms is above -70 LUFS."""
        steps = np.concatenate([*self._powers, np.empty(0)])
        if len(steps) < STEPS:
            return None
        blocks = np.convolve(steps, np.full(STEPS, 1 / STEPS), mode="valid")
        loud = blocks[blocks > _power(ABSOLUTE_GATE_LUFS)]
        if not len(loud):
            return None
        gate = _lufs(float(loud.mean())) + RELATIVE_GATE_LU
        return _lufs(float(loud[loud > _power(gate)].mean()))


def _lufs(power: float) -> float:
    return _OFFSET + 10 * float(np.log10(power))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))


@exact
def _add_powers(
    x: Float32Array,
    filters: FloatArray,
    weights: FloatArray,
    states: FloatArray,
    step: FloatArray,
    size: int,
    powers: FloatArray,
) -> int:
    """Write the power of each step that is complete; return their number.

    Two channels are filtered at a time, so that the processor works on one while it waits for the other.
    """
    frames, channels = x.shape
    count, start = 0, 0
    while start < frames:
        end = min(frames, start + size - int(step[1]))
        for c in range(0, channels, 2):
            d = min(c + 1, channels - 1)
            total_c, total_d = _filtered_squares(x, start, end, c, d, filters, states)
            step[0] += weights[c] * total_c
            if d > c:
                step[0] += weights[d] * total_d
        step[1] += end - start
        start = end
        if step[1] >= size:
            powers[count] = step[0] / size
            step[:] = 0.0
            count += 1
    return count


@exact
def _filtered_squares(
    x: Float32Array, start: int, end: int, c: int, d: int, filters: FloatArray, states: FloatArray
) -> tuple[float, float]:
    """Return the sums of squares of two filtered channels, and update their states."""
    b0, b1, b2, a1, a2 = filters[0, 0], filters[0, 1], filters[0, 2], filters[0, 3], filters[0, 4]
    e1, e2 = filters[1, 3], filters[1, 4]
    p1, p2, p3, p4 = states[c, 0], states[c, 1], states[c, 2], states[c, 3]
    q1, q2, q3, q4 = states[d, 0], states[d, 1], states[d, 2], states[d, 3]
    total_c = total_d = 0.0
    for t in range(start, end):
        u, v = np.float64(x[t, c]), np.float64(x[t, d])
        if not np.isfinite(u):
            u = np.float64(0.0)
        if not np.isfinite(v):
            v = np.float64(0.0)
        y = b0 * u + p1
        p1 = b1 * u - a1 * y + p2
        p2 = b2 * u - a2 * y
        w = y + p3
        p3 = -2.0 * y - e1 * w + p4
        p4 = y - e2 * w
        total_c += w * w
        y = b0 * v + q1
        q1 = b1 * v - a1 * y + q2
        q2 = b2 * v - a2 * y
        w = y + q3
        q3 = -2.0 * y - e1 * w + q4
        q4 = y - e2 * w
        total_d += w * w
    states[d, 0], states[d, 1], states[d, 2], states[d, 3] = q1, q2, q3, q4
    states[c, 0], states[c, 1], states[c, 2], states[c, 3] = p1, p2, p3, p4
    return total_c, total_d
