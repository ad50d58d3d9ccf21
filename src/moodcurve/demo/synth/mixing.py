"""Notes to a stereo recording: places, a room, a level for each section, a limiter.

Sound has shape (2, samples) here: left and right.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.demo.synth import drums, instruments
from moodcurve.demo.synth.filters import butterworth, convolve, moving_mean, moving_minimum
from moodcurve.demo.synth.instruments import Instrument, Note, overdrive

CEILING_DB = -1.5
"""No sample of a piece is above this level (dBFS)."""


@dataclass(frozen=True)
class Voice:
    """How an instrument sounds and where it sits.

    Attributes
    ----------
    sound : callable
        Note, samples a second and random generator to a mono sound.
    gain : float
        Makes instruments of equal velocity about equally loud.
    pan : float
        From left (-1) to right (1).
    reverb : float
        Share of its sound that goes into the room.
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
    """Give the impulse response of a hall, shape (2, samples): decaying noise, of which the treble dies first.

    Each side has noise of its own, which makes a room wide. Energy 1 a side; -60 dB after `seconds` below 1.2 kHz,
    after 0.7 of it up to 4 kHz, and after 0.45 of it above.
    """
    t = np.arange(int(seconds * sr)) / sr
    noise = rng.standard_normal((2, len(t)))
    response = np.zeros_like(noise)
    for low_hz, high_hz, share in ((20.0, 1200.0, 1.0), (1200.0, 4000.0, 0.7), (4000.0, 12000.0, 0.45)):
        decay = 10 ** (-3 * t / (share * seconds))
        response += decay * butterworth(noise, "bandpass", (low_hz, high_hz), sr=sr)
    # the first wall is some metres away: 12 ms, then 20 ms until the sound is diffuse
    response *= np.clip((t - 0.012) / 0.02, 0, 1)
    return np.asarray(response / np.sqrt((response**2).sum(axis=1, keepdims=True)))


def mix(notes: Iterable[Note], *, samples: int, hall: FloatArray, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play the notes and place them in the room, shape (2, samples); what rings beyond the end is cut."""
    dry, send, amplifier = np.zeros((3, 2, samples))
    brightness = None
    for note in notes:
        voice = VOICES[note.instrument]
        start = int(note.start_s * sr)
        sound = voice.gain * note.velocity**1.5 * voice.sound(note, sr, rng)[: samples - start]
        # equal power on both sides together; players of one kind do not all sit on one chair
        angle = (np.clip(voice.pan + rng.normal(0, 0.12), -1, 1) + 1) * np.pi / 4
        placed = np.array([[np.cos(angle)], [np.sin(angle)]]) * sound
        span = slice(start, start + len(sound))
        if note.instrument == "grit":
            amplifier[:, span] += placed
            brightness = note.brightness
        else:
            dry[:, span] += placed
            send[:, span] += voice.reverb * placed
    if brightness is not None:
        driven = AMPLIFIER_GAIN * overdrive(amplifier, brightness=brightness, sr=sr)
        dry += driven
        send += AMPLIFIER_REVERB * driven
    return np.asarray(dry + convolve(send, hall))


def set_level(x: FloatArray, *, samples: int, level_db: float) -> FloatArray:
    """Scale so that the root mean square of the first `samples` samples, both sides together, is `level_db` dBFS.

    0 dBFS is a square wavetable at full scale. Silence stays silence.
    """
    rms = np.sqrt(np.mean(x[:, :samples] ** 2))
    return x if rms == 0 else np.asarray(x * (10 ** (level_db / 20) / rms))


def limit(x: FloatArray, *, sr: int, look_ahead_s: float = 0.015) -> FloatArray:
    """Turn both sides down together, just before and while a peak would pass CEILING_DB.

    The gain that each sample needs, g[n] = min(1, c / |x[n]|), is replaced by its minimum over ± the look-ahead,
    and that by a moving mean of the same length: a mean of values each of which is small enough for sample n is
    small enough too.
    """
    ceiling = 10 ** (CEILING_DB / 20)
    width = 2 * int(look_ahead_s * sr) + 1
    needed = ceiling / np.maximum(np.abs(x).max(axis=0), ceiling)
    # the mean of the reductions, not of the gains: it is exactly 0 where nothing is turned down
    reduction = moving_mean(1 - moving_minimum(needed, width), width)
    return np.asarray(x * (1 - reduction))


def remove_rumble(x: FloatArray, *, sr: int) -> FloatArray:
    """Remove any offset and what lies below hearing (high-pass of second order at 25 Hz)."""
    return butterworth(x, "highpass", 25, sr=sr)
