"""Statistics of the rows that sound like each row: known answers, a plain loop, and the graph."""

import numpy as np
import pytest

from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.context import ContextStatistics
from moodcurve.learn.preprocessing.similar_context import BLOCK_ROWS, SimilarContext, fit_similar_context
from tests.helpers.onnx_values import onnx_values

RNG = np.random.default_rng(3)
COLUMNS = 4
DIRECTIONS = RNG.normal(size=(COLUMNS, 2)).astype(np.float32).astype(np.float64)
CONTEXT = SimilarContext(radius=60, smoothing=4, directions=DIRECTIONS)
LONG = RNG.normal(size=(2 * BLOCK_ROWS + 44, COLUMNS)).astype(np.float32).astype(np.float64)


def all_sound(z: np.ndarray) -> np.ndarray:
    return np.ones((len(z), 1))


def some_silent(z: np.ndarray) -> np.ndarray:
    """Single silent rows, and a long silence: for its inner rows, no row within the radius counts."""
    sounding = (np.arange(len(z)) % 7 > 0).astype(np.float64)
    sounding[100:300] = 0
    return sounding[:, None]


def loop(context: SimilarContext, z: np.ndarray, sounding: np.ndarray) -> np.ndarray:
    found = np.zeros((len(z), 2 * z.shape[1]))
    heard = [s for s in range(len(z)) if sounding[s]]

    def q(t: int) -> np.ndarray:
        rows = [z[s] for s in heard if abs(s - t) <= context.smoothing]
        return np.mean(rows, axis=0) @ context.directions if rows else np.zeros(context.directions.shape[1])

    compared = [q(t) for t in range(len(z))]
    for t in range(len(z)):
        near = [s for s in heard if abs(s - t) <= context.radius]
        if near:
            weights = np.array([np.exp(-((compared[t] - compared[s]) ** 2).sum() / 2) for s in near])
            mean = np.average(z[near], axis=0, weights=weights)
            std = np.sqrt(np.average((z[near] - mean) ** 2, axis=0, weights=weights))
            found[t] = np.hstack([mean, std])
    return found


@pytest.mark.parametrize("silence", [all_sound, some_silent])
def test_statistics_are_those_of_a_plain_loop(silence) -> None:
    sounding = silence(LONG)
    found = CONTEXT.apply(LONG, sounding)
    np.testing.assert_allclose(found, loop(CONTEXT, LONG, sounding), atol=1e-9)
    if silence is some_silent:
        assert not found[170:230].any()


@pytest.mark.parametrize("silence", [all_sound, some_silent])
@pytest.mark.parametrize("rows", [1, 7, BLOCK_ROWS, BLOCK_ROWS + 1, len(LONG)])
def test_graph_computes_the_same(rows: int, silence) -> None:
    z = LONG[:rows]
    sounding = silence(z)
    found = onnx_values(np.hstack([z, sounding]), add_statistics, 2 * COLUMNS)
    np.testing.assert_allclose(found, CONTEXT.apply(z, sounding), atol=2e-6)


def add_statistics(graph: Graph) -> str:
    z = graph.add("Gather", graph.x, graph.indices(range(COLUMNS)), axis=1)
    nodes = CONTEXT.build(graph, z, graph.add("Gather", graph.x, graph.indices([COLUMNS]), axis=1))
    return graph.add_by_block(z, lambda start: nodes.add_block(graph, start), size=BLOCK_ROWS, columns=2 * COLUMNS)


def test_steady_music_has_the_statistics_of_all_rows_around() -> None:
    """Rows that alternate quickly are alike once averaged: all weights are equal but for the ends."""
    z = np.where(np.arange(200)[:, None] % 2 == 0, 1.0, -1.0) * np.ones((200, COLUMNS))
    near = ContextStatistics(CONTEXT.radius).apply(z)
    quiet = SimilarContext(radius=60, smoothing=50, directions=0.1 * DIRECTIONS)
    np.testing.assert_allclose(quiet.apply(z, all_sound(z)), near, atol=1e-3)
    np.testing.assert_allclose(CONTEXT.apply(np.ones((90, COLUMNS)), np.ones((90, 1)))[:, :COLUMNS], 1, atol=1e-12)


def test_two_different_halves_are_told_apart_and_a_third_part_like_the_first_joins_it() -> None:
    parts = [np.full((40, COLUMNS), value) for value in (0.0, 9.0, 0.0)]
    z = np.vstack(parts) + 0.1 * RNG.normal(size=(120, COLUMNS))
    context = SimilarContext(radius=200, smoothing=4, directions=np.eye(COLUMNS)[:, :2])
    found = context.apply(z, all_sound(z))
    # except where the averages over 9 rows mix both
    of_first = np.r_[0:35, 85:120]
    np.testing.assert_allclose(found[of_first, :COLUMNS], z[of_first].mean(axis=0)[None].repeat(70, 0), atol=0.3)
    np.testing.assert_allclose(found[45:75, :COLUMNS], 9.0, atol=0.1)
    # all rows around mix them
    assert np.abs(ContextStatistics(200).apply(z)[:, :COLUMNS] - 3).max() < 0.1


def test_far_rows_do_not_count() -> None:
    changed = LONG.copy()
    changed[200 + CONTEXT.reach + 1 :] += 5
    changed[: 200 - CONTEXT.reach] -= 5
    found, before = (CONTEXT.apply(z, all_sound(z)) for z in (changed, LONG))
    np.testing.assert_allclose(found[200], before[200], atol=1e-12)
    assert np.abs(found[199] - before[199]).max() > 1e-6


def test_directions_tell_songs_apart() -> None:
    """Songs differ in column 1; column 0 varies more, but within songs; column 2 is constant."""
    songs = [np.column_stack([5 * RNG.normal(size=50), i + RNG.normal(size=50), np.zeros(50)]) for i in range(12)]
    one = fit_similar_context(songs, radius=9, smoothing=0, count=1, width=2.0)
    direction = one.directions[:, 0]
    assert abs(direction[1]) > 10 * abs(direction[0])
    # a difference of twice the standard deviation within songs has the weight exp(-1/2)
    assert abs(direction[1]) * 2 == pytest.approx(1, rel=0.1)
    more = fit_similar_context(songs, radius=9, smoothing=0, count=10, width=2.0)
    assert more.directions.shape == (3, 3)
    np.testing.assert_array_equal(more.directions, more.directions.astype(np.float32))


def test_one_song_and_one_row_are_allowed() -> None:
    for songs in ([LONG], [LONG[:1], LONG[1:2], LONG[2:3]]):
        context = fit_similar_context(songs, radius=9, smoothing=2, count=10, width=2.0)
        assert np.isfinite(context.apply(LONG[:30], np.ones((30, 1)))).all()
