"""Resample to 16 kHz by a windowed sinc, any part of a recording at a time, with the same result for any parts.

soxr, which `moodcurve.audio` uses for files, keeps a state that cannot be saved. Here each output sample is a sum over
the inputs around it and depends on nothing else.
"""

from functools import cache
from math import gcd
from typing import NamedTuple

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.framing import Framing
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, aligned_table, broadcast, load, muladd, store

RATE = 16_000
"""Sample rate (Hz) that the tag network was trained at."""
PASSBAND = 0.913
"""Share of the lower Nyquist frequency that passes unchanged, as in soxr's quality HQ; from 1 on, all is stopped."""
ATTENUATION_DB = 90.0
"""Attenuation of the stopband, and ripple of the passband: less than a step of 16 bits in most of it."""
MOST_PHASES = 1024
"""Positions between two inputs that have filters of their own; exact for all usual rates (44.1 kHz has 160)."""


class ResamplingPlan(NamedTuple):
    """Constants for one input rate. Output n lies at input position n · down / up."""

    filters: Float32Array
    """Filters for positions p / rows after an input sample, reversed in time (rows, taps)."""
    table: Float32Array
    """The same values as a table (rows · taps / 16, 16)."""
    up: int
    down: int

    @property
    def before(self) -> int:
        """Inputs needed before the one at or before an output's position."""
        return int(self.filters.shape[1]) // 2 - 1

    @property
    def after(self) -> int:
        """Inputs needed after that one."""
        return int(self.filters.shape[1]) // 2

    def first_input(self, n: int) -> int:
        """Return the index of the first input that output n needs; negative before the recording."""
        return n * self.down // self.up - self.before

    def last_input(self, n: int) -> int:
        """Return the index of the last input that output n needs."""
        return n * self.down // self.up + self.after

    def outputs(self, samples: int) -> int:
        """Return the number of outputs within a recording of this many inputs."""
        return -(-samples * self.up // self.down)


@cache
def make_plan(sr: int) -> ResamplingPlan:
    """Return the plan for an input rate.

    The filter is a sinc with a cut-off in the middle between passband and stopband, under a Kaiser window (Kaiser's
    formulas for its parameter and length, e.g. in Oppenheim & Schafer, "Discrete-Time Signal Processing"). Rates with
    more than `MOST_PHASES` phases use the nearest of that many.

    Raises
    ------
    ValueError
        If `sr` is not a whole number from 8000 to 384000.
    """
    sr = int(Framing(sr).sr)
    divisor = gcd(sr, RATE)
    up, down = RATE // divisor, sr // divisor
    nyquist = min(sr, RATE) / 2 / sr  # in cycles per input sample
    width = (1 - PASSBAND) * nyquist
    length = (ATTENUATION_DB - 7.95) / (14.36 * width)
    taps = -(-int(np.ceil(length)) // (2 * LANES)) * 2 * LANES
    rows = min(up, MOST_PHASES)
    # input i of the window lies i - before samples after the input at or before the output
    t = np.arange(taps) - (taps // 2 - 1) - np.arange(rows)[:, None] / rows
    cutoff = (1 + PASSBAND) / 2 * nyquist
    beta = 0.1102 * (ATTENUATION_DB - 8.7)
    window = np.i0(beta * np.sqrt(np.maximum(0, 1 - (2 * t / taps) ** 2))) / np.i0(beta)
    filters = 2 * cutoff * np.sinc(2 * cutoff * t) * window
    filters /= filters.sum(axis=1, keepdims=True)
    table = aligned_table(rows * taps // LANES)
    table[:] = filters.reshape(table.shape)
    return ResamplingPlan(table.reshape(rows, taps), table, up, down)


def resample(x: Float32Array, base: int, first: int, plan: ResamplingPlan, out: Float32Array) -> None:
    """Compute outputs first, first + 1 … of a recording of which x holds the inputs from `base` on.

    x must reach from ``plan.first_input(first)`` to ``plan.last_input`` of the last output.
    """
    _resample(x, plan.first_input(first) - base, first * plan.down % plan.up, plan, out)


@exact
def _resample(x: Float32Array, start: int, phase: int, plan: ResamplingPlan, out: Float32Array) -> None:
    """Compute outputs; x[start] is the first input of the first, which lies phase / up after an input sample."""
    rows, taps = plan.filters.shape
    steps = taps // LANES
    parts = np.empty(LANES, np.float32)
    for n in range(len(out)):
        row = phase if rows == plan.up else min((2 * phase * rows + plan.up) // (2 * plan.up), rows - 1)
        at = row * steps
        even = odd = broadcast(np.float32(0))
        for step in range(0, steps, 2):
            even = muladd(load(x, start + LANES * step), load(plan.table, at + step), even)
            odd = muladd(load(x, start + LANES * step + LANES), load(plan.table, at + step + 1), odd)
        store(parts, 0, even + odd)
        total = np.float32(0)
        for i in range(LANES):
            total += parts[i]
        out[n] = total
        phase += plan.down
        start += phase // plan.up
        phase %= plan.up
