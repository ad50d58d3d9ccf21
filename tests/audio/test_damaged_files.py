"""Truncated, damaged, wrong and malicious files: a warning or a one-line error."""

import os
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import ANALYSIS_SR, AudioError, open_audio
from tests.audio.test_reader import music, read, tone
from tests.helpers.damaged_audio import (
    ENCODED,
    cut,
    mutated,
    scratched,
    write_av,
    write_encoded,
    write_silent_film,
    write_sound,
)

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str]) -> object:
    """Fail if anything, C code of a decoder included, writes to the terminal."""
    yield
    assert capfd.readouterr() == ("", "")


def write(folder: Path, name: str, x: np.ndarray) -> Path:
    if name in ENCODED:
        return write_encoded(folder, name, x)
    if name == "mp3.wav":
        return write_av(folder / name, "libmp3lame", x, sr=ANALYSIS_SR, container="wav")
    return write_sound(folder / name, x, 48_000 if name.endswith(".opus") else ANALYSIS_SR)


SUPPORTED = "; supported are WAV, AIFF, FLAC, OGG, Opus, MP3, M4A, WMA and videos with sound"


def refused(path: Path | str, end: str = SUPPORTED) -> str:
    """Return the part of the error message between the path and `end`."""
    with pytest.raises(AudioError) as caught:
        open_audio(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    start = f"{path}: "
    assert message.startswith(start)
    assert message.endswith(end)
    return message[len(start) :].removesuffix(end)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("x.wav", 0.49),
        ("x.aiff", 0.49),
        ("x.w64", 0.49),
        ("x.au", 0.49),
        ("x.flac", 0.4),
        ("x.mp3", 0.4),
        ("lame.mp3", 0.4),
        ("x.ogg", 0.2),  # pages of about a second
        ("x.opus", 0.2),
        ("aac-index-first.m4a", 0.4),
        ("opus.webm", 0.3),
        ("wma.wma", 0.4),
        ("video.mp4", 0.3),
        ("video.mkv", 0.3),
    ],
)
def test_truncated_file_yields_its_beginning_and_a_warning(tmp_path: Path, name: str, least: float) -> None:
    path = write(tmp_path, name, music(48_000 if "opus" in name else ANALYSIS_SR, seconds=6.0))
    whole = read(path)[0]
    got, reader = read(cut(path))
    assert least < len(got) / len(whole) < 0.7
    assert len(reader.warnings) == 1
    assert "could be read: the file is truncated or damaged" in reader.warnings[0]
    assert reader.warnings[0].startswith(f"only {reader.duration_s:.1f} s")
    if not name.endswith((".ogg", ".opus")):  # an Ogg file states its duration only at its end
        assert f" of {reader.claimed_duration_s:.1f} s could be read" in reader.warnings[0]
        # FFmpeg derives a WMA's duration partly from its last packet
        assert reader.claimed_duration_s == pytest.approx(6.0, abs=0.1) or name == "wma.wma"
    # the last frame overlaps with the missing one
    same = len(got) - 4096
    assert np.array_equal(got[:same], whole[:same])


def test_truncated_mp3_without_xing_header_has_no_warning(tmp_path: Path) -> None:
    got, reader = read(cut(write(tmp_path, "no-table.mp3", music())))
    assert len(got) == pytest.approx(1.5 * ANALYSIS_SR, rel=0.05)
    assert (reader.claimed_duration_s, reader.warnings) == (None, ())


def test_truncated_m4a_with_index_at_the_end_is_refused(tmp_path: Path) -> None:
    path = cut(write(tmp_path, "aac.m4a", music()))
    assert refused(path) == "its index is missing or damaged; the file may be truncated"


@pytest.mark.parametrize(
    "name", ["x.flac", "lame.mp3", "mp3.wav", "aac-index-first.m4a", "aac.aac", "x.ogg", "wma.wma"]
)
def test_damage_in_the_middle_loses_only_the_middle(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, music(seconds=6.0))
    whole = read(path)[0]
    got, reader = read(scratched(path, 8000 if name == "x.flac" else 2000))  # more than 0.1 s
    # where time stamps say how much is lost, silence stands for it, from 0.1 s on
    assert 0.8 * len(whole) < len(got) <= len(whole) + 0.1 * ANALYSIS_SR
    assert np.isfinite(got).all()
    if name == "wma.wma":  # FFmpeg drops the packets without a word, but their time is missing
        assert reader.warnings[0].startswith("its time stamps leave a gap of 0.")
    else:
        assert len([warning for warning in reader.warnings if "damaged" in warning]) == 1
        assert "truncated or damaged" in reader.warnings[0]
    late = whole[-ANALYSIS_SR : -ANALYSIS_SR // 2]  # shifted by the length of the lost frames
    starts = np.flatnonzero(got[: -len(late)] == late[0])
    assert any(np.array_equal(got[start : start + len(late)], late) for start in starts)


def test_ogg_without_its_last_page_is_truncated(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ogg", music())
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"OggS")])
    assert "the Ogg end-of-stream mark is missing" in read(path)[1].warnings[0]


def test_matroska_without_stream_durations_uses_the_file_duration(tmp_path: Path) -> None:
    path = write(tmp_path, "opus.webm", music(48_000, seconds=6.0))
    path.write_bytes(path.read_bytes().replace(b"DURATION", b"OTHERTAG"))
    assert read(path)[1].claimed_duration_s == pytest.approx(6.0, abs=0.02)
    assert "truncated" in read(cut(path))[1].warnings[0]
    film = write(tmp_path, "video.mkv", music())  # whose duration may be that of the pictures
    film.write_bytes(film.read_bytes().replace(b"DURATION", b"OTHERTAG"))
    assert read(film)[1].claimed_duration_s is None


def test_wav_with_too_large_data_size(tmp_path: Path) -> None:
    path = write(tmp_path, "x.wav", music())
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = (1_000_000_000).to_bytes(4, "little")
    path.write_bytes(data)
    got, reader = read(path)
    assert len(got) == 3 * ANALYSIS_SR
    assert reader.claimed_duration_s == pytest.approx(1e9 / (4 * ANALYSIS_SR))
    assert reader.warnings[0].startswith("only 3.0 s of 5668.9 s could be read")
    # but this is the size written by programs that do not know it yet
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    reader = read(path)[1]
    assert (reader.claimed_duration_s, reader.duration_s, reader.warnings) == (3.0, 3.0, ())


@pytest.mark.parametrize(
    ("written", "called"),
    [("x.wav", "x.mp3"), ("lame.mp3", "y.wav"), ("aac.m4a", "x.txt"), ("x.aiff", "x.raw"), ("x.ogg", "x")],
)
def test_file_name_does_not_matter(tmp_path: Path, written: str, called: str) -> None:
    path = write(tmp_path, written, music())
    known = read(path)[0]
    assert np.array_equal(read(path.rename(tmp_path / called))[0], known)


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde" + bytes(500)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.mp3", b"All work and no play makes a dull song.\n" * 1000),
        ("text.wav", "All work and no play makes a dull song.\n".encode("utf-16") * 1000),
        ("cover.mp3", PNG),
        ("page.m4a", b"<!DOCTYPE html><html><title>404</title></html>"),
        ("noise.flac", np.random.default_rng(0).bytes(50_000)),
        ("zeros.wav", bytes(50_000)),
        ("one.mp3", b"\xff"),
        ("header.wav", b"RIFF\x24\0\0\0WAVEfmt "),
        ("tag.mp3", b"ID3\4\0\0\0\0\0\x10" + bytes(16)),
    ],
)
def test_non_audio_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    reason = refused(tmp_path / name)
    assert reason == "not audio, or damaged at the start"


def test_file_without_samples_is_refused(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "x.wav", np.zeros((0, 2)), ANALYSIS_SR)
    assert refused(path) == "no audio could be decoded"


def test_video_without_sound_is_refused(tmp_path: Path) -> None:
    assert refused(write_silent_film(tmp_path / "x.mp4")) == "no audio stream"


def test_missing_and_special_files_are_refused_without_naming_formats(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    os.mkfifo(tmp_path / "pipe.mp3")
    (tmp_path / "loop.mp3").symlink_to(tmp_path / "loop.mp3")
    assert refused(tmp_path / "missing.mp3", end="") == "no such file"
    assert refused("https://example.org/song.mp3", end="") == "is a URL, not a file; download it first"
    assert refused(tmp_path, end="") == "is a folder, not a file"
    assert refused(tmp_path / "empty.mp3", end="") == "is empty (0 bytes)"
    assert refused(tmp_path / "pipe.mp3", end="") == "is a pipe or a device, not a file"
    assert refused(tmp_path / "loop.mp3", end="") == "cannot be read (Too many levels of symbolic links)"
    assert refused(tmp_path / ("x" * 300), end="") == "cannot be read (File name too long)"


def test_unprintable_name_is_escaped(tmp_path: Path) -> None:
    for name, shown in (("a\nb.mp3", "a\\nb.mp3"), ("a\udcff.mp3", "a\\udcff.mp3"), ("a\0b", "a\\x00b")):
        with pytest.raises(AudioError) as caught:
            open_audio(f"{tmp_path}/{name}")
        assert str(caught.value).startswith(f"{tmp_path}/{shown}: ")


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "x.wav", music())
    path.chmod(0)
    administrator = os.geteuid() == 0  # root may read everything: become nobody for a moment
    if administrator:
        os.seteuid(65_534)
    try:
        assert refused(path, end="") == "cannot be read (Permission denied)"
    finally:
        if administrator:
            os.seteuid(0)


@pytest.mark.parametrize(("sr", "shown"), [(1_000, "1000"), (2_000_000, "2000000")])
def test_unsupported_sample_rate_is_refused(tmp_path: Path, sr: int, shown: str) -> None:
    path = write_sound(tmp_path / "x.wav", np.ones((100, 1)), sr)
    assert refused(path) == f"its sample rate of {shown} Hz is not between 4000 and 1536000 Hz"


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{}'\n",
        "<?xml version='1.0'?><MPD><Period><BaseURL>{}</BaseURL></Period></MPD>",
    ],
)
def test_playlists_open_no_other_files(tmp_path: Path, content: str) -> None:
    song = write(tmp_path, "lame.mp3", music())
    trap = tmp_path / "trap.mp3"
    trap.write_text(content.format(song))
    assert "not audio" in refused(trap)


@pytest.mark.parametrize("tail", [b"APETAGEX" + bytes(24), b"LYRICSBEGIN" + b"la" * 99, b"TAG" + bytes(125)])
@pytest.mark.parametrize("name", ["lame.mp3", "no-table.mp3"])
def test_tags_at_the_end_of_an_mp3_are_not_damage(tmp_path: Path, name: str, tail: bytes) -> None:
    path = write(tmp_path, name, music())
    known = read(path)[0]
    path.write_bytes(path.read_bytes() + tail)
    got, reader = read(path)
    assert reader.warnings == ()
    assert np.array_equal(got, known)


def test_tags_in_a_wrong_encoding_are_ignored(tmp_path: Path) -> None:
    path = write(tmp_path, "no-table.mp3", music())
    title = b"TIT2\0\0\0\x05\0\0\x03\xff\xfe\xe9\xe8"  # declared as UTF-8, but is not
    path.write_bytes(b"ID3\4\0\0\0\0\0" + bytes([len(title)]) + title + path.read_bytes())
    assert read(path)[1].warnings == ()


def test_damaged_xing_header(tmp_path: Path) -> None:
    path = write(tmp_path, "lame.mp3", music())
    data = path.read_bytes()
    at = data.index(b"Info")
    path.write_bytes(data[: at + 8] + b"\xff\xff\xff\xff" + data[at + 12 :])
    reader = read(path)[1]
    assert (reader.claimed_duration_s, reader.warnings) == (None, ())  # no file of this size lasts three years
    path.write_bytes(data[: at + 6])
    assert "no audio could" in refused(path) or "not audio" in refused(path)


def test_sample_rate_may_change_within_a_file(tmp_path: Path) -> None:
    parts = [
        write_av(tmp_path / f"{sr}.aac", "aac", tone(997, sr=sr)[:, None], sr=sr, container="adts").read_bytes()
        for sr in (ANALYSIS_SR, 22_050)
    ]
    (tmp_path / "both.aac").write_bytes(b"".join(parts))
    got, reader = read(tmp_path / "both.aac")
    assert reader.warnings == ()
    assert reader.source_sr == ANALYSIS_SR
    assert reader.duration_s == pytest.approx(4.0, abs=0.2)  # two delays and two paddings of 1024 samples
    for second in (got[ANALYSIS_SR // 2 :][:ANALYSIS_SR], got[-3 * ANALYSIS_SR // 2 :][:ANALYSIS_SR]):
        assert np.argmax(np.abs(np.fft.rfft(second))) == 997  # Hz: the bins of one second


def test_streams_that_start_later_are_ignored(tmp_path: Path) -> None:
    data = b""
    for start in ("256", "512"):
        options = {"mpegts_start_pid": start, "mpegts_pmt_start_pid": str(int(start) + 100)}
        path = write_av(tmp_path / "x.ts", "mp2", music(), sr=ANALYSIS_SR, container="mpegts", options=options)
        data += path.read_bytes()
    path.write_bytes(data)
    got, _ = read(path)
    assert len(got) == pytest.approx(3 * ANALYSIS_SR, rel=0.05)


def test_more_channels_than_pyav_reads_safely_are_refused(tmp_path: Path) -> None:
    x = np.tile(tone(440)[:, None], (1, 16))
    path = write_av(tmp_path / "x.wv", "wavpack", x, sr=ANALYSIS_SR, container="wv")
    assert "no audio could be decoded" in refused(path)
    assert read(write_sound(tmp_path / "x.wav", x, ANALYSIS_SR))[1].channels == 16


@pytest.mark.parametrize(
    "name",
    ["x.wav", "x.flac", "x.ogg", "x.opus", "x.caf", *ENCODED],
)
def test_mutated_files_yield_valid_samples_or_audio_error(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, music(48_000 if "opus" in name else ANALYSIS_SR, seconds=1.0))
    for seed in range(20):
        try:
            got, reader = read(mutated(path, seed))
        except AudioError:
            continue
        assert np.isfinite(got).all()
        assert got.min() >= -1
        assert got.max() <= 1 - 2**-15
        assert reader.duration_s > 0
