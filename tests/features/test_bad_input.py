"""Unusual samples through the extractor, and files of them through the whole path to a curve.

The table in docs/features.md lists the results; these tests check it, and that no Python warning is shown.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve import analyze
from moodcurve._typing import Float32Array, FloatArray
from moodcurve.analysis import file_features
from moodcurve.audio import ANALYSIS_SR
from moodcurve.features import COMPARE260, LLD_NAMES, Descriptors, Extractor, extract
from moodcurve.features.framing import as_mono_float32
from tests.helpers.damaged_audio import write_sound

SR = 8_000
"""Sample rate of the tests of the extractor alone: the lowest one, to save time."""

# The extractor: any floats

TINY32, TINY64 = 2.0**-149, 2.0**-1074
LEVELS = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 2**-15, 0.5, TINY32, TINY64, 1e-40, 3e38, 1e300, np.inf, -np.inf, np.nan]),
    st.floats(width=64),
)


SEGMENTS = st.lists(
    st.tuples(
        st.sampled_from(["constant", "alternating", "noise", "tone", "clicks"]),
        LEVELS,
        st.integers(1, SR),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=6,
)


def segment(kind: str, level: float, n: int, seed: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):  # infinity times 0 is intended
        match kind:
            case "constant":
                return np.full(n, level)
            case "alternating":
                return level * (-1.0) ** np.arange(n)
            case "noise":
                return level * rng.uniform(-1, 1, n)
            case "tone":
                return level * np.sin(2 * np.pi * rng.uniform(20, SR / 2) / SR * np.arange(n))
    return np.where(rng.random(n) < 0.01, level, 0.0)


@st.composite
def unusual_samples(draw: st.DrawFn) -> FloatArray:
    """Draw 1.05 to 2 s of arbitrary segments, repeated if they are short."""
    x = np.concatenate([segment(*parts) for parts in draw(SEGMENTS)])
    return np.resize(x, min(max(len(x), round(1.05 * SR)), 2 * SR))


def column(rows: Float32Array, name: str) -> Float32Array:
    return rows[:, LLD_NAMES.index(name)]


@settings(max_examples=60, deadline=None)
@given(x=unusual_samples(), single=st.booleans(), cuts=st.lists(st.integers(0, 2 * SR), max_size=6))
def test_descriptors_of_any_floats_are_finite_and_in_range(x: FloatArray, single: bool, cuts: list[int]) -> None:
    with np.errstate(over="ignore"):  # values out of range become infinite
        samples = x.astype(np.float32) if single else x
    descriptors = Descriptors(SR)
    blocks = np.split(samples, sorted(min(cut, len(x)) for cut in cuts))
    rows = np.concatenate([*(descriptors.push(block) for block in blocks), descriptors.flush()])
    assert np.isfinite(rows).all()
    f0 = column(rows, "F0final_sma")
    assert ((f0 == 0) | (f0 >= 52) & (f0 <= 620)).all()
    for name in ("voicingFinalUnclipped_sma", "jitterLocal_sma", "jitterDDP_sma", "shimmerLocal_sma", "pcm_zcr_sma"):
        assert 0 <= column(rows, name).min() <= column(rows, name).max() <= 1, name
    assert column(rows, "logHNR_sma").min() >= -100
    assert column(rows, "pcm_RMSenergy_sma").min() >= 0
    assert column(rows, "pcm_RMSenergy_sma").max() < 1.0001  # 32768 / 32767, and rounding
    for share in ("25.0", "50.0", "75.0", "90.0"):
        roll_off = column(rows, f"pcm_fftMag_spectralRollOff{share}_sma")
        assert 0 < roll_off.min() <= roll_off.max() <= 1.0001 * SR / 2


@settings(max_examples=30, deadline=None)
@given(x=unusual_samples())
def test_any_floats_equal_their_cleaned_version(x: FloatArray) -> None:
    """Non-finite samples become 0 and the others are clipped, without any lasting effect."""
    cleaned = np.where(np.isfinite(x), np.clip(x, -1, 1), 0)
    a, b = extract([x], SR), extract([cleaned.astype(np.float32)], SR)
    np.testing.assert_array_equal(a.values, b.values)
    assert np.isfinite(a.values).all()


def test_constant_has_energy_but_no_pitch() -> None:
    """DC is not removed: it counts in the energy; spectra leave out bin 0, but the window spreads DC to bin 1."""
    features = extract([np.full(2 * SR, 0.5)], SR)
    values = dict(zip(COMPARE260.names, features.values[0], strict=True))
    assert values["pcm_RMSenergy_sma_amean"] == pytest.approx(0.5 * 32768 / 32767, rel=1e-6)
    assert values["pcm_zcr_sma_amean"] == 0
    assert values["F0final_sma_amean"] == 0
    assert values["pcm_fftMag_spectralRollOff90.0_sma_amean"] < 3 * SR / 256  # the window's main lobe


def test_dc_offset_changes_only_the_energy() -> None:
    t = np.arange(2 * SR) / SR
    tone = 0.3 * sum(np.sin(2 * np.pi * 150 * h * t) / h for h in range(1, 9))
    plain = dict(zip(COMPARE260.names, extract([tone], SR).values[0], strict=True))
    shifted = dict(zip(COMPARE260.names, extract([tone + 0.2], SR).values[0], strict=True))
    for name in ("F0final_sma_amean", "pcm_fftMag_fband250-650_sma_amean", "pcm_fftMag_fband1000-4000_sma_amean"):
        # the Hamming window's side lobes, -43 dB and less, reach everywhere
        assert shifted[name] == pytest.approx(plain[name], rel=0.01), name
    square = plain["pcm_RMSenergy_sma_amean"] ** 2 + 0.2**2
    assert shifted["pcm_RMSenergy_sma_amean"] ** 2 == pytest.approx(square, rel=0.001)


@pytest.mark.parametrize(
    ("x", "got"),
    [
        (np.zeros(3, np.int16), "int16"),
        ([0, 1, 0], "int64"),
        (np.zeros(3, np.uint8), "uint8"),
        (np.zeros(3, bool), "bool"),
        (np.zeros(3, np.complex64), "complex64"),
        (["0.1"], "<U3"),
        ([None], "object"),
    ],
)
def test_non_float_samples_are_refused(x: npt.ArrayLike, got: str) -> None:
    with pytest.raises(ValueError, match=rf"^x must hold floats with full scale \[-1, 1\], got {got}; divide"):
        Extractor(SR).push(x)


@pytest.mark.parametrize("x", [0.5, np.float32(0.5), None, np.zeros((3, 2)), np.zeros((3, 1)), np.zeros((1, 3))])
def test_samples_that_are_not_one_dimensional_are_refused(x: npt.ArrayLike) -> None:
    with pytest.raises(ValueError, match=r"^x must be one-dimensional \(one channel of samples\), got shape \("):
        Extractor(SR).push(x)


def test_refused_block_does_not_change_the_extractor() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, 2 * SR)
    extractor = Extractor(SR)
    parts = [extractor.push(x[:SR]).values]
    with pytest.raises(ValueError, match="x must hold floats"):
        extractor.push(np.zeros(100, np.int16))
    parts += [extractor.push(x[SR:]).values, extractor.flush().values]
    np.testing.assert_array_equal(np.concatenate(parts), extract([x], SR).values)


X = np.random.default_rng(1).uniform(-1, 1, 2 * SR).astype(np.float32)
HALF = X.astype(np.float16)


@pytest.mark.parametrize(
    ("laid_out", "plain"),
    [
        (np.repeat(X, 3)[::3], X),
        (X[::-1].copy()[::-1], X),
        (np.stack([X, X], axis=1)[:, 1], X),
        (X.astype(">f4"), X),
        (X.astype(np.float64), X),
        (X.astype(np.longdouble), X),
        (X.tolist(), X),
        (HALF, HALF.astype(np.float32)),
    ],
    ids=["every third", "backwards", "a column", "other byte order", "double", "long double", "list", "half"],
)
def test_memory_layout_and_precision_do_not_matter(laid_out: npt.ArrayLike, plain: Float32Array) -> None:
    np.testing.assert_array_equal(extract([laid_out], SR).values, extract([plain], SR).values)


def test_input_is_not_modified() -> None:
    x = X * 3
    x[100] = np.nan
    x.flags.writeable = False
    before = x.copy()
    extract([x], SR)
    np.testing.assert_array_equal(x, before)


def test_doubles_are_converted_without_warnings() -> None:
    with np.errstate(all="raise"):  # a setting of the caller
        got = as_mono_float32([1e300, -1e300, np.longdouble("1e4000"), TINY64, np.inf, np.nan, 0.1])
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, np.array([1, -1, 1, 0, np.inf, np.nan, 0.1], np.float32))


# Shortest audio


@pytest.mark.parametrize("sr", [8_000, 11_025, 44_100, 192_000, 384_000])
def test_one_row_needs_exactly_1_04_s(sr: int) -> None:
    """A window of 100 rows needs 99 frames of 60 ms: smoothing adds one row."""
    hop, long = round(sr / 100 + 1e-9), round(0.06 * sr + 1e-9)
    needed = 98 * hop + long
    x = np.random.default_rng(2).uniform(-0.5, 0.5, needed).astype(np.float32)
    for missing, rows in ((1, 0), (0, 1)):
        extractor = Extractor(sr)
        parts = [extractor.push(x[: needed - missing]), extractor.flush()]
        assert sum(len(part.values) for part in parts) == rows
        assert all(np.isfinite(part.values).all() for part in parts)


@pytest.mark.parametrize("n", [0, 1, 79, 80, 81, 159, 160, 161, 479, 480, 481, 559, 560, 561])
def test_descriptors_of_about_one_frame(n: int) -> None:
    """Lengths around the hop, both frame lengths, and the second long frame."""
    descriptors = Descriptors(SR)
    rows = np.concatenate([descriptors.push(X[:n]), descriptors.flush()])
    assert len(rows) == (0 if n < 480 else (n - 480) // 80 + 2)
    assert np.isfinite(rows).all()


# From a file to its curve


def tones(sr: int, seconds: float = 3.0) -> FloatArray:
    """Return harmonics of 220 Hz up to 2.6 kHz with rising level, all below half of 8 kHz."""
    t = np.arange(round(seconds * sr)) / sr
    return 0.15 * (1 + t) / 4 * sum(np.sin(2 * np.pi * 220 * h * t) / h for h in range(1, 13))


TONES = np.round(2**15 * tones(ANALYSIS_SR)[:, None]) / 2**15
"""Quantized to 16 bits, so that sums of channels are exact."""
SQUARE = np.where(TONES < 0, -1.0, 1.0)
SILENT = "silent: no sample reaches the smallest 16-bit step"
CANCELLED = "the channels cancel each other: the strongest one is analyzed instead of their mean"


def damaged(with_what: float) -> FloatArray:
    x = TONES.copy()
    x[20_000:20_100] = with_what
    return x


@dataclass(frozen=True)
class Case:
    """An unusual file, its warnings, and normal samples with the same curve, if any."""

    x: FloatArray
    warnings: tuple[str, ...] = ()
    sr: int = ANALYSIS_SR
    subtype: str = "FLOAT"
    equivalent: FloatArray | None = None


REPLACED = "100 samples that are not finite numbers were replaced by 0"
CASES = {
    "nan": Case(
        damaged(np.nan), ("100 samples that are not finite numbers were replaced by 0",), equivalent=damaged(0)
    ),
    "inf": Case(
        damaged(-np.inf),
        (REPLACED,),
        subtype="DOUBLE",
        equivalent=damaged(0),
    ),
    "only-nan": Case(
        np.full_like(TONES, np.nan),
        (f"{len(TONES)} samples that are not finite numbers were replaced by 0", SILENT),
        equivalent=np.zeros_like(TONES),
    ),
    "huge": Case(damaged(1e38), equivalent=damaged(1.0)),
    "only-huge": Case(
        1e30 * SQUARE,
        ("100% of the samples exceed full scale and were clipped",),
        equivalent=SQUARE,
    ),
    "denormal": Case(damaged(1e-40), equivalent=damaged(0)),
    "only-denormal": Case(TONES * 1e-39, (SILENT,), equivalent=np.zeros_like(TONES)),
    "offset": Case(TONES * 0.5 + 0.4),
    "only-offset": Case(np.full_like(TONES, 0.5)),
    "opposite": Case(np.hstack([TONES, -TONES]), (CANCELLED,), equivalent=TONES),
    "one-silent": Case(np.hstack([np.zeros_like(TONES), TONES]), equivalent=TONES / 2),
    "six-channels": Case(np.hstack([*[TONES] * 3, *[np.zeros_like(TONES)] * 3]), equivalent=TONES / 2),
    "8-khz": Case(tones(8_000)[:, None], sr=8_000),
    "192-khz": Case(tones(192_000)[:, None], sr=192_000),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write every case to a file."""
    folder = tmp_path_factory.mktemp("bad")
    for name, case in CASES.items():
        with np.errstate(over="ignore"):
            write_sound(folder / f"{name}.wav", case.x, case.sr, case.subtype)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_curve_of_unusual_files(folder: Path, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    curve = analyze(folder / f"{name}.wav")
    assert curve.warnings == case.warnings
    assert curve.duration_s == 3
    assert len(curve.arousal) == len(curve.valence) == 4  # windows of 1 s in 3 s, minus the lookahead of the last one
    for axis in (curve.arousal, curve.valence):
        assert np.isfinite(axis).all()
        assert np.abs(axis).max() <= 1
    if case.equivalent is not None:
        good = analyze(write_sound(tmp_path / "good.wav", case.equivalent, ANALYSIS_SR, "FLOAT"))
        np.testing.assert_array_equal(curve.arousal, good.arousal)
        np.testing.assert_array_equal(curve.valence, good.valence)


@pytest.mark.parametrize("sr", [8_000, 192_000])
def test_file_of_another_rate_has_equal_features(folder: Path, tmp_path: Path, sr: int) -> None:
    """Features that do not depend on the empty bands above the tones equal those at 44.1 kHz."""
    path = folder / f"{sr // 1000}-khz.wav"
    other = dict(zip(COMPARE260.names, file_features(path, COMPARE260).features.values[1], strict=True))
    plain = write_sound(tmp_path / "plain.wav", TONES, ANALYSIS_SR, "FLOAT")
    here = dict(zip(COMPARE260.names, file_features(plain, COMPARE260).features.values[1], strict=True))
    assert here["F0final_sma_amean"] == pytest.approx(220, rel=0.005)
    for name in ("F0final", "pcm_RMSenergy", "audspec_lengthL1norm", "pcm_fftMag_fband250-650"):
        assert other[f"{name}_sma_amean"] == pytest.approx(here[f"{name}_sma_amean"], rel=1e-3), name
    assert other["pcm_fftMag_spectralCentroid_sma_amean"] == pytest.approx(
        here["pcm_fftMag_spectralCentroid_sma_amean"], rel=0.005
    )


def run(code_arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the command line with Python warnings turned into errors."""
    command = [sys.executable, "-W", "error", "-c", "from moodcurve.cli import main; main()", *code_arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def no_constant(word: str) -> float:
    raise AssertionError(f"{word} in strict JSON")


@pytest.mark.usefixtures("prepared")
def test_command_line_prints_only_the_documented_warnings(folder: Path, tmp_path: Path) -> None:
    paths = [folder / f"{name}.wav" for name in CASES]
    done = run(["analyze", *map(str, paths), "-f", "json", "-f", "csv", "-o", str(tmp_path)])
    expected = []
    for path, case in zip(paths, CASES.values(), strict=True):
        expected += [f"moodcurve: {path}: {warning}" for warning in case.warnings]
        expected += [f"moodcurve: wrote {tmp_path / path.stem}.{kind}" for kind in ("json", "csv")]
    assert done.stderr.splitlines() == expected
    assert done.returncode == 0
    for name, case in CASES.items():
        text = (tmp_path / f"{name}.json").read_text(encoding="utf-8")
        curve = json.loads(text, parse_constant=no_constant)
        assert curve["warnings"] == list(case.warnings)
        assert "nan" not in (tmp_path / f"{name}.csv").read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("name", ["nan", "opposite", "192-khz"])
@pytest.mark.usefixtures("prepared")
def test_features_command_prints_only_the_documented_warnings(folder: Path, name: str) -> None:
    path = folder / f"{name}.wav"
    done = run(["features", str(path)])
    assert done.returncode == 0
    assert done.stderr.splitlines() == [f"moodcurve: {path}: {warning}" for warning in CASES[name].warnings]
    values = np.array([line.split(";") for line in done.stdout.splitlines()[1:]], np.float64)
    assert values.shape == (4, 261)
    assert np.isfinite(values).all()
