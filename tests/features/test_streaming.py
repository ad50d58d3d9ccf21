"""The extractor as a stream: block lengths, saved state, short audio, feature sets, sample rates, CSV."""

import copy
import io
import pydoc
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
    stream,
    write_csv,
)
from moodcurve.features.feature_sets import VOICE_NAMES
from moodcurve.features.low_level import CHUNK, Profile
from moodcurve.runtime import ModelError, load_model

pytestmark = pytest.mark.slow

SR = 44100


def music(seconds: float, sr: int = SR) -> Float32Array:
    """Return gliding harmonics with gaps and noise: voiced and unvoiced frames, and sudden changes."""
    t = np.arange(round(seconds * sr)) / sr
    phase = 2 * np.pi * np.cumsum(160 + 60 * np.sin(2 * np.pi * 0.4 * t)) / sr
    tone = sum(np.sin(h * phase) / h for h in range(1, 6)) * (np.sin(2 * np.pi * 0.9 * t) > -0.6)
    return (0.2 * tone + 0.01 * np.random.default_rng(0).standard_normal(len(t))).astype(np.float32)


SONG = music(4.3)
WHOLE = extract([SONG], SR)
WITHOUT_VOICE_DELTAS = FeatureSet(
    "without voice deltas",
    "1",
    tuple(n for n in COMPARE260.names if not (n.startswith(VOICE_NAMES) and "_sma_de" in n)),
)


def assert_equal(a: Features, b: Features) -> None:
    np.testing.assert_array_equal(a.times_s, b.times_s)
    np.testing.assert_array_equal(a.values, b.values)  # to the last bit


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, len(SONG)), max_size=12))
def test_block_boundaries_do_not_matter(cuts: list[int]) -> None:
    assert_equal(extract(np.split(SONG, sorted(cuts)), SR), WHOLE)


PITCH_ONLY = FeatureSet("pitch", "1", ("F0final_sma_amean", "pcm_RMSenergy_sma_stddev"))


@cache
def single_block(sr: int, feature_set: FeatureSet, profile: Profile) -> tuple[Float32Array, Features]:
    """Return two seconds of music, and their features from a single block."""
    song = music(2.2, sr)
    return song, extract([song], sr, feature_set, profile=profile)


@settings(max_examples=60, deadline=None)
@given(
    sr=st.sampled_from([8000, 11025, 16000, 44100, 48000]),
    feature_set=st.sampled_from([COMPARE260, WITHOUT_VOICE_DELTAS, PITCH_ONLY, COMPARE236]),
    profile=st.sampled_from(get_args(Profile)),
    lengths=st.lists(st.one_of(st.sampled_from([0, 1]), st.integers(0, 20_000)), max_size=40),
    copied=st.integers(0, 40),
)
def test_block_boundaries_do_not_matter_at_any_rate_for_any_set(
    sr: int, feature_set: FeatureSet, profile: Profile, lengths: list[int], copied: int
) -> None:
    """Includes empty blocks, single samples, and a copy of the extractor that takes over."""
    song, expected = single_block(sr, feature_set, profile)
    extractor = Extractor(sr, feature_set, profile=profile)
    parts = []
    for number, block in enumerate(np.split(song, np.minimum(np.cumsum(lengths, dtype=int), len(song)))):
        if number == copied:
            extractor = copy.deepcopy(extractor)
        parts.append(extractor.push(block))
    parts.append(extractor.flush())
    np.testing.assert_array_equal(np.concatenate([part.values for part in parts]), expected.values)
    np.testing.assert_array_equal(np.concatenate([part.times_s for part in parts]), expected.times_s)


def test_blocks_of_one_sample() -> None:
    song, expected = single_block(8000, COMPARE260, "2016")
    assert_equal(extract(np.split(song, len(song)), 8000), expected)


@pytest.mark.parametrize("size", [441, 1000, 4096, CHUNK * 441, CHUNK * 441 + 1])
def test_block_length_does_not_matter(size: int) -> None:
    assert_equal(extract(np.split(SONG, range(size, len(SONG), size)), SR), WHOLE)


def test_rows_arrive_early() -> None:
    """A row needs its window of 1.0 s, a chunk of 1.0 s, and 0.4 s for pitch decisions and deltas."""
    extractor = Extractor(SR)
    seen = 0
    for second in range(1, 8):
        seen += len(extractor.push(music(8)[(second - 1) * SR : second * SR]).values)
        assert seen >= 2 * (second - 2.4) - 1


def test_times_continue_over_blocks() -> None:
    extractor = Extractor(SR)
    parts = [extractor.push(SONG[:100_000]), extractor.push(SONG[100_000:]), extractor.flush()]
    assert [t for part in parts for t in part.times_s] == [0.5 * i for i in range(len(WHOLE.values))]


def test_state_does_not_grow() -> None:
    """State after a minute is no larger than after five seconds."""

    def state_size(thing: object) -> int:
        if isinstance(thing, np.ndarray):
            return int(thing.nbytes)
        if isinstance(thing, tuple):
            return sum(state_size(part) for part in thing)
        if type(thing).__module__.startswith("moodcurve"):
            return sum(state_size(part) for part in vars(thing).values())
        return 0

    extractor = Extractor(SR)
    noise = np.random.default_rng(1).standard_normal(SR).astype(np.float32) * np.float32(0.1)
    sizes = []
    for _ in range(60):
        extractor.push(noise)
        sizes.append(state_size(extractor))
    assert max(sizes[5:]) <= 1.1 * max(sizes[:5])
    assert max(sizes) < 6e6


def test_copy_continues_identically() -> None:
    """All state is in the object: it can be copied in the middle of a recording."""
    extractor = Extractor(SR)
    extractor.push(SONG[:90_000])
    other = copy.deepcopy(extractor)
    assert_equal(extractor.push(SONG[90_000:]), other.push(SONG[90_000:]))
    assert_equal(extractor.flush(), other.flush())


def test_subset_without_voice_deltas_equals_compare260() -> None:
    """Leaving out the twelve delta columns changes no other number."""
    assert_equal(extract([SONG], SR, WITHOUT_VOICE_DELTAS), WHOLE.select(WITHOUT_VOICE_DELTAS))


def test_voice_quality_is_not_computed_if_not_needed() -> None:
    names = tuple(n for n in WITHOUT_VOICE_DELTAS.names if not n.startswith(("jitter", "shimmer", "logHNR")))
    pitch_only = FeatureSet("pitch", "1", names)
    assert Extractor(SR, pitch_only)._parts[0]._descriptors._voice is None
    assert Extractor(SR, WITHOUT_VOICE_DELTAS)._parts[0]._descriptors._voice is not None
    assert_equal(extract([SONG], SR, pitch_only), WHOLE.select(pitch_only))


def test_column_order_of_the_feature_set() -> None:
    reordered = replace(COMPARE260, name="reversed", names=COMPARE260.names[::-1])
    np.testing.assert_array_equal(extract([SONG], SR, reordered).values, WHOLE.values[:, ::-1])


def test_non_finite_samples_count_as_silence() -> None:
    damaged, silent = SONG.copy(), SONG.copy()
    damaged[10_000:10_003] = np.nan, np.inf, -np.inf
    silent[10_000:10_003] = 0
    assert_equal(extract([damaged], SR), extract([silent], SR))


def test_only_nan_samples_have_finite_features() -> None:
    assert np.isfinite(extract([np.full(2 * SR, np.nan, np.float32)], SR).values).all()


def test_samples_beyond_full_scale_are_clipped() -> None:
    loud = 40 * SONG
    assert_equal(extract([loud], SR), extract([np.clip(loud, -1, 1)], SR))


def test_samples_are_truncated_to_16_bits() -> None:
    """Samples are rounded toward zero."""
    grid = np.trunc(SONG * 32768) / 32768
    off = grid + np.sign(grid) * 0.9 / 32768
    assert_equal(extract([off.astype(np.float32)], SR), extract([grid.astype(np.float32)], SR))


def test_silence() -> None:
    features = extract([np.zeros(3 * SR, np.float32)], SR)
    values = dict(zip(features.feature_set.names, features.values[0], strict=True))
    assert values["F0final_sma_amean"] == values["pcm_RMSenergy_sma_amean"] == 0
    assert values["logHNR_sma_amean"] == -100
    assert values["pcm_fftMag_spectralRollOff50.0_sma_amean"] == pytest.approx(SR / 1024)
    assert values["pcm_fftMag_spectralEntropy_sma_amean"] == pytest.approx(8.6e-6, rel=0.01)
    assert np.isfinite(features.values).all()


@pytest.mark.parametrize("seconds", [0, 0.5, 1.0, 1.039])
def test_too_short_audio(seconds: float) -> None:
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
    """n frames of 60 ms yield n + 1 rows: smoothing adds one."""
    descriptors = Descriptors(SR)
    x = SONG[: 441 * (frames - 1) + 2646]
    rows = np.concatenate([descriptors.push(x), descriptors.flush()])
    assert rows.shape == (frames + 1, 130)
    assert np.isfinite(rows).all()


def test_invalid_arguments() -> None:
    with pytest.raises(ValueError, match="sr must be the sample rate of the samples, 8000 to 384000 Hz, got 4000"):
        Extractor(4000)
    with pytest.raises(ValueError, match="profile must be one of 2016, is13, got '2013'"):
        Extractor(SR, profile="2013")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"x must be one-dimensional \(one channel of samples\), got shape \(3, 2\)"):
        Extractor(SR).push(np.zeros((3, 2)))


def test_csv_layout_is_that_of_deam() -> None:
    stream = io.StringIO()
    write_csv(WHOLE, stream)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "frameTime;" + ";".join(COMPARE260.names)
    assert len(lines) == 1 + len(WHOLE.values)
    fields = lines[2].split(";")
    assert fields[0] == "0.500000"
    assert fields[1] == f"{WHOLE.values[1, 0]:.6e}"
    read = np.array([line.split(";")[1:] for line in lines[1:]], np.float64)
    np.testing.assert_allclose(read, WHOLE.values, rtol=1e-6)  # seven digits in the file


def test_feature_sets_need_no_compiler() -> None:
    """Loading a model or a table must not import numba and SciPy, which takes half a second."""
    code = "import sys, moodcurve.features as f; f.COMPARE260; sys.exit(bool({'numba', 'scipy'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_attribute_of_the_package() -> None:
    import moodcurve.features

    with pytest.raises(AttributeError, match="has no attribute 'extractors'"):
        moodcurve.features.extractors  # noqa: B018


def test_missing_openSMILE_error() -> None:  # noqa: N802
    code = "import sys; sys.modules['opensmile'] = None; import moodcurve.features.opensmile"
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.strip().endswith(
        "ImportError: features by openSMILE need opensmile: in moodcurve's checkout, run: "
        "pip install -c constraints.txt '.[opensmile]'"
    )


@pytest.mark.parametrize("feature_set", [COMPARE260, WITHOUT_VOICE_DELTAS, COMPARE236], ids=lambda s: s.name)
@pytest.mark.parametrize("position", [0, 30_000, 90_000])
def test_resumed_extractor_continues_identically(feature_set: FeatureSet, position: int) -> None:
    """Saved before the first frame, before the first window, and in the middle."""
    extractor = Extractor(SR, feature_set, profile="is13")
    extractor.push(SONG[:position])
    other = Extractor.resume(extractor.save())
    assert_equal(extractor.push(SONG[position:]), other.push(SONG[position:]))
    assert_equal(extractor.flush(), other.flush())


def test_numpy_sample_rate_can_be_saved() -> None:
    saved = Extractor(np.int64(SR)).save()  # type: ignore[arg-type]
    assert Extractor.resume(saved).sr == SR


def test_saved_state_stays_small() -> None:
    """The size does not grow with the recording: a live program may save every second."""
    extractor = Extractor(SR)
    sizes = []
    for _ in range(10):
        extractor.push(SONG)
        sizes.append(len(extractor.save()))
    assert max(sizes) < 500_000


def test_saving_does_not_change_the_extractor() -> None:
    extractor = Extractor(SR)
    parts = []
    for block in np.split(SONG, [50_000, 120_000]):
        parts.append(extractor.push(block))
        extractor.save()
    parts.append(extractor.flush())
    np.testing.assert_array_equal(np.concatenate([part.values for part in parts]), WHOLE.values)


@pytest.mark.parametrize("damage", [lambda s: b"", lambda s: b"RIFF", lambda s: s[:-500], lambda s: s[500:]])
def test_damaged_state_is_refused(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(FeatureError, match=r"not the state of an extractor from Extractor\.save, or damaged"):
        Extractor.resume(damage(Extractor(SR).save()))


def test_state_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Extractor(SR).save()
    monkeypatch.setattr("moodcurve.features.extractor.__version__", "99.0")
    with pytest.raises(FeatureError, match=r"saved by moodcurve .*, not 99\.0"):
        Extractor.resume(saved)


def test_pitch_is_not_computed_if_not_needed() -> None:
    assert Extractor(SR, COMPARE236)._parts[0]._descriptors._pitch is None
    assert_equal(extract([SONG], SR, COMPARE236), WHOLE.select(COMPARE236))


@pytest.mark.parametrize("seconds", [1.03, 1.04, 1.05, 1.5, 2.5])
def test_short_recordings_without_pitch(seconds: float) -> None:
    """Without the pitch search, the rows still end at the same time."""
    x = music(seconds)
    try:
        whole = extract([x], SR)
    except FeatureError:
        with pytest.raises(FeatureError):
            extract([x], SR, COMPARE236)
    else:
        assert_equal(extract([x], SR, COMPARE236), whole.select(COMPARE236))


def test_one_array_equals_blocks() -> None:
    assert_equal(extract(SONG, SR), WHOLE)
    assert_equal(extract(SONG.astype(np.float64), SR), WHOLE)
    parts = list(stream(SONG, SR))
    np.testing.assert_array_equal(np.concatenate([part.values for part in parts]), WHOLE.values)


@pytest.mark.parametrize(
    "samples", [np.zeros((3 * SR, 2)), np.zeros((2, 3 * SR)), np.float32(0), [0.0, 0.1], np.empty(())]
)
def test_arrays_of_another_shape_are_refused(samples: object) -> None:
    """Rows of a two-dimensional array are not taken for blocks, nor single numbers."""
    with pytest.raises(ValueError, match=r"x must be one-dimensional \(one channel of samples\), got shape \("):
        extract(samples, SR)  # type: ignore[arg-type]


@pytest.mark.parametrize("samples", ["song.mp3", b"RIFF", 3, None])
def test_samples_of_another_type_are_refused(samples: object) -> None:
    with pytest.raises(
        ValueError, match=f"samples must be an array or an iterable of arrays, got {type(samples).__name__}"
    ):
        extract(samples, SR)  # type: ignore[arg-type]


@pytest.mark.parametrize("sr", [None, 0, 44.1, 44_100.5, float("nan"), -SR, 400_000, "44100", True])
def test_invalid_sample_rate(sr: object) -> None:
    with pytest.raises(ValueError, match=r"sr must be the sample rate of the samples, 8000 to 384000 Hz, got "):
        extract(SONG, sr)  # type: ignore[arg-type]


@pytest.mark.parametrize("sr", [16_000, np.int64(16_000), 16_000.0])
def test_features_keep_the_sample_rate(sr: int) -> None:
    features = extract(music(2.2, 16_000), sr)
    assert features.sr == 16_000
    assert isinstance(features.sr, int)
    assert features.select(COMPARE236).sr == 16_000
    assert [part.sr for part in stream(music(2.2, 16_000), sr)] == [16_000] * 2
    assert WHOLE.sr == SR


def test_model_refuses_features_of_another_sample_rate() -> None:
    model = load_model("fast")
    features = extract(music(2.2, 16_000), 16_000, model.feature_set)
    expected = f"^model {model.name} reads features of audio at 44100 Hz, got 16000 Hz$"
    with pytest.raises(ModelError, match=expected):
        model.predict(features)
    assert model.predict(WHOLE).shape == (len(WHOLE.values), 2)


def test_reprs_are_short() -> None:
    assert repr(COMPARE260) == "FeatureSet(compare260/1, columns=260)"
    assert repr(WHOLE) == f"Features(compare260/1, rows={len(WHOLE.values)}, columns=260, sr=44100)"


def test_help_is_short() -> None:
    """No lists of column names, no expanded array types, no internals."""
    for item in (Extractor, Descriptors, Features, FeatureSet, extract, stream):
        text = pydoc.render_doc(item, renderer=pydoc.plaintext)
        assert max(map(len, text.splitlines())) < 180
        assert len(text) < 4_000
        assert "F0final" not in text
    public = [name for name in vars(Extractor(SR)) if not name.startswith("_")]
    assert public == ["sr", "feature_set", "profile"]
