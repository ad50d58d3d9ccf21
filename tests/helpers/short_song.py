"""A short made song and a curve of it, for the tests of pictures and pages."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

from moodcurve.curve import Curve

SR = 44_100
ENCODINGS = {
    "pcm16.wav": ("WAV", "PCM_16"),
    "pcm24.wav": ("WAVEX", "PCM_24"),
    "float.wav": ("WAV", "FLOAT"),
    "double.wav": ("WAV", "DOUBLE"),
    "adpcm.wav": ("WAV", "IMA_ADPCM"),
    "x.flac": ("FLAC", "PCM_16"),
    "x.ogg": ("OGG", "VORBIS"),
    "x.opus": ("OGG", "OPUS"),
    "x.mp3": ("MP3", "MPEG_LAYER_III"),
    "x.aiff": ("AIFF", "PCM_16"),
}
FFMPEG_CODECS = {"aac.m4a": "aac", "alac.m4a": "alac", "x.wma": "wmav2"}


def tone(seconds: float, sr: int = SR) -> npt.NDArray[np.float32]:
    """220 Hz that swells from silence to half of full scale."""
    t = np.arange(round(seconds * sr)) / sr
    return (0.5 * t / seconds * np.sin(2 * np.pi * 220 * t)).astype(np.float32)


def write_song(folder: Path, name: str, seconds: float) -> Path:
    """Write the tone in the encoding that a key of `ENCODINGS` or `FFMPEG_CODECS` names."""
    path = folder / name
    if name in ENCODINGS:
        kind, subtype = ENCODINGS[name]
        sr = 48_000 if subtype == "OPUS" else SR
        soundfile.write(path, tone(seconds, sr), sr, format=kind, subtype=subtype)
        return path
    with av.open(path, "w", format="ipod" if name.endswith("m4a") else None) as container:
        stream = container.add_stream(FFMPEG_CODECS[name], rate=SR, layout="mono")
        stream.bit_rate = 96_000
        frame = av.AudioFrame.from_ndarray((tone(seconds) * 32767).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate, frame.time_base = SR, Fraction(1, SR)
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def small_curve(seconds: float = 8.0, *, intervals: bool = False, **changes: Any) -> Curve:
    """From calm-positive to excited-positive in a straight line, with a sway of valence.

    With intervals, all that a model can know of how sure it is.
    """
    times_s = np.arange(0, seconds - 1 + 1e-9, 0.5)
    share = times_s / seconds
    arousal, valence = -0.4 + 0.8 * share, 0.3 + 0.1 * np.sin(9 * share)
    fields: dict[str, Any] = {
        "times_s": times_s,
        "arousal": arousal,
        "valence": valence,
        "arousal_interval": np.column_stack([arousal - 0.2, arousal + 0.2]) if intervals else None,
        "valence_interval": np.column_stack([valence - 0.3, valence + 0.3]) if intervals else None,
        "song_interval": np.array([[-0.25, 0.15], [0.1, 0.5]]) if intervals else None,
        "probabilities": np.column_stack([share, 0 * share, (1 - share) / 4, (1 - share) * 0.75])
        if intervals
        else None,
        "song_probabilities": np.array([0.35, 0.17, 0.08, 0.4]) if intervals else None,
        "song_moods": np.array([0.2, 0.1, 0.05, 0.05, 0.05, 0.05, 0.1, 0.3, 0.1]) if intervals else None,
        "rating": np.array([-0.2, 0.3]) if intervals else None,
        "rating_interval": np.array([[-0.5, 0.15], [0.05, 0.55]]) if intervals else None,
        "source": "albums/A song.flac",
        "model": "ffnn",
        "feature_set": "compare236/1",
        "duration_s": seconds,
    }
    return Curve(**(fields | changes))
