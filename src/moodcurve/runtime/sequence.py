"""Run a model's graph over the rows of a recording, in bounded memory.

How a row's output depends on other rows is a model's `SequenceMode`. Rows go through the graph block by block; blocks
start at the first row, so the same rows always give the same outputs.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import Float32Array

Run = Callable[[Float32Array, Float32Array | None], dict[str, Float32Array]]
"""Return a graph's outputs by name for rows (n, columns) and the state after the rows before, (1, size) or None."""

NEXT_STATE = "next_state"
"""Name of the output that holds a carried model's state after its last row."""
KINDS = ("independent", "carried", "window")
BLOCK_ROWS = 1024
"""Rows per call of a graph that needs no later row: about nine minutes."""


@dataclass(frozen=True, kw_only=True)
class SequenceMode:
    """How the output for a row depends on other rows.

    Attributes
    ----------
    kind : str
        ``independent``: on the row alone. ``carried``: on the rows up to it, through a state that the graph reads and
        returns. ``window``: on rows before and after it.
    window_rows : int
        For ``window``: most rows per call of the graph.
    margin_rows : int
        For ``window``: in songs longer than a window, rows at each inner end of a window that only serve as context;
        their outputs come from the neighboring windows.
    state_size : int
        For ``carried``: size of the state, which is 0 before the first row.
    """

    kind: str
    window_rows: int = 0
    margin_rows: int = 0
    state_size: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.kind == "window" and not 0 <= 2 * self.margin_rows < self.window_rows:
            raise ValueError(
                f"window_rows must exceed twice margin_rows, got {self.window_rows} and {self.margin_rows}"
            )
        if self.kind == "carried" and self.state_size < 1:
            raise ValueError(f"state_size must be 1 or more, got {self.state_size}")

    @property
    def new_state(self) -> Float32Array | None:
        """State before the first row, (1, size); None unless `kind` is ``carried``."""
        return np.zeros((1, self.state_size), np.float32) if self.kind == "carried" else None


INDEPENDENT = SequenceMode(kind="independent")


def run_sequence(
    run: Run, blocks: Iterable[Float32Array], mode: SequenceMode, *, state: Float32Array | None = None
) -> Iterator[dict[str, Float32Array]]:
    """Yield a graph's outputs for the rows of a recording, block by block, each row once.

    Parameters
    ----------
    run : callable
        The graph.
    blocks : iterable of (n, columns)
        The rows of the recording in order; the lengths of the blocks do not change the outputs.
    mode : SequenceMode
        How the graph's outputs depend on other rows.
    state : (1, size), optional
        For ``carried``: the state after the rows before these; by default these are the first.
    """
    if mode.kind == "window":
        yield from _run_windows(run, blocks, mode)
        return
    state = mode.new_state if state is None else state
    for block in _regroup(blocks, BLOCK_ROWS):
        outputs = run(block, state)
        state = outputs.get(NEXT_STATE)
        yield outputs


def _regroup(blocks: Iterable[Float32Array], size: int) -> Iterator[Float32Array]:
    """Yield the same rows in blocks of `size`, the last one shorter."""
    held: list[Float32Array] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= size:
            joined = np.concatenate(held)
            complete = count // size * size
            for start in range(0, complete, size):
                yield joined[start : start + size]
            held, count = [joined[complete:]], count - complete
    if count:
        yield np.concatenate(held)


def _run_windows(run: Run, blocks: Iterable[Float32Array], mode: SequenceMode) -> Iterator[dict[str, Float32Array]]:
    """Yield the outputs of overlapping windows, without their margins.

    The first window starts with the song and the last ends with it: real ends have no margin, as in training.
    """
    first = done = 0  # index of the first row held, number of rows predicted
    held: Float32Array | None = None
    for block in _regroup(blocks, min(mode.window_rows, BLOCK_ROWS)):
        held = block if held is None else np.concatenate([held, block])
        while len(held) > mode.window_rows:
            end = first + mode.window_rows - mode.margin_rows
            outputs = run(held[: mode.window_rows], None)
            yield {name: value[done - first : end - first] for name, value in outputs.items()}
            done = end
            held, first = held[end - mode.margin_rows - first :], end - mode.margin_rows
    if held is not None:
        yield {name: value[done - first :] for name, value in run(held, None).items()}
