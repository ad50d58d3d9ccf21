"""Compute the columns of pitch: a stage that carries the last 4 s and a longer memory of chroma."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.descriptors import fft
from moodcurve.features.framing import next_power_of_two, round_half_away
from moodcurve.features.jit import simd
from moodcurve.features.jit.kernel import exact
from moodcurve.features.tonal import chroma as pitch
from moodcurve.features.tonal.batches import Batches, hann_window
from moodcurve.features.tonal.columns import CHROMA, FRAME_MEANS, FRAME_STDS, HARMONY
from moodcurve.features.tonal.log_spectrum import (
    BINS,
    OCTAVES,
    PER_OCTAVE,
    LogAxis,
    LogTables,
    log_axis,
    log_spectrum,
    log_tables,
)
from moodcurve.features.tonal.register import distribution, overlap
from moodcurve.features.tonal.roughness import pair_weights, roughness

FRAME_S = 8192 / 22050
"""Length of a frame (seconds)."""
FRAME_RATE = 16
"""Frames per second; sixteen make a batch."""
PER_ROW = FRAME_RATE // 2
CONTEXT = 4 * FRAME_RATE
"""Frames in the short context of a row, 4 s."""
MEMORY_S = 30.0
"""Time constant of the long context."""
SMOOTHING_S = 0.25
"""Time constant of the chroma from which chords are read."""
TUNING_S = 15.0
"""Time constant of the tuning."""
QUIET = 1e-5
"""A frame with less than this share of the power of the loudest frame is silent (-50 dB)."""
SILENT = 1e-14
"""Mean power of a frame that is silent whatever the others are (-140 dB relative to full scale)."""
LEVEL_S = 30.0
"""Time constant with which the power of the loudest frame is forgotten."""
STABLE = FRAME_RATE // 4
"""Frames between which stability is measured, 0.25 s."""

_AT = {name: i for i, name in enumerate((*FRAME_MEANS, "level"))}
_INTERVALS, _ROUGHNESS, _TONALNESS = _AT["chroma_autocorrelation[1]"], _AT["roughness"], _AT["tonalness"]
_REGISTER, _SALIENCE, _SALIENCE_CENTER = _AT["register_center"], _AT["salience"], _AT["salience_center"]
_STABILITY, _CHORDS, _MODE = _AT["harmonic_stability"], _AT["chord_major"], _AT["chord_mode"]
_CHORD_CHANGE, _BASS_MODE, _CHANGE = _AT["chord_change_rate"], _AT["bass_mode"], _AT["harmonic_change"]
_LEVEL = _AT["level"]
_MEANS = len(FRAME_MEANS)
_CHROMA = _LEVEL + 1
_VALUES = _CHROMA + 12
_STDS = np.array([_AT[name] for name in FRAME_STDS])
_RING = 8
_KEEP_LONG = float(np.exp(-1 / (MEMORY_S * FRAME_RATE)))
_KEEP_TUNING = float(np.exp(-1 / (TUNING_S * FRAME_RATE)))
_KEEP_SMOOTH = float(np.exp(-1 / (SMOOTHING_S * FRAME_RATE)))
_KEEP_LEVEL = float(np.exp(-1 / (LEVEL_S * FRAME_RATE)))


class HarmonyPlan(NamedTuple):
    """Constants and work tables."""

    window: Float32Array
    transform: fft.FFTPlan
    axis: LogAxis
    chroma: pitch.ChromaPlan
    pairs: Float32Array
    magnitudes: Float32Array
    tables: LogTables
    sums: Float32Array
    """Results of `roughness` (3, 16)."""


class HarmonyState(NamedTuple):
    """What is carried from frame to frame."""

    counts: npt.NDArray[np.int64]
    """Number of frames, number of audible frames since the last silent one, best chord of the last frame (3,)."""
    level: FloatArray
    """Power of the loudest frame (1,)."""
    tuning: FloatArray
    """See `chroma.update_tuning` (3,)."""
    smooth: FloatArray
    """Smoothed chroma (12,)."""
    long: FloatArray
    """Chroma of the long context, a decaying sum (12,)."""
    centroid: FloatArray
    """Tonal centroid of the last audible frame (6,)."""
    saliences: Float32Array
    """Saliences of the last frames, by frame modulo 8 (8, 216)."""
    audible: npt.NDArray[np.int64]
    """Whether each frame of the short context is audible, by frame modulo 64 (64,)."""
    values: FloatArray
    """Their descriptors: those of `FRAME_MEANS`, level, chroma (64, n)."""


class Harmony:
    """Columns of pitch and chroma, one row every 0.5 s; row h describes the frames up to the time 0.5 h + 0.5 s.

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
        self._plan = HarmonyPlan(
            hann_window(length),
            fft.make_plan(n),
            log_axis(np.arange(n // 2 + 1) * rate / n),
            pitch.chroma_plan(),
            pair_weights(),
            simd.aligned_table(n // 2 + 1),
            log_tables(),
            simd.aligned_table(3),
        )
        self._state = HarmonyState(
            counts=np.zeros(3, np.int64),
            level=np.zeros(1),
            tuning=np.zeros(3),
            smooth=np.zeros(12),
            long=np.zeros(12),
            centroid=np.zeros(6),
            saliences=np.zeros((_RING, BINS), np.float32),
            audible=np.zeros(CONTEXT, np.int64),
            values=np.zeros((CONTEXT, _VALUES)),
        )

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples; return the rows (n, columns) that are complete."""
        batches = self._batches.push(x)
        rows = np.empty((2 * len(batches), len(HARMONY) + len(CHROMA)), np.float32)
        for i, wave in enumerate(batches):
            _harmony_rows(wave, self._batches.hop, self._plan, self._state, rows[2 * i : 2 * i + 2])
        return rows


@exact
def _harmony_rows(wave: Float32Array, hop: int, plan: HarmonyPlan, state: HarmonyState, rows: Float32Array) -> None:
    """Compute two rows from sixteen frames."""
    fft.magnitudes(wave, hop, plan.window, plan.transform, plan.magnitudes)
    log_spectrum(plan.magnitudes, plan.axis, plan.tables)
    roughness(plan.tables.amplitude, plan.pairs, plan.tables.work, plan.sums)
    for lane in range(simd.LANES):
        at = state.counts[0] % CONTEXT
        state.audible[at] = _is_audible(np.float64(plan.sums[2, lane]), state)
        if state.audible[at]:
            _frame_values(plan, lane, state, state.values[at])
        else:
            state.counts[1] = 0
        state.counts[0] += 1
        if (lane + 1) % PER_ROW == 0:
            _row(plan, state, rows[lane // PER_ROW])


@exact
def _is_audible(power: float, state: HarmonyState) -> bool:
    """Follow the power of the loudest frame; forget all that came before if it was silence compared with this one."""
    if power * QUIET > state.level[0]:
        state.long[:] = 0.0
        state.smooth[:] = 0.0
        state.tuning[:] = 0.0
        state.counts[1] = 0
        state.audible[:] = 0
    state.level[0] = max(power, _KEEP_LEVEL * state.level[0])
    return bool(power > SILENT and power > QUIET * state.level[0])


@exact
def _frame_values(plan: HarmonyPlan, lane: int, state: HarmonyState, out: FloatArray) -> None:
    """Compute the descriptors of one audible frame, and update the memories."""
    peaks, power = np.float64(plan.sums[1, lane]), np.float64(plan.sums[2, lane])
    out[_ROUGHNESS] = np.float64(plan.sums[0, lane]) / peaks if peaks > 0.0 else 0.0
    out[_TONALNESS] = peaks / power
    out[_LEVEL] = 10 * np.log10(power)
    salience = plan.tables.salience
    distribution(plan.tables.amplitude, lane, out[_REGISTER : _REGISTER + 1 + OCTAVES])
    out[_SALIENCE] = distribution(salience, lane, out[_SALIENCE_CENTER : _SALIENCE_CENTER + 1 + OCTAVES]) / BINS
    frame, run = state.counts[0], state.counts[1]
    for b in range(BINS):
        state.saliences[frame % _RING, b] = salience[b, lane]
    out[_STABILITY] = overlap(salience, lane, state.saliences[(frame - min(run, STABLE)) % _RING])
    _chroma_values(plan, lane, state, out)
    state.counts[1] += 1


@exact
def _chroma_values(plan: HarmonyPlan, lane: int, state: HarmonyState, out: FloatArray) -> None:
    """Compute the descriptors of one audible frame that follow from its chroma."""
    folded, bass, centroid = np.empty(PER_OCTAVE), np.empty(12), np.empty(6)
    now = out[_CHROMA : _CHROMA + 12]
    pitch.fold(plan.tables.salience, lane, OCTAVES, folded)
    pitch.update_tuning(folded, _KEEP_TUNING, state.tuning)
    pitch.chroma(folded, state.tuning[2], now)
    pitch.fold(plan.tables.salience, lane, 2, folded)
    pitch.chroma(folded, state.tuning[2], bass)
    for p in range(12):
        state.smooth[p] = _KEEP_SMOOTH * state.smooth[p] + (1 - _KEEP_SMOOTH) * now[p]
        state.long[p] = _KEEP_LONG * state.long[p] + (1 - _KEEP_LONG) * now[p]
    out[0] = pitch.entropy(now)
    pitch.interval_correlations(now, out[_INTERVALS : _INTERVALS + 6])
    kinds = np.empty(pitch.KINDS)
    chord = pitch.chords(state.smooth, plan.chroma, kinds)
    out[_CHORDS] = kinds[0]
    for kind in range(2, pitch.KINDS):
        out[_CHORDS + kind - 1] = kinds[kind]
    out[_MODE] = kinds[0] - kinds[1]
    out[_BASS_MODE] = pitch.bass_mode(bass, state.smooth)
    pitch.tonal_centroid(state.smooth, plan.chroma, centroid)
    step = 0.0
    for i in range(6):
        step += (centroid[i] - state.centroid[i]) ** 2
        state.centroid[i] = centroid[i]
    continues = state.counts[1] > 0
    out[_CHANGE] = FRAME_RATE * np.sqrt(step) if continues else 0.0
    out[_CHORD_CHANGE] = np.float64(FRAME_RATE) if continues and chord != state.counts[2] else 0.0
    state.counts[2] = chord


@exact
def _row(plan: HarmonyPlan, state: HarmonyState, row: Float32Array) -> None:
    """Compute a row from the audible frames of the last 4 s and the long memory; all 0 without audible frames."""
    count = 0
    mean, variance = np.zeros(_VALUES), np.zeros(len(_STDS))
    for t in range(CONTEXT):
        if state.audible[t]:
            count += 1
            for i in range(_VALUES):
                mean[i] += state.values[t, i]
    if count == 0:
        row[:] = np.float32(0)
        return
    for i in range(_VALUES):
        mean[i] /= count
    for t in range(CONTEXT):
        if state.audible[t]:
            for i in range(len(_STDS)):
                variance[i] += (state.values[t, _STDS[i]] - mean[_STDS[i]]) ** 2 / count
    for i in range(_MEANS):
        row[i] = mean[i]
    for i in range(len(_STDS)):
        row[_MEANS + i] = np.sqrt(variance[i])
    at = _MEANS + len(_STDS)
    short, found = mean[_CHROMA:], np.empty(4)
    pitch.keys(short, plan.chroma, found)
    for i in range(4):
        row[at + i] = found[i]
    pitch.keys(state.long, plan.chroma, found)
    for i in range(4):
        row[at + 4 + i] = found[i]
    # the tuning is followed without jumps and may belong to a neighboring semitone; the middle bin is C at 440 Hz
    semitones = int(np.floor((state.tuning[2] - 1.0) / 3 + 0.5))
    for i in range(12):
        row[at + 8 + (i + semitones) % 12] = short[i]
