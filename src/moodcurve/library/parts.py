"""What the readers of containers share: parts of a file that its sound depends on."""

from typing import BinaryIO

Part = tuple[int, int] | bytes
"""Bytes of a file, as (start, end), or bytes that stand for something in it."""


def read(file: BinaryIO, start: int, length: int) -> bytes:
    """Read so many bytes from a place on, fewer at the end of the file."""
    file.seek(max(0, start))
    return file.read(length)
