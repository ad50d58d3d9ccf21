"""Alter the sound of songs as telephones and low bit rates do, so that models can learn what not to hear."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import soxr

from moodcurve._typing import Float32Array
from moodcurve.audio import open_audio
from moodcurve.datasets.song import Song
from moodcurve.features import FeatureSet, extract

EVERY = 13
"""Number of songs of which one is altered: some hundred show how the columns move."""
_SR = 44_100


def low_passed(x: Float32Array) -> Float32Array:
    """Return samples (n,) at 44.1 kHz resampled to 8 kHz and back, which leaves nothing above 4 kHz."""
    return np.asarray(soxr.resample(soxr.resample(x, _SR, 8_000), 8_000, _SR), dtype=np.float32)


def recoded(x: Float32Array) -> Float32Array:
    """Return samples (n,) at 44.1 kHz coded as MP3 at 16 kbit/s a channel, and decoded.

    They are coded as two equal channels, each by itself, at 32 kbit/s: FFmpeg's encoder has no lower rate at 44.1 kHz.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as output:
        stream = output.add_stream("libmp3lame", rate=_SR, options={"joint_stereo": "0"})
        stream.bit_rate, stream.layout = 32_000, "stereo"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.stack([x, x])), format="fltp", layout="stereo")
        frame.sample_rate = _SR
        resampler = av.AudioResampler("fltp", "stereo", _SR, frame_size=1152)  # cuts it to the encoder's frames
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as source:
        parts = [frame.to_ndarray() for frame in source.decode(audio=0)]
    mono: Float32Array = np.concatenate(parts, axis=1).mean(axis=0, dtype=np.float32)
    return mono


ALTERATIONS: Mapping[str, Callable[[Float32Array], Float32Array]] = {"8 kHz": low_passed, "32 kbit/s": recoded}
"""Changes of the sound, by name."""


def with_versions(
    songs: Sequence[Song], files: Mapping[str, Path], feature_set: FeatureSet, *, every: int = EVERY
) -> list[Song]:
    """Return the songs, with `Song.versions` of every n-th of those that have a sound file.

    Parameters
    ----------
    songs : sequence of Song
    files : mapping of str to Path
        Audio files by song id.
    feature_set : FeatureSet
        Of the songs.
    every : int, optional

    Raises
    ------
    AudioError
        If a file cannot be read.
    """
    chosen = {song.song_id for song in [song for song in songs if song.song_id in files][::every]}
    found = []
    for song in songs:
        if song.song_id in chosen:
            with open_audio(files[song.song_id]) as reader:
                x = np.concatenate(list(reader.blocks()))
            sounds = [x, *(alter(x) for alter in ALTERATIONS.values())]
            song = replace(song, versions=tuple(extract(sound, _SR, feature_set) for sound in sounds))
        found.append(song)
    return found
