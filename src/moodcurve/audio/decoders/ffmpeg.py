"""Decode MP3, FLAC, M4A, WMA, video and other files with FFmpeg (PyAV)."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from moodcurve.audio.containers import id3v2_length, read, tag_length
from moodcurve.audio.decoders.base import (
    CHUNK,
    Chunks,
    DecodedFile,
    SampleArray,
    UnreadableError,
    check_track,
    full_scale,
)
from moodcurve.audio.decoders.large_tags import without_large_tags
from moodcurve.audio.decoders.timeline import Timeline, timeline_of

if TYPE_CHECKING:
    from av.audio.fifo import AudioFifo
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Formats that FFmpeg may open. Playlists are excluded: they could make it read other files or URLs.
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,loas,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,"
    "ogg,oma,rm,tak,tta,w64,wav,wv,xwma"
)
# Formats, and codecs in WAV, without a duration in the header: FFmpeg only estimates it from the bit rate
_WITHOUT_HEADER_DURATION = ("aac", "ac3", "amr", "dca", "dts", "eac3", "loas", "mpeg", "mpegts")

_SAMPLE_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
"""NumPy's types of FFmpeg's sample formats."""
# FFmpeg stores further planes elsewhere in its frame; PyAV reads past the end, which can crash
MAX_PLANES = 8
_MAX_CHAPTERS = 999


def open_file(path: Path, track: int | None = None) -> DecodedFile | None:
    """Open an audio track with FFmpeg, see `_chosen`; return None if FFmpeg does not recognize the file.

    Raises
    ------
    UnreadableError
        If there is no such track or its codec is unknown.
    OSError
        If the file cannot be opened.
    """
    with ExitStack() as opened:
        container = open_container(path, opened)
        if container is None:
            return None
        notes: list[str] = []
        stream = _chosen(container, track, notes)
        stream.codec_context.thread_count = 1  # extra threads do not pay off
        damage: list[str] = []
        frames = _frames(container, stream, damage)
        start_s = None if container.start_time is None else container.start_time / 1e6
        timeline = timeline_of(container.format.name, start_s)
        chunks = _chunks(frames, timeline, notes, opened.pop_all())
        return DecodedFile(chunks, _header_duration(container, stream, path), damage, notes, stream.codec_context.name)


def read_chapters(path: Path) -> list[tuple[float, float, str | None]]:
    """Return start and end in seconds and the title of each chapter, in the file's order; none if FFmpeg cannot tell.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    with ExitStack() as opened:
        container = open_container(path, opened)
        if container is None:
            return []
        found = []
        for chapter in container.chapters()[:_MAX_CHAPTERS]:
            unit = float(chapter["time_base"] or 0)
            title = " ".join(chapter["metadata"].get("title", "").split())[:500]
            found.append((chapter["start"] * unit, chapter["end"] * unit, title or None))
        return found


def open_container(path: Path, opened: ExitStack) -> "InputContainer | None":
    """Open a file with FFmpeg until `opened` is closed; return None if FFmpeg does not recognize it.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    import av

    file: BinaryIO = opened.enter_context(path.open("rb", buffering=0))
    stripped = without_large_tags(file)
    if stripped is not file:
        file = opened.enter_context(stripped)
    # By file descriptor, not by name: FFmpeg would guess from the extension and open "http:..." as a URL. Not by Python
    # callbacks either: an interrupt that arrives inside one is lost or crashes PyAV.
    options = {"fd": str(file.fileno()), "protocol_whitelist": "fd", "format_whitelist": CONTAINERS}
    try:
        # tags in a wrong encoding are common and do not matter here
        return opened.enter_context(av.open("fd:", "r", options=options, metadata_errors="ignore"))
    except av.FFmpegError:
        return None


def _chosen(container: "InputContainer", track: int | None, notes: list[str]) -> "AudioStream":
    """Return the audio track of a number, from 1; by default the first that is marked as default, else the first.

    That is what players play: of a file of stems the mix, of a film not the comments. By default, tracks of an unknown
    codec are passed over.
    """
    import av

    streams = [stream for stream in container.streams if stream.type == "audio"]
    if not streams:
        raise UnreadableError("no audio stream")
    check_track(track, len(streams))
    known = [stream for stream in streams if isinstance(stream, av.AudioStream) and stream.codec_context is not None]
    default = [stream for stream in known if stream.disposition & av.stream.Disposition.default]
    stream = streams[track - 1] if track is not None else next(iter(default or known), streams[0])
    if not isinstance(stream, av.AudioStream) or stream.codec_context is None:
        raise UnreadableError("unknown audio codec")
    if track is None and len(streams) > 1:
        number = streams.index(stream) + 1
        notes.append(f"it has {len(streams)} audio tracks; track {number} is analyzed, --track N chooses another")
    return stream


def _chunks(frames: Iterator["AudioFrame"], timeline: Timeline | None, notes: list[str], opened: ExitStack) -> Chunks:
    """Merge the codec's small frames (1152 samples in MP3) into chunks, to save NumPy calls, with silence in gaps."""
    import av

    fifo = av.AudioFifo()
    kind: tuple[int, int, str] | None = None
    with opened:
        for frame in frames:
            frame_kind = (frame.sample_rate, frame.layout.nb_channels, frame.format.name)
            if timeline is not None and (gap := timeline.silence_before(frame.time, frame.samples / frame.sample_rate)):
                if fifo.samples:
                    yield _read_queue(fifo)
                yield from _silence(round(gap * frame.sample_rate), frame.sample_rate, frame_kind[1])
            # the queue holds frames of one format, and does not check the number of channels itself
            if fifo.samples and (frame_kind != kind or fifo.samples * frame_kind[1] >= CHUNK):
                yield _read_queue(fifo)
            if frame_kind != kind:
                kind, fifo = frame_kind, av.AudioFifo()
            frame.pts = None  # the queue rejects gaps in time
            fifo.write(frame)
        if fifo.samples:
            yield _read_queue(fifo)
        if timeline is not None:
            notes += timeline.notes()


def _silence(samples: int, sr: int, channels: int) -> Chunks:
    piece = np.zeros((max(1, CHUNK // channels), channels), np.float32)
    for start in range(0, samples, len(piece)):
        yield sr, piece[: samples - start]


def _frames(container: "InputContainer", stream: "AudioStream", damage: list[str]) -> Iterator["AudioFrame"]:
    """Decode packet by packet, skipping packets that cannot be decoded.

    Tags are no damage, also between the songs of joined MP3s: they arrive as packets. Nor are skipped packets at the
    very end reported, since audio missing there shows in the header duration.
    """
    import av

    skipped = skipped_before_audio = tag_end = 0
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
        if packet.pos is not None and 0 < packet.pos + packet.size <= tag_end:
            continue
        try:
            frames = packet.decode()
        except av.FFmpegError:
            length = tag_length(bytes(packet)[:32])
            if length and packet.pos is not None:
                tag_end = packet.pos + length
            else:
                skipped += 1
            continue
        for frame in frames:
            if frame.format.is_planar and frame.layout.nb_channels > MAX_PLANES:
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
    return frame.sample_rate, frame_samples(frame)


def frame_samples(frame: "AudioFrame") -> SampleArray:
    """Return the samples of a frame (frames, channels), scaled to full scale 1; at most 8 channels if it is planar."""
    channels = frame.layout.nb_channels
    kind = _SAMPLE_TYPES[frame.format.packed.name]
    if frame.format.is_planar:
        # not to_ndarray(), which reads 9 planes of 8 channels
        planes = [np.frombuffer(memoryview(plane), kind, frame.samples) for plane in frame.planes[:channels]]
        return full_scale(np.stack(planes).T)
    packed = np.frombuffer(memoryview(frame.planes[0]), kind, frame.samples * channels)
    return full_scale(packed.reshape(-1, channels))


def _header_duration(container: "InputContainer", stream: "AudioStream", path: Path) -> float | None:
    """Return the duration in seconds that the header states; None where FFmpeg only estimates it."""
    if container.format.name == "mp3":
        return _mp3_header_duration(path, stream.sample_rate) if stream.sample_rate else None
    if container.format.name in _WITHOUT_HEADER_DURATION:
        return None
    if container.format.name == "wav" and stream.codec_context.name in _WITHOUT_HEADER_DURATION:
        return None
    # Matroska stores each stream's end in a tag, as hours:minutes:seconds
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag:
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3])
    if stream.duration is not None and stream.time_base is not None:
        # MP4 leaves the time before the first sample out
        late = stream.start_time if stream.start_time and container.format.name.startswith("mov") else 0
        return float((max(0, late) + stream.duration) * stream.time_base)
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
