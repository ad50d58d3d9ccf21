"""Read the samples of RF64, BW64 and AU files whose header says that there are none.

A recorder writes the sizes at the end of a recording; where it crashed, they are 0 or missing. The other decoders read
such a WAV file to its end, but not these.
"""

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from moodcurve.audio.containers import read
from moodcurve.audio.decoders.base import CHUNK, Chunks, DecodedFile, UnreadableError, check_track, full_scale

_MAX_CHUNKS = 100
"""Chunks in which the samples must begin."""
_MAX_CHANNELS = 1024
_AU_KINDS = {2: "i1", 3: ">i2", 4: ">i3", 5: ">i4", 6: ">f4", 7: ">f8"}
"""Encodings of AU: signed integers of 8 to 32 bits, and floats."""
_WAV_KINDS = {(1, 8): "u1", (1, 16): "<i2", (1, 24): "<i3", (1, 32): "<i4", (3, 32): "<f4", (3, 64): "<f8"}
"""Format and bits of WAV."""


def open_file(path: Path, track: int | None = None) -> DecodedFile | None:
    """Open a file and read its samples to the end, whatever sizes it states; return None if it is of another format.

    Raises
    ------
    UnreadableError
        If `track` is not 1, or the samples are compressed.
    """
    file = path.open("rb", buffering=0)
    try:
        found = _au(file) if read(file, 0, 4) == b".snd" else _wav(file)
        if found is None:
            file.close()
            return None
        check_track(track, 1)
    except UnreadableError:
        file.close()
        raise
    return DecodedFile(_chunks(file, *found), None)


def _wav(file: BinaryIO) -> tuple[str, int, int] | None:
    """Return sample type, rate and channels of RF64, and leave the file where its samples begin."""
    if read(file, 0, 4) not in (b"RF64", b"BW64"):
        return None
    at, form = 12, b""
    for _ in range(_MAX_CHUNKS):
        head = read(file, at, 8)
        if len(head) < 8:
            return None
        if head[:4] == b"data" and len(form) >= 16:
            code, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
            if code == 0xFFFE:  # the extensible form has its format further on
                code = int.from_bytes(form[24:26], "little")
            return _checked(_WAV_KINDS.get((code, bits)), rate, channels)
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"fmt ":
            form = file.read(min(size, 40))
        at += 8 + size + size % 2
    return None


def _au(file: BinaryIO) -> tuple[str, int, int] | None:
    start, _, encoding, rate, channels = struct.unpack(">5I", read(file, 4, 20).ljust(20, b"\0"))
    file.seek(start)
    return _checked(_AU_KINDS.get(encoding), rate, channels)


def _checked(kind: str | None, rate: int, channels: int) -> tuple[str, int, int]:
    if kind is None or not 1 <= channels <= _MAX_CHANNELS or not rate:
        raise UnreadableError("its header states no size, and its samples are of an unknown kind")
    return kind, rate, channels


def _chunks(file: BinaryIO, kind: str, rate: int, channels: int) -> Chunks:
    frame = channels * int(kind[-1])
    with file:
        while data := file.read(max(1, CHUNK // channels) * frame):
            x = full_scale(_samples(data[: len(data) // frame * frame], kind)).reshape(-1, channels)
            if len(x):
                yield rate, x


def _samples(data: bytes, kind: str) -> npt.NDArray[np.generic]:
    return _padded(data, kind) if kind[-1] == "3" else np.frombuffer(data, kind)


def _padded(data: bytes, kind: str) -> npt.NDArray[np.int32]:
    """Return integers of 24 bits as the upper bytes of 32."""
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    at = 1 if kind[0] == "<" else 0
    wide[:, at : at + 3] = np.frombuffer(data, "u1").reshape(-1, 3)
    return wide.view(f"{kind[0]}i4")[:, 0]
