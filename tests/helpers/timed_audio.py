"""Writes files with time stamps of their own, several audio tracks or chapters, for the tests of hearing them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

KINDS = {
    # container by extension: FFmpeg's name, codec
    ".mp4": ("mp4", "aac"),
    ".m4a": ("ipod", "alac"),
    ".mkv": ("matroska", "flac"),
    ".webm": ("webm", "libopus"),
    ".wma": ("asf", "wmav2"),
    ".flv": ("flv", "aac"),
    ".ts": ("mpegts", "aac"),
    ".mka": ("matroska", "flac"),
    ".ogg": ("ogg", "libopus"),
}
Tone = tuple[float, int]
"""Time in seconds at which a tone begins, and its frequency in Hz."""


def write_timed(
    path: Path,
    tracks: Sequence[Sequence[Tone]],
    *,
    length_s: float = 4.0,
    video_s: float = 0.0,
    default: Sequence[int] = (),
    chapters: Sequence[tuple[float, float, str]] = (),
    codec: str | None = None,
) -> Path:
    """Write tracks of tones that last `length_s` each, by the extension's container and codec, or another codec.

    `video_s` adds a picture stream; `default` numbers the tracks that are marked as default, from 1; later tracks have
    higher bit rates. `chapters` are (start, end, title).
    """
    container, usual = KINDS[path.suffix]
    codec = codec or usual
    sr = 44_100 if container == "flv" else 48_000
    with av.open(str(path), "w", format=container) as out:
        picture: Any = out.add_stream("mpeg4", rate=10) if video_s else None
        streams: list[Any] = [out.add_stream(codec, rate=sr, layout="stereo") for _ in tracks]
        for number, stream in enumerate(streams, start=1):
            stream.bit_rate = 64_000 * number
            if default:
                stream.disposition = av.stream.Disposition.default if number in default else 0
        if chapters:
            out.set_chapters(
                [
                    {
                        "id": number,
                        "start": round(start * 1000),
                        "end": round(end * 1000),
                        "time_base": Fraction(1, 1000),
                        "metadata": {"title": title},
                    }
                    for number, (start, end, title) in enumerate(chapters, start=1)
                ]
            )
        packets = [
            packet
            for stream, tones in zip(streams, tracks, strict=True)
            for packet in _encoded(stream, tones, sr, length_s)
        ]
        if picture is not None:
            picture.width = picture.height = 64
            packets += _pictures(picture, video_s)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            out.mux(packet)
    return path


def _encoded(stream: Any, tones: Sequence[Tone], sr: int, length_s: float) -> list[av.Packet]:
    packets: list[av.Packet] = []
    context = stream.codec_context
    for start_s, frequency in tones:
        x = 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(length_s * sr)) / sr)
        frame = av.AudioFrame.from_ndarray(np.repeat(x, 2).astype(np.float32)[None], "flt", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = sr, 0, Fraction(1, sr)
        fitted = av.AudioResampler(context.format, "stereo", sr, frame_size=context.frame_size or 1024)
        at = round(start_s * sr)
        for part in [*fitted.resample(frame), *fitted.resample(None)]:
            part.pts, part.time_base = at, Fraction(1, sr)
            at += part.samples
            packets += stream.encode(part)
    return [*packets, *stream.encode(None)]


def _pictures(stream: Any, seconds: float) -> list[av.Packet]:
    packets: list[av.Packet] = []
    for number in range(round(10 * seconds)):
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number % 256, np.uint8), "rgb24")
        picture.pts, picture.time_base = number, Fraction(1, 10)
        packets += stream.encode(picture)
    return [*packets, *stream.encode(None)]
