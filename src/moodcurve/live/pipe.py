"""Read live sound from a pipe: raw samples, or an encoded stream of any format that files may have."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.audio.decoders.base import full_scale
from moodcurve.audio.decoders.ffmpeg import CONTAINERS, MAX_PLANES, frame_samples
from moodcurve.audio.reader import SR_RANGE
from moodcurve.live.events import AudioBlock, Event, LiveError, Notice

if TYPE_CHECKING:
    from av.container import InputContainer

BLOCK_S = 0.1
"""Longest piece of raw samples that is read at once."""
SAMPLE_FORMATS = {
    "u8": "u1", "s16le": "<i2", "s16be": ">i2", "s32le": "<i4", "s32be": ">i4",
    "f32le": "<f4", "f32be": ">f4", "f64le": "<f8", "f64be": ">f8",
}  # fmt: skip
"""FFmpeg's names of raw sample formats, and NumPy's."""
MAX_CHANNELS = 64
PROBE_OPTIONS = {"probesize": str(1 << 16), "analyzeduration": str(500_000)}
"""FFmpeg begins after half a second of a stream (in µs), rather than five."""
_RECENT = 1 << 17
"""Bytes that FFmpeg may have read ahead."""
_OGG_BEGIN = re.compile(rb"OggS\x00[\x02\x03\x06\x07]")
"""A page whose flags say that a stream begins (RFC 3533)."""
MANY_DAMAGED = 100
"""Damaged packets are stated at the first, and whenever this number more came."""


@dataclass(frozen=True)
class RawFormat:
    """Raw samples, channels interleaved.

    Attributes
    ----------
    rate : int
        Sample rate in Hz.
    channels : int
    samples : str
        One of `SAMPLE_FORMATS`.
    """

    rate: int
    channels: int = 1
    samples: str = "s16le"

    def __post_init__(self) -> None:
        if not SR_RANGE[0] <= self.rate <= SR_RANGE[1]:
            raise LiveError(f"the rate of raw samples must be {SR_RANGE[0]} to {SR_RANGE[1]} Hz, got {self.rate}")
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise LiveError(f"raw samples must have 1 to {MAX_CHANNELS} channels, got {self.channels}")
        if self.samples not in SAMPLE_FORMATS:
            raise LiveError(f"raw samples must be one of {', '.join(SAMPLE_FORMATS)}, got {self.samples!r}")

    @classmethod
    def parse(cls, text: str) -> "RawFormat":
        """Return what a text such as ``44100,2,s16le`` means; channels and format may be left out.

        Raises
        ------
        LiveError
            If it means nothing.

        Examples
        --------
        >>> RawFormat.parse("48000,2")
        RawFormat(rate=48000, channels=2, samples='s16le')
        """
        match = re.fullmatch(r"(\d{1,9})(?:,(\d{1,9})(?:,(\w+))?)?", text.replace(" ", ""))
        if match is None:
            raise LiveError(f"raw samples are described as RATE,CHANNELS,FORMAT, such as 44100,2,s16le, got {text!r}")
        rate, channels, samples = match.groups()
        return cls(int(rate), int(channels or 1), samples or "s16le")

    def decode(self, data: bytes) -> Float32Array:
        """Return whole frames (frames, channels) with full scale ±1."""
        x = np.frombuffer(data, SAMPLE_FORMATS[self.samples]).reshape(-1, self.channels)
        return full_scale(x).astype(np.float32, copy=False)


def raw_pcm(file: BinaryIO, form: RawFormat) -> Iterator[Event | None]:
    """Yield raw samples as they arrive through an open file, until it ends.

    Parameters
    ----------
    file : binary file
        With a file descriptor, such as ``sys.stdin.buffer``; it is read without Python's buffer.
    form : RawFormat

    Yields
    ------
    AudioBlock
        Whole frames, of at most `BLOCK_S`.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    frame = np.dtype(SAMPLE_FORMATS[form.samples]).itemsize * form.channels
    size = max(1, round(BLOCK_S * form.rate)) * frame
    held = b""
    while data := os.read(file.fileno(), size):
        held += data
        whole = len(held) // frame * frame
        if whole:
            yield AudioBlock(form.rate, form.decode(held[:whole]))
            held = held[whole:]


def encoded(file: BinaryIO) -> Iterator[Event | None]:
    """Yield the sound of an encoded stream, such as MP3, Ogg, FLAC, WAV or Matroska, that arrives through an open file.

    Raises
    ------
    LiveError
        If FFmpeg does not know its format, it has no sound, or it cannot be read any further.
    """
    import av

    pipe = _Pipe(file)
    while True:
        try:
            container = av.open(
                pipe, "r", options={"format_whitelist": CONTAINERS, **PROBE_OPTIONS}, metadata_errors="ignore"
            )
        except av.FFmpegError as error:
            if pipe.is_empty:
                raise LiveError("standard input is empty: nothing was sent to it") from error
            raise LiveError(
                f"standard input is no stream of a known format ({error.strerror}); describe raw samples with --raw"
            ) from error
        try:
            with container:
                yield from decoded(container)
            return
        except av.FFmpegError as error:
            # FFmpeg gives up where an Ogg stream follows another with other parameters
            if not pipe.rewind_to_ogg():
                raise LiveError(f"standard input cannot be read any further ({error.strerror})") from error


class _Pipe:
    """What arrives through a pipe, as FFmpeg reads it; its end is kept, so that FFmpeg can begin there again."""

    def __init__(self, file: BinaryIO) -> None:
        self._fd = file.fileno()
        self._ahead = b""  # read before, and to be read again
        self._recent = b""
        self._count = 0  # bytes read in all
        self._begun = 0  # where FFmpeg began

    @property
    def is_empty(self) -> bool:
        """Whether nothing has arrived."""
        return self._count == 0

    def read(self, size: int) -> bytes:
        """Return what has arrived, at most `size` bytes; nothing at the end."""
        data = self._ahead[:size] or os.read(self._fd, size)
        self._ahead = self._ahead[size:]
        self._recent = (self._recent + data)[-_RECENT:]
        self._count += len(data)
        return data

    def rewind_to_ogg(self) -> bool:
        """Go back to the first Ogg stream that began since FFmpeg did; return False if there is none."""
        first = self._count - len(self._recent)
        for match in _OGG_BEGIN.finditer(self._recent):
            if first + match.start() > self._begun:
                self._ahead = self._recent[match.start() :] + self._ahead
                self._recent = b""
                self._count = self._begun = first + match.start()
                return True
        return False


def decoded(container: "InputContainer") -> Iterator[Event | None]:
    """Yield the sound of the first audio track of an open stream; damaged packets are passed over.

    Raises
    ------
    LiveError
        If it has none.
    av.FFmpegError
        If it cannot be read any further.
    """
    import av

    if not container.streams.audio:
        raise LiveError("the stream has no sound")
    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    damaged = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except IndexError:  # a track that the start did not declare
            packets = container.demux(stream)
            continue
        try:
            frames = packet.decode()
        except av.FFmpegError:
            frames = []
            if damaged % MANY_DAMAGED == 0:
                yield Notice("a damaged packet was skipped" if not damaged else f"{damaged} damaged packets so far")
            damaged += 1
        for frame in frames:
            if not (frame.format.is_planar and frame.layout.nb_channels > MAX_PLANES):
                yield AudioBlock(frame.sample_rate, frame_samples(frame))
