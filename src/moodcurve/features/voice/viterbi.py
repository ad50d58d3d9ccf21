"""Track the pitch over time: the cheapest path through the candidates of each frame and an unvoiced state."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.voice.candidates import CANDIDATES
from moodcurve.features.voice.subharmonic import SILENCE

STATES = CANDIDATES + 1
"""Six candidates and unvoiced."""
UNVOICED = CANDIDATES
WINDOW = 30
"""Frames after which a decision is forced even if the surviving paths still differ."""
_RING = 32
_VOICED_FROM = np.float32(0.7)
_IMPOSSIBLE = 999.0


class Tracker(NamedTuple):
    """State carried from frame to frame; created by `new_tracker`."""

    cost: FloatArray
    """Cost of the cheapest path into each state (7,)."""
    slope: FloatArray
    """Last pitch change evaluated, ln(F/F'), one number for all paths (1,)."""
    counts: npt.NDArray[np.int64]
    """Number of frames added, number of frames decided (2,)."""
    came_from: npt.NDArray[np.int64]
    """Best predecessor of each state, by frame modulo 32 (32, 7)."""
    f0: Float32Array
    """F0 candidates of the undecided frames, by frame modulo 32 (32, 6)."""
    voicing: Float32Array
    """Their voicing (32, 6)."""
    energy: Float32Array
    """RMS of the undecided windowed frames (32,)."""


def new_tracker() -> Tracker:
    """Return the state before the first frame."""
    return Tracker(
        np.zeros(STATES),
        np.ones(1),
        np.zeros(2, np.int64),
        np.zeros((_RING, STATES), np.int64),
        np.zeros((_RING, CANDIDATES), np.float32),
        np.zeros((_RING, CANDIDATES), np.float32),
        np.zeros(_RING, np.float32),
    )


@exact
def local_costs(f0: Float32Array, voicing: Float32Array, out: FloatArray) -> None:
    """Compute the cost of each state of one frame.

    Candidate: 2 (-ln clip(v, 0.01, 1) + 4 [v < 0.7]) + g(F), where g favors 100 to 350 Hz. Unvoiced: 8 if a
    candidate has v ≥ 0.7, else 0.
    """
    voiced = False
    for i in range(CANDIDATES):
        v, f = voicing[i], np.float64(f0[i])
        cost = -2 * np.log(min(max(np.float64(v), 0.01), 1.0))
        if v >= _VOICED_FROM:
            voiced = True
        else:
            cost += 8
        if f <= 0:
            cost += 2
        elif f < 100:
            cost += 1 - f / 100
        elif f >= 600:
            cost += 1.2
        elif f >= 350:
            cost += (f - 350) / 250
        out[i] = cost
    out[UNVOICED] = 8.0 if voiced else 0.0


@exact
def advance(track: Tracker, f0: Float32Array, voicing: Float32Array, energy: float) -> None:
    """Add one frame's candidates and RMS: find the best predecessor of each state.

    Between two pitches the transition costs 10 |r| + 10 |r - ρ| with r = ln(F/F') and ρ the r evaluated before
    (on whatever path). Between voiced and unvoiced it costs 10, and ρ becomes 0; unvoiced to unvoiced costs 1. Ties go
    to the lower state.
    """
    t = track.counts[0]
    here = t % _RING
    for i in range(CANDIDATES):  # assigning whole rows would take three seconds to compile
        track.f0[here, i] = f0[i]
        track.voicing[here, i] = voicing[i]
    track.energy[here] = energy
    local = np.empty(STATES)
    local_costs(f0, voicing, local)
    track.counts[0] = t + 1
    if t == 0:
        for i in range(STATES):
            track.cost[i] = local[i]
        return
    before = track.f0[(t - 1) % _RING]
    total = np.empty(STATES)
    slope = track.slope[0]
    for i in range(STATES):
        best, source = np.inf, 0
        for j in range(STATES):
            if i == UNVOICED and j == UNVOICED:
                step = 1.0
            elif i == UNVOICED or j == UNVOICED:
                step, slope = 10.0, 0.0
            elif f0[i] == 0 or before[j] == 0:
                step = _IMPOSSIBLE
            else:
                ratio = np.log(np.float64(f0[i] / before[j]))
                step = 10 * abs(ratio) + 10 * abs(ratio - slope)
                slope = ratio
            if track.cost[j] + step < best:
                best, source = track.cost[j] + step, j
        total[i] = best + local[i]
        track.came_from[here, i] = source
    for i in range(STATES):
        track.cost[i] = total[i]
    track.slope[0] = slope


@exact
def decide(track: Tracker, final: bool, out: Float32Array) -> int:
    """Write F0 and voicing of newly decided frames to out (frames, 2), and return their number.

    Frames are decided once the seven surviving paths agree on them; when 30 frames wait, the oldest is decided on the
    cheapest path; when final, all remaining frames are. An unvoiced frame has F0 0 and the voicing of its first
    candidate; a silent frame (windowed RMS ≤ 0.001) has 0 for both.
    """
    taken, decided = track.counts
    waiting = taken - decided
    forced = waiting > WINDOW - 1
    path, states = np.empty(_RING, np.int64), np.empty(STATES, np.int64)
    cheapest, agreed = 0, 0
    for i in range(STATES):
        states[i] = i
        if track.cost[i] < track.cost[cheapest]:
            cheapest = i
    for back in range(waiting):
        frame = taken - 1 - back
        path[frame % _RING] = cheapest
        if agreed == 0:
            same = True
            for i in range(1, STATES):
                same &= states[i] == states[0]
            if same:
                agreed = waiting - back
        cheapest = track.came_from[frame % _RING, cheapest]
        for i in range(STATES):
            states[i] = track.came_from[frame % _RING, states[i]]
    ready = waiting if final else (1 if forced else agreed)
    for i in range(ready):
        slot = (decided + i) % _RING
        state = path[slot]
        if track.energy[slot] <= SILENCE:
            out[i, 0] = out[i, 1] = 0
        elif state == UNVOICED:
            out[i, 0] = 0
            out[i, 1] = track.voicing[slot, 0]
        else:
            out[i, 0] = track.f0[slot, state]
            out[i, 1] = track.voicing[slot, state]
    track.counts[1] = decided + ready
    return ready
