"""The extractor as a stream: any blocks give the same rows; bad samples, short audio, sets, output format."""

import copy
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve._typing import Float32Array
from moodcurve.features import (
    COMPARE236,
    COMPARE260,
    Descriptors,
    Extractor,
    FeatureError,
    Features,
    FeatureSet,
    extract,
    write_csv,
)
from moodcurve.features.extractor import CHUNK, Profile
from moodcurve.features.feature_sets import VOICE_NAMES

SR = 44100
Samples = Float32Array


def music(seconds: float, sr: int = SR) -> Samples:
    """Gliding harmonics with gaps and noise: voiced and unvoiced frames, and sudden changes."""
    t = np.arange(round(seconds * sr)) / sr
    phase = 2 * np.pi * np.cumsum(160 + 60 * np.sin(2 * np.pi * 0.4 * t)) / sr
    tone = sum(np.sin(h * phase) / h for h in range(1, 6)) * (np.sin(2 * np.pi * 0.9 * t) > -0.6)
    return (0.2 * tone + 0.01 * np.random.default_rng(0).standard_normal(len(t))).astype(np.float32)


SONG = music(4.3)
WHOLE = extract([SONG], SR)
UNCHANGING = FeatureSet(
    "unchanging", "1", tuple(n for n in COMPARE260.names if not (n.startswith(VOICE_NAMES) and "_sma_de" in n))
)


def assert_same(a: Features, b: Features) -> None:
    np.testing.assert_array_equal(a.times_s, b.times_s)
    np.testing.assert_array_equal(a.values, b.values)  # to the last bit


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, len(SONG)), max_size=12))
def test_blocks_do_not_matter(cuts: list[int]) -> None:
    assert_same(extract(np.split(SONG, sorted(cuts)), SR), WHOLE)


PITCH_ONLY = FeatureSet("pitch", "1", ("F0final_sma_amean", "pcm_RMSenergy_sma_stddev"))


@cache
def at_once(sr: int, feature_set: FeatureSet, profile: Profile) -> tuple[Samples, Features]:
    """Two seconds of music, and their features taken at once."""
    song = music(2.2, sr)
    return song, extract([song], sr, feature_set, profile=profile)


@settings(max_examples=60, deadline=None)
@given(
    sr=st.sampled_from([8000, 11025, 16000, 44100, 48000]),
    feature_set=st.sampled_from([COMPARE260, UNCHANGING, PITCH_ONLY, COMPARE236]),
    profile=st.sampled_from(get_args(Profile)),
    lengths=st.lists(st.one_of(st.sampled_from([0, 1]), st.integers(0, 20_000)), max_size=40),
    copied=st.integers(0, 40),
)
def test_blocks_do_not_matter_at_any_rate_for_any_set(
    sr: int, feature_set: FeatureSet, profile: Profile, lengths: list[int], copied: int
) -> None:
    """Empty blocks and single samples among them, and the extractor exchanged for a copy on the way."""
    song, expected = at_once(sr, feature_set, profile)
    extractor = Extractor(sr, feature_set, profile=profile)
    parts = []
    for number, block in enumerate(np.split(song, np.minimum(np.cumsum(lengths, dtype=int), len(song)))):
        if number == copied:
            extractor = copy.deepcopy(extractor)
        parts.append(extractor.push(block))
    parts.append(extractor.flush())
    np.testing.assert_array_equal(np.concatenate([part.values for part in parts]), expected.values)
    np.testing.assert_array_equal(np.concatenate([part.times_s for part in parts]), expected.times_s)


def test_sample_by_sample() -> None:
    song, expected = at_once(8000, COMPARE260, "2016")
    assert_same(extract(np.split(song, len(song)), 8000), expected)


@pytest.mark.parametrize("size", [441, 1000, 4096, CHUNK * 441, CHUNK * 441 + 1])
def test_blocks_of_one_size_do_not_matter(size: int) -> None:
    assert_same(extract(np.split(SONG, range(size, len(SONG), size)), SR), WHOLE)


def test_rows_come_as_soon_as_they_can() -> None:
    """A row needs its window of 1.0 s, a chunk of 1.0 s, and 0.4 s for pitch decisions and deltas."""
    extractor = Extractor(SR)
    seen = 0
    for second in range(1, 8):
        seen += len(extractor.push(music(8)[(second - 1) * SR : second * SR]).values)
        assert seen >= 2 * (second - 2.4) - 1


def test_times_continue() -> None:
    extractor = Extractor(SR)
    parts = [extractor.push(SONG[:100_000]), extractor.push(SONG[100_000:]), extractor.flush()]
    assert [t for part in parts for t in part.times_s] == [0.5 * i for i in range(len(WHOLE.values))]


def test_memory_stays() -> None:
    """What is kept after a minute is no more than after five seconds."""

    def kept(thing: object) -> int:
        if isinstance(thing, np.ndarray):
            return int(thing.nbytes)
        if isinstance(thing, tuple):
            return sum(kept(part) for part in thing)
        if type(thing).__module__.startswith("moodcurve"):
            return sum(kept(part) for part in vars(thing).values())
        return 0

    extractor = Extractor(SR)
    noise = np.random.default_rng(1).standard_normal(SR).astype(np.float32) * np.float32(0.1)
    sizes = []
    for _ in range(60):
        extractor.push(noise)
        sizes.append(kept(extractor))
    assert max(sizes[5:]) <= 1.1 * max(sizes[:5])
    assert max(sizes) < 6e6


def test_a_copy_goes_on_alike() -> None:
    """All state is in the object: it can be stored in the middle of a recording, and taken up again."""
    extractor = Extractor(SR)
    extractor.push(SONG[:90_000])
    other = copy.deepcopy(extractor)
    assert_same(extractor.push(SONG[90_000:]), other.push(SONG[90_000:]))
    assert_same(extractor.flush(), other.flush())


def test_a_set_without_growing_divisors_is_a_part_of_compare260() -> None:
    """Leaving the twelve columns out takes less work, and changes no other number."""
    assert_same(extract([SONG], SR, UNCHANGING), WHOLE.select(UNCHANGING))


def test_columns_without_jitter_take_no_voice_stage() -> None:
    names = tuple(n for n in UNCHANGING.names if not n.startswith(("jitter", "shimmer", "logHNR")))
    pitch_only = FeatureSet("pitch", "1", names)
    assert Extractor(SR, pitch_only)._descriptors._voice is None
    assert Extractor(SR, UNCHANGING)._descriptors._voice is not None
    assert_same(extract([SONG], SR, pitch_only), WHOLE.select(pitch_only))


def test_order_of_a_sets_columns_is_kept() -> None:
    reordered = replace(COMPARE260, name="reversed", names=COMPARE260.names[::-1])
    np.testing.assert_array_equal(extract([SONG], SR, reordered).values, WHOLE.values[:, ::-1])


def test_damaged_samples_are_silence() -> None:
    damaged, silent = SONG.copy(), SONG.copy()
    damaged[10_000:10_003] = np.nan, np.inf, -np.inf
    silent[10_000:10_003] = 0
    assert_same(extract([damaged], SR), extract([silent], SR))


def test_nothing_but_damage_is_finite() -> None:
    assert np.isfinite(extract([np.full(2 * SR, np.nan, np.float32)], SR).values).all()


def test_beyond_full_scale_is_clipped() -> None:
    loud = 40 * SONG
    assert_same(extract([loud], SR), extract([np.clip(loud, -1, 1)], SR))


def test_samples_are_truncated_to_sixteen_bits() -> None:
    """Half a step up or down is the same number, towards zero."""
    grid = np.trunc(SONG * 32768) / 32768
    off = grid + np.sign(grid) * 0.9 / 32768
    assert_same(extract([off.astype(np.float32)], SR), extract([grid.astype(np.float32)], SR))


def test_silence() -> None:
    features = extract([np.zeros(3 * SR, np.float32)], SR)
    values = dict(zip(features.feature_set.names, features.values[0], strict=True))
    assert values["F0final_sma_amean"] == values["pcm_RMSenergy_sma_amean"] == 0
    assert values["logHNR_sma_amean"] == -100
    assert values["pcm_fftMag_spectralRollOff50.0_sma_amean"] == pytest.approx(SR / 1024)
    assert values["pcm_fftMag_spectralEntropy_sma_amean"] == pytest.approx(8.6e-6, rel=0.01)
    assert np.isfinite(features.values).all()


@pytest.mark.parametrize("seconds", [0, 0.5, 1.0, 1.039])
def test_too_short(seconds: float) -> None:
    with pytest.raises(
        FeatureError, match=f"^{seconds:.2f} s of audio is too short: one window takes at least 1.04 s$"
    ):
        extract([SONG[: round(seconds * SR)]], SR)


@pytest.mark.parametrize("sr", [8000, 16000, 22050, 32000, 44100, 48000, 96000, 192_000])
def test_shortest_audio_at_each_rate(sr: int) -> None:
    features = extract([music(1.05, sr)], sr)
    assert features.values.shape == (1, 260)
    assert np.isfinite(features.values).all()


def test_no_audio_at_all() -> None:
    extractor = Extractor(SR)
    assert len(extractor.push(np.zeros(0, np.float32)).values) == 0
    assert len(extractor.flush().values) == 0
    with pytest.raises(FeatureError, match="too short"):
        extract([], SR)


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 29, 31, 49, 50, 51])
def test_descriptors_of_few_frames(frames: int) -> None:
    """n frames of 60 ms give n + 1 rows, the smoothing's extra one included."""
    descriptors = Descriptors(SR)
    x = SONG[: 441 * (frames - 1) + 2646]
    rows = np.concatenate([descriptors.push(x), descriptors.flush()])
    assert rows.shape == (frames + 1, 130)
    assert np.isfinite(rows).all()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="sr must be a rate from 8000 to 384000 Hz, got 4000"):
        Extractor(4000)
    with pytest.raises(ValueError, match="profile must be one of 2016, is13, got '2013'"):
        Extractor(SR, profile="2013")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"x must be one channel of samples, got an array of shape \(3, 2\)"):
        Extractor(SR).push(np.zeros((3, 2)))


def test_csv_is_deams() -> None:
    stream = io.StringIO()
    write_csv(WHOLE, stream)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "frameTime;" + ";".join(COMPARE260.names)
    assert len(lines) == 1 + len(WHOLE.values)
    fields = lines[2].split(";")
    assert fields[0] == "0.500000"
    assert fields[1] == f"{WHOLE.values[1, 0]:.6e}"
    read = np.array([line.split(";")[1:] for line in lines[1:]], np.float64)
    np.testing.assert_allclose(read, WHOLE.values, rtol=1e-6)  # seven digits are written


def test_tables_need_no_compiler() -> None:
    """Reading a model or a table must not load numba and SciPy, which take half a second."""
    code = "import sys, moodcurve.features as f; f.COMPARE260; sys.exit(bool({'numba', 'scipy'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_name() -> None:
    import moodcurve.features

    with pytest.raises(AttributeError, match="has no attribute 'extractors'"):
        moodcurve.features.extractors  # noqa: B018


def test_openSMILE_is_an_extra() -> None:  # noqa: N802
    code = "import sys; sys.modules['opensmile'] = None; import moodcurve.features.opensmile"
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.strip().endswith(
        "ImportError: features by openSMILE need the package opensmile: pip install 'moodcurve[opensmile]'"
    )


@pytest.mark.parametrize("feature_set", [COMPARE260, UNCHANGING, COMPARE236], ids=lambda s: s.name)
@pytest.mark.parametrize("place", [0, 30_000, 90_000])
def test_a_saved_extractor_goes_on_alike(feature_set: FeatureSet, place: int) -> None:
    """Before the first frame, before the first window, and in the middle."""
    extractor = Extractor(SR, feature_set, profile="is13")
    extractor.push(SONG[:place])
    other = Extractor.resume(extractor.save())
    assert_same(extractor.push(SONG[place:]), other.push(SONG[place:]))
    assert_same(extractor.flush(), other.flush())


def test_a_rate_from_numpy_is_saved_too() -> None:
    saved = Extractor(np.int64(SR)).save()  # type: ignore[arg-type]
    assert Extractor.resume(saved).sr == SR


def test_a_saved_extractor_stays_small() -> None:
    """However long the recording: a live program may save every second."""
    extractor = Extractor(SR)
    sizes = []
    for _ in range(10):
        extractor.push(SONG)
        sizes.append(len(extractor.save()))
    assert max(sizes) < 500_000


def test_saving_does_not_disturb() -> None:
    extractor = Extractor(SR)
    parts = []
    for block in np.split(SONG, [50_000, 120_000]):
        parts.append(extractor.push(block))
        extractor.save()
    parts.append(extractor.flush())
    np.testing.assert_array_equal(np.concatenate([part.values for part in parts]), WHOLE.values)


@pytest.mark.parametrize("damage", [lambda s: b"", lambda s: b"RIFF", lambda s: s[:-500], lambda s: s[500:]])
def test_what_was_not_saved_whole_is_refused(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(FeatureError, match=r"not an extractor that Extractor\.save has given"):
        Extractor.resume(damage(Extractor(SR).save()))


def test_an_extractor_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Extractor(SR).save()
    monkeypatch.setattr("moodcurve.features.extractor.__version__", "99.0")
    with pytest.raises(FeatureError, match=r"saved by moodcurve .*, not 99\.0"):
        Extractor.resume(saved)


def test_a_set_without_voice_descriptors_takes_no_pitch() -> None:
    assert Extractor(SR, COMPARE236)._descriptors._pitch is None
    assert_same(extract([SONG], SR, COMPARE236), WHOLE.select(COMPARE236))


@pytest.mark.parametrize("seconds", [1.03, 1.04, 1.05, 1.5, 2.5])
def test_short_recordings_end_alike_without_pitch(seconds: float) -> None:
    """The pitch search no longer decides when the rows end, and they end where they did."""
    x = music(seconds)
    try:
        whole = extract([x], SR)
    except FeatureError:
        with pytest.raises(FeatureError):
            extract([x], SR, COMPARE236)
    else:
        assert_same(extract([x], SR, COMPARE236), whole.select(COMPARE236))
