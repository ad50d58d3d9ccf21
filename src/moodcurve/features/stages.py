"""The stages of the extractor that remember something from frame to frame, each usable alone."""

import numpy as np

from moodcurve.features import (
    auditory,
    energy,
    fourier,
    frames,
    lanes,
    octaves,
    periods,
    pitch,
    spectral,
    viterbi,
    voice,
)
from moodcurve.features.frames import F32, F64, Framing
from moodcurve.features.kernels import exact


class ShortFrames:
    """Descriptors of the 20 ms frames; remembers the last spectrum (flux) and the RASTA filter's states."""

    MEMORY = ("states", "previous", "count")

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self.bank = auditory.mel_bank(framing.short_freqs)
        self.axis = spectral.axis(framing.short_freqs)
        self.taps = auditory.rasta_taps()
        self.states = np.zeros((4, auditory.BANDS))
        self.previous = np.zeros(framing.short_fft // 2 + 1, np.float32)
        self.count = 0

    def push(self, wave: F32, count: int) -> tuple[F32, F32]:
        """Take so many frames, the next starting at wave[0].

        Gives (count, 3) loudness, RASTA loudness and RMS energy, and (count, 55) audSpec_Rfilt, spectral
        descriptors and MFCC.
        """
        windowed = np.zeros((count, self.framing.short_fft), np.float32)
        frames.apply_window(wave, self.framing.hop, self.framing.hamming, windowed)
        levels = np.empty((count, 3), np.float32)
        shapes = np.empty((count, auditory.BANDS + spectral.COLUMNS + auditory.MFCC), np.float32)
        energy.rms_energy(wave, self.framing.hop, self.framing.short, levels[:, 2])
        spectrum = frames.spectra(windowed)
        _short_rows(
            spectrum,
            self.bank,
            self.axis,
            (self.taps, self.states, self.previous),
            self.count,
            levels,
            shapes,
        )
        self.count += count
        return levels, shapes


@exact
def _short_rows(
    spectrum: np.ndarray,
    bank: auditory.MelBank,
    axis: spectral.Axis,
    memory: tuple[F64, F64, F32],
    first: int,
    levels: F32,
    shapes: F32,
) -> None:
    taps, states, previous = memory
    magnitudes = np.empty(len(previous), np.float32)
    power = np.empty(len(previous), np.float32)
    voiceless = np.empty(auditory.BANDS + auditory.MFCC, np.float32)
    for t in range(len(spectrum)):
        frames.magnitude(spectrum[t], magnitudes)
        for k in range(len(power)):
            power[k] = magnitudes[k] * magnitudes[k]
        if first + t == 0:
            previous[:] = magnitudes  # flux 0
        row = shapes[t]
        levels[t, 0], levels[t, 1] = auditory.auditory_row(power, bank, taps, states, first + t, voiceless)
        row[: auditory.BANDS] = voiceless[: auditory.BANDS]
        row[auditory.BANDS + spectral.COLUMNS :] = voiceless[auditory.BANDS :]
        spectral.spectral_row(magnitudes, previous, power, axis, row[auditory.BANDS :])
        previous[:] = magnitudes


class Pitch:
    """F0 and voicing of the 60 ms frames; remembers the Viterbi search, and so lags by up to 30 frames."""

    MEMORY = ("track",)

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self.axis = octaves.octave_axis(framing.long_freqs)
        self.transform = fourier.transform(framing.long_fft)
        self.track = viterbi.tracker()
        bins = len(framing.long_freqs)
        self.tables = tuple(lanes.table(bins + pitch.MARGIN) for _ in range(2))
        # what the transform works in lies idle then, and fits, and lies in the cache
        self.scratch = self.transform.work.reshape(-1).view(np.float64).reshape(-1, lanes.LANES)

    def push(self, wave: F32, count: int) -> F32:
        """Take so many frames, the next starting at wave[0]; give those decided, (frames, 2) of F0 and voicing."""
        out = np.empty((count + viterbi.WINDOW, 2), np.float32)
        done, hop = 0, self.framing.hop
        needed = (lanes.LANES - 1) * hop + self.framing.long
        for first in range(0, count, lanes.LANES):
            part = wave[first * hop : first * hop + needed]
            if len(part) < needed:
                part = np.concatenate([part, np.zeros(needed - len(part), np.float32)])
            used = min(lanes.LANES, count - first)
            magnitudes, spectrum = self.tables
            fourier.magnitudes(part, hop, self.framing.gauss, self.transform, magnitudes)
            done += _pitch_rows(
                (magnitudes, spectrum, self.scratch), self.framing.long, used, self.axis, self.track, out[done:]
            )
        return out[:done]

    def flush(self) -> F32:
        """Decide the rest."""
        out = np.empty((viterbi.WINDOW, 2), np.float32)
        return out[: viterbi.decide(self.track, True, out)]


@exact
def _pitch_rows(
    tables: tuple[F32, F32, F64],
    length: int,
    used: int,
    axis: octaves.OctaveAxis,
    track: viterbi.Tracker,
    out: F32,
) -> int:
    """Take the magnitudes of sixteen frames of so many samples, the first of which are used; all tables change."""
    magnitudes, spectrum, scratch = tables
    levels, means = np.empty(lanes.LANES, np.float32), np.empty(lanes.LANES)
    n = len(axis.upper)
    peaks = np.empty((-(-n // pitch.STEP), lanes.LANES), np.float32)
    places, counts = np.empty((lanes.LANES, pitch.CANDIDATES), np.int64), np.empty(lanes.LANES, np.int64)
    f0, voicing = np.empty(pitch.CANDIDATES, np.float32), np.empty(pitch.CANDIDATES, np.float32)
    pitch.frame_rms(magnitudes, n, length, levels)
    pitch.enhance(magnitudes, spectrum)
    pitch.octave_spectrum(spectrum, axis, scratch, spectrum)
    pitch.subharmonic_sum(spectrum, axis, spectrum, peaks, means)
    pitch.highest_peaks(spectrum, peaks, places, counts)
    done = 0
    for lane in range(used):
        highest = places[lane, : counts[lane]]
        pitch.candidates(spectrum, means[lane], lane, highest, axis.octaves, (f0, voicing))
        viterbi.advance(track, f0, voicing, levels[lane])
        done += viterbi.decide(track, False, out[done:])
    return done


class Voice:
    """Jitter, shimmer and HNR of frames whose F0 is decided; remembers how far it has read."""

    MEMORY = ("state", "count")

    def __init__(self, framing: Framing, *, strict: bool) -> None:
        self.framing = framing
        self.strict = strict
        self.state = voice.carry(framing.sr)
        self.count = 0

    @property
    def reads_from(self) -> int:
        """First sample of the recording that is still needed."""
        return self.count * self.framing.hop - int(self.state.position[1])

    def push(self, wave: F32, base: int, f0: F32) -> F32:
        """Take the F0 of the next frames, wave[0] being sample base of the recording; give (frames, 4)."""
        rows = np.empty((len(f0), voice.COLUMNS), np.float32)
        framing = self.framing
        samples = periods.whole_samples(wave)
        stretch = voice.Stretch(wave, samples, base, framing.sr, framing.hop, framing.long, self.strict)
        voice.voice_rows(stretch, f0, self.count, self.state, rows)
        self.count += len(f0)
        return rows
