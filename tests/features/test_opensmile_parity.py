"""The extractor against openSMILE, in the same run: real songs, and signals at the edges of what there is.

Tolerances are those that openSMILE keeps against itself when only the zero padding of its frames is moved (its
IS13 set against its ComParE_2016 set): single-precision rounding in another order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features import COMPARE260, LLD_NAMES, Descriptors, extract

opensmile = pytest.importorskip("moodcurve.features.opensmile", reason="the extra opensmile is not installed")

Table = FloatArray
SECONDS = 25
TRACKS = tuple(f"{genre}-{n}" for genre in ("classical", "electronic", "pop", "rock") for n in (2, 5, 8))
"""Three of each genre, evenly; those with the largest differences of all 32 songs are among them."""
VOICE_NAMES = 6
BANDS_OF_ROUNDING = 2e-5
"""Tolerance of made signals, bands of which hold nothing but rounding."""
TIES = 1e-3
"""Share of frames in which a decision between two equal numbers may fall otherwise."""


@dataclass(frozen=True)
class Group:
    """Descriptors that share a tolerance: largest difference, as a share of the column's range or size."""

    names: tuple[str, ...]
    tolerance: float
    why: str


GROUPS = (
    Group(("pcm_zcr",), 0, "counts of whole numbers"),
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
    Group(("psySharpness",), 1e-5, "the reference sums in single precision"),
    Group(("spectralHarmonicity",), 1e-4, "one extremum more or less, where neighbouring bins are equal"),
)
ROLL_OFF = tuple(i for i, name in enumerate(LLD_NAMES) if "spectralRollOff" in name)
HARMONICITY = LLD_NAMES.index("pcm_fftMag_spectralHarmonicity_sma")
VOICE_COLUMNS = [*range(VOICE_NAMES), *range(65, 65 + VOICE_NAMES)]


def columns(group: Group) -> list[int]:
    return [i for i, name in enumerate(LLD_NAMES) if name.removeprefix("pcm_fftMag_").startswith(group.names)]


def test_groups_cover_every_descriptor() -> None:
    """No descriptor escapes comparison: the six voice ones and the roll-offs have tests of their own."""
    voiced = {*range(VOICE_NAMES), *range(65, 65 + VOICE_NAMES)}
    covered = {i for group in GROUPS for i in columns(group)}
    assert covered | voiced | set(ROLL_OFF) == set(range(130))


def ours(x: Float32Array, sr: int, profile: str = "2016") -> Table:
    descriptors = Descriptors(sr, profile=profile)  # type: ignore[arg-type]
    return np.concatenate([descriptors.push(x), descriptors.flush()]).astype(np.float64)


def assert_spectral_groups_agree(reference: Table, measured: Table, *, steady: bool = False) -> None:
    """Compare all but the voice columns, as a share of each column's range in this recording.

    In a steady signal the ranges are made of rounding: there, as a share of what the descriptor itself amounts to
    (0.01 at least), for its delta too.
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
    """Roll-off is exact, and harmonicity within the specification's 1e-5 of the range, but for equal numbers.

    A share of the power is reached at another bin, or a bin is an extremum or not, where two sums or two bins tie
    to the last digit: openSMILE's two sets differ from each other there, too. A frame shows in the three rows of
    its mean, and in seven of the delta.
    """
    assert np.mean((reference[:, ROLL_OFF] != measured[:, ROLL_OFF]).any(axis=1)) <= 7 * TIES
    difference = np.abs(reference - measured)[:, HARMONICITY]
    assert np.mean(difference > 1e-5 * np.ptp(reference[:, HARMONICITY])) <= 3 * TIES


def assert_pitch_agrees(reference: Table, measured: Table) -> None:
    """F0 and voicing come out of decisions, of which the last bit may turn three in a thousand.

    A decision shows in three rows, those of its mean.
    """
    f0_differs = np.abs(measured[:, 0] - reference[:, 0]) > 1e-5 * reference[:, 0]
    voicing_differs = np.abs(measured[:, 1] - reference[:, 1]) > 1e-4
    assert np.mean(f0_differs) <= 3 * 0.003
    assert np.mean(voicing_differs) <= 3 * 0.003


def assert_voice_agrees(reference: Table, measured: Table) -> None:
    """Given equal F0, jitter, shimmer and logHNR are equal.

    Where F0 differs, so do the periods after it, until both are silent.
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
    difference = np.abs(measured[:, 2:VOICE_NAMES] - reference[:, 2:VOICE_NAMES])
    # logHNR is in dB, up to 100; the others lie in [0, 1]
    differs = (difference > 1e-4 * np.maximum(1, np.abs(reference[:, 2:VOICE_NAMES]))).any(axis=1)
    assert comparable.mean() > 0.5
    assert np.mean(differs[comparable]) <= 3 * 0.001


def assert_windows_agree(reference: tuple[Table, Table], measured: tuple[Table, Table]) -> None:
    """Means and spreads of rows that agree, agree: each pair is a table of rows and one of windows.

    A tie in a row shows in its two windows, of which only the others are compared: at least nine in ten.
    """
    rows, windows = reference
    assert measured[1].shape == windows.shape
    rows_equal = np.abs(measured[0] - rows) <= 1e-5 * np.ptp(rows, axis=0)
    equal = np.stack([rows_equal[50 * w : 50 * w + 100].all(axis=0) for w in range(len(windows))])
    equal = np.repeat(equal, 2, axis=1)  # a spread and a mean of each descriptor
    error = np.abs(measured[1] - windows) / np.maximum(np.ptp(windows, axis=0), np.finfo(np.float32).tiny)
    error[~equal] = 0
    tolerance = np.full(130, 1e-5)
    tolerance[VOICE_COLUMNS] = 1e-4  # as their rows: the means of a song differ less than its rows
    excess = error / np.repeat(tolerance, 2)
    worst = int(excess.max(axis=0).argmax())
    assert excess.max() <= 1, f"{COMPARE260.names[worst]}: {error[:, worst].max():.1e}"
    assert equal.mean() >= 0.9


@dataclass(frozen=True)
class Song:
    """An excerpt of a real song, and what openSMILE and moodcurve make of it: rows, and windows."""

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
def test_deltas_that_shrink(song: Song) -> None:
    """The six voice deltas share a divisor that grows through the file, in step as long as F0 agrees."""
    f0, of_ours = song.reference[0][:, 0], song.measured[0][:, 0]
    reference, measured = song.reference[0][:, 65 : 65 + VOICE_NAMES], song.measured[0][:, 65 : 65 + VOICE_NAMES]
    equal_f0 = np.isclose(of_ours, f0, rtol=1e-5, atol=0)
    until = max(0, int(np.argmin(equal_f0)) - 5) if not equal_f0.all() else len(reference)
    error = np.abs(measured - reference)[:until] / np.ptp(reference, axis=0)
    # three in a thousand frames of voicing, as above; 1e-4: differences of rounded numbers
    assert until == 0 or np.mean((error > 1e-4).any(axis=1)) <= 5 * 0.003


@pytest.mark.real
@pytest.mark.parametrize("track", ["classical-5", "electronic-4", "rock-4"])
def test_where_sound_begins(data_dir: Path, track: str) -> None:
    """Of two periods one is still silent: logHNR is 0 dB but for the rounding of sums, and 0 means undefined.

    The first deltas, whose divisor is small, and through the divisor all later ones show it.
    """
    x, sr = soundfile.read(data_dir / "audio" / "various" / f"{track}.mp3", dtype="float32", always_2d=True)
    x = x.mean(axis=1)[: 2 * sr]
    reference, measured = opensmile.descriptors(x, sr).astype(np.float64), ours(x, sr)
    np.testing.assert_array_equal(measured[:, 5] == 0, reference[:, 5] == 0)
    error = np.abs(measured - reference)[:, 65 : 65 + VOICE_NAMES] / np.ptp(reference[:, 65 : 65 + VOICE_NAMES], axis=0)
    assert np.mean((error > 1e-4).any(axis=1)) <= 5 * 0.003


@pytest.mark.real
def test_is13_profile(data_dir: Path) -> None:
    """The other threshold asks a number for its own rounding; it still agrees."""
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
    """At full scale: half of its samples are 1.0."""
    return np.where(np.arange(4 * sr) * 2 * 110.3 / sr % 2 < 1, 1.0, -1.0)


def clicks(sr: int) -> FloatArray:
    """Bursts of decaying noise. Single samples have flat spectra, whose peaks are rounding (docs/features.md)."""
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
    """Nothing takes the constant out."""
    return noise(sr) + 0.3


MADE = (noise, silence, sine, square, clicks, least_bits, offset, one_second, two_and_a_half_seconds)


def assert_made_signal_agrees(signal: Signal, sr: int) -> None:
    x = signal(sr).astype(np.float32)
    reference = opensmile.descriptors(x, sr).astype(np.float64)
    measured = ours(x, sr)
    assert_spectral_groups_agree(reference, measured, steady=True)
    np.testing.assert_array_equal(measured[:, ROLL_OFF], reference[:, ROLL_OFF])
    assert_pitch_agrees(reference, measured)
    assert_voice_agrees(reference, measured)


@pytest.mark.parametrize("signal", MADE, ids=lambda signal: signal.__name__)
def test_made_signals(signal: Signal) -> None:
    assert_made_signal_agrees(signal, 44100)


@pytest.mark.parametrize("sr", [16000, 22050, 32000, 48000])
def test_other_rates(sr: int) -> None:
    assert_made_signal_agrees(two_and_a_half_seconds, sr)


def test_the_packages_defect_and_its_cure() -> None:
    """openSMILE's Python package takes 1.0 for -1.0: 32768 does not fit into 16 bits, and wraps around."""
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
    cured = opensmile.descriptors(x, sr)[:, :65]
    clipped = np.minimum(x, np.float32(opensmile.LARGEST))
    np.testing.assert_array_equal(cured, package.process_signal(clipped, sr).to_numpy())
    flux = LLD_NAMES.index("pcm_fftMag_spectralFlux_sma")
    # jumps to -1 instead of +1 from a wave of mean 0: the difference is not small
    assert np.abs(defective[:, flux] - cured[:, flux]).max() > 0.01
