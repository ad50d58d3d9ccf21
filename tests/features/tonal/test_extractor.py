"""The extractor as a stream: block lengths, saved state, gain, sample rates, unusual samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve.features import Extractor, extract, feature_set
from moodcurve.features.tonal.columns import SONG1, TONAL1
from moodcurve.features.tonal.extractor import TonalExtractor
from tests.features.tonal.notes import MAJOR, MINOR, SR, chord, clicks, last_row, noise, progression, rows_of

SONG = progression([(MAJOR, 0), (MINOR, 9), (MAJOR, 5), (MAJOR, 7), (MAJOR, 0), (MINOR, 2)], 55) + clicks(110, 6.0)
WHOLE = rows_of(SONG)


def test_columns() -> None:
    assert TonalExtractor.names == (*TONAL1, *SONG1)
    assert len(TONAL1) == len(set(TONAL1)) == 71
    assert WHOLE.shape == (11, 133)
    assert WHOLE.dtype == np.float32


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, len(SONG)), max_size=12), saved=st.integers(0, 12))
def test_blocks_and_resuming_do_not_matter(cuts: list[int], saved: int) -> None:
    tonal = feature_set("tonal1")
    extractor, parts = Extractor(SR, tonal), []
    for number, block in enumerate(np.split(SONG, sorted(cuts))):
        if number == saved:
            extractor = Extractor.resume(extractor.save())
        parts.append(extractor.push(block).values)
    parts.append(extractor.flush().values)
    whole = np.concatenate(parts)
    np.testing.assert_array_equal(whole, extract(SONG, SR, tonal).values)
    np.testing.assert_array_equal(whole, WHOLE[: len(whole), : len(TONAL1)])


def test_blocks_of_one_sample() -> None:
    song = noise(1.7, 8000)
    extractor = TonalExtractor(8000)
    parts = [extractor.push(song[i : i + 1]) for i in range(len(song))]
    np.testing.assert_array_equal(np.concatenate([*parts, extractor.flush(2)]), rows_of(song, 8000))


@pytest.mark.parametrize("gain_db", [-20, -60, 6])
def test_rows_are_free_of_gain(gain_db: float) -> None:
    quieter = rows_of(np.float32(10 ** (gain_db / 20)) * SONG)
    # the salience of bins far below the loudest holds the rounding errors of the transform
    np.testing.assert_allclose(quieter, WHOLE, rtol=1e-4, atol=1e-4)


def test_row_needs_little_sound_after_its_window() -> None:
    for row in (0, 3, 8):
        end = round((0.5 * row + 1.2) * SR)
        cut = SONG.copy()
        cut[end:] = 0
        np.testing.assert_array_equal(rows_of(cut)[: row + 1], WHOLE[: row + 1])


def test_rows_are_returned_soon() -> None:
    extractor = TonalExtractor(SR)
    returned = 0
    for second in np.split(np.tile(SONG, 3), range(SR, 18 * SR, SR)):
        rows = extractor.push(second)
        returned += len(rows)
    assert 0.5 * returned + 0.5 >= 18 - 1.7  # end of the last row's window


def test_rows_are_counted_to_the_end() -> None:
    extractor = TonalExtractor(SR)
    some = extractor.push(SONG)
    rest = extractor.flush(9)
    assert len(some) + len(rest) == 9
    assert TonalExtractor(SR).flush(0).shape == (0, 133)
    assert not TonalExtractor(SR).flush(3).any()


@pytest.mark.parametrize("sr", [8000, 11025, 16000, 22050, 31999, 32000, 48000, 96000, 192_000, 384_000])
def test_sample_rates(sr: int) -> None:
    """Below 12 kHz, the highest octave is incomplete."""
    song = np.tile(chord(MINOR, 57, sr=sr), 5)
    row, expected = last_row(song, sr), last_row(np.tile(chord(MINOR, 57), 5))
    for name in ("chord_mode", "chord_fifth", "key_temperley_mode_4s", "harmonic_stability", "register_octave[2]"):
        assert row[name] == pytest.approx(expected[name], abs=0.06)
    assert 115 * 2 ** row["tempo"] == pytest.approx(60, rel=0.05)


@pytest.mark.parametrize("sr", [7999, 384_001, 44100.5, True])
def test_invalid_rates_are_refused(sr: float) -> None:
    with pytest.raises(ValueError, match="sr must be the sample rate of the samples"):
        TonalExtractor(sr)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "x",
    [
        np.ones(4 * SR, np.float32),
        np.full(4 * SR, 1e-38, np.float32),
        np.full(4 * SR, 3e-8, np.float32),
        np.eye(1, 4 * SR, 2 * SR, dtype=np.float32)[0],
        np.sign(np.sin(np.arange(4 * SR) / 30)).astype(np.float32),
        np.sin(2 * np.pi * 15_000 * np.arange(4 * SR) / SR).astype(np.float32),
        np.random.default_rng(0).choice([-1, 1], 4 * SR).astype(np.float32),
    ],
    ids=["constant", "denormal", "-150 dB", "click", "square", "above all octaves", "full-scale noise"],
)
def test_rows_are_finite(x: np.ndarray) -> None:
    assert np.isfinite(rows_of(x)).all()


def test_memory_does_not_grow() -> None:
    extractor = Extractor(SR, feature_set("tonal1"))
    sizes = []
    for _ in range(8):
        extractor.push(SONG)
        sizes.append(len(extractor.save()))
    assert max(sizes[2:]) < 1.2 * min(sizes[2:]) < 500_000
