"""Descriptors of the mel spectrum: loudness, RASTA-filtered auditory spectrum, MFCC."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.framing import round_half_away
from moodcurve.features.jit.kernel import exact, fast
from moodcurve.features.jit.simd import broadcast, load, store, to_double

BANDS = 26
MFCC = 14
_LOG_FLOOR = np.log(9.3e-10)
"""Smallest logarithm of a mel power: silence has one too."""
_LOG_SCALE = 2 * np.log(32767.0)
"""What the MFCC add to it: they take samples as 16-bit integers."""
_COMPRESSION = 0.33
"""Exponent from power to loudness (not 1/3)."""
_RASTA_START = 5
"""Frames during which the RASTA filter only fills its states, and gives 0."""


class MelBank(NamedTuple):
    """Triangular filters between 20 Hz and 8 kHz (or half the sample rate), equally spaced in mel.

    Bins edges[m] ≤ k < edges[m+1] lie between the filters' corners m and m + 1; there the filter that ends at
    corner m + 1 has weight falling[k], the one that peaks there 1 - falling[k].
    """

    edges: npt.NDArray[np.int64]
    falling: Float32Array
    log_loudness: FloatArray
    """ln of the equal-loudness weight at each filter's centre (26,)."""
    cosine: FloatArray
    """Liftered discrete cosine transform (14, 26), the bands' logarithms to MFCC 1 to 14."""


def mel(f: FloatArray) -> FloatArray:
    """Hz to mel, 1127 ln(1 + f / 700)."""
    return 1127 * np.log1p(f / 700)


def mel_bank(freqs: FloatArray) -> MelBank:
    """Make the filterbank for a spectrum whose bins have these frequencies (Hz, from 0 to half the rate)."""
    spacing = freqs[1]
    highest = min(8000.0, freqs[-1])
    # Every step in single precision: the last digit of a corner is 1e-4 of the weight of a bin just beside it.
    low, high = mel(np.array([20.0, highest])).astype(np.float32)
    corners = low + np.arange(BANDS + 2, dtype=np.float32) * ((high - low) / np.float32(BANDS + 1))
    # Strict at both ends: the bins nearest to 20 Hz and to the upper end are left out.
    bins = np.arange(round_half_away(20 / spacing) + 1, round_half_away(highest / spacing))
    position = mel(freqs).astype(np.float32)
    upper = np.searchsorted(corners, position[bins], side="left")  # corners[upper - 1] < place <= corners[upper]
    used = (upper >= 1) & (upper <= BANDS + 1)
    bins, upper = bins[used], upper[used]
    falling = np.zeros(len(freqs), np.float32)
    falling[bins] = (corners[upper] - position[bins]) / (corners[upper] - corners[upper - 1])
    edges = bins[0] + np.searchsorted(upper, np.arange(1, BANDS + 3))
    centres = 700 * np.expm1(corners[1:-1].astype(np.float64) / 1127)
    return MelBank(edges.astype(np.int64), falling, np.log(equal_loudness(centres)), _liftered_cosine())


def equal_loudness(f: FloatArray) -> FloatArray:
    """Weight of the ear's sensitivity at frequency f (Hz), ω = 2πf.

    E = 1e32 (ω² + 56.8e6) ω⁴ / ((ω² + 6.3e6)² (ω² + 0.38e9) (ω⁷ + 1.7e31)); after Hermansky's perceptual linear
    prediction, doi.org/10.1121/1.399423, with a term for high frequencies.
    """
    w = 2 * np.pi * f
    return 1e32 * (w**2 + 56.8e6) * w**4 / ((w**2 + 6.3e6) ** 2 * (w**2 + 0.38e9) * (w**7 + 1.7e31))


def _liftered_cosine() -> FloatArray:
    """sqrt(2/26) (1 + 11 sin(πi/22)) cos(πi (b + ½)/26), i = 1..14 by row, b = 0..25 by column."""
    i = np.arange(1, MFCC + 1)[:, None]
    lifter = 1 + 11 * np.sin(np.pi * i / 22)
    cosine = np.cos(np.pi * i * (np.arange(BANDS) + 0.5) / BANDS)
    return np.asarray(np.sqrt(2 / BANDS) * lifter * cosine)


@exact
def mel_power(power: Float32Array, bank: MelBank, out: FloatArray) -> None:
    """Power in the 26 mel bands, Σ_k weight_b(k) P_k, not normalised by bandwidth: tables (n + 1, 16) to (26, 16)."""
    carried = broadcast(0.0)
    for m in range(BANDS + 1):
        falling = rising = broadcast(0.0)
        for k in range(bank.edges[m], bank.edges[m + 1]):
            p = load(power, k)
            part = bank.falling[k] * p
            falling = falling + to_double(part)
            rising = rising + to_double(p - part)
        if m > 0:
            store(out, m - 1, carried + falling)
        carried = rising


@exact
def loudness(log_mel: FloatArray, bank: MelBank) -> float:
    """Mean over bands of (mel power · equal loudness)^0.33 (``audspec_lengthL1norm``)."""
    total = 0.0
    for b in range(BANDS):
        total += np.exp(_COMPRESSION * (log_mel[b] + bank.log_loudness[b]))
    return total / BANDS


def rasta_taps() -> FloatArray:
    """Give the RASTA band-pass: five feed-forward taps, and the pole; period 10 ms.

    Taps [2, -4c, 0, 4c, -2] / ν with c = cos(2π 29 · 0.01), ν = sqrt(10 (32c² + 8)); pole 1 - sin(2π 1 · 0.01):
    the logarithmic spectrum passes between 1 and 29 Hz (doi.org/10.1109/89.326616).
    """
    c = np.cos(2 * np.pi * 29 * 0.01)
    taps = np.array([2, -4 * c, 0, 4 * c, -2]) / np.sqrt(10 * (32 * c * c + 8))
    return np.append(taps, 1 - np.sin(2 * np.pi * 0.01))


@exact
def rasta_step(log_mel: FloatArray, taps: FloatArray, states: FloatArray, frame: int, out: FloatArray) -> None:
    """Filter one frame's logarithmic mel spectrum along time (transposed direct form II).

    states (4, 26) start at 0 and carry the past. In frames 0 to 4 the pole is off and out is 0.
    """
    pole = taps[5]
    for b in range(BANDS):
        x = log_mel[b]
        y = taps[0] * x + states[0, b]
        if frame < _RASTA_START:
            y = 0.0
        states[0, b] = taps[1] * x + states[1, b] + pole * y
        states[1, b] = taps[2] * x + states[2, b]
        states[2, b] = taps[3] * x + states[3, b]
        states[3, b] = taps[4] * x
        out[b] = y


@fast
def mfcc(log_mel: FloatArray, bank: MelBank, out: Float32Array) -> None:
    """MFCC 1 to 14 of one frame, liftered (L = 22), of mel powers on the 16-bit scale, floored at 1."""
    for i in range(MFCC):
        total = 0.0
        for b in range(BANDS):
            total += bank.cosine[i, b] * max(log_mel[b] + _LOG_SCALE, 0.0)
        out[i] = total


@exact
def auditory_row(
    mel: FloatArray, bank: MelBank, taps: FloatArray, states: FloatArray, frame: int, row: Float32Array
) -> tuple[float, float]:
    """Fill one row with audSpec_Rfilt[0..25] and MFCC 1..14 from mel powers, and give both loudness descriptors.

    audSpec_Rfilt_b = exp(0.33 (y_b + ln E_b)), y the RASTA filter's output; its mean over the bands is
    ``audspecRasta_lengthL1norm``.
    """
    log_mel = np.empty(BANDS)
    filtered = np.empty(BANDS)
    for b in range(BANDS):
        log_mel[b] = np.log(mel[b])
    mfcc(log_mel, bank, row[BANDS:])
    for b in range(BANDS):
        log_mel[b] = max(log_mel[b], _LOG_FLOOR)
    rasta_step(log_mel, taps, states, frame, filtered)
    total = 0.0
    for b in range(BANDS):
        value = np.exp(_COMPRESSION * (filtered[b] + bank.log_loudness[b]))
        row[b] = value
        total += value
    return loudness(log_mel, bank), total / BANDS
