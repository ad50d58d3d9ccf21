"""Mixing to mono: the mean of the channels, or the strongest one where they cancel each other."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve._typing import FloatArray
from moodcurve.audio import ANALYSIS_SR, open_audio
from moodcurve.audio.mixing import MonoMixer
from moodcurve.audio.samples import open_samples
from tests.helpers.damaged_audio import write_av, write_sound

SR = 8_000
CANCELED = "the channels cancel each other: the strongest one is analyzed instead of their mean"


def music(seconds: float, *, sr: int = SR, seed: int = 0) -> FloatArray:
    """Return noise of rising and falling level."""
    t = np.arange(round(seconds * sr)) / sr
    noise = np.random.default_rng(seed).normal(0, 0.1, len(t))
    return np.clip(noise * (1.2 + np.sin(t)), -0.9, 0.9).astype(np.float32)


def mixed(x: FloatArray, cuts: tuple[int, ...] = ()) -> tuple[FloatArray, MonoMixer]:
    mixer = MonoMixer()
    parts = [mixer.mix(part, SR) for part in np.split(x, cuts) if len(part)]
    return np.concatenate([*parts, mixer.flush()]), mixer


def pair(left: FloatArray, right: FloatArray) -> FloatArray:
    return np.stack([left, right], axis=1).astype(np.float32)


@pytest.mark.parametrize("share", [-1.0, -0.99, -0.83])
def test_opposite_channels_are_heard_from_the_stronger_one(share: float) -> None:
    x = music(4.3)
    for both, loud in ((pair(x, share * x), x), (pair(share * x, x), share * x if share == -1 else x)):
        got, mixer = mixed(both)
        np.testing.assert_array_equal(got, loud.astype(np.float32))
        assert mixer.warnings(None, []) == [CANCELED]


@pytest.mark.parametrize("share", [-0.8, -0.5, 0.0, 0.5, 1.0])
def test_other_channels_are_averaged(share: float) -> None:
    """At -0.8 the mean is 19 dB below the channels."""
    x = music(4.3)
    both = pair(x, share * x)
    got, mixer = mixed(both)
    np.testing.assert_allclose(got, both.mean(axis=1), atol=1e-8)
    assert mixer.warnings(None, []) == []


@pytest.mark.parametrize("channels", [2, 6, 8, 64])
def test_independent_channels_do_not_cancel(channels: int) -> None:
    x = np.stack([music(2.2, seed=seed) for seed in range(channels)], axis=1)
    got, mixer = mixed(x)
    np.testing.assert_allclose(got, x.mean(axis=1), atol=1e-7)
    assert mixer.warnings(None, []) == []


def test_one_of_six_channels_is_not_canceled() -> None:
    x = np.zeros((2 * SR, 6), np.float32)
    x[:, 2] = music(2)
    got, _ = mixed(x)
    np.testing.assert_allclose(got, x[:, 2] / 6, atol=1e-8)


def test_front_channels_that_cancel_among_six() -> None:
    x = np.zeros((2 * SR, 6), np.float32)
    x[:, 0], x[:, 1], x[:, 4] = music(2), -0.99 * music(2), 0.001 * music(2, seed=3)
    got, mixer = mixed(x)
    np.testing.assert_array_equal(got, x[:, 0])
    assert mixer.warnings(None, []) == [CANCELED]


def test_silent_and_quiet_blocks_decide_nothing() -> None:
    """Hiss below the smallest 16-bit step, in opposite phase, before normal music; silence before opposite music."""
    hiss, x = 1e-5 * music(3), music(3)
    both = np.concatenate([pair(hiss, -hiss), pair(x, x)])
    got, mixer = mixed(both)
    np.testing.assert_array_equal(got, both.mean(axis=1))
    assert mixer.warnings(None, []) == []
    got, mixer = mixed(np.concatenate([np.zeros((3 * SR, 2), np.float32), pair(x, -x)]))
    np.testing.assert_array_equal(got, np.concatenate([np.zeros(3 * SR), x]))
    assert mixer.warnings(None, []) == [f"{CANCELED} for 3 of 6 s"]


def test_the_whole_recording_so_far_decides() -> None:
    """A canceled passage in the middle keeps the mean; opposite channels that end do not stay so forever."""
    x, y = music(4), music(2, seed=1)
    normal, opposite = pair(x, x), pair(y, -y)
    got, mixer = mixed(np.concatenate([normal, opposite, normal]))
    np.testing.assert_array_equal(got, np.concatenate([x, 0 * y, x]))
    assert mixer.warnings(None, []) == []
    got, mixer = mixed(np.concatenate([opposite, normal]))
    np.testing.assert_array_equal(got, np.concatenate([y, x]))
    assert mixer.warnings(None, []) == [f"{CANCELED} for 2 of 6 s"]


def test_the_channel_is_kept() -> None:
    """Otherwise the sign would change where the other channel becomes the stronger one."""
    x = music(4)
    louder = np.linspace(0.97, 1.03, len(x)).astype(np.float32)
    got, _ = mixed(pair(x, -louder * x))
    np.testing.assert_array_equal(got, x)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 5 * SR), max_size=10), share=st.sampled_from([-1.0, -0.99, -0.5, 1.0]))
def test_chunks_do_not_matter(cuts: list[int], share: float) -> None:
    x = np.concatenate([pair(music(2), share * music(2)), pair(music(3, seed=1), music(3, seed=2))])
    np.testing.assert_array_equal(mixed(x, tuple(sorted(cuts)))[0], mixed(x)[0])


def test_the_number_of_channels_may_change() -> None:
    mixer = MonoMixer()
    x = music(1.5)
    parts = [mixer.mix(pair(x, -x), SR), mixer.mix(x[:, None], SR), mixer.mix(pair(x, x), SR), mixer.flush()]
    np.testing.assert_array_equal(np.concatenate(parts), np.concatenate([x, x, x]))
    assert mixer.warnings(None, []) == [f"{CANCELED} for 2 of 4 s"]


def test_files_arrays_and_both_decoders_agree(tmp_path: Path) -> None:
    x = music(3.2, sr=ANALYSIS_SR)
    x = np.round(32768 * x) / 32768
    both = pair(x, -x)
    with open_samples(both, ANALYSIS_SR) as reader:
        assert reader.warnings == ()
        np.testing.assert_array_equal(np.concatenate(list(reader.blocks())), both[:, 0])
        assert reader.warnings == (CANCELED,)
    for path in (
        write_sound(tmp_path / "x.wav", both, ANALYSIS_SR),
        write_av(tmp_path / "x.flac", "flac", both, sr=ANALYSIS_SR, container="flac"),
    ):
        for block_s in (0.1, 10.0):
            with open_audio(path, block_s=block_s) as reader:
                got = np.concatenate(list(reader.blocks()))
            assert np.abs(got - both[:, 0]).max() <= 1 / 32768
            assert reader.warnings == (CANCELED,)
