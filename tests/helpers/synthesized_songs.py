"""Synthesize songs of known tempo and key: drums, bass, chords and a melody."""

import numpy as np

SR = 44_100
CHORDS = (0, 3, 4, 0)
"""Degrees of the scale under the bars: tonic, subdominant, dominant, tonic."""


def synthesized_song(
    tempo_bpm: float,
    *,
    tonic: int = 0,
    minor: bool = False,
    style: str = "four",
    tuning: float = 0.0,
    seconds: int = 24,
) -> np.ndarray:
    """Return a song in 4/4 (n,) at `SR`.

    `tonic` is in semitones above C, `tuning` in semitones; `style` is ``four`` (a drum on each beat), ``rock``,
    ``shuffle`` or ``ballad``.
    """
    rng = np.random.default_rng(round(10 * tempo_bpm) + tonic)
    x = np.zeros((seconds + 4) * SR)
    beat = 60 / tempo_bpm
    # the seventh degree is raised in minor, as in most songs
    scale = (0, 2, 3, 5, 7, 8, 11) if minor else (0, 2, 4, 5, 7, 9, 11)

    def add(at_s: float, sound: np.ndarray, gain: float) -> None:
        start = round(at_s * SR)
        if start < seconds * SR:
            x[start : start + len(sound)] += gain * sound

    def pitch(degree: int, base_hz: float) -> float:
        return base_hz * 2 ** ((tonic + tuning + scale[degree % 7] + 12 * (degree // 7)) / 12)

    t = np.arange(SR // 4) / SR
    noise = rng.normal(0, 1, SR // 5)
    kick = np.sin(2 * np.pi * 50 * t + 8 * np.exp(-30 * t)) * np.exp(-12 * t)
    snare = noise * np.exp(-20 * np.arange(len(noise)) / SR)
    hat = noise[: SR // 20] * np.exp(-80 * np.arange(SR // 20) / SR)
    for bar in range(int(seconds / beat / 4) + 1):
        root = CHORDS[bar % 4]
        for note in range(3):
            add(4 * bar * beat, _tone(pitch(root + 2 * note, 261.63), 4 * beat, 0.8), 0.15)
        for quarter in range(4):
            at_s = (4 * bar + quarter) * beat
            add(at_s, _tone(pitch(root, 65.41), beat, 2), 0.25)
            if style == "ballad":
                for eighth in (0, 1):
                    add(at_s + eighth * beat / 2, _tone(pitch(root + 2 * (eighth + quarter % 2), 261.63), beat, 3), 0.2)
                continue
            add(at_s, kick if style == "four" or quarter % 2 == 0 else snare, 0.9)
            add(at_s + beat * (2 / 3 if style == "shuffle" else 1 / 2), hat, 0.3)
            add(at_s + beat * rng.integers(2) / 2, _tone(pitch(int(rng.integers(7)), 523.25), beat / 2, 3), 0.08)
    return (0.5 * x[: seconds * SR] / np.abs(x).max()).astype(np.float32)


def _tone(hz: float, seconds: float, decay: float) -> np.ndarray:
    t = np.arange(int(seconds * SR)) / SR
    return sum(np.sin(2 * np.pi * hz * overtone * t) / overtone for overtone in range(1, 6)) * np.exp(-decay * t)
