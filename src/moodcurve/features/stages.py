"""The stages of the extractor that remember something from frame to frame, each usable alone."""

from typing import NamedTuple

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.descriptors import auditory, energy, fft, spectral
from moodcurve.features.framing import Framing
from moodcurve.features.jit import simd
from moodcurve.features.jit.kernel import exact
from moodcurve.features.voice import candidates, octave_axis, pair_sums, quality, subharmonic, viterbi


class ShortFramePlan(NamedTuple):
    """What the descriptors of the 20 ms frames need and never change, and tables to work in."""

    window: Float32Array
    transform: fft.FFTPlan
    bank: auditory.MelBank
    axis: spectral.FrequencyAxis
    taps: FloatArray
    magnitudes: Float32Array
    """Of the bins (n, 16)."""
    mel: FloatArray
    """Powers of the bands (26, 16)."""
    spectral: spectral.Workspace


class ShortFrames:
    """Descriptors of the 20 ms frames; remembers the last spectrum (flux) and the RASTA filter's states."""

    _STATE = ("states", "previous", "count")

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        freqs = framing.short_freqs
        self.plan = ShortFramePlan(
            framing.hamming,
            fft.make_plan(framing.short_fft),
            auditory.mel_bank(freqs),
            spectral.frequency_axis(freqs),
            auditory.rasta_taps(),
            simd.aligned_table(len(freqs)),
            simd.aligned_table(auditory.BANDS, np.float64),
            spectral.workspace(len(freqs)),
        )
        self.states = np.zeros((4, auditory.BANDS))
        self.previous = np.zeros(len(freqs), np.float32)
        self.count = 0

    def push(self, wave: Float32Array, count: int) -> tuple[Float32Array, Float32Array]:
        """Take so many frames, the next starting at wave[0].

        Gives (count, 3) loudness, RASTA loudness and RMS energy, and (count, 55) audSpec_Rfilt, spectral
        descriptors and MFCC.
        """
        framing = self.framing
        levels = np.empty((count, 3), np.float32)
        shapes = np.empty((count, auditory.BANDS + spectral.COLUMNS + auditory.MFCC), np.float32)
        energy.rms_energy(wave, framing.hop, framing.short, levels[:, 2])
        wave = pad_to_lanes(wave, count, framing.hop, framing.short)
        _short_rows(wave, framing.hop, self.plan, (self.states, self.previous), self.count, levels, shapes)
        self.count += count
        return levels, shapes


def pad_to_lanes(wave: Float32Array, count: int, hop: int, length: int) -> Float32Array:
    """Give a wave that holds as many frames as the next multiple of sixteen: 0 where there is no more of it."""
    needed = (-(-count // simd.LANES) * simd.LANES - 1) * hop + length
    if len(wave) < needed:
        wave = np.concatenate([wave, np.zeros(needed - len(wave), np.float32)])
    return wave


@exact
def _short_rows(
    wave: Float32Array,
    hop: int,
    plan: ShortFramePlan,
    state: tuple[FloatArray, Float32Array],
    first: int,
    levels: Float32Array,
    shapes: Float32Array,
) -> None:
    """Describe the frames of a wave that begin a hop apart, of sixteen at a time, which the wave must hold."""
    states, previous = state
    auditory_values = np.empty(auditory.BANDS + auditory.MFCC, np.float32)
    mel = np.empty(auditory.BANDS)
    for start in range(0, len(shapes), simd.LANES):
        rows = shapes[start : start + simd.LANES]
        fft.magnitudes(wave[start * hop :], hop, plan.window, plan.transform, plan.magnitudes)
        if first + start == 0:
            for k in range(len(previous)):
                previous[k] = plan.magnitudes[k, 0]  # flux 0
        spectral.spectral_rows(
            plan.magnitudes,
            previous,
            plan.axis,
            plan.spectral,
            rows[:, auditory.BANDS : auditory.BANDS + spectral.COLUMNS],
        )
        auditory.mel_power(plan.spectral.power, plan.bank, plan.mel)
        for t in range(len(rows)):
            for b in range(auditory.BANDS):
                mel[b] = plan.mel[b, t]
            loud, filtered = auditory.auditory_row(
                mel, plan.bank, plan.taps, states, first + start + t, auditory_values
            )
            levels[start + t, 0], levels[start + t, 1] = loud, filtered
            for b in range(auditory.BANDS):
                rows[t, b] = auditory_values[b]
            for i in range(auditory.MFCC):
                rows[t, auditory.BANDS + spectral.COLUMNS + i] = auditory_values[auditory.BANDS + i]


class PitchPlan(NamedTuple):
    """What finding pitches needs and never changes, and tables to work in."""

    window: Float32Array
    transform: fft.FFTPlan
    axis: octave_axis.OctaveAxis
    magnitudes: Float32Array
    """Of the bins, and a margin (n + margin, 16)."""
    spectrum: Float32Array
    """Enhanced, then at the points of the axis, then summed (n + margin, 16)."""
    unknowns: FloatArray
    """Of the splines (n - 1, 16)."""


class PitchTracker:
    """F0 and voicing of the 60 ms frames; remembers the Viterbi search, and so lags by up to 30 frames."""

    _STATE = ("track",)

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self.track = viterbi.new_tracker()
        transform = fft.make_plan(framing.long_fft)
        rows = len(framing.long_freqs) + subharmonic.MARGIN
        self.plan = PitchPlan(
            framing.gauss,
            transform,
            octave_axis.octave_axis(framing.long_freqs),
            simd.aligned_table(rows),
            simd.aligned_table(rows),
            # where the transform works, which lies idle then, and in the cache
            transform.work.reshape(-1).view(np.float64).reshape(-1, simd.LANES),
        )

    def push(self, wave: Float32Array, count: int) -> Float32Array:
        """Take so many frames, the next starting at wave[0]; give those decided, (frames, 2) of F0 and voicing."""
        wave = pad_to_lanes(wave, count, self.framing.hop, self.framing.long)
        return self._decided(wave, count, final=False)

    def flush(self) -> Float32Array:
        """Decide the rest."""
        return self._decided(np.empty(0, np.float32), 0, final=True)

    def _decided(self, wave: Float32Array, count: int, *, final: bool) -> Float32Array:
        out = np.empty((count + viterbi.WINDOW, 2), np.float32)
        return out[: _pitch_rows(wave, self.framing.hop, count, final, self.plan, self.track, out)]


@exact
def _pitch_rows(
    wave: Float32Array,
    hop: int,
    count: int,
    final: bool,
    plan: PitchPlan,
    track: viterbi.Tracker,
    out: Float32Array,
) -> int:
    """Find the pitches of so many frames, of sixteen at a time, which the wave must hold."""
    window, transform, axis, magnitudes, spectrum, unknowns = plan
    n = len(axis.upper)
    levels, means = np.empty(simd.LANES, np.float32), np.empty(simd.LANES)
    peaks = np.empty((-(-n // subharmonic.STEP), simd.LANES), np.float32)
    indices, counts = np.empty((simd.LANES, candidates.CANDIDATES), np.int64), np.empty(simd.LANES, np.int64)
    f0, voicing = np.empty(candidates.CANDIDATES, np.float32), np.empty(candidates.CANDIDATES, np.float32)
    done = 0
    for first in range(0, count, simd.LANES):
        fft.magnitudes(wave[first * hop :], hop, window, transform, magnitudes)
        subharmonic.frame_rms(magnitudes, n, len(window), levels)
        subharmonic.enhance(magnitudes, spectrum)
        subharmonic.octave_spectrum(spectrum, axis, unknowns, spectrum)
        subharmonic.subharmonic_sum(spectrum, axis, spectrum, peaks, means)
        candidates.highest_peaks(spectrum, peaks, indices, counts)
        for lane in range(min(simd.LANES, count - first)):
            highest = indices[lane, : counts[lane]]
            candidates.candidates(spectrum, means[lane], lane, highest, axis.octaves, (f0, voicing))
            viterbi.advance(track, f0, voicing, levels[lane])
            done += viterbi.decide(track, final, out[done:])
    if final:
        done += viterbi.decide(track, final, out[done:])
    return done


class VoiceQuality:
    """Jitter, shimmer and HNR of frames whose F0 is decided; remembers how far it has read."""

    _STATE = ("state", "count")

    def __init__(self, framing: Framing, *, strict: bool) -> None:
        self.framing = framing
        self.strict = strict
        self.state = quality.initial_state(framing.sr)
        self.samples = pair_sums.allocate(0)
        self.count = 0

    @property
    def reads_from(self) -> int:
        """First sample of the recording that is still needed."""
        return self.count * self.framing.hop - int(self.state.position[1])

    def push(self, wave: Float32Array, base: int, f0: Float32Array) -> Float32Array:
        """Take the F0 of the next frames, wave[0] being sample base of the recording; give (frames, 4)."""
        rows = np.empty((len(f0), quality.COLUMNS), np.float32)
        framing = self.framing
        if len(self.samples.values) < len(wave) + pair_sums.PADDING:
            self.samples = pair_sums.allocate(len(wave) + len(wave) // 8)
        pair_sums.load_samples(wave, self.samples)
        segment = quality.Segment(wave, self.samples, base, framing.sr, framing.hop, framing.long, self.strict)
        quality.voice_rows(segment, f0, self.count, self.state, rows)
        self.count += len(f0)
        return rows
