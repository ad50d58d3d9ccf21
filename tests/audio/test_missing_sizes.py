"""WAV of 64-bit sizes and AU whose sizes are zero, as a recorder that crashed leaves them."""

import struct
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import AudioError, open_audio
from tests.audio.test_reader import MAX_SAMPLE, music, read

SR = 44_100


def rf64(
    magic: bytes, samples: bytes, *, code: int = 1, channels: int = 2, bits: int = 16, ds64: bytes = bytes(28)
) -> bytes:
    """Return a file that states the size 2**32 - 1, which refers to `ds64`."""
    align = channels * bits // 8
    form = struct.pack("<HHIIHH", code, channels, SR, SR * align, align, bits)
    if code == 0xFFFE:
        form += struct.pack("<HHI", 22, bits, 3) + struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    chunks = (b"ds64" + struct.pack("<I", 28) + ds64) if ds64 else b""
    chunks += b"bext" + struct.pack("<I", 5) + b"words\0" + b"fmt " + struct.pack("<I", len(form)) + form
    return magic + b"\xff" * 4 + b"WAVE" + chunks + b"data" + b"\xff" * 4 + samples


def written(x: np.ndarray, kind: str) -> bytes:
    if kind[1] == "f":
        return x.astype(kind).tobytes()
    if kind == "u1":
        return np.round(x * 127 + 128).astype("u1").tobytes()
    size = int(kind[-1])
    scaled = np.round(x * (2.0 ** (8 * size - 1) - 1))
    if size == 3:
        return scaled.astype("<i4").view("u1").reshape(*x.shape, 4)[..., :3].tobytes()
    return scaled.astype(kind).tobytes()


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
@pytest.mark.parametrize("ds64", [bytes(28), b"\xff" * 28, b""])
def test_is_read_to_its_end(tmp_path: Path, magic: bytes, ds64: bytes) -> None:
    x = music()
    path = tmp_path / "crashed.wav"
    path.write_bytes(rf64(magic, written(x, "<i2") + b"\1", ds64=ds64))
    got, reader = read(path)
    assert np.abs(got - x.mean(axis=1)).max() < 2**-14
    assert (reader.channels, reader.claimed_duration_s, reader.warnings) == (2, None, ())


@pytest.mark.parametrize(
    ("kind", "code", "error"),
    [
        ("u1", 1, 2**-6), ("<i2", 1, 2**-14), ("<i3", 1, 2**-22), ("<i4", 1, 2**-23), ("<f4", 3, 2**-24),
        ("<f8", 3, 2**-24), ("<i3", 0xFFFE, 2**-22),
    ],
)  # fmt: skip
def test_kinds_of_samples(tmp_path: Path, kind: str, code: int, error: float) -> None:
    x = music()
    path = tmp_path / "crashed.wav"
    path.write_bytes(rf64(b"RF64", written(x, kind), code=code, bits=8 * int(kind[-1])))
    assert np.abs(read(path)[0] - x.mean(axis=1).clip(-1, MAX_SAMPLE)).max() <= error


@pytest.mark.parametrize("encoding", [2, 3, 4, 5, 6, 7])
def test_au_of_zero_bytes(tmp_path: Path, encoding: int) -> None:
    x = music()[:, :1]
    kind = {2: "<i1", 3: "<i2", 4: "<i3", 5: "<i4", 6: "<f4", 7: "<f8"}[encoding]
    size = int(kind[-1])
    swapped = np.frombuffer(written(x, kind), "u1").reshape(-1, size)[:, ::-1].tobytes()
    path = tmp_path / "crashed.au"
    path.write_bytes(b".snd" + struct.pack(">5I", 28, 0, encoding, SR, 1) + b"note" + swapped)
    assert np.abs(read(path)[0] - x[:, 0]).max() < 2**-6


@pytest.mark.parametrize("change", [{"code": 6, "bits": 8}, {"channels": 0}, {"channels": 2000}, {"bits": 12}])
def test_unknown_samples_are_refused(tmp_path: Path, change: dict[str, int]) -> None:
    path = tmp_path / "crashed.wav"
    path.write_bytes(rf64(b"RF64", bytes(100_000), **change))
    with pytest.raises(AudioError, match="its header states no size, and its samples are of an unknown kind"):
        open_audio(path)


def test_a_header_without_samples_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crashed.wav"
    path.write_bytes(rf64(b"RF64", b""))
    with pytest.raises(AudioError, match="no audio could be decoded"):
        open_audio(path)
