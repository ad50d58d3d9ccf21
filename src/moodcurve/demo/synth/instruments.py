"""Synthesize pitched instruments: each function turns a note into a mono sound."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import soxr

from moodcurve._typing import FloatArray
from moodcurve.demo.synth.filters import butterworth

Instrument = Literal[
    "piano", "pluck", "bells", "bass", "strings", "tremolo", "cello", "brass", "grit",
    "kick", "snare", "clap", "hat", "open_hat", "shaker", "crash", "tom", "swell",
]  # fmt: skip
_TABLE = 2048
"""Length of a wavetable in samples, a power of two."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note to play.

    Attributes
    ----------
    start_s, duration_s : float
        Onset from the start of the section, and time until the note is released; the sound then decays.
    pitch : float
        MIDI note number, 69 is 440 Hz. Of the drums, only `tom` uses it.
    velocity : float
        Loudness in (0, 1]; most instruments are also brighter when louder.
    brightness : float
        In [0, 1], dark to bright.
    instrument : Instrument
    """

    start_s: float
    duration_s: float
    pitch: float
    velocity: float
    brightness: float
    instrument: Instrument

    @property
    def hz(self) -> float:
        """Fundamental frequency in equal temperament."""
        return float(440 * 2 ** ((self.pitch - 69) / 12))


def fade(x: FloatArray, *, attack_s: float, release_s: float, sr: int) -> FloatArray:
    """Ramp both ends linearly to avoid clicks."""
    n_in, n_out = (min(len(x), max(1, int(s * sr))) for s in (attack_s, release_s))
    ramp = np.ones(len(x))
    ramp[:n_in] *= np.arange(n_in) / n_in
    ramp[-n_out:] *= np.arange(n_out)[::-1] / n_out
    return x * ramp


def envelope(
    duration_s: float, *, attack_s: float, decay_s: float, sustain: float, release_s: float, sr: int
) -> FloatArray:
    """Return a linear envelope of attack, decay, sustain and release; attack and decay shrink to fit a short note."""
    squeeze = min(1.0, duration_s / (attack_s + decay_s))
    corners = np.cumsum([0.0, attack_s * squeeze, decay_s * squeeze])
    t = np.arange(int((duration_s + release_s) * sr)) / sr
    return np.interp(t, [*corners, duration_s, duration_s + release_s], [0.0, 1.0, sustain, sustain, 0.0])


# Struck and plucked instruments: sums of damped modes ----------------------------------------------------------------


def damped_modes(
    hz: FloatArray, amplitude: FloatArray, decay: FloatArray, phase: FloatArray, *, samples: int, sr: int
) -> FloatArray:
    """Sum damped sinusoids, x[n] = Σ_m a_m exp(-d_m n/sr) cos(2π f_m n/sr + φ_m), shape (samples,).

    With n = B k + j, each exponential is a factor of k times one of j. The sum over modes is therefore one matrix
    product, which is much faster than one sinusoid at a time. Modes above 0.45 sr are left out.
    """
    audible = hz < 0.45 * sr
    rate = (-decay[audible] + 2j * np.pi * hz[audible]) / sr
    block = 256
    starts = block * np.arange(-(-samples // block))
    rows = np.exp(starts[:, None] * rate) * (amplitude[audible] * np.exp(1j * phase[audible]))
    columns = np.exp(rate[:, None] * np.arange(block))
    product = np.hstack([rows.real, -rows.imag]) @ np.vstack([columns.real, columns.imag])
    return np.asarray(product.ravel()[:samples])


def piano(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a piano: stiff strings, f_k = k f sqrt(1 + B k²), two per partial that decay at different rates and beat."""
    k = np.arange(1, 25)
    hz = k * note.hz * np.sqrt(1 + 4e-4 * (note.hz / 262) * k**2)
    # a soft hammer excites high partials less
    cutoff = 1.5 + 9 * note.brightness * note.velocity
    amplitude = np.abs(np.sin(np.pi * k / 8.5)) / k**0.6 * np.exp(-k / cutoff)
    decay = 0.8 * (note.hz / 262) ** 0.5 * (1 + 0.12 * k)
    detuned = hz * (1 + 0.0004 * rng.standard_normal(len(k)))
    x = damped_modes(
        np.concatenate([hz, detuned]),
        np.concatenate([0.6 * amplitude, 0.4 * amplitude]),
        np.concatenate([3 * decay, 0.6 * decay]),
        rng.uniform(0, 2 * np.pi, 2 * len(k)),
        samples=int((note.duration_s + 0.25) * sr),
        sr=sr,
    )
    return fade(x, attack_s=0.002 + 0.006 * (1 - note.velocity), release_s=0.25, sr=sr)


def _string(note: Note, sr: int, rng: np.random.Generator, *, point: float, slope: float, ring: float) -> FloatArray:
    """Pluck a string at a `point` of its length: a_k = sin(π k point) / k^slope, and high modes decay first."""
    k = np.arange(1, 41)
    hz = k * note.hz * np.sqrt(1 + 3e-5 * k**2)
    amplitude = np.sin(np.pi * k * point) / k ** (slope - note.brightness)
    decay = ring * (note.hz / 196) ** 0.5 * (1 + 0.02 * (1.5 - note.brightness) * k**2)
    phase = rng.uniform(-0.6, 0.6, len(k)) - np.pi / 2
    x = damped_modes(hz, amplitude, decay, phase, samples=int((note.duration_s + 0.12) * sr), sr=sr)
    return fade(x, attack_s=0.0015, release_s=0.12, sr=sr)


def pluck(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a guitar string."""
    return _string(note, sr, rng, point=0.21, slope=1.9, ring=1.6)


def bass(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a bass string, plucked with a finger."""
    return _string(note, sr, rng, point=0.3, slope=2.4, ring=1.0)


def bells(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a free metal bar, with modes at 1, 2.756, 5.404 and 8.933 times the lowest."""
    ratio = np.array([1.0, 2.756, 5.404, 8.933])
    amplitude = np.array([1.0, 0.4, 0.25, 0.12]) ** (1.5 - note.brightness)
    phase = rng.uniform(0, 2 * np.pi, len(ratio))
    x = damped_modes(note.hz * ratio, amplitude, 4 * ratio, phase, samples=int((note.duration_s + 0.8) * sr), sr=sr)
    return fade(x, attack_s=0.001, release_s=0.8, sr=sr)


# Bowed, blown and overdriven instruments: wavetables -----------------------------------------------------------------


def wavetable(hz: FloatArray, amplitude: FloatArray, phase: float, *, sr: int) -> FloatArray:
    """Play a wavetable at a changing pitch.

    Parameters
    ----------
    hz : (samples,)
        Frequency at each sample.
    amplitude : (harmonics,)
        Amplitudes of the sines in a period, the fundamental first.
    phase : float
        Position in the period at the start, in [0, 1).
    """
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=complex)
    spectrum[1 : len(amplitude) + 1] = -0.5j * _TABLE * amplitude
    table = np.fft.irfft(spectrum, _TABLE)
    slope = np.roll(table, -1) - table
    position = (phase + np.cumsum(hz) / sr) * _TABLE
    index = position.astype(np.int64)
    rest = position - index
    index &= _TABLE - 1
    return np.asarray(table[index] + rest * slope[index])


def harmonics(hz: float, *, slope: float, limit_hz: float) -> FloatArray:
    """Return amplitudes 1/k^slope of the harmonics below a limit, with a roll-off over its last third."""
    k = np.arange(1.0, max(1, min(80, int(limit_hz / hz))) + 1)
    return np.asarray(k**-slope * np.clip(3 * (1 - k * hz / (1.05 * limit_hz)), 0.02, 1))


def _pitch(note: Note, samples: int, sr: int, rng: np.random.Generator, *, vibrato: float, detune: float) -> FloatArray:
    """Return the frequency over time, with delayed vibrato and slow drift (in cents)."""
    # about a hundred values per second are enough for changes at 6 Hz
    coarse = np.arange(0, samples + 256, 256)
    t = coarse / sr
    onset = np.clip((t - 0.15) / 0.4, 0, 1)
    sway = vibrato * onset * np.sin(2 * np.pi * (rng.uniform(4.8, 5.8) * t + rng.uniform()))
    drift = 3 * np.sin(2 * np.pi * (0.7 * t + rng.uniform())) + rng.normal(0, 2)
    curve = note.hz * 2 ** ((detune + sway + drift) / 1200)
    return np.interp(np.arange(samples), coarse, curve)


def _section(note: Note, sr: int, rng: np.random.Generator, *, attack_s: float, release_s: float) -> FloatArray:
    """Play three strings that are slightly out of tune with each other."""
    shape = envelope(note.duration_s, attack_s=attack_s, decay_s=0.2, sustain=0.85, release_s=release_s, sr=sr)
    limit_hz = min(1500 + 8500 * note.brightness, 0.45 * sr)
    amplitude = harmonics(note.hz, slope=1.5 - 0.6 * note.brightness, limit_hz=limit_hz)
    x = np.zeros(len(shape))
    for detune in (-7.0, 1.0, 6.0):
        hz = _pitch(note, len(shape), sr, rng, vibrato=9, detune=detune)
        x += wavetable(hz, amplitude, rng.uniform(), sr=sr)
    return shape * x


def strings(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play sustained strings."""
    return _section(note, sr, rng, attack_s=0.18, release_s=0.35)


def tremolo(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play strings with tremolo at about 12 Hz."""
    x = _section(note, sr, rng, attack_s=0.05, release_s=0.15)
    t = np.arange(len(x)) / sr
    return x * (0.55 + 0.45 * np.sin(2 * np.pi * (rng.uniform(11.5, 13) * t + rng.uniform())))


def cello(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a cello: a bowed string, the two lowest resonances of its body, and bow noise."""
    shape = envelope(note.duration_s, attack_s=0.11, decay_s=0.25, sustain=0.8, release_s=0.3, sr=sr)
    k = np.arange(1, max(3, min(40, int((1200 + 6000 * note.brightness) / note.hz))))
    body = 1 + sum(g * np.exp(-(((k * note.hz - f) / w) ** 2)) for f, w, g in ((240, 90, 1.5), (520, 160, 1.0)))
    amplitude = body / k ** (1.6 - 0.6 * note.brightness)
    hz = _pitch(note, len(shape), sr, rng, vibrato=22, detune=0)
    bow = butterworth(rng.standard_normal(len(shape)), "bandpass", (300, 2500), sr=sr)
    return shape * (wavetable(hz, amplitude, rng.uniform(), sr=sr) + 0.03 * bow)


def brass(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play two horns, which are brighter when louder."""
    shape = envelope(note.duration_s, attack_s=0.035, decay_s=0.12, sustain=0.75, release_s=0.09, sr=sr)
    dark = harmonics(note.hz, slope=1.6, limit_hz=1800)
    bright = harmonics(note.hz, slope=1.0 - 0.3 * note.brightness, limit_hz=0.45 * sr)
    opening = shape**1.5 * (0.15 + 0.85 * note.brightness * note.velocity)
    # the pitch is approached from below
    scoop = 1 - 0.012 * np.exp(-np.arange(len(shape)) / (0.02 * sr))
    x = np.zeros(len(shape))
    for detune in (-4.0, 4.0):
        hz = scoop * _pitch(note, len(shape), sr, rng, vibrato=7, detune=detune)
        phase = rng.uniform()
        x += (1 - opening) * wavetable(hz, dark, phase, sr=sr) + opening * wavetable(hz, bright, phase, sr=sr)
    return shape * x


def grit(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play two detuned sawtooth waves; all such notes then share an amplifier, see `overdrive`."""
    shape = envelope(note.duration_s, attack_s=0.004, decay_s=0.15, sustain=0.8, release_s=0.05, sr=sr)
    amplitude = harmonics(note.hz, slope=1.0, limit_hz=sr / 8)
    x = np.zeros(len(shape))
    for detune in (-9.0, 9.0):
        hz = _pitch(note, len(shape), sr, rng, vibrato=0, detune=detune)
        x += wavetable(hz, amplitude, rng.uniform(), sr=sr)
    return shape * x


def overdrive(x: FloatArray, *, brightness: float, sr: int) -> FloatArray:
    """Amplify into saturation, tanh(x), and filter like a loudspeaker that emphasizes 1 to 4 kHz.

    Notes that share an amplifier distort together: a fifth stays a fifth, while a tritone or a minor second adds many
    rough difference tones. The distortion works at twice the sample rate to reduce aliasing.

    Parameters
    ----------
    x : (2, samples)
    """
    doubled = soxr.resample(x.T, sr, 2 * sr, quality="VHQ")
    driven = soxr.resample(np.tanh(doubled), 2 * sr, sr, quality="VHQ").T
    presence = butterworth(driven, "bandpass", (1200, 4000), sr=sr, order=1)
    loudspeaker = 0.5 * driven + (0.5 + brightness) * presence
    return butterworth(loudspeaker, "lowpass", 2500 + 7000 * brightness, sr=sr, order=4)
