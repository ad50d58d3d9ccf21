"""Synthesize drums and cymbals from decaying noise and falling sines."""

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.demo.synth.filters import butterworth
from moodcurve.demo.synth.instruments import Note, fade


def _noise(seconds: float, decay: float, sr: int, rng: np.random.Generator) -> FloatArray:
    """Return white noise times exp(-decay t)."""
    t = np.arange(int(seconds * sr)) / sr
    return np.asarray(rng.standard_normal(len(t)) * np.exp(-decay * t))


def _membrane(high_hz: float, low_hz: float, *, fall: float, decay: float, seconds: float, sr: int) -> FloatArray:
    """Return a sine times exp(-decay t) whose frequency falls as low + (high - low) exp(-fall t)."""
    t = np.arange(int(seconds * sr)) / sr
    phase = 2 * np.pi * (low_hz * t + (high_hz - low_hz) * (1 - np.exp(-fall * t)) / fall)
    return np.asarray(np.sin(phase) * np.exp(-decay * t))


def kick(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a bass drum, with a click that grows with brightness."""
    x = _membrane(160, 48, fall=35, decay=9, seconds=0.45, sr=sr)
    click = butterworth(_noise(0.45, 250, sr, rng), "bandpass", (1500, 5000), sr=sr)
    return fade(1.2 * x + 0.5 * note.brightness * click, attack_s=0.001, release_s=0.05, sr=sr)


def snare(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a snare drum: a membrane and the noise of its wires."""
    body = _membrane(260, 185, fall=40, decay=22, seconds=0.3, sr=sr)
    wires = butterworth(_noise(0.3, 16, sr, rng), "bandpass", (1200, 4000 + 7000 * note.brightness), sr=sr)
    return fade(0.6 * body + 0.7 * wires, attack_s=0.001, release_s=0.05, sr=sr)


def clap(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play three hand claps, 11 ms apart."""
    x = _noise(0.25, 25, sr, rng)
    apart = int(0.011 * sr)
    for hand in range(3):
        x[hand * apart : (hand + 1) * apart] *= np.linspace(3, 0.2, apart)
    x = butterworth(x, "bandpass", (900, 3500 + 3000 * note.brightness), sr=sr)
    return fade(x, attack_s=0.001, release_s=0.05, sr=sr)


def _cymbal(
    note: Note, sr: int, rng: np.random.Generator, *, seconds: float, decay: float, low_hz: float
) -> FloatArray:
    high_hz = 9000 + 9000 * note.brightness
    x = butterworth(_noise(seconds, decay, sr, rng), "bandpass", (min(low_hz, 0.3 * sr), high_hz), sr=sr)
    return fade(x, attack_s=0.001, release_s=0.03, sr=sr)


def hat(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a closed hi-hat."""
    return _cymbal(note, sr, rng, seconds=0.12, decay=55, low_hz=6500)


def open_hat(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play an open hi-hat."""
    return _cymbal(note, sr, rng, seconds=0.35, decay=11, low_hz=6000)


def crash(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a crash cymbal."""
    return _cymbal(note, sr, rng, seconds=2.2, decay=2.2, low_hz=2500)


def shaker(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play one stroke of a shaker: a burst of noise, 40 ms wide."""
    x = butterworth(rng.standard_normal(int(0.11 * sr)), "bandpass", (3500, 7000), sr=sr)
    t = np.arange(len(x)) / sr
    return fade(x * np.exp(-(((t - 0.035) / 0.018) ** 2)), attack_s=0.005, release_s=0.03, sr=sr)


def tom(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a tom, whose frequency falls to the note's pitch."""
    x = _membrane(1.7 * note.hz, note.hz, fall=18, decay=6, seconds=0.7, sr=sr)
    stick = butterworth(_noise(0.7, 60, sr, rng), "lowpass", 1000 + 3000 * note.brightness, sr=sr)
    return fade(x + 0.5 * stick, attack_s=0.001, release_s=0.1, sr=sr)


def swell(note: Note, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play a reversed cymbal for the note's duration, which grows into the next downbeat."""
    x = butterworth(rng.standard_normal(int(note.duration_s * sr)), "bandpass", (2000, 11000), sr=sr)
    return fade(x * np.linspace(0, 1, len(x)) ** 3, attack_s=0.01, release_s=0.02, sr=sr)
