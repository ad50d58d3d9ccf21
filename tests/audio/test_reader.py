"""Samples from open_audio, compared with the samples written and with plain formulas."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve.audio import ANALYSIS_SR, AudioReader, open_audio
from moodcurve.audio.decoders.base import full_scale
from tests.helpers.damaged_audio import ENCODED, write_av, write_encoded, write_sound

STEP = 2**-15  # of 16-bit samples
MAX_SAMPLE = np.float32(1 - STEP)


def read(path: Path, **options: float) -> tuple[np.ndarray, AudioReader]:
    with open_audio(path, **options) as reader:
        x = np.concatenate(list(reader.blocks()))
    assert x.dtype == np.float32
    assert reader.duration_s == len(x) / reader.sr
    return x, reader


def tone(frequency: float, *, sr: int = ANALYSIS_SR, seconds: float = 2.0, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * sr)) / sr)


def music(sr: int = ANALYSIS_SR, seconds: float = 3.0) -> np.ndarray:
    """Return two different channels of changing level, so that a time shift is detected."""
    rng = np.random.default_rng(0)
    beat = np.repeat(rng.uniform(0.05, 1, round(seconds * 10)), sr // 10)
    left = tone(440, sr=sr, seconds=seconds) + tone(1760, sr=sr, seconds=seconds, level=0.2)
    right = tone(660, sr=sr, seconds=seconds) + tone(3000, sr=sr, seconds=seconds, level=0.2)
    return (np.stack([left, right], axis=1) * beat[:, None]).astype(np.float32)


@pytest.mark.parametrize(
    ("suffix", "subtype", "error"),
    [
        (".wav", "PCM_16", STEP),
        (".wav", "PCM_U8", 2**-7),
        (".wav", "PCM_24", 2**-23),
        (".wav", "PCM_32", 2**-24),  # half the last bit of float32 at the largest samples
        (".wav", "FLOAT", 2**-24),
        (".wav", "DOUBLE", 2**-24),
        (".aiff", "PCM_16", STEP),
        (".flac", "PCM_16", STEP),
        (".flac", "PCM_24", 2**-23),
        (".caf", "ALAC_16", STEP),
        (".w64", "PCM_16", STEP),
        (".au", "PCM_16", STEP),
    ],
)
def test_lossless_files_decode_to_the_written_samples(tmp_path: Path, suffix: str, subtype: str, error: float) -> None:
    x = music()[:, :1]
    got, reader = read(write_sound(tmp_path / f"x{suffix}", x, ANALYSIS_SR, subtype))
    assert got.shape == (len(x),)
    assert np.abs(got - x[:, 0]).max() <= error  # the quantizer's step: the writer may round down
    assert (reader.channels, reader.source_sr, reader.warnings) == (1, ANALYSIS_SR, ())
    assert reader.claimed_duration_s == pytest.approx(3.0)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
def test_16_bit_samples_are_integers_over_32768(tmp_path: Path, suffix: str) -> None:
    integers = np.arange(-(2**15), 2**15, dtype=np.int16)
    path = tmp_path / f"x{suffix}"
    soundfile.write(path, integers, ANALYSIS_SR, subtype="PCM_16")
    assert np.array_equal(read(path)[0] * 2**15, integers)


@pytest.mark.parametrize("name", [*ENCODED, "vorbis.ogg", "opus.opus", "libsndfile.mp3", "mp3.wav"])
def test_lossy_files_are_time_aligned(tmp_path: Path, name: str) -> None:
    sr = 48_000 if "opus" in name else ANALYSIS_SR
    x = music(sr)
    if name in ENCODED:
        path = write_encoded(tmp_path, name, x)
    elif name == "mp3.wav":
        path = write_av(tmp_path / name, "libmp3lame", x, sr=sr, container="wav")
    else:
        path = write_sound(tmp_path / name, x, sr, "OPUS" if sr == 48_000 else None)
    got, reader = read(path)
    assert (reader.channels, reader.source_sr, reader.warnings) == (2, sr, ())
    # ADTS and MP3 without a Xing header do not state the encoder delay; FFmpeg's WMA starts a frame late
    delay = {"aac.aac": 1024, "no-table.mp3": 1105, "mp3.wav": 1105, "wma.wma": -2048}.get(name, 0)
    known = read(write_sound(tmp_path / "known.wav", x, sr, "FLOAT"))[0]
    assert -1 <= (len(got) - len(known) - delay) / 2048 <= 1  # the padding of less than a frame of AAC
    early, late = (known, got[delay:]) if delay >= 0 else (known[-delay:], got)
    length = min(len(early), len(late))
    assert np.corrcoef(early[:length], late[:length])[0, 1] > 0.99  # a shift by one sample: 0.989


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_mono_is_the_mean_of_the_channels(tmp_path: Path, channels: int, suffix: str) -> None:
    x = np.random.default_rng(channels).integers(-(2**15), 2**15, (5000, channels)) / 2**15
    got, reader = read(write_sound(tmp_path / f"x{suffix}", x, ANALYSIS_SR, "PCM_16"))
    assert reader.channels == channels
    # up to 7 sums, each rounded to the 24 bits of float32
    assert np.abs(got - np.minimum(x.mean(axis=1), MAX_SAMPLE)).max() <= channels * 2**-24


@pytest.mark.parametrize("name", ["5.1.m4a", "7.1.m4a"])
def test_surround_from_ffmpeg_is_averaged(tmp_path: Path, name: str) -> None:
    levels = np.arange(1, 7 if "5" in name else 9) / 10
    x = (tone(440, level=1)[:, None] * levels).astype(np.float32)
    got, reader = read(write_av(tmp_path / name, "alac", x, sr=ANALYSIS_SR, container="ipod"))
    assert reader.channels == len(levels)
    assert np.abs(got - x.mean(axis=1)).max() < 2 * STEP  # 16 bits of each channel


def test_silent_channel_halves_the_level(tmp_path: Path) -> None:
    x = np.stack([tone(440), np.zeros(2 * ANALYSIS_SR)], axis=1)
    got, reader = read(write_sound(tmp_path / "x.wav", x, ANALYSIS_SR, "FLOAT"))
    assert np.allclose(got, tone(440) / 2, atol=2**-24)
    assert reader.warnings == ()


def test_opposite_channels_are_heard_from_one_with_a_warning(tmp_path: Path) -> None:
    x = np.stack([tone(440), -tone(440)], axis=1)
    got, reader = read(write_sound(tmp_path / "x.wav", x, ANALYSIS_SR, "FLOAT"))
    assert np.allclose(got, tone(440), atol=2**-24)
    assert len(reader.warnings) == 1
    assert "channels cancel" in reader.warnings[0]


def test_silence_has_a_warning(tmp_path: Path) -> None:
    got, reader = read(write_sound(tmp_path / "x.wav", np.zeros((1000, 2)), ANALYSIS_SR))
    assert not got.any()
    assert reader.warnings == ("silent: no sample reaches the smallest 16-bit step",)


def test_each_channel_is_clipped_to_16_bits(tmp_path: Path) -> None:
    x = np.zeros((1000, 2))
    x[:4] = [[1.5, 1.5], [-1.5, -1.5], [1.5, 0], [1, 1]]
    got, reader = read(write_sound(tmp_path / "x.wav", x, ANALYSIS_SR, "FLOAT"))
    assert got[:4].tolist() == [MAX_SAMPLE, -1, 0.5, MAX_SAMPLE]
    assert reader.warnings == ()  # 5 of 2000 samples: as in any loud master
    reader = read(write_sound(tmp_path / "x.wav", x[:200], ANALYSIS_SR, "FLOAT"))[1]
    assert reader.warnings == ("1% of the samples exceed full scale and were clipped",)


def test_resampling_overshoot_is_clipped(tmp_path: Path) -> None:
    square = np.sign(tone(100, sr=48_000, level=1))[:, None]
    got = read(write_sound(tmp_path / "x.wav", square, 48_000, "FLOAT"))[0]
    assert (got.min(), got.max()) == (-1, MAX_SAMPLE)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_non_finite_samples_become_zero(tmp_path: Path, subtype: str) -> None:
    x = np.full((1000, 2), 0.5)
    x[10, 0], x[20], x[30, 1] = np.nan, [np.inf, -np.inf], np.inf
    got, reader = read(write_sound(tmp_path / "x.wav", x, ANALYSIS_SR, subtype))
    assert got[[9, 10, 20, 30]].tolist() == [0.5, 0.25, 0, 0.25]
    assert reader.warnings == ("4 samples that are not finite numbers were replaced by 0",)


@pytest.mark.parametrize("sr", [8_000, 11_025, 22_050, 32_000, 48_000, 96_000, 192_000])
def test_resampled_tone_is_unchanged(tmp_path: Path, sr: int) -> None:
    got, reader = read(write_sound(tmp_path / "x.wav", tone(997, sr=sr)[:, None], sr, "FLOAT"))
    assert (reader.source_sr, reader.sr, len(got)) == (sr, ANALYSIS_SR, 2 * ANALYSIS_SR)
    # soxr's HQ recipe is accurate to 20 bits; the abrupt ends of the tone are left out
    inner = slice(ANALYSIS_SR // 10, -ANALYSIS_SR // 10)
    assert np.abs(got - tone(997))[inner].max() < 2**-20


@pytest.mark.parametrize(("sr", "frequency"), [(48_000, 23_000), (96_000, 30_000), (192_000, 43_100)])
def test_downsampling_has_no_aliases(tmp_path: Path, sr: int, frequency: float) -> None:
    x = tone(frequency, sr=sr) * np.hanning(2 * sr)  # no clicks at the ends
    got = read(write_sound(tmp_path / "x.wav", x[:, None], sr, "FLOAT"))[0]
    assert np.abs(got).max() < 0.5 * 10 ** (-100 / 20)


def test_upsampling_has_no_images(tmp_path: Path) -> None:
    x = tone(8_000, sr=22_050) * np.hanning(2 * 22_050)
    got = read(write_sound(tmp_path / "x.wav", x[:, None], 22_050, "FLOAT"))[0]
    magnitude = np.abs(np.fft.rfft(got))
    assert magnitude[2 * 11_025 :].max() < magnitude.max() * 10 ** (-100 / 20)  # bins are 0.5 Hz apart


@pytest.mark.parametrize("name", ["x.wav", "x.ogg", "lame.mp3", "aac.m4a"])
def test_samples_do_not_depend_on_block_length(tmp_path: Path, name: str) -> None:
    x = music(48_000 if name == "x.wav" else ANALYSIS_SR)
    path = (
        write_encoded(tmp_path, name, x)
        if name in ENCODED
        else write_sound(tmp_path / name, x, 48_000 if name == "x.wav" else ANALYSIS_SR)
    )
    whole = read(path, block_s=1000)[0]
    for block_s in (1 / ANALYSIS_SR * 441, 0.37, 1.0, 2.9):
        assert np.array_equal(read(path, block_s=block_s)[0], whole)


def test_block_length(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "x.wav", music(seconds=2.5), ANALYSIS_SR)
    with open_audio(path, block_s=1.0) as reader:
        lengths, times = zip(*((len(block), reader.duration_s) for block in reader.blocks()), strict=True)
    assert lengths == (44_100, 44_100, 22_050)
    assert times == (1.0, 2.0, 2.5)


def test_other_output_rate(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "x.wav", tone(997)[:, None], ANALYSIS_SR, "FLOAT")
    with open_audio(path, sr=16_000) as reader:
        assert reader.sr == 16_000
        assert sum(map(len, reader.blocks())) == 32_000
    assert reader.duration_s == 2.0


@pytest.mark.parametrize("sr", [3_999, 1_536_001])
def test_sr_out_of_range(tmp_path: Path, sr: int) -> None:
    path = write_sound(tmp_path / "x.wav", music(), ANALYSIS_SR)
    with pytest.raises(ValueError, match=f"sr must be between 4000 and 1536000 Hz, got {sr}"):
        open_audio(path, sr=sr)


@pytest.mark.parametrize("block_s", [0, -1, 1e-6, float("inf"), float("nan")])
def test_invalid_block_length(tmp_path: Path, block_s: float) -> None:
    path = write_sound(tmp_path / "x.wav", music(), ANALYSIS_SR)
    with pytest.raises(ValueError, match="block_s must be a finite time of at least one sample"):
        open_audio(path, block_s=block_s)


def test_blocks_can_be_read_once_and_end_on_close(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "x.wav", music(), ANALYSIS_SR)
    reader = open_audio(path, block_s=0.1)
    blocks = reader.blocks()
    next(blocks)
    with pytest.raises(ValueError, match="can be called once"):
        reader.blocks()
    reader.close()
    assert list(blocks) == []
    assert reader.duration_s == 0.1


def test_mp3_delay_is_removed_if_the_file_states_it(tmp_path: Path) -> None:
    x = np.zeros((3 * ANALYSIS_SR, 1))
    x[ANALYSIS_SR : 2 * ANALYSIS_SR, 0] = tone(997, seconds=1)
    click = write_sound(tmp_path / "x.mp3", x, ANALYSIS_SR)
    got, reader = read(click)
    assert len(got) == len(x)
    assert reader.claimed_duration_s == 3.0
    # the tone's third sample is the first above 0.1; an encoder smears the onset by about a sample
    assert abs(int(np.argmax(np.abs(got) > 0.1)) - (ANALYSIS_SR + 2)) <= 2
    bare = write_av(tmp_path / "y.mp3", "libmp3lame", x, sr=ANALYSIS_SR, container="mp3", options={"write_xing": "0"})
    got, reader = read(bare)
    assert reader.claimed_duration_s is None
    delay = int(np.argmax(np.abs(got) > 0.1)) - (ANALYSIS_SR + 2)
    assert abs(delay - (576 + 529)) <= 2  # LAME's delay and the usual decoder delay


@pytest.mark.parametrize(("name", "unused"), [("x.wav", "av"), ("lame.mp3", "soundfile")])
def test_only_the_needed_decoder_is_imported(tmp_path: Path, name: str, unused: str) -> None:
    path = write_sound(tmp_path / name, music(), ANALYSIS_SR)
    code = (
        "import sys; from moodcurve.audio import open_audio\n"
        "with open_audio(sys.argv[1]) as reader: list(reader.blocks())\n"
        "print(sys.argv[2] in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, path, unused], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_memory_use_is_flat(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"  # 20 minutes: 212 MB as float32 at 44.1 kHz
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_U8") as out:
        for _ in range(20):
            out.write(np.random.default_rng(0).uniform(-1, 1, 60 * 8_000))
    tracemalloc.start()
    with open_audio(path) as reader:
        seconds = sum(len(block) for block in reader.blocks()) / reader.sr
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds == 1200
    assert peak < 20e6  # a few blocks of 1.8 MB and buffers


def test_ffmpeg_memory_use_is_flat(tmp_path: Path) -> None:
    minute = write_encoded(tmp_path, "no-table.mp3", music(seconds=30.0)).read_bytes() * 2
    code = (
        "import resource, sys; from moodcurve.audio import open_audio\n"
        "with open_audio(sys.argv[1]) as reader: print(sum(map(len, reader.blocks())) // reader.sr)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for minutes in (1, 8):
        path = tmp_path / f"{minutes}.mp3"
        path.write_bytes(minute * minutes)
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
        seconds, peak_kb = map(int, done.stdout.split())
        assert seconds == pytest.approx(60 * minutes, rel=0.01)
        peaks.append(peak_kb)
    assert peaks[1] - peaks[0] < 20_000  # the samples would be 70 MB more


@pytest.mark.real
def test_real_mp3_matches_libmpg123(data_dir: Path) -> None:
    songs = sorted((data_dir / "audio" / "various").glob("*.mp3"))[::8]
    assert songs
    for song in songs:
        x = soundfile.read(song, dtype="float32", always_2d=True)[0]
        got, reader = read(song)
        assert reader.warnings == ()
        assert len(got) == len(x)
        # two decoders in single precision: 5e-6 at most on these songs
        assert np.abs(got - np.clip(x, -1, 1).mean(axis=1).clip(-1, MAX_SAMPLE)).max() < 2e-5


@pytest.mark.parametrize("kind", ["u1", "<u2", ">u2", "u4", "i1", ">i2", "<i4", "i8"])
def test_integers_are_scaled_by_half_of_their_range(kind: str) -> None:
    limits = np.iinfo(kind)
    middle = (int(limits.max) + int(limits.min) + 1) // 2
    values = [int(limits.min), middle - 1, middle, middle + 1, middle + 64, int(limits.max)]
    half = middle - int(limits.min)
    scaled = full_scale(np.array(values, kind))
    assert scaled.dtype == np.float32
    # each value is rounded once, so that the softest samples of unsigned types are exact too
    np.testing.assert_array_equal(scaled, np.array([(value - middle) / half for value in values], np.float32))


@pytest.mark.parametrize(("kind", "precision"), [("f2", "f4"), (">f4", "f4"), ("<f8", "f8")])
def test_floats_keep_their_values(kind: str, precision: str) -> None:
    scaled = full_scale(np.array([-1.5, 0.25], kind))
    assert scaled.dtype == np.dtype(precision)
    assert scaled.tolist() == [-1.5, 0.25]
