"""MP3, FLAC, M4A, WMA, videos and all else by FFmpeg (PyAV)."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from moodcurve.audio.decoders.base import CHUNK, Chunks, DecodedFile, SampleArray, UnreadableError

if TYPE_CHECKING:
    from av.audio.fifo import AudioFifo
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# What FFmpeg may open. Playlists and lists of files stay out: a "song" of that kind could make it read other
# files or addresses.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,ogg,"
    "oma,rm,tak,tta,w64,wav,wv,xwma"
)
# These give no length in a header; what FFmpeg reports for them is a guess from the bit rate
_WITHOUT_HEADER_DURATION = ("aac", "ac3", "amr", "dts", "eac3", "mpeg", "mpegts")

# FFmpeg's sample formats: NumPy's type, the value of silence, the value of full scale
_FORMATS = {
    "u8": ("u1", 2**7, 2**7),
    "s16": ("i2", 0, 2**15),
    "s32": ("i4", 0, 2**31),
    "s64": ("i8", 0, 2**63),
    "flt": ("f4", 0, 1),
    "dbl": ("f8", 0, 1),
}
# More planes lie in another place of FFmpeg's frame, past the end of which PyAV reads: that can crash
_MAX_PLANES = 8


def open_file(path: Path) -> DecodedFile | None:
    """Open the best audio stream with FFmpeg; None if it does not take the file."""
    import av

    with ExitStack() as opened:
        file = opened.enter_context(path.open("rb", buffering=0))
        # By descriptor, not by name: FFmpeg would judge by the ending, and take "http:..." for a protocol. Nor by
        # Python functions: an interrupt that arrives inside one is lost, or crashes PyAV.
        options = {"fd": str(file.fileno()), "protocol_whitelist": "fd", "format_whitelist": _CONTAINERS}
        try:
            # tags in a foreign encoding are common and no concern here
            container = av.open("fd:", "r", options=options, metadata_errors="ignore")
        except av.FFmpegError:
            return None
        opened.enter_context(container)
        stream = container.streams.best("audio")
        if stream is None:
            raise UnreadableError("it has no audio stream")
        if not isinstance(stream, av.AudioStream) or stream.codec_context is None:
            raise UnreadableError("its audio codec is not known")
        stream.codec_context.thread_count = 1  # no threads are started for nothing
        damage: list[str] = []
        frames = _frames(container, stream, damage)
        return DecodedFile(_chunks(frames, opened.pop_all()), _header_duration(container, stream, path), damage)


def _chunks(frames: Iterator["AudioFrame"], opened: ExitStack) -> Chunks:
    """Collect the codec's small frames (1152 samples in MP3): each would cost a round of NumPy calls."""
    import av

    fifo = av.AudioFifo()
    kind: tuple[int, int, str] | None = None
    with opened:
        for frame in frames:
            frame_kind = (frame.sample_rate, frame.layout.nb_channels, frame.format.name)
            # the queue is for one kind of frame, and does not itself check the channels
            if fifo.samples and (frame_kind != kind or fifo.samples * frame_kind[1] >= CHUNK):
                yield _read_queue(fifo)
            if frame_kind != kind:
                kind, fifo = frame_kind, av.AudioFifo()
            frame.pts = None  # the queue would refuse a gap in time
            fifo.write(frame)
        if fifo.samples:
            yield _read_queue(fifo)


def _frames(container: "InputContainer", stream: "AudioStream", damage: list[str]) -> Iterator["AudioFrame"]:
    """Decode packet by packet, leaving out those that cannot be decoded.

    Such packets at the very end are no damage: tags at an MP3's end (APE, Lyrics3, ID3) arrive as packets.
    Where sound is missing there, the length by the header tells.
    """
    import av

    skipped = skipped_before_audio = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except IndexError:  # PyAV meets a stream that the file's start did not announce: not ours
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
        damage.append(f"damaged packets left out: {skipped_before_audio}")


def _read_queue(fifo: "AudioFifo") -> tuple[int, SampleArray]:
    """All samples of the queue as (rate, (frames, channels)), scaled to full scale 1."""
    frame = fifo.read()
    assert frame is not None
    channels = frame.layout.nb_channels
    kind, silence, full_scale = _FORMATS[frame.format.packed.name]
    if frame.format.is_planar:
        # not to_ndarray(), which of 8 channels takes 9 planes
        planes = [np.frombuffer(memoryview(plane), kind, frame.samples) for plane in frame.planes[:channels]]
        samples = np.stack(planes).T
    else:
        packed = np.frombuffer(memoryview(frame.planes[0]), kind, frame.samples * channels)
        samples = packed.reshape(-1, channels)
    if full_scale != 1:
        samples = (samples.astype(np.float32) - np.float32(silence)) / np.float32(full_scale)
    return frame.sample_rate, samples


def _header_duration(container: "InputContainer", stream: "AudioStream", path: Path) -> float | None:
    """Seconds by the header; None where there is no header that tells, and FFmpeg's length is a guess."""
    if container.format.name == "mp3":
        return _mp3_header_duration(path, stream.sample_rate) if stream.sample_rate else None
    if container.format.name in _WITHOUT_HEADER_DURATION:
        return None
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # Matroska tells each stream's length in a tag, as hours:minutes:seconds
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag:
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3])
    # the container's length is that of its longest stream, a video perhaps
    if container.duration is not None and len(container.streams) == 1:
        return container.duration / 1e6
    return None


def _mp3_header_duration(path: Path, sr: int) -> float | None:
    """Seconds by the table (Xing, Info or VBRI) that may stand in the first MP3 frame and counts the frames.

    After all of a Xing table's fields stands the encoder's delay and padding (12 bits each): not sound.
    """
    with path.open("rb") as file:
        head = file.read(10)
        tag = head[:3] == b"ID3" and len(head) == 10  # its size is 4 times 7 bits
        size = sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
        file.seek(10 + size if tag else 0)
        frame = file.read(1 << 12)
    for name, offset in ((b"Xing", 8), (b"Info", 8), (b"VBRI", 14)):
        at = frame.find(name)
        count = int.from_bytes(frame[at + offset : at + offset + 4])
        flags = 1 if name == b"VBRI" else int.from_bytes(frame[at + 4 : at + 8])
        if at >= 0 and count and flags & 1:
            gaps = int.from_bytes(frame[at + 141 : at + 144]) if flags == 15 else 0
            return (count * (1152 if sr >= 32_000 else 576) - (gaps >> 12) - (gaps & 4095)) / sr
    return None
