"""Kinds of files that others report: codecs in WAV and AIFF-C, LATM, DSD, covers, huge tags, and changes of rate."""

import struct
import zlib
from pathlib import Path

import mutagen.flac
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest
import soundfile

from moodcurve.audio import AudioError, open_audio
from moodcurve.audio.filetypes import may_be_audio
from tests.audio.test_reader import read, tone
from tests.helpers.damaged_audio import write_av, write_encoded, write_sound
from tests.helpers.tones import loudest
from tests.helpers.unusable_files import id3, syncsafe

SR = 44_100


def stereo(seconds: float = 3.0, *, sr: int = SR) -> np.ndarray:
    return np.repeat(tone(330, sr=sr, seconds=seconds)[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a-law.aifc", "pcm_alaw", "aiff"),
        ("mu-law.aifc", "pcm_mulaw", "aiff"),
        ("sowt.aifc", "pcm_s16le", "aiff"),
        ("float.aifc", "pcm_f32be", "aiff"),
        ("ima4.aifc", "adpcm_ima_qt", "aiff"),
        ("a-law.wav", "pcm_alaw", "wav"),
        ("mu-law.wav", "pcm_mulaw", "wav"),
        ("microsoft.wav", "adpcm_ms", "wav"),
        ("ima.wav", "adpcm_ima_wav", "wav"),
        ("yamaha.wav", "adpcm_yamaha", "wav"),
        ("latm.latm", "aac", "latm"),
        ("adts.aac", "aac", "adts"),
        ("true audio.tta", "tta", "tta"),
        ("wavpack.wv", "wavpack", "wv"),
    ],
)
def test_codecs(tmp_path: Path, name: str, codec: str, container: str) -> None:
    got, reader = read(write_av(tmp_path / name, codec, stereo(), sr=SR, container=container))
    assert loudest(got)[:3] == [330] * 3
    assert len(got) / SR == pytest.approx(3, abs=0.06)
    assert (reader.channels, reader.source_sr, reader.warnings) == (2, SR, ())
    assert may_be_audio(str(tmp_path / name))


def dsd_bits(seconds: float, rate: int = 2_822_400) -> np.ndarray:
    """Return a tone of 330 Hz as one bit a sample: a first-order modulator adds 1 where its integral passes a whole."""
    level = 0.4 * np.sin(2 * np.pi * 330 * np.arange(round(seconds * rate)) / rate)
    return np.diff(np.floor(np.cumsum(level + 1) / 2), prepend=0).astype(np.uint8)


@pytest.mark.parametrize("name", ["sony.dsf", "philips.dff"])
def test_dsd(tmp_path: Path, name: str) -> None:
    bits, rate = dsd_bits(3), 2_822_400
    if name == "sony.dsf":
        samples = np.packbits(bits, bitorder="little").tobytes()
        samples += bytes(-len(samples) % 4096)
        form = b"fmt " + struct.pack("<QIIIIIIQII", 52, 1, 0, 1, 1, rate, 1, len(bits), 4096, 0)
        body = form + b"data" + struct.pack("<Q", 12 + len(samples)) + samples
        data = b"DSD " + struct.pack("<QQQ", 28, 28 + len(body), 0) + body
    else:
        words = [(b"FS  ", struct.pack(">I", rate)), (b"CHNL", b"\0\1C   "), (b"CMPR", b"DSD \x0enot compressed\0")]
        parts = [(b"FVER", b"\1\5\0\0"), (b"PROP", b"SND " + b"".join(_chunk(*word) for word in words))]
        parts.append((b"DSD ", np.packbits(bits).tobytes()))
        data = _chunk(b"FRM8", b"DSD " + b"".join(_chunk(*part) for part in parts))
    path = tmp_path / name
    path.write_bytes(data)
    got, reader = read(path)
    assert loudest(got)[:3] == [330] * 3
    assert len(got) / SR == pytest.approx(3, abs=0.01)
    assert (reader.source_sr, reader.warnings) == (352_800, ())


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">Q", len(content)) + content + bytes(len(content) % 2)


def png() -> bytes:
    """Return a picture of one black pixel."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(4))),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize("name", ["aac.m4a", "lame.mp3", "av.flac"])
def test_a_cover_is_no_picture_stream_to_wait_for(tmp_path: Path, name: str) -> None:
    path = write_encoded(tmp_path, name, stereo())
    whole, reader = read(path)
    cover = png()
    if name == "aac.m4a":
        m4a = mutagen.mp4.MP4(path)
        m4a["covr"] = [mutagen.mp4.MP4Cover(cover, mutagen.mp4.MP4Cover.FORMAT_PNG)]
        m4a.save()
    elif name == "lame.mp3":
        tags = mutagen.id3.ID3()
        tags.add(mutagen.id3.APIC(mime="image/png", type=3, data=cover))
        tags.save(path)
    else:
        flac, picture = mutagen.flac.FLAC(path), mutagen.flac.Picture()
        picture.data, picture.mime, picture.type = cover, "image/png", 3
        flac.add_picture(picture)
        flac.save()
    got, tagged = read(path)
    assert np.array_equal(got, whole)
    assert (tagged.warnings, tagged.claimed_duration_s) == ((), reader.claimed_duration_s)
    assert tagged.claimed_duration_s == pytest.approx(3, abs=0.01)


def test_half_a_gigabyte_of_id3(tmp_path: Path) -> None:
    song = write_sound(tmp_path / "song.mp3", stereo(), SR).read_bytes()
    path = tmp_path / "x.mp3"
    length = 2**28 - 1  # the most that an ID3 tag can have
    with path.open("wb") as file:
        for number in range(2):
            file.seek(number * (10 + length))
            file.write(b"ID3\4\0\0" + syncsafe(length))
        file.seek(2 * (10 + length))
        file.write(song)
    got, reader = read(path)
    assert loudest(got)[:3] == [330] * 3
    assert reader.warnings == ()


def test_mp3_of_varying_bit_rate_without_a_header_states_no_length(tmp_path: Path) -> None:
    low, high = (
        write_av(
            tmp_path / f"{kbps}.mp3", "libmp3lame", stereo(), sr=SR, container="mp3", bit_rate=1000 * kbps,
            options={"write_xing": "0", "id3v2_version": "0"},
        ).read_bytes()
        for kbps in (32, 320)
    )  # fmt: skip
    path = tmp_path / "x.mp3"
    path.write_bytes(low + high + low)
    got, reader = read(path)
    assert loudest(got)[:8] == [330] * 8
    assert (reader.claimed_duration_s, reader.warnings) == (None, ())


@pytest.mark.parametrize(("name", "suffix"), [("adts", "aac"), ("mp3", "mp3"), ("flac", "flac")])
def test_a_change_of_rate(tmp_path: Path, name: str, suffix: str) -> None:
    parts = []
    for sr in (SR, 22_050):
        path = tmp_path / f"{sr}.{suffix}"
        if suffix == "flac":
            write_sound(path, stereo(sr=sr), sr)
        else:
            codec = "aac" if suffix == "aac" else "libmp3lame"
            write_av(path, codec, stereo(sr=sr), sr=sr, container=name)
        parts.append(path.read_bytes())
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(b"".join(parts))
    got, reader = read(path)
    assert loudest(got)[:6] == [330] * 6
    assert len(got) / SR == pytest.approx(6, abs=0.2)
    assert reader.warnings == ()


@pytest.mark.parametrize(
    ("name", "head", "message"),
    [
        ("x.ofr", b"OFR \0\0\0\0", "OptimFROG, which no free decoder reads"),
        ("x.la", b"LA04", r"Lossless Audio \(LA\), which no free decoder reads"),
        ("x.shn", b"ajkg\2", "Shorten, which is not read here"),
        ("x.mid", b"MThd\0\0\0\6", "MIDI: notes without sound"),
        ("x.ape", b"MAC \x96\x0f", "not audio, or damaged at the start|no audio could be decoded"),
        ("x.tak", b"tBaK", "not audio, or damaged at the start|no audio could be decoded"),
    ],
)
def test_what_cannot_be_decoded_is_named(tmp_path: Path, name: str, head: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(head + bytes(2000))
    with pytest.raises(AudioError, match=message):
        open_audio(path)


def test_flac_after_an_id3_tag(tmp_path: Path) -> None:
    path = tmp_path / "x.flac"
    soundfile.write(path, stereo(), SR)
    path.write_bytes(id3(b"\0" * 300) + path.read_bytes())
    got, reader = read(path)
    assert (len(got), reader.warnings) == (3 * SR, ())
