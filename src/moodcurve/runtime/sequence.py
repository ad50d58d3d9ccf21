"""How a model's answer to a row depends on other rows, and how rows are given to its graph accordingly.

Ten hours of rows never go through a graph at once: each kind is applied piece by piece, in bounded memory, and
the pieces are laid from the first row on, so that the same rows always give the same answers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import Float32Array

Run = Callable[[Float32Array, Float32Array | None], dict[str, Float32Array]]
"""Gives a graph's outputs by name, for rows (n, columns) and the state that the rows before left, (1, size)."""

NEXT_STATE = "next_state"
"""The output that holds what a carried model remembers after its last row."""
KINDS = ("independent", "carried", "window")
BLOCK_ROWS = 1024
"""Rows given at once to a graph that looks at no later row: about nine minutes."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What the answer to a row depends on.

    Attributes
    ----------
    kind : str
        ``independent``: the row alone. ``carried``: the rows up to it, by a state that the graph takes and
        gives. ``window``: rows on both sides.
    window_rows : int
        Of ``window``: most rows given to the graph at once.
    margin_rows : int
        Of ``window``: where a song is longer than that, this many rows at each inner end of a window only
        lead in and out; their answers come from the neighbouring windows.
    state_size : int
        Of ``carried``: numbers in the state. It is 0 before the first row.
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
        """What a carried model knows before the first row; None for the others."""
        return np.zeros((1, self.state_size), np.float32) if self.kind == "carried" else None


INDEPENDENT = Rows(kind="independent")


def answers(
    run: Run, blocks: Iterable[Float32Array], rows: Rows, *, state: Float32Array | None = None
) -> Iterator[dict[str, Float32Array]]:
    """Give a graph's outputs for all rows of a recording, piece after piece, each row once.

    Parameters
    ----------
    run : callable
        The graph.
    blocks : iterable of (n, columns)
        The rows of the recording in order, in blocks of any lengths, which do not change the answers.
    rows : Rows
        What the graph's answers depend on.
    state : (1, size), optional
        Of ``carried`` rows: what the rows before these left; by default there are none.
    """
    if rows.kind == "window":
        yield from _windows(run, blocks, rows)
        return
    state = rows.new_state if state is None else state
    for block in _regrouped(blocks, BLOCK_ROWS):
        found = run(block, state)
        state = found.get(NEXT_STATE)
        yield found


def _regrouped(blocks: Iterable[Float32Array], size: int) -> Iterator[Float32Array]:
    """Give the same rows in blocks of so many, the last one of what is left."""
    held: list[Float32Array] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= size:
            joined = np.concatenate(held)
            whole = count // size * size
            for start in range(0, whole, size):
                yield joined[start : start + size]
            held, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(held)


def _windows(run: Run, blocks: Iterable[Float32Array], rows: Rows) -> Iterator[dict[str, Float32Array]]:
    """Give the answers of overlapping windows, without their margins.

    The first window begins with the song and the last ends with it: real ends have no margin, as in training.
    """
    first = done = 0  # row that is held first, rows answered
    held: Float32Array | None = None
    for block in _regrouped(blocks, min(rows.window_rows, BLOCK_ROWS)):
        held = block if held is None else np.concatenate([held, block])
        while len(held) > rows.window_rows:
            end = first + rows.window_rows - rows.margin_rows
            found = run(held[: rows.window_rows], None)
            yield {name: value[done - first : end - first] for name, value in found.items()}
            done = end
            held, first = held[end - rows.margin_rows - first :], end - rows.margin_rows
    if held is not None:
        yield {name: value[done - first :] for name, value in run(held, None).items()}
