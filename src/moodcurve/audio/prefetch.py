"""Decode ahead in a thread, while features are computed."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Block = TypeVar("Block")


@contextmanager
def prefetch(blocks: Iterator[Block], *, depth: int = 8) -> Iterator[Iterator[Block]]:
    """Read up to `depth` blocks ahead in a thread, which starts at once.

    Blocks, their order and the errors raised between them do not change. The thread has ended when the context exits.
    """
    thread = ThreadPoolExecutor(1, "decoder")
    waiting = deque(thread.submit(next, blocks, None) for _ in range(depth))

    def ready() -> Generator[Block, None, None]:
        while (block := waiting.popleft().result()) is not None:
            waiting.append(thread.submit(next, blocks, None))
            yield block

    try:
        yield ready()
    finally:
        thread.shutdown(cancel_futures=True)
