"""The extractor compared with openSMILE, on real songs and on extreme synthetic signals.

The tolerances are the differences between openSMILE's IS13 and ComParE_2016 sets, which pad their frames differently:
single-precision rounding in another order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features import COMPARE260, LLD_NAMES, Descriptors, extract

pytestmark = pytest.mark.slow

opensmile = pytest.importorskip("moodcurve.features.opensmile", reason="the extra opensmile is not installed")

Table = FloatArray
SECONDS = 25
TRACKS = tuple(f"{genre}-{n}" for genre in ("classical", "electronic", "pop", "rock") for n in (2, 5, 8))
"""Three songs of each genre, including those with the largest differences of all 32."""
VOICE_COUNT = 6
BANDS_OF_ROUNDING = 2e-5
"""Tolerance for synthetic signals, where some bands hold only rounding errors."""
TIES = 1e-3
"""Share of frames in which a decision between two equal numbers may differ."""


@dataclass(frozen=True)
class Group:
    """Descriptors with a common tolerance: the largest difference, as a share of the column's range or size."""

    names: tuple[str, ...]
    tolerance: float
    why: str


GROUPS = (
    Group(("pcm_zcr",), 0, "integer counts"),
    Group(
        ("audspec_lengthL1norm", "audspecRasta_lengthL1norm", "pcm_RMSenergy", "fband"),
        1e-5,
        "sums in single precision, in another order",
    ),
    Group(("audSpec_Rfilt", "mfcc"), 1e-5, "a quiet band's power holds the rounding errors of the loud bins"),
    Group(
        ("spectralFlux", "spectralCentroid", "spectralEntropy", "spectralVariance", "spectralSlope"),
        1e-5,
        "spectra in single precision; the entropy's logarithm is exact to 1e-9",
    ),
    Group(("spectralSkewness", "spectralKurtosis"), 1e-5, "powers of differences of nearly equal numbers"),
    Group(("psySharpness",), 1e-5, "openSMILE sums in single precision"),
    Group(("spectralHarmonicity",), 1e-4, "one extremum more or less, where neighboring bins are equal"),
)
ROLL_OFF = tuple(i for i, name in enumerate(LLD_NAMES) if "spectralRollOff" in name)
HARMONICITY = LLD_NAMES.index("pcm_fftMag_spectralHarmonicity_sma")
VOICE_COLUMNS = [*range(VOICE_COUNT), *range(65, 65 + VOICE_COUNT)]


def columns(group: Group) -> list[int]:
    return [i for i, name in enumerate(LLD_NAMES) if name.removeprefix("pcm_fftMag_").startswith(group.names)]


def test_all_descriptors_are_compared() -> None:
    """All descriptors are compared: the six voice descriptors and the roll-offs have separate tests."""
    voiced = {*range(VOICE_COUNT), *range(65, 65 + VOICE_COUNT)}
    covered = {i for group in GROUPS for i in columns(group)}
    assert covered | voiced | set(ROLL_OFF) == set(range(130))


def ours(x: Float32Array, sr: int, profile: str = "2016") -> Table:
    descriptors = Descriptors(sr, profile=profile)  # type: ignore[arg-type]
    return np.concatenate([descriptors.push(x), descriptors.flush()]).astype(np.float64)


def assert_spectral_groups_agree(reference: Table, measured: Table, *, steady: bool = False) -> None:
    """Compare all but the voice columns, as a share of each column's range in this recording.

    In a steady signal the ranges consist of rounding errors. There, differences are a share of the descriptor's
    magnitude (at least 0.01), for its delta as well.
    """
    assert measured.shape == reference.shape
    scale = np.ptp(reference, axis=0)
    if steady:
        scale = np.maximum(scale, np.tile(np.abs(reference[:, :65]).max(axis=0), 2))
        scale = np.maximum(scale, 0.01)
    error = np.abs(measured - reference).max(axis=0) / scale
    for group in GROUPS:
        worst = max(columns(group), key=lambda i: error[i])
        tolerance = max(group.tolerance, BANDS_OF_ROUNDING) if steady and group.tolerance else group.tolerance
        assert error[worst] <= tolerance, f"{LLD_NAMES[worst]}: {error[worst]:.1e} ({group.why})"


def assert_ties_are_rare(reference: Table, measured: Table) -> None:
    """Roll-off is exact and harmonicity agrees within 1e-5 of its range, except for ties.

    Where two sums or two bins are equal to the last digit, a roll-off may move to another bin, or a bin may become an
    extremum; openSMILE's two sets differ from each other there too. A frame affects three rows of the mean, and seven
    of the delta.
    """
    assert np.mean((reference[:, ROLL_OFF] != measured[:, ROLL_OFF]).any(axis=1)) <= 7 * TIES
    difference = np.abs(reference - measured)[:, HARMONICITY]
    assert np.mean(difference > 1e-5 * np.ptp(reference[:, HARMONICITY])) <= 3 * TIES


def assert_pitch_agrees(reference: Table, measured: Table) -> None:
    """F0 and voicing result from decisions; the last bit may change three in a thousand of them.

    A decision affects the three rows of its mean.
    """
    f0_differs = np.abs(measured[:, 0] - reference[:, 0]) > 1e-5 * reference[:, 0]
    voicing_differs = np.abs(measured[:, 1] - reference[:, 1]) > 1e-4
    assert np.mean(f0_differs) <= 3 * 0.003
    assert np.mean(voicing_differs) <= 3 * 0.003


def assert_voice_agrees(reference: Table, measured: Table) -> None:
    """With equal F0, jitter, shimmer and logHNR are equal.

    Where F0 differs, the periods after it differ until both are unvoiced.
    """
    equal_f0 = np.abs(measured[:, 0] - reference[:, 0]) <= 1e-5 * reference[:, 0]
    comparable = np.zeros(len(reference), bool)
    follows = True
    for t in range(len(reference)):
        if not equal_f0[t]:
            follows = False
        elif reference[t, 0] == 0:
            follows = True
        comparable[t] = follows
    difference = np.abs(measured[:, 2:VOICE_COUNT] - reference[:, 2:VOICE_COUNT])
    # logHNR is in dB, up to 100; the others lie in [0, 1]
    differs = (difference > 1e-4 * np.maximum(1, np.abs(reference[:, 2:VOICE_COUNT]))).any(axis=1)
    assert comparable.mean() > 0.5
    assert np.mean(differs[comparable]) <= 3 * 0.001


def assert_windows_agree(reference: tuple[Table, Table], measured: tuple[Table, Table]) -> None:
    """Compare means and standard deviations of rows that agree; each pair is a table of rows and one of windows.

    A tie in a row affects two windows, which are not compared; at least nine in ten remain.
    """
    rows, windows = reference
    assert measured[1].shape == windows.shape
    rows_equal = np.abs(measured[0] - rows) <= 1e-5 * np.ptp(rows, axis=0)
    equal = np.stack([rows_equal[50 * w : 50 * w + 100].all(axis=0) for w in range(len(windows))])
    equal = np.repeat(equal, 2, axis=1)  # standard deviation and mean of each descriptor
    error = np.abs(measured[1] - windows) / np.maximum(np.ptp(windows, axis=0), np.finfo(np.float32).tiny)
    error[~equal] = 0
    tolerance = np.full(130, 1e-5)
    tolerance[VOICE_COLUMNS] = 1e-4  # as for their rows
    excess = error / np.repeat(tolerance, 2)
    worst = int(excess.max(axis=0).argmax())
    assert excess.max() <= 1, f"{COMPARE260.names[worst]}: {error[:, worst].max():.1e}"
    assert equal.mean() >= 0.9


@dataclass(frozen=True)
class Song:
    """An excerpt of a real song, with rows and windows from openSMILE and from moodcurve."""

    x: Float32Array
    sr: int
    reference: tuple[Table, Table]
    measured: tuple[Table, Table]


@pytest.fixture(scope="module", params=TRACKS)
def song(data_dir: Path, request: pytest.FixtureRequest) -> Song:
    path = data_dir / "audio" / "various" / f"{request.param}.mp3"
    x, sr = soundfile.read(path, dtype="float32", always_2d=True)
    x = x.mean(axis=1)[10 * sr : (10 + SECONDS) * sr]
    reference = opensmile.descriptors(x, sr), opensmile.extract([x], sr).values
    measured = ours(x, sr), extract([x], sr).values
    return Song(x, sr, *(tuple(table.astype(np.float64) for table in pair) for pair in (reference, measured)))


@pytest.mark.real
def test_descriptors_of_real_songs(song: Song) -> None:
    reference, measured = song.reference[0], song.measured[0]
    assert_spectral_groups_agree(reference, measured)
    assert_ties_are_rare(reference, measured)
    assert_pitch_agrees(reference, measured)
    assert_voice_agrees(reference, measured)


@pytest.mark.real
def test_windows_of_real_songs(song: Song) -> None:
    assert song.measured[1].shape == (2 * SECONDS - 2, 260)
    assert_windows_agree(song.reference, song.measured)


@pytest.mark.real
def test_voice_deltas(song: Song) -> None:
    """The six voice deltas share a divisor that grows through the file; they agree as long as F0 agrees."""
    f0, of_ours = song.reference[0][:, 0], song.measured[0][:, 0]
    reference, measured = song.reference[0][:, 65 : 65 + VOICE_COUNT], song.measured[0][:, 65 : 65 + VOICE_COUNT]
    equal_f0 = np.isclose(of_ours, f0, rtol=1e-5, atol=0)
    until = max(0, int(np.argmin(equal_f0)) - 5) if not equal_f0.all() else len(reference)
    error = np.abs(measured - reference)[:until] / np.ptp(reference, axis=0)
    # three in a thousand frames of voicing, as above; 1e-4: differences of rounded numbers
    assert until == 0 or np.mean((error > 1e-4).any(axis=1)) <= 5 * 0.003


@pytest.mark.real
@pytest.mark.parametrize("track", ["classical-5", "electronic-4", "rock-4"])
def test_onsets_of_real_songs(data_dir: Path, track: str) -> None:
    """One of two periods is still silent: logHNR is 0 dB (undefined) except for rounding.

    It affects the first deltas, whose divisor is small, and through the divisor all later ones.
    """
    x, sr = soundfile.read(data_dir / "audio" / "various" / f"{track}.mp3", dtype="float32", always_2d=True)
    x = x.mean(axis=1)[: 2 * sr]
    reference, measured = opensmile.descriptors(x, sr).astype(np.float64), ours(x, sr)
    np.testing.assert_array_equal(measured[:, 5] == 0, reference[:, 5] == 0)
    error = np.abs(measured - reference)[:, 65 : 65 + VOICE_COUNT] / np.ptp(reference[:, 65 : 65 + VOICE_COUNT], axis=0)
    assert np.mean((error > 1e-4).any(axis=1)) <= 5 * 0.003


@pytest.mark.real
def test_is13_profile(data_dir: Path) -> None:
    """The IS13 threshold depends on the rounding of a number; the results still agree."""
    x, sr = soundfile.read(data_dir / "audio" / "various" / "rock-2.mp3", dtype="float32", always_2d=True)
    x = x.mean(axis=1)[10 * sr : 20 * sr]
    reference = opensmile.descriptors(x, sr, profile="is13").astype(np.float64)
    measured = ours(x, sr, "is13")
    assert_pitch_agrees(reference, measured)
    assert_voice_agrees(reference, measured)
    other = ours(x, sr)
    assert np.mean(np.abs(other[:, 4] - measured[:, 4]) > 1e-4) > 0.02, "the profiles should differ in shimmer"


Signal = Callable[[int], FloatArray]


def noise(sr: int) -> FloatArray:
    return 0.1 * np.random.default_rng(1).standard_normal(4 * sr)


def silence(sr: int) -> FloatArray:
    return np.zeros(4 * sr)


def sine(sr: int) -> FloatArray:
    return 0.5 * np.sin(2 * np.pi * 220 * np.arange(4 * sr) / sr)


def square(sr: int) -> FloatArray:
    """Return a square wave at full scale: half of its samples are 1.0."""
    return np.where(np.arange(4 * sr) * 2 * 110.3 / sr % 2 < 1, 1.0, -1.0)


def clicks(sr: int) -> FloatArray:
    """Return bursts of decaying noise, since single samples have flat spectra with peaks from rounding."""
    x = np.zeros(4 * sr)
    burst = np.exp(-np.arange(sr // 100) / (0.002 * sr)) * np.random.default_rng(2).standard_normal(sr // 100)
    for start in range(0, 4 * sr - len(burst), sr // 7):
        x[start : start + len(burst)] += 0.3 * burst
    return x


def least_bits(sr: int) -> FloatArray:
    return np.random.default_rng(3).integers(-1, 2, 4 * sr) / 32768


def one_second(sr: int) -> FloatArray:
    return noise(sr)[:sr]


def two_and_a_half_seconds(sr: int) -> FloatArray:
    return (noise(sr) + sine(sr))[: 5 * sr // 2]


def offset(sr: int) -> FloatArray:
    """Return noise with a DC offset."""
    return noise(sr) + 0.3


SYNTHETIC = (noise, silence, sine, square, clicks, least_bits, offset, one_second, two_and_a_half_seconds)


def assert_synthetic_signal_agrees(signal: Signal, sr: int) -> None:
    x = signal(sr).astype(np.float32)
    reference = opensmile.descriptors(x, sr).astype(np.float64)
    measured = ours(x, sr)
    assert_spectral_groups_agree(reference, measured, steady=True)
    np.testing.assert_array_equal(measured[:, ROLL_OFF], reference[:, ROLL_OFF])
    assert_pitch_agrees(reference, measured)
    assert_voice_agrees(reference, measured)


@pytest.mark.parametrize("signal", SYNTHETIC, ids=lambda signal: signal.__name__)
def test_synthetic_signals(signal: Signal) -> None:
    assert_synthetic_signal_agrees(signal, 44100)


@pytest.mark.parametrize("sr", [16000, 22050, 32000, 48000])
def test_other_sample_rates(sr: int) -> None:
    assert_synthetic_signal_agrees(two_and_a_half_seconds, sr)


def test_full_scale_samples_in_the_opensmile_package() -> None:
    """openSMILE's Python package turns 1.0 into -1.0, since 32768 wraps around in 16 bits."""
    sr = 16000
    x = (0.5 * np.sin(np.arange(2 * sr) / 20)).astype(np.float32)
    x[::50] = 1.0
    wrapped = np.where(x == 1, np.float32(-1), x)
    package = opensmile.opensmile.Smile(
        feature_set=opensmile.opensmile.FeatureSet.ComParE_2016,
        feature_level=opensmile.opensmile.FeatureLevel.LowLevelDescriptors,
    )
    defective = package.process_signal(x, sr).to_numpy()
    np.testing.assert_array_equal(defective, package.process_signal(wrapped, sr).to_numpy())
    corrected = opensmile.descriptors(x, sr)[:, :65]
    clipped = np.minimum(x, np.float32(opensmile.LARGEST))
    np.testing.assert_array_equal(corrected, package.process_signal(clipped, sr).to_numpy())
    flux = LLD_NAMES.index("pcm_fftMag_spectralFlux_sma")
    # jumps to -1 instead of +1: a large difference
    assert np.abs(defective[:, flux] - corrected[:, flux]).max() > 0.01
