"""Rows run block by block: the same outputs as all at once, each row once."""

import numpy as np
import pytest

from moodcurve.runtime.metadata import as_json, from_json
from moodcurve.runtime.sequence import BLOCK_ROWS, INDEPENDENT, NEXT_STATE, SequenceMode, run_sequence

WINDOW = SequenceMode(kind="window", window_rows=20, margin_rows=6)


def joined(run, values: np.ndarray, mode: SequenceMode) -> np.ndarray:
    return np.concatenate([found["y"] for found in run_sequence(run, [values], mode)])


def mean_of_neighbors(values: np.ndarray, state: None) -> dict[str, np.ndarray]:
    """Return each row's mean with up to six rows on each side."""
    return {"y": np.stack([values[max(i - 6, 0) : i + 7].mean(axis=0) for i in range(len(values))])}


@pytest.mark.parametrize("n", [1, 7, 19, 20, 21, 27, 28, 29, 36, 37, 100, 333])
def test_windows_give_each_row_once_with_the_outputs_of_the_whole(n: int) -> None:
    values = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    given = []

    def run(block: np.ndarray, state: None) -> dict[str, np.ndarray]:
        given.append(len(block))
        return mean_of_neighbors(block, state)

    # outputs that need no row beyond the margin are equal to the last bit
    np.testing.assert_array_equal(joined(run, values, WINDOW), mean_of_neighbors(values, None)["y"])
    assert max(given) <= 20
    # the margins are read twice, and no more: 12 of the 20 rows of each window but the first and the last
    assert sum(given) == n + 12 * (len(given) - 1)


@pytest.mark.parametrize("mode", [WINDOW, SequenceMode(kind="window", window_rows=1500, margin_rows=40), INDEPENDENT])
def test_outputs_do_not_depend_on_the_blocks(mode: SequenceMode) -> None:
    """The graph runs the same blocks however the rows arrive, so outputs are equal to the last bit."""
    values = np.random.default_rng(5).normal(size=(3 * BLOCK_ROWS + 77, 3)).astype(np.float32)
    given: list[list[int]] = []
    answered = []

    def run(block: np.ndarray, state: None) -> dict[str, np.ndarray]:
        given[-1].append(len(block))
        return mean_of_neighbors(block, state)

    for cuts in ([], [1, 2, 900], [0, 0, BLOCK_ROWS], list(range(7, len(values), 7))):
        given.append([])
        blocks = np.split(values, cuts)
        answered.append(np.concatenate([found["y"] for found in run_sequence(run, blocks, mode)]))
    for pieces, y in zip(given[1:], answered[1:], strict=True):
        assert pieces == given[0]
        np.testing.assert_array_equal(y, answered[0])


def test_the_state_is_passed_between_blocks() -> None:
    values = np.ones((2 * BLOCK_ROWS + 5, 1), np.float32)

    def run(block: np.ndarray, state: np.ndarray) -> dict[str, np.ndarray]:
        summed = np.cumsum(block, axis=0) + state
        return {"y": summed, NEXT_STATE: summed[-1:]}

    mode = SequenceMode(kind="carried", state_size=1)
    np.testing.assert_array_equal(joined(run, values, mode)[:, 0], np.arange(1, len(values) + 1))
    (found,) = run_sequence(run, [values[:3]], mode, state=np.array([[10.0]], np.float32))
    np.testing.assert_array_equal(found["y"][:, 0], [11, 12, 13])


def test_independent_rows_are_run_in_blocks() -> None:
    sizes = []

    def run(block: np.ndarray, state: None) -> dict[str, np.ndarray]:
        sizes.append(len(block))
        assert state is None
        return {"y": block * 2}

    values = np.arange(2 * BLOCK_ROWS + 1, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(joined(run, values, INDEPENDENT), values * 2)
    assert sizes == [BLOCK_ROWS, BLOCK_ROWS, 1]


@pytest.mark.parametrize("mode", [INDEPENDENT, WINDOW, SequenceMode(kind="carried", state_size=4)])
def test_the_graph_is_not_run_without_rows(mode: SequenceMode) -> None:
    assert list(run_sequence(lambda *_: pytest.fail("was run"), [np.empty((0, 3), np.float32)], mode)) == []


@pytest.mark.parametrize("mode", [INDEPENDENT, WINDOW, SequenceMode(kind="carried", state_size=4)])
def test_a_mode_is_written_and_read_back(mode: SequenceMode) -> None:
    assert from_json(SequenceMode, as_json(mode)) == mode


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "[]",
        '{"kind": "independent"}',
        as_json(INDEPENDENT).replace("independent", "sideways"),
        as_json(WINDOW).replace("20", "12"),
        as_json(WINDOW).replace("20", '"20"'),
        as_json(WINDOW).replace("6", "-1"),
        as_json(INDEPENDENT).replace("independent", "carried"),
    ],
)
def test_invalid_modes_are_refused(stated: str) -> None:
    with pytest.raises(ValueError, match=r"missing|Expecting|must"):
        from_json(SequenceMode, stated)
