"""Find audio files for benchmarks, and join them to songs of a given length."""

from collections.abc import Sequence
from pathlib import Path

import av

SUFFIXES = {".mp3", ".flac", ".wav", ".ogg", ".opus", ".m4a"}


def audio_files(folder: Path) -> list[Path]:
    """Return the audio files of a folder, sorted; exit with a message if there are none."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    if not paths:
        raise SystemExit(f"{folder}: no music files")
    return paths


def write_joined(paths: Sequence[Path], target: Path, seconds: float) -> None:
    """Write an MP3 of a given length (192 kbit/s, stereo, 44.1 kHz): the files in order, repeated as needed."""
    with av.open(str(target), "w") as output:
        stream = output.add_stream("libmp3lame", rate=44_100)
        stream.bit_rate, stream.layout = 192_000, "stereo"
        samples = 0
        while samples < seconds * 44_100:
            for path in paths:
                resampler = av.AudioResampler("s16p", "stereo", 44_100, frame_size=1152)
                with av.open(str(path)) as source:
                    for frame in source.decode(audio=0):
                        frame.pts = None
                        for part in resampler.resample(frame):
                            if samples < seconds * 44_100:
                                part.pts = None
                                output.mux(stream.encode(part))
                                samples += part.samples
        output.mux(stream.encode(None))
