"""Decoding in a thread of its own, so that it goes on while the features are taken."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Block = TypeVar("Block")


@contextmanager
def prefetch(blocks: Iterator[Block], *, depth: int = 8) -> Iterator[Iterator[Block]]:
    """Give blocks that a thread has ready, up to so many ahead; it starts at once.

    The blocks, their order and what is raised between them stay as they are. On leaving, the thread has ended.
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
