"""Joined feature sets: names and versions, and an extractor of several parts that hold back different rows."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve._typing import Float32Array
from moodcurve.errors import MoodcurveError
from moodcurve.features import COMPARE236, COMPARE260, FEATURE_SETS, FeatureError, FeatureSet, extract
from moodcurve.features import extractor as extractor_module
from moodcurve.features import feature_set as find_set
from moodcurve.features.extractor import Extractor
from moodcurve.features.feature_sets import SONG1, join
from moodcurve.features.low_level import Profile
from moodcurve.features.warmup import is_prepared, prepare
from tests.helpers.command_line import run

SR = 8_000
"""The lowest sample rate, to save time."""
PEAKS = FeatureSet("peaks", "2", ("lowest", "highest"))


class Peaks:
    """A part that needs nothing but the window: the lowest and highest sample of each."""

    _STATE = ("_wave", "_count")

    def __init__(self, sr: int) -> None:
        self.names = PEAKS.names
        self._sr = sr
        self._wave: Float32Array = np.empty(0, np.float32)
        self._count = 0

    def push(self, x: Float32Array) -> Float32Array:
        assert np.isfinite(x).all()
        assert np.abs(x).max(initial=0) <= 1
        self._wave = np.concatenate([self._wave, x])
        rows = []
        while len(self._wave) >= self._sr:
            rows.append((self._wave[: self._sr].min(), self._wave[: self._sr].max()))
            self._wave = self._wave[self._sr // 2 :]
        self._count += len(rows)
        return np.array(rows, np.float32).reshape(-1, 2)

    def flush(self, rows: int) -> Float32Array:
        # openSMILE's hop, rounded to samples, may be shorter than 10 ms: the last windows are then incomplete
        missing = max(0, rows - self._count)
        return self.push(np.zeros(missing * self._sr, np.float32))[:missing]


def make_peaks(sr: int, names: tuple[str, ...], profile: Profile) -> Peaks:
    return Peaks(sr)


@pytest.fixture(autouse=True)
def _known_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FEATURE_SETS, "peaks", PEAKS)
    monkeypatch.setattr(extractor_module, "PARTS", (*extractor_module.PARTS, (PEAKS, make_peaks)))


def sound(seconds: float, sr: int = SR) -> Float32Array:
    t = np.arange(round(seconds * sr)) / sr
    noise = np.random.default_rng(0).normal(0, 0.02, len(t))
    return (0.3 * np.sin(2 * np.pi * 220 * t) * (1 + np.sin(2 * np.pi * 0.3 * t)) + noise).astype(np.float32)


def test_name_version_and_columns_of_a_joined_set() -> None:
    joined = find_set("compare236+peaks")
    assert (joined.name, joined.version) == ("compare236+peaks", "1+2")
    assert joined.names == (*COMPARE236.names, "lowest", "highest")
    assert find_set("default+peaks").names == (*find_set("default").names, *find_set("peaks").names)
    assert find_set("peaks+compare236").names == (*PEAKS.names, *COMPARE236.names)
    assert join([COMPARE236]) is COMPARE236
    assert join([COMPARE236, FeatureSet("other", "1", ("x",))]).version == "1"


@pytest.mark.parametrize("name", ["compare236+", "+peaks", "tonal9", "compare236+tonal9", "", "compare236 + peaks"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(MoodcurveError, match=r"unknown feature set '.*'; choose from default, compare260, compare236"):
        find_set(name)


@pytest.mark.parametrize("name", ["compare236+compare236", "compare236+compare260", "peaks+default+peaks"])
def test_sets_with_common_columns_are_refused(name: str) -> None:
    with pytest.raises(MoodcurveError, match="has columns twice; join sets without common columns"):
        find_set(name)


def test_no_set_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match="sets must be one or more"):
        join([])


def test_each_column_is_computed_by_one_part() -> None:
    owned = [name for part, _ in extractor_module.PARTS for name in part.names]
    assert len(owned) == len(set(owned))
    # song1 is measured for songs, no set of its own to ask for
    assert {name for known in FEATURE_SETS.values() for name in known.names} | set(SONG1.names) == set(owned)


def test_a_column_that_nothing_computes_is_refused() -> None:
    with pytest.raises(ValueError, match="feature_set has the column 'mood', which nothing computes"):
        Extractor(SR, FeatureSet("other", "1", ("mood",)))


@pytest.mark.parametrize("name", ["compare236+peaks", "peaks+compare236", "compare260+peaks", "peaks"])
def test_parts_have_the_values_of_their_own_sets(name: str) -> None:
    x = sound(5.7)
    joined = extract(x, SR, find_set(name))
    for part in joined.feature_set.parts or (PEAKS,):
        alone = extract(x, SR, part)
        np.testing.assert_array_equal(joined.select(part).values, alone.values)
        np.testing.assert_array_equal(joined.times_s, alone.times_s)


def test_columns_of_several_parts_in_any_order() -> None:
    mixed = FeatureSet("mixed", "1", ("highest", "pcm_RMSenergy_sma_amean", "lowest"))
    x = sound(3)
    found = extract(x, SR, mixed)
    np.testing.assert_array_equal(found.values, extract(x, SR, find_set("compare260+peaks")).select(mixed).values)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, round(4.3 * SR)), max_size=8), saved=st.integers(0, 8))
def test_blocks_and_resuming_do_not_matter(cuts: list[int], saved: int) -> None:
    x = sound(4.3)
    joined = find_set("compare236+peaks")
    extractor, parts = Extractor(SR, joined), []
    for number, block in enumerate(np.split(x, sorted(cuts))):
        if number == saved:
            extractor = Extractor.resume(extractor.save())
        parts.append(extractor.push(block))
    parts.append(extractor.flush())
    assert extractor.feature_set == joined
    assert [t for part in parts for t in part.times_s] == [0.5 * row for row in range(7)]
    np.testing.assert_array_equal(np.concatenate([part.values for part in parts]), extract(x, SR, joined).values)


@pytest.mark.parametrize("sr", [8000, 11025, 16000, 22050, 44100, 48000])
def test_every_set_has_as_many_rows_as_compare260(sr: int) -> None:
    """Around the ends of a window and of a frame, also with samples that round the hop."""
    for seconds in (1.0, 1.0399, 1.04, 1.05, 1.53, 1.54, 2.0, 2.039, 2.041, 3.3):
        x = sound(seconds, sr)
        counts = []
        for feature_set in (COMPARE260, COMPARE236, PEAKS):
            try:
                counts.append(len(extract(x, sr, feature_set).values))
            except FeatureError:
                counts.append(0)
        assert len(set(counts)) == 1, (seconds, counts)
        assert counts[0] == pytest.approx(max(0, (seconds - 0.04) // 0.5 - 1), abs=1)


def test_samples_are_cleaned_before_any_part() -> None:
    x = sound(2)
    x[100:103] = np.nan, np.inf, -np.inf
    x[5000:5010] = 3
    clean = x.copy()
    clean[100:103] = 0
    clean[5000:5010] = 1
    joined = find_set("compare236+peaks")
    np.testing.assert_array_equal(extract(x, SR, joined).values, extract(clean, SR, joined).values)


def test_a_joined_set_is_prepared_with_its_parts() -> None:
    joined = find_set("compare236+peaks")
    assert prepare(joined)
    assert is_prepared(joined)
    assert is_prepared(PEAKS)
    assert is_prepared(COMPARE236)


def test_versions_are_compared_column_by_column() -> None:
    joined = find_set("compare236+peaks")
    newer = join([COMPARE236, FeatureSet("peaks", "3", PEAKS.names)])
    assert joined.agrees_with(COMPARE236)
    assert COMPARE236.agrees_with(joined)
    assert newer.agrees_with(COMPARE236)
    assert not newer.agrees_with(joined)
    assert not newer.agrees_with(PEAKS)


def test_features_writes_joined_sets(tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    soundfile.write(song, sound(2, 44100), 44100)
    done = run("features", song, "--set", "compare236+peaks")
    assert done.exit_code == 0
    header = done.stdout.partition("\n")[0].split(";")
    assert header[1:] == list(find_set("compare236+peaks").names)
    wrong = run("features", song, "--set", "compare236+tonal9")
    assert wrong.exit_code == 2
    assert "argument --set: unknown feature set 'tonal9'; choose from" in wrong.stderr
