"""Hash the encoded sound of a file as FFmpeg's demuxer finds it: its packets, without what is around them."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from moodcurve.audio.decoders.ffmpeg import open_container
from moodcurve.util.files import AnyPath


def packet_hash(path: AnyPath, *, progress: Callable[[], None] | None = None) -> str | None:
    """Return a hash of the packets of a file's audio: 20-byte BLAKE2b as 40 hexadecimal digits.

    The number of each stream, its codec, sample rate, channels and headers count, and the bytes and time stamp of each
    packet, up to damage that ends FFmpeg's reading. None if FFmpeg finds no audio.

    `moodcurve.audio.content_hash` asks what a file holds; this asks what a player gets. It does not stay the same from
    one version of FFmpeg to another, so it is compared at once and not stored.

    Parameters
    ----------
    path : str or path-like
    progress : callable, optional
        Called repeatedly while a long file is read.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    import av

    digest, number = hashlib.blake2b(digest_size=20), 0
    with ExitStack() as opened:
        container = open_container(Path(path), opened)
        streams = [] if container is None else list(container.streams.audio)
        if container is None or not streams:
            return None
        for stream in streams:
            codec = stream.codec_context
            digest.update(f"{stream.index} {stream.time_base}".encode())
            if codec is not None:  # one that FFmpeg knows
                digest.update(f"{codec.name} {codec.sample_rate} {codec.channels}".encode())
                digest.update(codec.extradata or b"")
        try:
            for number, packet in enumerate(container.demux(streams), start=1):
                digest.update(f"{packet.stream_index} {packet.pts} {packet.size}".encode())
                digest.update(bytes(packet))
                if progress is not None and number % 1000 == 0:
                    progress()
        except av.FFmpegError as error:
            digest.update(type(error).__name__.encode())
    return digest.hexdigest() if number else None
