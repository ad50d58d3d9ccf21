"""Mix notes to stereo: panning, reverberation, level and limiter.

Sounds have shape (2, samples), left and right.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.demo.synth import drums, instruments
from moodcurve.demo.synth.filters import butterworth, convolve, moving_mean, moving_minimum
from moodcurve.demo.synth.instruments import Instrument, Note, overdrive

CEILING_DB = -1.5
"""Highest level of a sample (dBFS)."""


@dataclass(frozen=True)
class Voice:
    """Sound and position of an instrument.

    Attributes
    ----------
    sound : callable
        Turns a note, a sample rate and a random generator into a mono sound.
    gain : float
        Makes instruments at equal velocity about equally loud.
    pan : float
        From left (-1) to right (1).
    reverb : float
        Share of the sound that is sent to the room.
    """

    sound: Callable[[Note, int, np.random.Generator], FloatArray]
    gain: float
    pan: float
    reverb: float


VOICES: dict[Instrument, Voice] = {
    "piano": Voice(instruments.piano, 1.5, -0.1, 0.30),
    "pluck": Voice(instruments.pluck, 0.36, 0.3, 0.22),
    "bells": Voice(instruments.bells, 0.33, 0.4, 0.35),
    "bass": Voice(instruments.bass, 0.55, 0.0, 0.05),
    "strings": Voice(instruments.strings, 0.11, -0.3, 0.45),
    "tremolo": Voice(instruments.tremolo, 0.08, 0.3, 0.40),
    "cello": Voice(instruments.cello, 0.17, 0.1, 0.45),
    "brass": Voice(instruments.brass, 0.38, -0.15, 0.25),
    "grit": Voice(instruments.grit, 2.0, 0.0, 0.0),
    "kick": Voice(drums.kick, 1.0, 0.0, 0.04),
    "snare": Voice(drums.snare, 1.0, 0.05, 0.18),
    "clap": Voice(drums.clap, 0.7, -0.2, 0.25),
    "hat": Voice(drums.hat, 0.5, 0.35, 0.08),
    "open_hat": Voice(drums.open_hat, 0.3, 0.35, 0.10),
    "shaker": Voice(drums.shaker, 0.6, -0.4, 0.15),
    "crash": Voice(drums.crash, 0.4, -0.3, 0.25),
    "tom": Voice(drums.tom, 0.5, -0.1, 0.30),
    "swell": Voice(drums.swell, 0.2, 0.0, 0.30),
}
AMPLIFIER_GAIN, AMPLIFIER_REVERB = 0.3, 0.15


def room_response(sr: int, rng: np.random.Generator, *, seconds: float = 2.0) -> FloatArray:
    """Return the impulse response of a room, shape (2, samples): noise that decays faster at high frequencies.

    The two channels are independent, which makes the room sound wide, and have energy 1. The decay to -60 dB takes
    `seconds` below 1.2 kHz, 0.7 of that up to 4 kHz, and 0.45 of that above.
    """
    t = np.arange(int(seconds * sr)) / sr
    noise = rng.standard_normal((2, len(t)))
    response = np.zeros_like(noise)
    for low_hz, high_hz, share in ((20.0, 1200.0, 1.0), (1200.0, 4000.0, 0.7), (4000.0, 12000.0, 0.45)):
        decay = 10 ** (-3 * t / (share * seconds))
        response += decay * butterworth(noise, "bandpass", (low_hz, high_hz), sr=sr)
    # first reflections after 12 ms, and 20 ms until the sound is diffuse
    response *= np.clip((t - 0.012) / 0.02, 0, 1)
    return np.asarray(response / np.sqrt((response**2).sum(axis=1, keepdims=True)))


def mix(notes: Iterable[Note], *, samples: int, room: FloatArray, sr: int, rng: np.random.Generator) -> FloatArray:
    """Synthesize and mix notes, shape (2, samples); sound beyond the end is cut.

    Parameters
    ----------
    notes : iterable of Note
    samples : int
        Length of the result.
    room : (2, length)
        Impulse response for the reverberation, see `room_response`.
    sr : int
    rng : Generator
        Varies the sounds and their positions.
    """
    dry, send, amplifier = np.zeros((3, 2, samples))
    brightness = None
    for note in notes:
        voice = VOICES[note.instrument]
        start = int(note.start_s * sr)
        sound = voice.gain * note.velocity**1.5 * voice.sound(note, sr, rng)[: samples - start]
        # constant total power; notes of an instrument vary a little in position
        angle = (np.clip(voice.pan + rng.normal(0, 0.12), -1, 1) + 1) * np.pi / 4
        panned = np.array([[np.cos(angle)], [np.sin(angle)]]) * sound
        span = slice(start, start + len(sound))
        if note.instrument == "grit":
            amplifier[:, span] += panned
            brightness = note.brightness
        else:
            dry[:, span] += panned
            send[:, span] += voice.reverb * panned
    if brightness is not None:
        driven = AMPLIFIER_GAIN * overdrive(amplifier, brightness=brightness, sr=sr)
        dry += driven
        send += AMPLIFIER_REVERB * driven
    return np.asarray(dry + convolve(send, room))


def set_level(x: FloatArray, *, samples: int, level_db: float) -> FloatArray:
    """Scale so that the root mean square of the first `samples` samples of both channels is `level_db` dBFS.

    0 dBFS is a square wave at full scale. Silence stays silent.
    """
    rms = np.sqrt(np.mean(x[:, :samples] ** 2))
    return x if rms == 0 else np.asarray(x * (10 ** (level_db / 20) / rms))


def limit(x: FloatArray, *, sr: int, look_ahead_s: float = 0.015) -> FloatArray:
    """Reduce the level of both channels around peaks above CEILING_DB.

    The gain g[n] = min(1, c / |x[n]|) that a sample needs is replaced by its minimum over ± the look-ahead, and that by
    its moving mean over the same width: all averaged values are small enough for sample n, and so is their mean.
    """
    ceiling = 10 ** (CEILING_DB / 20)
    width = 2 * int(look_ahead_s * sr) + 1
    needed = ceiling / np.maximum(np.abs(x).max(axis=0), ceiling)
    # averaging reductions instead of gains gives exactly 0 where nothing is reduced
    reduction = moving_mean(1 - moving_minimum(needed, width), width)
    return np.asarray(x * (1 - reduction))


def remove_rumble(x: FloatArray, *, sr: int) -> FloatArray:
    """Remove the offset and inaudible low frequencies (second-order high-pass at 25 Hz)."""
    return butterworth(x, "highpass", 25, sr=sr)
