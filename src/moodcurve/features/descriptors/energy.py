"""Time-domain descriptors: root-mean-square energy and zero-crossing rate."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact, fast


@fast
def rms_energy(wave: Float32Array, hop: int, length: int, out: Float32Array) -> None:
    """RMS energy, sqrt(Σ x² / N), of frames of N samples without window (``pcm_RMSenergy``).

    out (frames,) gets values in [0, 1.00003], frame t starting at sample t hop; silence gives 0.
    """
    for t in range(len(out)):
        frame = wave[t * hop : t * hop + length]
        total = np.float32(0)
        for i in range(length):
            total += frame[i] * frame[i]
        out[t] = np.sqrt(total / np.float32(length))


@exact
def zero_crossing_rate(wave: Float32Array, hop: int, length: int, out: Float32Array) -> None:
    """Share of samples at which the sign changes, in [0, 1] (``pcm_zcr``).

    Sample i of a frame, 1 ≤ i ≤ N - 2, counts if x[i-1] x[i] < 0, or if x[i] = 0 and x[i-1] x[i+1] ≤ 0; the
    count is divided by N. Digital silence therefore counts almost every sample: (N - 2) / N.
    """
    last = (len(out) - 1) * hop + length
    crossed = np.empty(last, np.uint8)
    previous, here, following = wave[: last - 2], wave[1 : last - 1], wave[2:last]
    for i in range(last - 2):
        product, around = previous[i] * here[i], previous[i] * following[i]
        crossed[i] = (product < 0) | ((here[i] == 0) & (around <= 0))
    before = np.zeros(last, np.int32)  # crossings at samples up to i
    for i in range(last - 2):
        before[i + 1] = before[i] + crossed[i]
    for t in range(len(out)):
        start = t * hop
        out[t] = np.float32(before[start + length - 2] - before[start]) / np.float32(length)
