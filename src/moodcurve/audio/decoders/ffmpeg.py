"""Decode MP3, FLAC, M4A, WMA, video and other files with FFmpeg (PyAV)."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from moodcurve.audio.containers import id3v2_length, read
from moodcurve.audio.decoders.base import CHUNK, Chunks, DecodedFile, SampleArray, UnreadableError
from moodcurve.audio.decoders.large_tags import without_large_tags

if TYPE_CHECKING:
    from av.audio.fifo import AudioFifo
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Formats that FFmpeg may open. Playlists are excluded: they could make it read other files or URLs.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,ogg,"
    "oma,rm,tak,tta,w64,wav,wv,xwma"
)
# Formats without a duration in the header: FFmpeg only estimates it from the bit rate
_WITHOUT_HEADER_DURATION = ("aac", "ac3", "amr", "dts", "eac3", "mpeg", "mpegts")

# FFmpeg's sample formats: NumPy type, value of silence, full scale
_FORMATS = {
    "u8": ("u1", 2**7, 2**7),
    "s16": ("i2", 0, 2**15),
    "s32": ("i4", 0, 2**31),
    "s64": ("i8", 0, 2**63),
    "flt": ("f4", 0, 1),
    "dbl": ("f8", 0, 1),
}
# FFmpeg stores further planes elsewhere in its frame; PyAV reads past the end, which can crash
_MAX_PLANES = 8


def open_file(path: Path) -> DecodedFile | None:
    """Open the best audio stream with FFmpeg; return None if FFmpeg does not recognize the file.

    Raises
    ------
    UnreadableError
        If there is no audio stream or its codec is unknown.
    OSError
        If the file cannot be opened.
    """
    import av

    with ExitStack() as opened:
        file: BinaryIO = opened.enter_context(path.open("rb", buffering=0))
        stripped = without_large_tags(file)
        if stripped is not file:
            file = opened.enter_context(stripped)
        # By file descriptor, not by name: FFmpeg would guess from the extension and open "http:..." as a URL. Not by
        # Python callbacks either: an interrupt that arrives inside one is lost or crashes PyAV.
        options = {"fd": str(file.fileno()), "protocol_whitelist": "fd", "format_whitelist": _CONTAINERS}
        try:
            # tags in a wrong encoding are common and do not matter here
            container = av.open("fd:", "r", options=options, metadata_errors="ignore")
        except av.FFmpegError:
            return None
        opened.enter_context(container)
        stream = container.streams.best("audio")
        if stream is None:
            raise UnreadableError("no audio stream")
        if not isinstance(stream, av.AudioStream) or stream.codec_context is None:
            raise UnreadableError("unknown audio codec")
        stream.codec_context.thread_count = 1  # extra threads do not pay off
        damage: list[str] = []
        frames = _frames(container, stream, damage)
        return DecodedFile(_chunks(frames, opened.pop_all()), _header_duration(container, stream, path), damage)


def _chunks(frames: Iterator["AudioFrame"], opened: ExitStack) -> Chunks:
    """Merge the codec's small frames (1152 samples in MP3) into chunks, to save NumPy calls."""
    import av

    fifo = av.AudioFifo()
    kind: tuple[int, int, str] | None = None
    with opened:
        for frame in frames:
            frame_kind = (frame.sample_rate, frame.layout.nb_channels, frame.format.name)
            # the queue holds frames of one format, and does not check the number of channels itself
            if fifo.samples and (frame_kind != kind or fifo.samples * frame_kind[1] >= CHUNK):
                yield _read_queue(fifo)
            if frame_kind != kind:
                kind, fifo = frame_kind, av.AudioFifo()
            frame.pts = None  # the queue rejects gaps in time
            fifo.write(frame)
        if fifo.samples:
            yield _read_queue(fifo)


def _frames(container: "InputContainer", stream: "AudioStream", damage: list[str]) -> Iterator["AudioFrame"]:
    """Decode packet by packet, skipping packets that cannot be decoded.

    Skipped packets at the very end are not reported as damage: tags at the end of an MP3 (APE, Lyrics3, ID3) arrive as
    packets. Audio missing there shows in the header duration.
    """
    import av

    skipped = skipped_before_audio = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except IndexError:  # PyAV found a stream that the start of the file did not declare: not the one decoded here
            packets = container.demux(stream)
            continue
        except (av.FFmpegError, OSError) as error:
            damage.append(f"reading stopped ({error.strerror})")
            break
        try:
            frames = packet.decode()
        except av.FFmpegError:
            skipped += 1
            continue
        for frame in frames:
            if frame.format.is_planar and frame.layout.nb_channels > _MAX_PLANES:
                skipped += 1
                continue
            skipped_before_audio = skipped
            yield frame
    if skipped_before_audio:
        damage.append(f"damaged packets skipped: {skipped_before_audio}")


def _read_queue(fifo: "AudioFifo") -> tuple[int, SampleArray]:
    """Return the rate and all samples of the queue (frames, channels), scaled to full scale 1."""
    frame = fifo.read()
    assert frame is not None  # nosec B101 # narrows the type for mypy
    channels = frame.layout.nb_channels
    kind, silence, full_scale = _FORMATS[frame.format.packed.name]
    if frame.format.is_planar:
        # not to_ndarray(), which reads 9 planes of 8 channels
        planes = [np.frombuffer(memoryview(plane), kind, frame.samples) for plane in frame.planes[:channels]]
        samples = np.stack(planes).T
    else:
        packed = np.frombuffer(memoryview(frame.planes[0]), kind, frame.samples * channels)
        samples = packed.reshape(-1, channels)
    if full_scale != 1:
        samples = (samples.astype(np.float32) - np.float32(silence)) / np.float32(full_scale)
    return frame.sample_rate, samples


def _header_duration(container: "InputContainer", stream: "AudioStream", path: Path) -> float | None:
    """Return the duration in seconds that the header states; None where FFmpeg only estimates it."""
    if container.format.name == "mp3":
        return _mp3_header_duration(path, stream.sample_rate) if stream.sample_rate else None
    if container.format.name in _WITHOUT_HEADER_DURATION:
        return None
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # Matroska stores each stream's duration in a tag, as hours:minutes:seconds
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag:
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3])
    # the container's duration is that of its longest stream, which may be the video
    if container.duration is not None and len(container.streams) == 1:
        return container.duration / 1e6
    return None


def _mp3_header_duration(path: Path, sr: int) -> float | None:
    """Return the duration in seconds from the frame count in the Xing, Info or VBRI header of the first MP3 frame.

    The encoder delay and padding (12 bits each) that follow a complete Xing header are subtracted.
    """
    with path.open("rb") as file:
        start = 0
        while length := id3v2_length(file, start):
            start += length
        frame = read(file, start, 1 << 12)
    for name, offset in ((b"Xing", 8), (b"Info", 8), (b"VBRI", 14)):
        at = frame.find(name)
        count = int.from_bytes(frame[at + offset : at + offset + 4])
        flags = 1 if name == b"VBRI" else int.from_bytes(frame[at + 4 : at + 8])
        if at >= 0 and count and flags & 1:
            gaps = int.from_bytes(frame[at + 141 : at + 144]) if flags == 15 else 0
            return (count * (1152 if sr >= 32_000 else 576) - (gaps >> 12) - (gaps & 4095)) / sr
    return None
