"""Cut a stream of blocks into stretches, one after the other."""

from collections.abc import Iterator, Sequence

from moodcurve._typing import Float32Array


def stretches(
    blocks: Iterator[Float32Array], bounds: Sequence[tuple[int, int | None]]
) -> Iterator[Iterator[Float32Array]]:
    """Yield an iterator over the blocks of each stretch.

    Parameters
    ----------
    blocks : iterator of (n,)
        Blocks of samples; read to their end once all stretches are read.
    bounds : sequence of (start, end)
        In samples, in order and without overlap; an end of None is that of the blocks.

    Notes
    -----
    A stretch must be read to its end before the next; one that begins after the last block is empty.
    """
    cutter = _Cutter(blocks)
    for start, end in bounds:
        for _ in cutter.until(start):
            pass
        yield cutter.until(end)
    for _ in cutter.until(None):
        pass


class _Cutter:
    def __init__(self, blocks: Iterator[Float32Array]) -> None:
        self._blocks = blocks
        self._rest: Float32Array | None = None
        self._position = 0

    def until(self, end: int | None) -> Iterator[Float32Array]:
        """Yield blocks from the position reached up to `end`."""
        while end is None or self._position < end:
            block = self._rest if self._rest is not None else next(self._blocks, None)
            self._rest = None
            if block is None:
                return
            length = len(block) if end is None else min(len(block), end - self._position)
            if length < len(block):
                self._rest = block[length:]
            self._position += length
            yield block[:length]
