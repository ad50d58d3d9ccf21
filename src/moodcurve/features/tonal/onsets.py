"""Compute onset strength fifty times a second: how much the logarithmic mel spectrum rises, in total and by band."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.descriptors import auditory, fft
from moodcurve.features.framing import next_power_of_two, round_half_away
from moodcurve.features.jit import simd
from moodcurve.features.jit.kernel import exact
from moodcurve.features.tonal.batches import Batches, hann_window
from moodcurve.features.tonal.harmony import LEVEL_S, QUIET, SILENT

FRAME_S = 1024 / 22050
"""Length of a frame (seconds)."""
FRAME_RATE = 50
"""Frames per second."""
FLOOR = 1e-4
"""Power added to each band, relative to the power of the loudest frame (-40 dB)."""
EDGES = np.array([0, 4, 15, auditory.BANDS])
"""Mel bands at which the low, the middle and the high band begin and end: borders at about 400 and 2300 Hz."""
STRENGTH, LOW, AUDIBLE = 0, 1, 4
COLUMNS = 5
"""Columns of a frame: strength, strength in the three bands, audibility (0 or 1)."""
_KEEP_LEVEL = float(np.exp(-1 / (LEVEL_S * FRAME_RATE)))


class OnsetPlan(NamedTuple):
    """Constants and work tables."""

    window: Float32Array
    transform: fft.FFTPlan
    bank: auditory.MelBank
    magnitudes: Float32Array
    mel: FloatArray
    """Power of the mel bands (26, 16)."""


class OnsetState(NamedTuple):
    """What is carried from frame to frame."""

    bands: FloatArray
    """Mel spectrum of the last frame (26,)."""
    level: FloatArray
    """Power of the loudest frame (1,)."""


class Onsets:
    """Onset strength of frames 20 ms apart; carries the last mel spectrum and the level of the loudest frame.

    Parameters
    ----------
    sr, divisor : int
        The samples have the rate sr / divisor in Hz.
    """

    _STATE = ("_batches", "_state")

    def __init__(self, sr: int, divisor: int) -> None:
        rate = sr / divisor
        length = round_half_away(FRAME_S * rate)
        n = next_power_of_two(length)
        self._batches = Batches(sr, divisor, length, FRAME_RATE)
        self._plan = OnsetPlan(
            hann_window(length),
            fft.make_plan(n),
            auditory.mel_bank(np.arange(n // 2 + 1) * rate / n),
            simd.aligned_table(n // 2 + 1),
            simd.aligned_table(auditory.BANDS, np.float64),
        )
        self._state = OnsetState(np.zeros(auditory.BANDS), np.zeros(1))

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples; return the frames (n, 5) that are complete."""
        batches = self._batches.push(x)
        frames = np.empty((len(batches) * simd.LANES, COLUMNS), np.float32)
        for i, wave in enumerate(batches):
            part = frames[i * simd.LANES : (i + 1) * simd.LANES]
            _onset_frames(wave, self._batches.hop, self._plan, self._state, EDGES, part)
        return frames


@exact
def _onset_frames(
    wave: Float32Array,
    hop: int,
    plan: OnsetPlan,
    state: OnsetState,
    edges: npt.NDArray[np.int64],
    frames: Float32Array,
) -> None:
    """Compute the means over bands of max(0, ln((P_b + ε) / (P_b' + ε))), P_b' the band's power one frame before.

    0 for a silent frame, and for the first frame after nothing but silence.
    """
    fft.magnitudes(wave, hop, plan.window, plan.transform, plan.magnitudes)
    for k in range(len(plan.magnitudes)):
        m = simd.load(plan.magnitudes, k)
        simd.store(plan.magnitudes, k, m * m)
    auditory.mel_power(plan.magnitudes, plan.bank, plan.mel)
    bands, level = state
    for lane in range(simd.LANES):
        power = 0.0
        for b in range(len(bands)):
            power += plan.mel[b, lane]
        begins = power * QUIET > level[0]
        level[0] = max(power, _KEEP_LEVEL * level[0])
        audible = power > SILENT and power > QUIET * level[0]
        floor = FLOOR * level[0]
        everything = 0.0
        for band in range(len(edges) - 1):
            total = 0.0
            for b in range(edges[band], edges[band + 1]):
                before, here = bands[b], plan.mel[b, lane]
                if audible and not begins and here > before:
                    total += np.log((here + floor) / (before + floor))
                bands[b] = here
            frames[lane, LOW + band] = total / (edges[band + 1] - edges[band])
            everything += total
        frames[lane, STRENGTH] = everything / len(bands)
        frames[lane, AUDIBLE] = 1.0 if audible else 0.0
