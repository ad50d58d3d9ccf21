"""Compute onset strength fifty times a second: how much the logarithmic mel spectrum rises."""

from typing import NamedTuple

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.descriptors import auditory, fft
from moodcurve.features.framing import next_power_of_two, round_half_away
from moodcurve.features.jit import simd
from moodcurve.features.jit.kernel import exact

FRAME_S = 1024 / 22050
"""Length of a frame (seconds)."""
RATE = 50
"""Frames per second."""
FLOOR = 1e-4
"""Power added to each band, relative to the power of the loudest frame (-40 dB)."""
QUIET = 1e-5
SILENT = 1e-13
DECAY_S = 20.0
"""Time constant with which the power of the loudest frame is forgotten."""
_KEEP = float(np.exp(-1 / (DECAY_S * RATE)))


class OnsetPlan(NamedTuple):
    """Constants and work tables."""

    window: Float32Array
    transform: fft.FFTPlan
    bank: auditory.MelBank
    magnitudes: Float32Array
    mel: FloatArray
    """Power of the mel bands (26, 16)."""


class Onsets:
    """Onset strength of frames 20 ms apart; carries the last mel spectrum and the level of the loudest frame.

    Parameters
    ----------
    sr : int
        Sample rate of the recording in Hz.
    halvings : int
        The samples have the rate sr / 2^halvings.
    """

    _STATE = ("_wave", "_base", "_batches", "_bands", "_level")

    def __init__(self, sr: int, halvings: int) -> None:
        self._sr = sr
        self._divisor = 2**halvings
        rate = sr / self._divisor
        length = round_half_away(FRAME_S * rate)
        n_fft = max(next_power_of_two(length), fft.SMALLEST)
        window = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(length) + 0.5) / length)) * (np.sqrt(8 / 3) / length)
        self._hop = round_half_away(rate / RATE)
        self._plan = OnsetPlan(
            window.astype(np.float32),
            fft.make_plan(n_fft),
            auditory.mel_bank(np.arange(n_fft // 2 + 1) * rate / n_fft),
            simd.aligned_table(n_fft // 2 + 1),
            simd.aligned_table(auditory.BANDS, np.float64),
        )
        self._wave: Float32Array = np.zeros(length // 2, np.float32)  # frames are centered: silence before the start
        self._base = 0  # index of _wave[0]
        self._batches = 0
        self._bands = np.zeros(auditory.BANDS)
        self._level = np.zeros(1)

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples; return onset strength and audibility (0 or 1) of the frames that are complete (n, 2)."""
        self._wave = np.concatenate([self._wave, x])
        found = []
        while True:
            start = self._start(self._batches) - self._base
            if len(self._wave) < start + self.needed:
                break
            out = np.empty((simd.LANES, 2), np.float32)
            _onset_strength(self._wave[start:], self._hop, self._plan, (self._bands, self._level), out)
            found.append(out)
            self._batches += 1
        start = self._start(self._batches)
        self._wave, self._base = self._wave[start - self._base :], start
        return np.concatenate(found) if found else np.empty((0, 2), np.float32)

    @property
    def needed(self) -> int:
        """Samples of one batch of frames."""
        return (simd.LANES - 1) * self._hop + len(self._plan.window)

    def _start(self, batch: int) -> int:
        """Return the index of a batch's first sample: exactly 0.32 s per batch, rounded."""
        divisor = self._divisor * RATE
        return (2 * batch * simd.LANES * self._sr + divisor) // (2 * divisor)


@exact
def _onset_strength(
    wave: Float32Array, hop: int, plan: OnsetPlan, state: tuple[FloatArray, FloatArray], out: Float32Array
) -> None:
    """Compute the mean over bands of max(0, ln((P_b + ε) / (P_b' + ε))), P_b' the band's power one frame before."""
    bands, level = state
    fft.magnitudes(wave, hop, plan.window, plan.transform, plan.magnitudes)
    for k in range(len(plan.magnitudes)):
        m = simd.load(plan.magnitudes, k)
        simd.store(plan.magnitudes, k, m * m)
    auditory.mel_power(plan.magnitudes, plan.bank, plan.mel)
    for lane in range(simd.LANES):
        power = 0.0
        for b in range(len(bands)):
            power += plan.mel[b, lane]
        begins = power * QUIET > level[0]
        level[0] = max(power, _KEEP * level[0])
        audible = power > SILENT and power > QUIET * level[0]
        total = 0.0
        if audible:
            floor = FLOOR * level[0]
            for b in range(len(bands)):
                ratio = (plan.mel[b, lane] + floor) / (bands[b] + floor)
                total += np.log(ratio) if ratio > 1.0 else 0.0
        out[lane, 0] = 0.0 if begins else total / len(bands)
        out[lane, 1] = 1.0 if audible else 0.0
        for b in range(len(bands)):
            bands[b] = plan.mel[b, lane]
