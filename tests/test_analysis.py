"""Analysis of arrays, file objects and many files, from plain scripts too, and what the library logs."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

import moodcurve
from moodcurve.audio import AudioError
from moodcurve.curve import Curve
from moodcurve.workers.map import MAX_AHEAD

SR = 44_100
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prepared")]


def noise(seconds: float = 3.0, *, sr: int = SR, channels: int = 1) -> npt.NDArray[np.float64]:
    """Noise of rising level in 16-bit steps: (n,), or (n, channels)."""
    rng = np.random.default_rng(1)
    n = round(seconds * sr)
    x = rng.normal(0, 0.1, (n, channels)) * np.linspace(0.2, 1, n)[:, None]
    return np.round(np.clip(x, -1, 0.99) * 2**15).squeeze() / 2**15


def assert_same(curve: Curve, other: Curve) -> None:
    np.testing.assert_array_equal(curve.times_s, other.times_s)
    np.testing.assert_array_equal(curve.arousal, other.arousal)
    np.testing.assert_array_equal(curve.valence, other.valence)
    assert curve.duration_s == other.duration_s


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "noise.wav"
    soundfile.write(path, noise(), SR, subtype="PCM_16")
    return path


@pytest.mark.parametrize("sr", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_array_gives_the_curve_of_its_file(tmp_path: Path, sr: int, channels: int) -> None:
    x = noise(sr=sr, channels=channels)
    soundfile.write(tmp_path / "x.wav", x, sr, subtype="PCM_16")
    curve = moodcurve.analyze(x, sr=sr)
    assert_same(curve, moodcurve.analyze(tmp_path / "x.wav"))
    assert (curve.source, curve.warnings) == ("<array>", ())


def test_a_rate_is_resampled() -> None:
    x = noise(sr=16_000)
    resampled = moodcurve.analyze(soxr.resample(x, 16_000, SR, quality="HQ"), sr=SR)
    # the reader resamples in single precision, and piece by piece
    np.testing.assert_allclose(moodcurve.analyze(x, sr=16_000).arousal, resampled.arousal, atol=1e-3)


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: (x * 2**15).astype(np.int16),
        lambda x: (x * 2**31).astype(np.int32),
        lambda x: (x * 2**15 + 2**15).astype(np.uint16),
        lambda x: x.astype(np.float32),
        lambda x: x.tolist(),
    ],
    ids=["int16", "int32", "uint16", "float32", "list"],
)
def test_types_are_scaled_by_their_full_range(convert) -> None:  # type: ignore[no-untyped-def]
    assert_same(moodcurve.analyze(convert(noise()), sr=SR), moodcurve.analyze(noise(), sr=SR))


def test_samples_that_are_not_finite_become_0_with_a_warning() -> None:
    x, zeros = noise(), noise()
    x[1000:1010], zeros[1000:1010] = np.nan, 0
    curve = moodcurve.analyze(x, sr=SR)
    assert_same(curve, moodcurve.analyze(zeros, sr=SR))
    assert curve.warnings == ("10 samples that are not finite numbers were replaced by 0",)


@pytest.mark.parametrize(
    ("audio", "sr", "message"),
    [
        (np.zeros((2, SR)), SR, r"shape \(n, channels\), got \(2, 44100\); transpose them with samples\.T"),
        (np.zeros((SR, 2, 2)), SR, r"shape \(n,\) or \(n, channels\), got \(44100, 2, 2\)"),
        (np.zeros(0), SR, r"got \(0,\)"),
        (np.zeros(SR, complex), SR, "floats or integers, got complex128"),
        (["a.mp3", "b.mp3"], SR, "floats or integers, got <U5"),
        (np.zeros(SR), None, "sr must be given for an array"),
        (np.zeros(SR), 44.1, "sr must be a whole number from 4000 to 1536000 Hz, got 44.1"),
        (np.zeros(SR), 100, "sr must be a whole number from 4000"),
        (np.zeros(SR), float("nan"), "sr must be a whole number from 4000 to 1536000 Hz, got nan"),
        (np.zeros(SR), float("inf"), "sr must be a whole number from 4000 to 1536000 Hz, got inf"),
        (np.zeros(SR), True, "sr must be a whole number from 4000 to 1536000 Hz, got True"),
        (np.zeros(SR), "16000", "sr must be a whole number from 4000 to 1536000 Hz, got '16000'"),
        (np.zeros(SR), [16_000], r"sr must be a whole number from 4000 to 1536000 Hz, got \[16000\]"),
        ("song.mp3", SR, "sr must not be given for files, which state their sample rate, got 44100"),
        (io.BytesIO(), SR, "sr must not be given for files"),
        (io.StringIO("text"), None, "opened in binary mode"),
        (b"RIFF", None, "wrap them in io.BytesIO"),
    ],
)
def test_input_that_cannot_be_used(audio: object, sr: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        moodcurve.analyze(audio, sr=sr)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [np.int32, np.float64, np.array])
def test_a_rate_may_be_a_number_of_numpy(kind) -> None:  # type: ignore[no-untyped-def]
    assert_same(moodcurve.analyze(noise(), sr=kind(SR)), moodcurve.analyze(noise(), sr=SR))


def test_an_array_that_is_too_short() -> None:
    with pytest.raises(AudioError, match=r"<array>: .*1\.04 s"):
        moodcurve.analyze(np.zeros(SR), sr=SR)


@pytest.mark.parametrize(("format", "subtype"), [("FLAC", "PCM_16"), ("WAV", "PCM_16"), ("MP3", "MPEG_LAYER_III")])
def test_a_file_object_gives_the_curve_of_its_path(tmp_path: Path, format: str, subtype: str) -> None:
    path = tmp_path / "song"
    with path.open("wb") as file:
        soundfile.write(file, noise(), SR, format=format, subtype=subtype)
    expected = moodcurve.analyze(path)
    curve = moodcurve.analyze(io.BytesIO(path.read_bytes()))
    assert_same(curve, expected)
    assert curve.source == "<stream>"
    with path.open("rb") as file:
        named = moodcurve.analyze(file)
    assert_same(named, expected)
    assert named.source == str(path)


def test_a_file_object_is_read_from_its_position(wav: Path) -> None:
    stream = io.BytesIO(b"before" + wav.read_bytes())
    stream.seek(6)
    assert_same(moodcurve.analyze(stream), moodcurve.analyze(wav))


def test_a_file_object_without_audio() -> None:
    with pytest.raises(AudioError, match=r"^<stream>: not audio, or damaged"):
        moodcurve.analyze(io.BytesIO(b"no music" * 1000))


def test_one_path_is_a_list_of_one(wav: Path) -> None:
    for one in (wav, str(wav)):
        (curve,) = moodcurve.analyze_many(one)
        assert_same(curve, moodcurve.analyze(wav))  # type: ignore[arg-type]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_iterator_is_read_as_results_are_needed(wav: Path, workers: int) -> None:
    read = []

    def paths() -> Iterator[Path]:
        for number in range(1000):
            read.append(number)
            yield wav

    curves = moodcurve.analyze_many(paths(), workers=workers)
    assert read == []
    assert isinstance(next(curves), Curve)
    assert len(read) <= MAX_AHEAD * workers
    curves.close()  # type: ignore[attr-defined]


SCRIPT = """
import moodcurve
paths = ["{wav}"] * 4
for curve in moodcurve.analyze_many({argument}, workers=2):
    print(round(float(curve.arousal.mean()), 4))
"""


def run_script(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=300, env=environment)


@pytest.mark.parametrize("how", ["file", "standard input", "command"])
@pytest.mark.parametrize("argument", ["paths", "(path for path in paths)"], ids=["list", "generator"])
def test_several_processes_work_from_a_script_without_a_main_guard(
    tmp_path: Path, wav: Path, how: str, argument: str
) -> None:
    script = SCRIPT.format(wav=wav, argument=argument)
    if how == "file":
        (tmp_path / "script.py").write_text(script)
        done = run_script(tmp_path / "script.py")
    elif how == "standard input":
        done = run_script("-", stdin=script)
    else:
        done = run_script("-c", script)
    mean = round(float(moodcurve.analyze(wav).arousal.mean()), 4)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{mean}\n" * 4, "")


def test_a_daemonic_process_cannot_start_workers(tmp_path: Path, wav: Path) -> None:
    script = (
        "import moodcurve, multiprocessing\n"
        "def f(path): return [str(curve) for curve in moodcurve.analyze_many([path] * 4, workers=2)]\n"
        "if __name__ == '__main__':\n"
        f" try: multiprocessing.get_context('spawn').Pool(1).map(f, ['{wav}'])\n"
        " except moodcurve.MoodcurveError as error: print(error)\n"
    )
    (tmp_path / "script.py").write_text(script)
    done = run_script(tmp_path / "script.py")
    assert done.stdout == "worker processes cannot be started from a daemonic process; use workers=1 there\n"


def test_warnings_about_a_recording_are_logged(caplog: pytest.LogCaptureFixture, tmp_path: Path, wav: Path) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(wav.read_bytes()[:-100_000])
    with caplog.at_level(logging.INFO, logger="moodcurve"):
        curve = moodcurve.analyze(cut)
    assert "truncated or damaged" in curve.warnings[0]
    assert [record.getMessage() for record in caplog.records] == [f"{cut}: {warning}" for warning in curve.warnings]


def test_nothing_is_written_to_standard_error(tmp_path: Path) -> None:
    """Neither by a first run, which compiles the extractor, nor for damaged files of either decoder."""
    mp3, wav = tmp_path / "damaged.mp3", tmp_path / "cut.wav"
    with mp3.open("wb") as file:
        soundfile.write(file, noise(6), SR, format="MP3", subtype="MPEG_LAYER_III")
    data = bytearray(mp3.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 3000] = bytes(range(250)) * 12
    mp3.write_bytes(data)
    soundfile.write(wav, noise(), SR)
    wav.write_bytes(wav.read_bytes()[:-100_000])
    script = (
        "import logging, sys, moodcurve\n"
        "for path in sys.argv[1:]: print(len(moodcurve.analyze(path, model='fast').warnings) > 0)\n"
        "logging.basicConfig(stream=sys.stdout, format='%(name)s %(levelname)s')\n"
        "moodcurve.analyze(sys.argv[1], model='fast')\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "NUMBA_CACHE_DIR": str(tmp_path / "new")}
    command = [sys.executable, "-c", script, str(mp3), str(wav)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("True\nTrue\nmoodcurve.analysis WARNING\n")
    assert any((tmp_path / "new").rglob("*complete"))  # it was a first run
