"""The benchmark of changed sound (`benchmarks/robustness.py`): the changes themselves, the counts and the tables."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from moodcurve.util.figures import SOURCE, digest
from tests.helpers import ROOT
from tests.helpers.short_song import SR, write_song

SEED = 3


@pytest.fixture
def robustness(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import robustness

    return robustness


def noise(seconds: float, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(SEED).normal(0, 0.1, (round(seconds * SR), channels)).astype(np.float32)


def level_db(x: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(x, dtype=np.float64))))


def power_share(x: np.ndarray, above_hz: float) -> float:
    """Share of the power of the first channel above a frequency, without the edges."""
    power = np.abs(np.fft.rfft(x[SR // 2 : -SR // 2, 0] * np.hanning(len(x) - SR))) ** 2
    return float(power[round(above_hz * (len(x) - SR) / SR) :].sum() / power.sum())


def test_changes_of_level_and_channels_are_exact(robustness: ModuleType) -> None:
    x = noise(1.0)
    changed = {name: change(x) for name, change in robustness.CHANGES.items()}
    assert level_db(changed["-20 dB"]) == pytest.approx(level_db(x) - 20, abs=1e-4)
    assert level_db(changed["-10 dB"]) == pytest.approx(level_db(x) - 10, abs=1e-4)
    np.testing.assert_array_equal(changed["20 s of silence after"][: len(x)], x)
    assert changed["20 s of silence after"].shape == (21 * SR, 2)
    assert not changed["20 s of silence after"][len(x) :].any()
    np.testing.assert_array_equal(changed["10 s of silence before"][10 * SR :], x)
    assert not changed["10 s of silence before"][: 10 * SR].any()
    np.testing.assert_array_equal(changed["left channel only"], x[:, :1])
    assert level_db(changed["right = -0.99 left"].mean(axis=1)) == pytest.approx(level_db(x[:, 0]) - 46.02, abs=0.01)


@pytest.mark.parametrize(("name", "cutoff_hz"), [("8 kHz and back", 4_000), ("MP3 at 32 kbit/s", 6_000)])
@pytest.mark.parametrize("channels", [1, 2])
def test_low_passed_and_coded_sound_stays_in_time(
    robustness: ModuleType, name: str, cutoff_hz: float, channels: int
) -> None:
    t = np.arange(3 * SR) / SR
    x = noise(3.0, channels) + 0.3 * np.sin(2 * np.pi * 440 * t * (1 + t / 10))[:, None].astype(np.float32)
    y = robustness.CHANGES[name](x)
    assert y.shape[1] == channels
    assert abs(len(y) - len(x)) <= 1
    if name != "MP3 at 32 kbit/s" or channels == 2:  # a single channel leaves the coder more bits, up to 9 kHz
        assert power_share(x, cutoff_hz) > 0.1
        assert power_share(y, cutoff_hz) < 1e-6
    n = min(len(x), len(y))
    spectra = [np.fft.rfft(z[:n, 0]) for z in (x, y)]
    assert np.argmax(np.fft.irfft(spectra[0] * spectra[1].conj())) == 0  # the lag of the highest correlation


def song(arousal: float, valence: float, novelty: float | None = 0.5, *warnings: str) -> dict[str, Any]:
    return {"arousal": arousal, "valence": valence, "novelty": novelty, "warnings": list(warnings)}


def test_figures_are_counted_as_described(robustness: ModuleType) -> None:
    songs = {
        "stays": {"": song(0.3, 0.2), "x": song(0.2, 0.2)},
        "near": {"": song(0.04, 0.2), "x": song(-0.02, 0.2, None)},
        "far": {"": song(0.1, 0.06, 1.5), "x": song(0.1, -0.1, 0.9)},
        "novel": {"": song(-0.1, -0.1), "x": song(-0.1, -0.1, 1.1, "unlike the songs (novelty 1.1)", "12% clipped")},
    }
    songs["stays"]["x"]["warnings"] = ["no sound above about 4 kHz: less reliable", "no sound above about 5.5 kHz"]
    found = robustness.figures(songs, "x")
    assert found["arousal"] == pytest.approx({"worst": 0.1, "mean": 0.04, "bias": -0.04, "song": "stays"})
    assert found["valence"] == pytest.approx({"worst": 0.16, "mean": 0.04, "bias": -0.04, "song": "far"})
    assert (found["quadrant"], found["quadrant_far"]) == (["near", "far"], ["far"])
    assert (found["novel"], found["not_novel"]) == (["novel"], ["far"])
    assert found["warnings"] == {"no sound above about": 1, "12% clipped": 1}


@pytest.mark.parametrize(
    ("change", "worst", "far", "expected"),
    [
        ("-20 dB", 0.05, [], "≤ 0.05: met"),
        ("-20 dB", 0.051, [], "≤ 0.05: missed"),
        ("-20 dB", 0.01, ["song"], "≤ 0.05: missed"),
        ("8 kHz and back", 0.08, ["song"], "≤ 0.08: met"),
        ("-10 dB", 1.0, ["song"], "–"),
    ],
)
def test_limits(robustness: ModuleType, change: str, worst: float, far: list[str], expected: str) -> None:
    found = {"arousal": {"worst": worst}, "valence": {"worst": 0.0}, "quadrant_far": far}
    assert robustness.verdict(change, found) == expected


@pytest.mark.slow
def test_songs_are_measured_and_reported(
    robustness: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_song(tmp_path, "x.ogg", 2.0)
    file = tmp_path / "results.json"
    monkeypatch.setattr(sys, "argv", ["robustness.py", str(tmp_path), "--models", "default,live", "--json", str(file)])
    robustness.main()
    printed = capsys.readouterr()
    assert printed.err == "1 of 1: x.ogg\n"
    results = json.loads(file.read_text(encoding="utf-8"))
    assert set(results["models"]["live"]["songs"]["x.ogg"]) == {"", *robustness.CHANGES}
    left = results["models"]["default"]["changes"]["left channel only"]
    assert left["arousal"] == {"worst": 0.0, "song": "x.ogg", "mean": 0.0, "bias": 0.0}  # it has one channel
    canceled = results["models"]["default"]["changes"]["right = -0.99 left"]
    assert canceled["arousal"]["worst"] < 1e-6
    assert canceled["warnings"] == {"the channels cancel each other": 1}
    assert (
        "| left channel only | 0.000, 0.000 (+0.000) | 0.000, 0.000 (+0.000) | 0 | 0 | – | – |" in printed.out
    )  # too short for novelty

    monkeypatch.setattr(sys, "argv", ["robustness.py", "--report", str(file)])
    robustness.main()
    assert capsys.readouterr().out == printed.out


def test_the_picture_of_the_page_shows_its_tables(robustness: ModuleType) -> None:
    home = ROOT / "docs" / "results"
    found = robustness.robustness_tables((home / "robustness.md").read_text(encoding="utf-8"))
    assert list(found) == ["default", "fast", "live"]
    assert all(list(changes) == list(robustness.CHANGES) for changes in found.values())
    limits = {name: one["limit"] for name, one in found["fast"].items() if "limit" in one}
    assert limits == robustness.LIMITS
    assert found["live"]["8 kHz and back"] == {
        "arousal worst": 0.24, "arousal mean": 0.066, "valence worst": 0.35, "valence mean": 0.113, "limit": 0.08
    }  # fmt: skip
    with Image.open(home / "robustness.png") as image:
        assert image.info[SOURCE] == digest(found)
    assert robustness.robustness_figure(found).axes[1].get_xlim()[1] > 0.35
