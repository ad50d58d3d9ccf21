"""Writes small music files of every kind, whole and broken, for the tests of reading them."""

import io
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

# name → (codec, container, rate, options of the container); a name with "video" gets a picture stream as well
ENCODED = {
    "aac.m4a": ("aac", "ipod", 44_100, {}),
    "aac-index-first.m4a": ("aac", "ipod", 44_100, {"movflags": "faststart"}),
    "aac.aac": ("aac", "adts", 44_100, {}),
    "alac.m4a": ("alac", "ipod", 44_100, {}),
    "wma.wma": ("wmav2", "asf", 44_100, {}),
    "opus.webm": ("libopus", "webm", 48_000, {}),
    "video.mp4": ("aac", "mp4", 44_100, {"movflags": "faststart"}),
    "video.mkv": ("flac", "matroska", 44_100, {}),
    "lame.mp3": ("libmp3lame", "mp3", 44_100, {}),
    "no-table.mp3": ("libmp3lame", "mp3", 44_100, {"write_xing": "0"}),
    "av.flac": ("flac", "flac", 44_100, {}),
    "wavpack.wv": ("wavpack", "wv", 44_100, {}),
}


def write_encoded(folder: Path, name: str, x: npt.NDArray[np.float32]) -> Path:
    """Write ``x`` (frames, channels), one of ``ENCODED``'s kinds, by FFmpeg."""
    codec, container, sr, options = ENCODED[name]
    return write_av(folder / name, codec, x, sr=sr, container=container, options=options)


def write_av(
    path: Path,
    codec: str,
    x: npt.NDArray[np.float32],
    *,
    sr: int,
    container: str,
    options: dict[str, str] | None = None,
    piped: bool = False,
    bit_rate: int = 192_000,
) -> Path:
    """Write ``x`` (frames, channels) with any codec of FFmpeg; piped, lengths in its header stay unknown."""
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1(wide)", 16: "hexadecagonal"}[x.shape[1]]
    pipe = _Pipe()
    with av.open(pipe if piped else str(path), "w", format=container, options=options or {}) as out:
        picture = out.add_stream("mpeg4", rate=10) if path.stem.startswith("video") else None
        if picture is not None:
            picture.width = picture.height = 64
        stream = out.add_stream(codec, rate=sr, layout=layout)
        stream.bit_rate = bit_rate
        if picture is not None:
            _write_pictures(out, picture, seconds=len(x) / sr)
        # packed, as PyAV cannot take 8 planes
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(x, np.float32).reshape(1, -1), "flt", layout)
        frame.sample_rate, frame.pts, frame.time_base = sr, 0, Fraction(1, sr)
        context = stream.codec_context
        fitted = av.AudioResampler(context.format, layout, sr, frame_size=context.frame_size or 1024)
        for part in [*fitted.resample(frame), *fitted.resample(None), None]:
            out.mux(stream.encode(part))
    if piped:
        path.write_bytes(pipe.written)
    return path


class _Pipe(io.RawIOBase):
    """What can only be written to, from beginning to end."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        self.written += data
        return len(data)


def _write_pictures(out: av.container.OutputContainer, stream: av.VideoStream, *, seconds: float) -> None:
    for i in range(round(10 * seconds)):
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), i % 256, np.uint8), "rgb24")
        picture.pts, picture.time_base = i, Fraction(1, 10)
        out.mux(stream.encode(picture))
    out.mux(stream.encode(None))


def write_silent_film(path: Path) -> Path:
    """Write a video that has no audio stream."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        _write_pictures(out, stream, seconds=1)
    return path


def write_sound(path: Path, x: npt.NDArray[np.floating], sr: int, subtype: str | None = None) -> Path:
    """Write ``x`` (frames, channels) by libsndfile, in blocks: it overflows its stack on long Ogg writes."""
    container = "OGG" if path.suffix == ".opus" else None
    with soundfile.SoundFile(path, "w", sr, x.shape[1], subtype, format=container) as out:
        for start in range(0, len(x), 4096):
            out.write(x[start : start + 4096])
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    """Write the beginning of a file next to it."""
    whole = path.read_bytes()
    return _beside(path, whole[: round(share * len(whole))])


def scratched(path: Path, length: int = 2000) -> Path:
    """Write a file next to it with noise over its middle."""
    whole = bytearray(path.read_bytes())
    start = len(whole) // 2
    whole[start : start + length] = random.Random(0).randbytes(length)
    return _beside(path, bytes(whole))


def mutated(path: Path, seed: int) -> Path:
    """Write a file next to it that is cut, or has bits, header fields or stretches changed or taken out."""
    rng = random.Random(seed)
    data = bytearray(path.read_bytes())
    where = rng.randrange(len(data))
    match seed % 5:
        case 0:
            del data[max(1, where) :]
        case 1:
            for _ in range(rng.choice([1, 10, 100])):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        case 2:
            for _ in range(rng.choice([1, 5, 20])):
                data[rng.randrange(400)] = rng.choice([0, 127, 128, 255])
        case 3:
            data[where : where + 500] = rng.randbytes(min(500, len(data) - where))
        case 4:
            del data[where : where + rng.choice([1, 1000])]
    return _beside(path, bytes(data))


def _beside(path: Path, data: bytes) -> Path:
    broken = path.with_name("broken-" + path.name)
    broken.write_bytes(data)
    return broken
