"""The stages of the extractor that remember something from frame to frame, each usable alone."""

from typing import NamedTuple

import numpy as np

from moodcurve.features.descriptors import auditory, energy, fft, spectral
from moodcurve.features.framing import F32, F64, Framing
from moodcurve.features.jit import simd
from moodcurve.features.jit.kernel import exact
from moodcurve.features.voice import candidates, octave_axis, pair_sums, quality, subharmonic, viterbi


class ShortPlan(NamedTuple):
    """What the descriptors of the 20 ms frames need and never change, and tables to work in."""

    window: F32
    transform: fft.Transform
    bank: auditory.MelBank
    axis: spectral.Axis
    taps: F64
    magnitudes: F32
    """Of the bins (n, 16)."""
    mel: F64
    """Powers of the bands (26, 16)."""
    spectral: spectral.Work


class ShortFrames:
    """Descriptors of the 20 ms frames; remembers the last spectrum (flux) and the RASTA filter's states."""

    MEMORY = ("states", "previous", "count")

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        freqs = framing.short_freqs
        self.plan = ShortPlan(
            framing.hamming,
            fft.transform(framing.short_fft),
            auditory.mel_bank(freqs),
            spectral.axis(freqs),
            auditory.rasta_taps(),
            simd.table(len(freqs)),
            simd.table(auditory.BANDS, np.float64),
            spectral.work(len(freqs)),
        )
        self.states = np.zeros((4, auditory.BANDS))
        self.previous = np.zeros(len(freqs), np.float32)
        self.count = 0

    def push(self, wave: F32, count: int) -> tuple[F32, F32]:
        """Take so many frames, the next starting at wave[0].

        Gives (count, 3) loudness, RASTA loudness and RMS energy, and (count, 55) audSpec_Rfilt, spectral
        descriptors and MFCC.
        """
        framing = self.framing
        levels = np.empty((count, 3), np.float32)
        shapes = np.empty((count, auditory.BANDS + spectral.COLUMNS + auditory.MFCC), np.float32)
        energy.rms_energy(wave, framing.hop, framing.short, levels[:, 2])
        wave = whole_turns(wave, count, framing.hop, framing.short)
        _short_rows(wave, framing.hop, self.plan, (self.states, self.previous), self.count, levels, shapes)
        self.count += count
        return levels, shapes


def whole_turns(wave: F32, count: int, hop: int, length: int) -> F32:
    """Give a wave that holds as many frames as the next multiple of sixteen: 0 where there is no more of it."""
    needed = (-(-count // simd.LANES) * simd.LANES - 1) * hop + length
    if len(wave) < needed:
        wave = np.concatenate([wave, np.zeros(needed - len(wave), np.float32)])
    return wave


@exact
def _short_rows(
    wave: F32, hop: int, plan: ShortPlan, memory: tuple[F64, F32], first: int, levels: F32, shapes: F32
) -> None:
    """Describe the frames of a wave that begin a hop apart, of sixteen at a time, which the wave must hold."""
    states, previous = memory
    voiceless = np.empty(auditory.BANDS + auditory.MFCC, np.float32)
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
            loud, filtered = auditory.auditory_row(mel, plan.bank, plan.taps, states, first + start + t, voiceless)
            levels[start + t, 0], levels[start + t, 1] = loud, filtered
            for b in range(auditory.BANDS):
                rows[t, b] = voiceless[b]
            for i in range(auditory.MFCC):
                rows[t, auditory.BANDS + spectral.COLUMNS + i] = voiceless[auditory.BANDS + i]


class Workplace(NamedTuple):
    """What finding pitches needs and never changes, and tables to work in."""

    window: F32
    transform: fft.Transform
    axis: octave_axis.OctaveAxis
    magnitudes: F32
    """Of the bins, and a margin (n + margin, 16)."""
    spectrum: F32
    """Enhanced, then at the points of the axis, then summed (n + margin, 16)."""
    unknowns: F64
    """Of the splines (n - 1, 16)."""


class Pitch:
    """F0 and voicing of the 60 ms frames; remembers the Viterbi search, and so lags by up to 30 frames."""

    MEMORY = ("track",)

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self.track = viterbi.tracker()
        transform = fft.transform(framing.long_fft)
        rows = len(framing.long_freqs) + subharmonic.MARGIN
        self.workplace = Workplace(
            framing.gauss,
            transform,
            octave_axis.octave_axis(framing.long_freqs),
            simd.table(rows),
            simd.table(rows),
            # where the transform works, which lies idle then, and in the cache
            transform.work.reshape(-1).view(np.float64).reshape(-1, simd.LANES),
        )

    def push(self, wave: F32, count: int) -> F32:
        """Take so many frames, the next starting at wave[0]; give those decided, (frames, 2) of F0 and voicing."""
        wave = whole_turns(wave, count, self.framing.hop, self.framing.long)
        return self._decided(wave, count, final=False)

    def flush(self) -> F32:
        """Decide the rest."""
        return self._decided(np.empty(0, np.float32), 0, final=True)

    def _decided(self, wave: F32, count: int, *, final: bool) -> F32:
        out = np.empty((count + viterbi.WINDOW, 2), np.float32)
        return out[: _pitch_rows(wave, self.framing.hop, count, final, self.workplace, self.track, out)]


@exact
def _pitch_rows(
    wave: F32, hop: int, count: int, final: bool, workplace: Workplace, track: viterbi.Tracker, out: F32
) -> int:
    """Find the pitches of so many frames, of sixteen at a time, which the wave must hold."""
    window, transform, axis, magnitudes, spectrum, unknowns = workplace
    n = len(axis.upper)
    levels, means = np.empty(simd.LANES, np.float32), np.empty(simd.LANES)
    peaks = np.empty((-(-n // subharmonic.STEP), simd.LANES), np.float32)
    places, counts = np.empty((simd.LANES, candidates.CANDIDATES), np.int64), np.empty(simd.LANES, np.int64)
    f0, voicing = np.empty(candidates.CANDIDATES, np.float32), np.empty(candidates.CANDIDATES, np.float32)
    done = 0
    for first in range(0, count, simd.LANES):
        fft.magnitudes(wave[first * hop :], hop, window, transform, magnitudes)
        subharmonic.frame_rms(magnitudes, n, len(window), levels)
        subharmonic.enhance(magnitudes, spectrum)
        subharmonic.octave_spectrum(spectrum, axis, unknowns, spectrum)
        subharmonic.subharmonic_sum(spectrum, axis, spectrum, peaks, means)
        candidates.highest_peaks(spectrum, peaks, places, counts)
        for lane in range(min(simd.LANES, count - first)):
            highest = places[lane, : counts[lane]]
            candidates.candidates(spectrum, means[lane], lane, highest, axis.octaves, (f0, voicing))
            viterbi.advance(track, f0, voicing, levels[lane])
            done += viterbi.decide(track, final, out[done:])
    if final:
        done += viterbi.decide(track, final, out[done:])
    return done


class Voice:
    """Jitter, shimmer and HNR of frames whose F0 is decided; remembers how far it has read."""

    MEMORY = ("state", "count")

    def __init__(self, framing: Framing, *, strict: bool) -> None:
        self.framing = framing
        self.strict = strict
        self.state = quality.carry(framing.sr)
        self.samples = pair_sums.room(0)
        self.count = 0

    @property
    def reads_from(self) -> int:
        """First sample of the recording that is still needed."""
        return self.count * self.framing.hop - int(self.state.position[1])

    def push(self, wave: F32, base: int, f0: F32) -> F32:
        """Take the F0 of the next frames, wave[0] being sample base of the recording; give (frames, 4)."""
        rows = np.empty((len(f0), quality.COLUMNS), np.float32)
        framing = self.framing
        if len(self.samples.values) < len(wave) + pair_sums.SPARE:
            self.samples = pair_sums.room(len(wave) + len(wave) // 8)
        pair_sums.whole_samples(wave, self.samples)
        stretch = quality.Stretch(wave, self.samples, base, framing.sr, framing.hop, framing.long, self.strict)
        quality.voice_rows(stretch, f0, self.count, self.state, rows)
        self.count += len(f0)
        return rows
