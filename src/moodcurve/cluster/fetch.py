"""Copy a file of a store to this machine, whole and unchanged, within limits of size and time."""

import asyncio
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodcurve.cluster.errors import ClusterError, StoreError
from moodcurve.cluster.retries import answer, ask, retried
from moodcurve.util.text import one_line, text_path
from moodcurve.util.urls import file_system, scheme_of

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_MB = 2**20
_STATE = ("size", "ETag", "LastModified", "Last-Modified", "etag", "generation", "updated")
"""What stores tell about a file that another version of it would not share."""


@dataclass(frozen=True, kw_only=True)
class FetchLimits:
    """Limits of a download.

    Attributes
    ----------
    max_mb : float
        Largest file, in MiB.
    part_mb : int
        MiB that one request asks for, and the memory that a download takes.
    part_s : float
        Seconds for one request, 16 MiB in which are 280 kB/s.
    """

    max_mb: float = 2048
    part_mb: int = 16
    part_s: float = 60.0


SONG_LIMITS = FetchLimits()
TABLE_LIMITS = FetchLimits(max_mb=math.inf)
"""For manifests and shards of results."""


async def fetch(url: str, target: Path, limits: FetchLimits = SONG_LIMITS) -> None:
    """Copy a file of a store to a path of this machine.

    The file is read part by part. Each part is tried several times, so that a download continues where a connection
    broke. One that is changed meanwhile is refused.

    Raises
    ------
    StoreError
        If the file is missing, larger than allowed, of unknown size, changed meanwhile, or the store fails repeatedly.
    """
    system, path = file_system(url, error=ClusterError)
    before = await _info(system, path, limits)
    size = before.get("size")
    if before.get("type") == "directory":
        raise StoreError("is a folder")
    if size is None:
        raise StoreError("the server does not tell its size")
    if size > limits.max_mb * _MB:
        raise StoreError(f"has {size // _MB:,} MB, more than {limits.max_mb:g}")
    step = limits.part_mb * _MB
    with target.open("wb") as stream:
        for start in range(0, size, step):
            stream.write(await _part(system, path, start, min(start + step, size), size, limits))
    if size > step and _state(await _info(system, path, limits)) != _state(before):
        raise StoreError("was changed while it was read")


def local_copy(url: str, folder: Path) -> str:
    """Return the path of a file of this machine, or of a copy of one of a store, made in a folder.

    Raises
    ------
    StoreError
        See `fetch`.
    """
    if scheme_of(url) is None:
        return text_path(url)
    target = folder / one_line(url.rpartition("/")[2])[-80:]
    answer(fetch(url, target, TABLE_LIMITS))
    return str(target)


async def _info(system: "AbstractFileSystem", path: str, limits: FetchLimits) -> dict[str, Any]:
    return dict(await ask(system, "info", path, timeout_s=limits.part_s))


def _state(info: dict[str, Any]) -> list[Any]:
    return [info.get(name) for name in _STATE]


async def _part(system: "AbstractFileSystem", path: str, start: int, end: int, size: int, limits: FetchLimits) -> bytes:
    """Return the bytes from `start` to `end`, some of `size`; a server may ignore the range and send all of them."""

    async def read() -> bytes:
        async with asyncio.timeout(limits.part_s):
            data: bytes = await system._cat_file(path, start=start, end=end)
        if len(data) == size:
            data = data[start:end]
        if len(data) != end - start:
            raise OSError(f"got {len(data):,} of {end - start:,} bytes")
        return data

    return await retried(read)
