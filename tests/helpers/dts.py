"""Writes DTS: a tone in the lowest of 32 subbands, since no library at hand encodes it (ETSI TS 102 114, section 5)."""

import math
import struct

SR = 48_000
FRAME = 512
"""Samples in a frame: two subframes of one sub-subframe, of 8 samples in each of 32 subbands."""
_CHANNELS = 5
_ABITS = 11
"""Index of 8 bits for each sample of a subband."""


class _Bits:
    def __init__(self) -> None:
        self.text = ""

    def put(self, value: int, bits: int) -> None:
        self.text += f"{value & (1 << bits) - 1:0{bits}b}"

    def whole(self, length: int) -> bytes:
        return int(self.text.ljust(8 * length, "0"), 2).to_bytes(length)


def dts_frames(frequency: float, seconds: float, *, length: int = 1024) -> bytes:
    """Return frames of `length` bytes of a tone below 700 Hz in all five channels."""
    count = math.ceil(seconds * SR / FRAME)
    return b"".join(_frame(frequency, 16 * number, length) for number in range(count))


def _frame(frequency: float, first: int, length: int) -> bytes:
    bits = _Bits()
    # sync, normal frame, no deficit, no checksum, 16 blocks, size, front 3 and rear 2, 48 kHz, 768 kbit/s
    for value, width in (
        (0x7FFE8001, 32), (1, 1), (31, 5), (0, 1), (15, 7), (length - 1, 14), (9, 6), (13, 4), (15, 5),
        # no mix, range, time stamp, auxiliary data, HDCD, extension, LFE; filters, version, history, 16 bits
        (0, 1), (0, 4), (0, 3), (0, 1), (0, 1), (0, 2), (0, 1), (1, 1), (7, 4), (0, 2), (0, 3), (0, 2), (0, 4),
        (1, 4), (_CHANNELS - 1, 3),  # two subframes
    ):  # fmt: skip
        bits.put(value, width)
    # subbands, first vector-coded subband, joint coding, code books of transients, scales (6 bits) and bits (4 bits)
    for value, width in ((30, 5), (31, 5), (0, 3), (0, 2), (5, 3), (5, 3)):
        for _ in range(_CHANNELS):
            bits.put(value, width)
    for width, number in ((1, 1), (2, 4), (3, 5)):  # no code book for any quantizer
        for _ in range(number * _CHANNELS):
            bits.put((1 << width) - 1, width)
    for subframe in range(2):
        bits.put(0, 2 + 3)  # one sub-subframe
        for width, values in ((1, [0] * 32), (4, [_ABITS, *[0] * 31])):  # no prediction; bits
            for _ in range(_CHANNELS):
                for value in values:
                    bits.put(value, width)
        for _ in range(_CHANNELS):
            bits.put(38, 6)  # scale of the lowest subband
        for _ in range(_CHANNELS):
            for i in range(8):
                phase = 2 * math.pi * frequency * 32 / SR * (first + 8 * subframe + i)
                bits.put(round(100 * math.cos(phase)), 8)
        bits.put(0xFFFF, 16)
    return bits.whole(length)


def swapped(data: bytes) -> bytes:
    """Exchange the two bytes of each word, as in WAV."""
    return struct.pack(f"<{len(data) // 2}H", *struct.unpack(f">{len(data) // 2}H", data))


def in_14_bits(data: bytes) -> bytes:
    """Spread frames of 1792 bytes over the lower 14 bits of 16-bit words, whose sign repeats, as on DTS CDs."""
    text = "".join(f"{byte:08b}" for byte in data)
    words = [int(text[i : i + 14], 2) for i in range(0, len(text), 14)]
    return struct.pack(f"<{len(words)}H", *(word | (0xC000 if word & 0x2000 else 0) for word in words))
