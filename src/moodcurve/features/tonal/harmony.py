"""Compute the harmony columns: a stage that carries the last 4 s and a longer memory of chroma."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.descriptors import fft
from moodcurve.features.framing import next_power_of_two, round_half_away
from moodcurve.features.jit import simd
from moodcurve.features.jit.kernel import exact
from moodcurve.features.tonal import chroma as pitch
from moodcurve.features.tonal.columns import FRAME_MEANS, FRAME_SPREADS, HARMONY
from moodcurve.features.tonal.log_spectrum import (
    BINS,
    PER_OCTAVE,
    LogAxis,
    LogTables,
    log_axis,
    log_spectrum,
    log_tables,
)
from moodcurve.features.tonal.roughness import pair_weights, roughness

FRAME_S = 8192 / 22050
"""Length of a frame (seconds)."""
RATE = 16
"""Frames per second; sixteen make a batch."""
PER_ROW = RATE // 2
CONTEXT = 4 * RATE
"""Frames in the short context of a row, 4 s."""
MEMORY_S = 30.0
"""Time constant of the long context."""
SMOOTHING_S = 0.25
"""Time constant of the chroma from which chords are read."""
TUNING_S = 15.0
"""Time constant of the tuning."""
QUIET = 1e-5
"""Frames with less than this share of the power of the loudest frame so far are silent (-50 dB)."""
SILENT = 1e-13
"""Mean power of a frame below which it is silent whatever came before (-130 dB relative to full scale)."""

_MEANS = len(FRAME_MEANS)
_SPREADS = np.array([FRAME_MEANS.index(name) for name in FRAME_SPREADS])
_AT = {name: i for i, name in enumerate(FRAME_MEANS)}
_ENTROPY, _INTERVALS, _ROUGHNESS, _CENTER = 0, 1, _AT["roughness"], _AT["register_center"]
_TONALNESS, _CHORDS, _CHORD_MODE, _CHANGE = _AT["tonalness"], _AT["chord_major"], _AT["chord_mode"], 21
_MAJOR_SHARE, _DIMINISHED_SHARE, _CHORD_CHANGE = _CHORD_MODE + 1, _CHORD_MODE + 2, _CHORD_MODE + 3
_CENTROID, _CHROMA = _MEANS, _MEANS + 6
_FRAME = _MEANS + 18
_KEEP_LONG = float(np.exp(-1 / (MEMORY_S * RATE)))
_KEEP_TUNING = float(np.exp(-1 / (TUNING_S * RATE)))
_KEEP_SMOOTH = float(np.exp(-1 / (SMOOTHING_S * RATE)))


class HarmonyPlan(NamedTuple):
    """Constants and work tables."""

    window: Float32Array
    transform: fft.FFTPlan
    axis: LogAxis
    tables: LogTables
    chroma: pitch.ChromaPlan
    pairs: Float32Array
    magnitudes: Float32Array
    sums: Float32Array
    """Roughness, power of the peaks, power of sixteen frames (3, 16)."""


class HarmonyState(NamedTuple):
    """What is carried from frame to frame."""

    frames: npt.NDArray[np.int64]
    """Number of frames (1,)."""
    level: FloatArray
    """Power of the loudest frame so far (1,)."""
    tuning: FloatArray
    """See `chroma.update_tuning` (3,)."""
    smooth: FloatArray
    """Smoothed chroma (12,)."""
    long: FloatArray
    """Chroma of the long context, a decaying sum (12,)."""
    last: FloatArray
    """Tonal centroid of the last audible frame, its chord, and whether there is one (8,)."""
    audible: npt.NDArray[np.int64]
    """Whether each frame of the short context is audible, by frame modulo 64 (64,)."""
    values: FloatArray
    """Their descriptors: those of `FRAME_MEANS`, tonal centroid, chroma (64, n)."""


class Harmony:
    """Harmony columns, one row every 0.5 s; row h ends where window h - 1 ends.

    Parameters
    ----------
    sr : int
        Sample rate of the recording in Hz.
    halvings : int
        The samples have the rate sr / 2^halvings.
    """

    _STATE = ("_wave", "_base", "_batches", "_state")

    def __init__(self, sr: int, halvings: int) -> None:
        self._sr = sr
        self._divisor = 2**halvings
        rate = sr / self._divisor
        length = round_half_away(FRAME_S * rate)
        n_fft = next_power_of_two(length)
        transform = fft.make_plan(n_fft)
        window = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(length) + 0.5) / length)) * (np.sqrt(8 / 3) / length)
        self._hop = round_half_away(rate / RATE)
        self._plan = HarmonyPlan(
            window.astype(np.float32),
            transform,
            log_axis(np.arange(n_fft // 2 + 1) * rate / n_fft),
            log_tables(),
            pitch.chroma_plan(),
            pair_weights(),
            simd.aligned_table(n_fft // 2 + 1),
            simd.aligned_table(3),
        )
        self._wave: Float32Array = np.zeros(length // 2, np.float32)  # frames are centered: silence before the start
        self._base = 0  # index of _wave[0]
        self._batches = 0
        self._state = HarmonyState(
            np.zeros(1, np.int64),
            np.zeros(1),
            np.zeros(3),
            np.zeros(12),
            np.zeros(12),
            np.zeros(8),
            np.zeros(CONTEXT, np.int64),
            np.zeros((CONTEXT, _FRAME)),
        )

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples; return the rows (n, columns) that are complete."""
        self._wave = np.concatenate([self._wave, x])
        rows = []
        while True:
            start = self._start(self._batches) - self._base
            if len(self._wave) < start + self.needed:
                break
            out = np.empty((2, len(HARMONY)), np.float32)
            _harmony_rows(self._wave[start:], self._hop, self._plan, self._state, out)
            rows.append(out)
            self._batches += 1
        start = self._start(self._batches)
        self._wave, self._base = self._wave[start - self._base :], start
        return np.concatenate(rows) if rows else np.empty((0, len(HARMONY)), np.float32)

    @property
    def needed(self) -> int:
        """Samples of one batch of frames."""
        return (simd.LANES - 1) * self._hop + len(self._plan.window)

    def _start(self, batch: int) -> int:
        """Return the index of a batch's first sample: exactly one second per batch, rounded."""
        return (2 * batch * self._sr + self._divisor) // (2 * self._divisor)


@exact
def _harmony_rows(wave: Float32Array, hop: int, plan: HarmonyPlan, state: HarmonyState, rows: Float32Array) -> None:
    """Compute two rows from sixteen frames."""
    fft.magnitudes(wave, hop, plan.window, plan.transform, plan.magnitudes)
    log_spectrum(plan.magnitudes, plan.axis, plan.tables)
    roughness(plan.tables.amplitude, plan.pairs, plan.tables.work, plan.sums)
    for lane in range(simd.LANES):
        at = state.frames[0] % CONTEXT
        state.frames[0] += 1
        state.audible[at] = _update_level(np.float64(plan.sums[2, lane]), state)
        if state.audible[at]:
            _frame_values(plan, lane, state, state.values[at])
        if (lane + 1) % PER_ROW == 0:
            _row(plan, state, rows[lane // PER_ROW])


@exact
def _update_level(power: float, state: HarmonyState) -> int:
    """Follow the power of the loudest frame; return 1 if this frame is audible."""
    if power > state.level[0]:
        if power * QUIET > state.level[0]:  # all that came before was silence compared with this
            state.long[:] = 0.0
            state.smooth[:] = 0.0
            state.tuning[:] = 0.0
            state.last[:] = 0.0
            state.audible[:] = 0
        state.level[0] = power
    return int(power > SILENT and power > QUIET * state.level[0])


@exact
def _frame_values(plan: HarmonyPlan, lane: int, state: HarmonyState, out: FloatArray) -> None:
    """Compute the descriptors of one audible frame, and update the memories."""
    folded, centroid = np.empty(PER_OCTAVE), np.empty(6)
    now = out[_CHROMA : _CHROMA + 12]
    pitch.fold(plan.tables.salience, lane, folded)
    pitch.update_tuning(folded, _KEEP_TUNING, state.tuning)
    pitch.chroma(folded, state.tuning[2], now)
    for p in range(12):
        state.smooth[p] = _KEEP_SMOOTH * state.smooth[p] + (1 - _KEEP_SMOOTH) * now[p]
        state.long[p] = _KEEP_LONG * state.long[p] + (1 - _KEEP_LONG) * now[p]
    out[_ENTROPY] = pitch.entropy(now)
    pitch.interval_correlations(now, out[_INTERVALS : _INTERVALS + 6])
    peaks, power = np.float64(plan.sums[1, lane]), np.float64(plan.sums[2, lane])
    out[_ROUGHNESS] = np.float64(plan.sums[0, lane]) / peaks if peaks > 0.0 else 0.0
    out[_TONALNESS] = peaks / power
    _register(plan.tables.amplitude, lane, out[_CENTER : _CENTER + 4])
    kinds = out[_CHORDS : _CHORDS + 4]
    chord = pitch.chords(state.smooth, kinds)
    out[_CHORD_MODE] = kinds[0] - kinds[1]
    out[_MAJOR_SHARE] = 1.0 if kinds[0] > kinds[1] else 0.0
    out[_DIMINISHED_SHARE] = 1.0 if kinds[2] > max(kinds[0], kinds[1]) else 0.0
    pitch.tonal_centroid(state.smooth, plan.chroma, centroid)
    known = state.last[7] > 0.0
    out[_CHORD_CHANGE] = np.float64(RATE) if known and chord != state.last[6] else 0.0
    step = 0.0
    for i in range(6):
        step += (centroid[i] - state.last[i]) ** 2
        state.last[i] = out[_CENTROID + i] = centroid[i]
    out[_CHANGE] = RATE * np.sqrt(step) if known else 0.0
    state.last[6], state.last[7] = chord, 1.0


@exact
def _register(amplitude: Float32Array, lane: int, out: FloatArray) -> None:
    """Compute the amplitude's center in semitones above C2, and its shares in the low, middle and high two octaves."""
    moment = 0.0
    thirds = np.zeros(3)
    for b in range(BINS):
        moment += b * amplitude[b, lane]
        thirds[b // (2 * PER_OCTAVE)] += amplitude[b, lane]
    total = thirds[0] + thirds[1] + thirds[2]
    out[0] = (moment / total - 1) / 3
    for i in range(3):
        out[1 + i] = thirds[i] / total


@exact
def _row(plan: HarmonyPlan, state: HarmonyState, row: Float32Array) -> None:
    """Compute a row from the audible frames of the last 4 s and the long memory; all 0 without audible frames."""
    count = 0
    mean, square = np.zeros(_FRAME), np.zeros(_FRAME)
    for t in range(CONTEXT):
        if state.audible[t]:
            count += 1
            for i in range(_FRAME):
                mean[i] += state.values[t, i]
                square[i] += state.values[t, i] ** 2
    if count == 0:
        row[:] = np.float32(0)
        return
    for i in range(_FRAME):
        mean[i] /= count
        square[i] = max(square[i] / count - mean[i] ** 2, 0.0)
    for i in range(_MEANS):
        row[i] = mean[i]
    at = _MEANS
    for i in _SPREADS:
        row[at] = np.sqrt(square[i])
        at += 1
    spread = 0.0
    for i in range(_CENTROID, _CENTROID + 6):
        spread += square[i]
    short = mean[_CHROMA : _CHROMA + 12]
    row[at] = np.sqrt(spread)
    row[at + 1] = pitch.entropy(short)
    row[at + 2] = pitch.entropy(state.long)
    largest = 0
    for p in range(12):
        if short[p] > short[largest]:
            largest = p
    for i in range(1, 12):
        row[at + 2 + i] = short[(largest + i) % 12] / short[largest] if short[largest] > 0.0 else 0.0
    found = np.empty(6)
    pitch.keys(short, plan.chroma, found)
    for i in range(6):
        row[at + 14 + i] = found[i]
    pitch.keys(state.long, plan.chroma, found)
    for i in range(6):
        row[at + 20 + i] = found[i]
