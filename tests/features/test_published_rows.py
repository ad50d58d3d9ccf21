"""The extractor against published tables: DEAM's own features, and a song whose IS13 features came with it."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features import COMPARE260, LLD_NAMES, Descriptors, extract

pytestmark = pytest.mark.real

Table = FloatArray
CLIPS = (2, 5, 10, 13)
SHIFTS_S = (0.02, 0.03, 0.04)
"""The clips start so much early, each its own: seen by where the energy fits best."""
LEVEL = "pcm_RMSenergy_sma_amean"

CLOSE = (
    "pcm_RMSenergy_sma",
    "pcm_zcr_sma",
    "audspec_lengthL1norm_sma",
    "pcm_fftMag_fband",
    "pcm_fftMag_spectralRollOff",
    "pcm_fftMag_spectralCentroid_sma",
    "pcm_fftMag_spectralFlux_sma",
    "pcm_fftMag_mfcc_sma[",
)
"""Means that correlate at .99 or more."""
NEAR = ("audSpec_Rfilt_sma[",)
""".95: the filter's first second depends on what came before the clip, which the published rows know."""


def song(path: Path) -> tuple[Float32Array, int]:
    x, sr = soundfile.read(path, dtype="float32", always_2d=True)
    return x.mean(axis=1), sr


def starts_s(deam_dir: Path) -> dict[int, int]:
    """Where each song's clip starts; the file has it as min.sec, with a last zero left out."""
    with (deam_dir / "metadata" / "songs_info.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    column = next(i for i, name in enumerate(rows[0]) if name.strip().startswith("start"))
    starts = {}
    for row in rows[1:]:
        minutes, _, seconds = row[column].strip().partition(".")
        starts[int(row[0])] = 60 * int(minutes) + int(seconds.ljust(2, "0"))
    return starts


@pytest.fixture(scope="module")
def clips(data_dir: Path, deam_dir: Path) -> tuple[Table, Table]:
    """Our rows of several clips, each at its best shift, and the published ones."""
    level = COMPARE260.names.index(LEVEL)
    starts = starts_s(deam_dir)
    measured, published = [], []
    for clip in CLIPS:
        x, sr = song(data_dir / "audio" / "deam_clips" / f"{clip}.mp3")
        table = np.loadtxt(deam_dir / "features" / f"{clip}.csv", delimiter=";", skiprows=1)[:, 1:]
        table = table[2 * starts[clip] :]
        tried = [extract([x[round(shift * sr) :]], sr).values.astype(np.float64) for shift in SHIFTS_S]
        # the clip's last rows may lie beyond the published song
        best = max(tried, key=lambda rows: np.corrcoef(rows[:80, level], table[:80, level])[0, 1])
        measured.append(best[:80])
        published.append(table[:80])
    return np.concatenate(measured), np.concatenate(published)


def correlations(clips: tuple[Table, Table], moment: str) -> dict[str, float]:
    measured, published = clips
    return {
        name: float(np.corrcoef(measured[:, i], published[:, i])[0, 1])
        for i, name in enumerate(COMPARE260.names)
        if name.endswith(moment) and "_sma_de" not in name
    }


def test_means_are_deams(clips: tuple[Table, Table]) -> None:
    r = correlations(clips, "_amean")
    assert {name: value for name, value in r.items() if name.startswith(CLOSE) and value < 0.99} == {}
    assert {name: value for name, value in r.items() if name.startswith(NEAR) and value < 0.95} == {}


def test_spreads_are_deams(clips: tuple[Table, Table]) -> None:
    """Spreads depend on single frames, and so on the decoder's and the shift's remainder."""
    r = correlations(clips, "_stddev")
    chosen = {name: value for name, value in r.items() if name.startswith((*CLOSE, *NEAR))}
    assert {name: value for name, value in chosen.items() if value < 0.95} == {}


def test_levels_are_deams(clips: tuple[Table, Table]) -> None:
    """Correlation would not see a factor: 16-bit scaling, missing squares, windows of another gain."""
    measured, published = (table.mean(axis=0) for table in clips)
    for i, name in enumerate(COMPARE260.names):
        if name.endswith("_amean") and name.startswith((*CLOSE[:-1], *NEAR)) and "_de" not in name:
            assert measured[i] == pytest.approx(published[i], rel=0.01), name


def test_song_with_is13_features(data_dir: Path) -> None:
    """Features that someone else's openSMILE 3 made with its IS13 set.

    Its windows have 101 rows, 50k to 50k + 100 inclusive. The first ones and the last hold its MP3 decoder's own
    silence. Jitter and shimmer are left out: the IS13 threshold turns on the decoder's last bit.
    """
    folder = data_dir / "audio" / "smile_reference"
    x, sr = song(folder / "test.mp3")
    with (folder / "test_mp3.csv").open(encoding="utf-8", newline="") as file:
        next(csv.reader(file, delimiter=";"))
        published = np.array(list(csv.reader(file, delimiter=";")), np.float64)[2:57, 1:]
    descriptors = Descriptors(sr, profile="is13")
    rows = np.concatenate([descriptors.push(x), descriptors.flush()]).astype(np.float64)
    windows = [rows[50 * k : 50 * k + 101] for k in range(2, 57)]
    spread, mean = (np.array([moment(w, axis=0) for w in windows]) for moment in (np.std, np.mean))
    for i, name in enumerate(LLD_NAMES):
        if name.startswith(("jitter", "shimmer")):
            continue
        # zero crossings and decisions of pitch count single bits of near silence; the rest is continuous
        tolerance = 5e-2 if name.startswith(("F0", "voicing", "logHNR", "pcm_zcr")) else 1e-3
        for measured, reference in ((spread, published[:, 2 * i]), (mean, published[:, 2 * i + 1])):
            error = np.abs(measured[:, i] - reference).max() / np.ptp(reference)
            assert error <= tolerance, f"{name}: {error:.1e}"
