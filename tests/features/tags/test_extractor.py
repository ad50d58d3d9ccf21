"""Rows of the tag network from blocks of samples."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import open_audio
from moodcurve.features.state import load_arrays, save_arrays
from moodcurve.features.tags.extractor import TagExtractor
from moodcurve.features.tags.names import EMBEDDING, TAGS, TAGS1

SR = 44_100


def sound(seconds: float, sr: int = SR, seed: int = 0) -> np.ndarray:
    """Chords that change every two seconds, and noise."""
    t = np.arange(round(seconds * sr)) / sr
    root = 110 * 2 ** (np.floor(t / 2) * 5 % 12 / 12)
    tones = sum(np.sin(2 * np.pi * factor * root * t) for factor in (1, 1.25, 1.5, 2, 3))
    noise = np.random.default_rng(seed).normal(0, 0.02, len(t)) * (np.sin(2 * np.pi * 2 * t) > 0.9)
    return (0.1 * tones + noise).astype(np.float32)


def rows_of(x: np.ndarray, sr: int = SR) -> int:
    """Return the number of complete windows of 1 s."""
    return max(0, int(2 * (len(x) / sr - 1)) + 1)


def extract(x: np.ndarray, sizes: tuple[int, ...] = (SR,), sr: int = SR, **options) -> np.ndarray:
    extractor = TagExtractor(sr, **options)
    found, at, turn = [], 0, 0
    while at < len(x):
        size = sizes[turn % len(sizes)]
        found.append(extractor.push(x[at : at + size]))
        at, turn = at + size, turn + 1
    assert sum(map(len, found)) <= rows_of(x, sr)
    found.append(extractor.flush(rows_of(x, sr)))
    return np.concatenate(found)


@pytest.fixture(scope="module")
def song() -> np.ndarray:
    return sound(46)


@pytest.fixture(scope="module")
def expected(song: np.ndarray) -> np.ndarray:
    return extract(song, (len(song),))


def test_columns() -> None:
    assert TagExtractor.names == TAGS1
    assert len(TAGS1) == len(set(TAGS1)) == 442
    assert TAGS1[EMBEDDING - 1 : EMBEDDING + 2] == ("tag_embedding[199]", "tag_rock", "tag_pop")
    assert len(TAGS) == 50


@pytest.mark.parametrize("sizes", [(SR,), (1000, 7, 40000, 441), (1,) * 50 + (SR * 7,), (132_000,)])
def test_rows_do_not_depend_on_the_blocks(song: np.ndarray, expected: np.ndarray, sizes: tuple[int, ...]) -> None:
    np.testing.assert_array_equal(extract(song, sizes), expected)


@pytest.mark.parametrize("grid", [50, 187, 500])
def test_other_grids_do_not_depend_on_the_blocks(song: np.ndarray, grid: int) -> None:
    found = extract(song, (10_000,), grid_frames=grid)
    np.testing.assert_array_equal(found, extract(song, (len(song),), grid_frames=grid))
    if grid == 187:  # every second patch of this grid is one of the default's
        np.testing.assert_array_equal(found[0], extract(song)[0])


def test_saved_and_resumed(song: np.ndarray, expected: np.ndarray) -> None:
    """At any time: before, within and between patches."""
    extractor, found = TagExtractor(SR), []
    for at in range(0, len(song), 70_000):
        resumed = TagExtractor(SR)
        load_arrays(resumed, {name: value.copy() for name, value in save_arrays(extractor).items()})
        extractor = resumed
        found.append(extractor.push(song[at : at + 70_000]))
    found.append(extractor.flush(rows_of(song)))
    np.testing.assert_array_equal(np.concatenate(found), expected)


def test_values_are_free_of_gain(song: np.ndarray, expected: np.ndarray) -> None:
    """Up to rounding in single precision."""
    for gain in (0.1, 0.01, 2.0):
        np.testing.assert_allclose(extract(np.float32(gain) * song), expected, atol=1e-4)


def test_values_follow_the_level_without_scaling(song: np.ndarray) -> None:
    loud, quiet = (extract(gain * song, reference=None) for gain in (np.float32(1), np.float32(0.1)))
    assert np.abs(loud - quiet).max() > 0.1


def test_rows_change_with_the_cells_of_the_grid(expected: np.ndarray) -> None:
    """Ten cells of 2.992 s, then cells of 5.984 s: a row whose center lies behind a start has the next patch."""
    starts = [2.992 * k for k in range(1, 11)] + [29.92 + 5.984, 29.92 + 2 * 5.984]
    changes = np.flatnonzero((expected[1:] != expected[:-1]).any(axis=1)) + 1
    assert changes.tolist() == [int(np.ceil(2 * start)) - 1 for start in starts]


def test_less_than_half_a_patch_at_the_end_keeps_the_last_values(song: np.ndarray, expected: np.ndarray) -> None:
    """At 17.95 + 1.4 s there are 88 frames of the seventh patch, at 17.95 + 1.6 s more than 94."""
    cut = extract(song[: round(19.35 * SR)])
    np.testing.assert_array_equal(cut, np.concatenate([expected[:35], expected[34:35].repeat(len(cut) - 35, axis=0)]))
    longer = extract(song[: round(19.55 * SR)])
    assert not np.array_equal(longer[36], longer[34])


@pytest.mark.parametrize(("seconds", "frames"), [(0.05, 4), (1.2, 76), (2.9, 182)])
def test_short_recordings_are_repeated(seconds: float, frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    extractor = TagExtractor(SR)
    inputs = []
    run = extractor._network.run
    monkeypatch.setattr(extractor._network, "run", lambda patch: (inputs.append(patch), run(patch))[1])
    assert len(extractor.push(sound(seconds))) == 0
    rows = extractor.flush(5)
    (patch,) = inputs
    np.testing.assert_array_equal(patch, patch[np.arange(187) % frames])
    assert not np.array_equal(patch[0], patch[1])
    assert rows.shape == (5, 442)
    assert (rows == rows[0]).all()


def test_recording_of_nothing() -> None:
    assert TagExtractor(SR).flush(0).shape == (0, 442)
    assert TagExtractor(SR).push(np.empty(0, np.float32)).shape == (0, 442)


@pytest.mark.parametrize("level", [0, 1e-30, 1e-5, 1])
@pytest.mark.parametrize("kind", ["constant", "noise", "clicks"])
def test_values_are_finite(level: float, kind: str) -> None:
    rng = np.random.default_rng(0)
    shapes = {
        "constant": np.ones(7 * SR),
        "noise": rng.uniform(-1, 1, 7 * SR),
        "clicks": (np.arange(7 * SR) % 10_000 == 0).astype(float),
    }
    found = extract((level * shapes[kind]).astype(np.float32))
    assert np.isfinite(found).all()
    assert (found[:, EMBEDDING : EMBEDDING + len(TAGS)] >= 0).all()
    assert (found[:, EMBEDDING : EMBEDDING + len(TAGS)] <= 1).all()


@pytest.mark.parametrize("sr", [22050, 32000, 48000, 96000])
def test_other_rates_give_nearly_the_same_values(expected: np.ndarray, sr: int) -> None:
    """Tones below 8 kHz sound the same; the noise differs."""
    found = extract(sound(46, sr), (sr,), sr=sr)
    assert found.shape == expected.shape
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("sr", [7999, 384001, 44100.5])
def test_invalid_rates_are_refused(sr: float) -> None:
    with pytest.raises(ValueError, match="sr must be the sample rate"):
        TagExtractor(sr)  # type: ignore[arg-type]


def test_invalid_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="grid_frames must be positive, got 0"):
        TagExtractor(SR, grid_frames=0)


def test_memory_does_not_grow(song: np.ndarray) -> None:
    extractor = TagExtractor(SR)
    sizes = set()
    for at in range(0, len(song), SR):
        extractor.push(song[at : at + SR])
        sizes.add(sum(value.nbytes for value in save_arrays(extractor).values()))
    assert len(sizes) == 1


@pytest.mark.real
@pytest.mark.parametrize("song_id", ["pop-1", "rock-3", "classical-2", "electronic-4"])
def test_front_end_and_tags_of_songs(data_dir: Path, song_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference's resampler (soxr) differs above 7.2 kHz, where its filter falls off: bands 93 to 95.

    Below, its passband is .01 dB lower at 7 kHz, which is 1e-3 in the logarithm.
    """
    with open_audio(data_dir / "audio" / "various" / f"{song_id}.mp3") as reader:
        x = np.concatenate(list(reader.blocks()))[: 14 * SR]
    extractor = TagExtractor(SR, grid_frames=187, reference=None)
    inputs = []
    run = extractor._network.run
    monkeypatch.setattr(extractor._network, "run", lambda patch: (inputs.append(patch), run(patch))[1])
    rows = extractor.push(x)
    with np.load(data_dir / "reference" / "tag_network.npz") as reference:
        mel, tags = reference[f"{song_id}_mel"], reference[f"{song_id}_tags"]
    difference = np.abs(np.stack(inputs[:4]) - mel)
    assert difference[:, :, :93].max() < 2e-3
    assert difference.max() < 0.15
    # rows 0, 6, 12 and 18 have their centers in the cells of patches 0 to 3, 2.992 s each
    np.testing.assert_allclose(rows[[0, 6, 12, 18], EMBEDDING : EMBEDDING + len(TAGS)], tags, atol=3e-3)
