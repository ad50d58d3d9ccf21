"""The grid of patches, and the network's input."""

import numpy as np
import pytest

from moodcurve.features.tags import patches


def test_rows_have_the_patch_in_whose_cell_their_center_lies() -> None:
    for grid in (94, 187, 374, 375):
        for row in range(300):
            starts = [patches.first_frame(k, grid) * 0.016 for k in range(1000)]
            assert patches.patch_of_row(row, grid) == np.searchsorted(starts, 0.5 * row + 0.5, side="right") - 1


def test_rows_of_the_default_grid() -> None:
    """Cells of 2.992 s for 30 s, then of 5.984 s."""
    assert [patches.patch_of_row(row, 374) for row in (0, 4, 5, 58, 59, 70, 71)] == [0, 0, 1, 9, 10, 10, 11]


def test_half_of_the_frames_make_a_patch_except_at_the_beginning() -> None:
    assert patches.is_patch(374 + 94, 374)
    assert not patches.is_patch(374 + 93, 374)
    assert patches.is_patch(1, 0)


def test_frames_of_a_recording() -> None:
    assert [patches.frame_count(n) for n in (0, 255, 256, 16000)] == [1, 1, 2, 63]


def test_input_without_scaling() -> None:
    mel = np.random.default_rng(0).uniform(0, 2, (187, 96)).astype(np.float32)
    np.testing.assert_allclose(patches.to_input(mel, None), np.log10(1 + 1e4 * mel.astype(float)), atol=1e-6)


@pytest.mark.parametrize("gain", [1e-7, 1e-3, 1, 1e3])
def test_input_is_free_of_gain(gain: float) -> None:
    mel = np.random.default_rng(0).uniform(0, 0.5, (187, 96))
    mel *= 0.25 / mel.mean()
    expected = np.log10(1 + 1e4 * mel)
    np.testing.assert_allclose(patches.to_input((gain * mel).astype(np.float32), 0.25), expected, atol=1e-5)


def test_silence_stays_silence() -> None:
    assert not patches.to_input(np.zeros((187, 96), np.float32), 0.25).any()


def test_next_to_nothing_is_raised_by_80_db_at_most() -> None:
    mel = np.full((187, 96), 1e-12, np.float32)
    np.testing.assert_allclose(patches.to_input(mel, 0.25), np.log10(1 + 1e4 * 1e-4), rtol=1e-5)


def test_smallest_numbers_stay_finite() -> None:
    assert np.isfinite(patches.to_input(np.full((187, 96), 1e-45, np.float32), 0.25)).all()


def test_missing_frames_repeat_those_there_are() -> None:
    mel = np.random.default_rng(0).uniform(0, 2, (100, 96)).astype(np.float32)
    found = patches.to_input(mel, None)
    np.testing.assert_array_equal(found[100:], found[:87])
