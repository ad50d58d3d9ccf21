"""Ask a store, and ask again what it refuses for the moment: 503, a stalled or a cut connection."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from moodcurve.cluster.errors import StoreError
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Result = TypeVar("Result")

ATTEMPTS = 6
"""How often a request is made, beyond what the store's own client tries."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
"""Waiting times double from one to the other; each is cut at random, so that workers do not return all at once."""
_FINAL = (401, 403, 404, 410)
"""HTTP statuses that another attempt does not change."""


def start(request: Coroutine[Any, Any, Result]) -> "Future[Result]":
    """Start a request in the thread of fsspec, which ends with this process; it can be canceled at any time."""
    from fsspec.asyn import get_loop

    return asyncio.run_coroutine_threadsafe(request, get_loop())


def answer(request: Coroutine[Any, Any, Result]) -> Result:
    """Wait for the answer to a request."""
    return start(request).result()


async def ask(system: "AbstractFileSystem", method: str, *arguments: Any, timeout_s: float, **options: Any) -> Any:
    """Call a method of a file system, several times if need be.

    Parameters
    ----------
    system : AbstractFileSystem
        One of those of `moodcurve.util.urls.file_system`, all of which are asynchronous.
    method : str
        Its name without the underscore that asynchronous ones have.
    timeout_s : float
        Seconds for one attempt: a store may stall in the middle of an answer.

    Raises
    ------
    StoreError
        If the store refuses for good, or the last attempt fails.
    """

    async def call() -> Any:
        async with asyncio.timeout(timeout_s):
            return await getattr(system, f"_{method}")(*arguments, **options)

    return await retried(call)


async def retried(action: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Return what an action returns, after several attempts if need be; raises as `ask`."""
    wait_s = FIRST_WAIT_S
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await action()
        except StoreError:
            raise
        except Exception as error:  # each store's client has classes of its own
            if attempt == ATTEMPTS or is_final(error):
                raise StoreError(_reason(error)) from error
        await asyncio.sleep(random.uniform(wait_s / 2, wait_s))  # nosec B311 # no secret
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)
    raise AssertionError


def is_missing(error: BaseException) -> bool:
    """Return True if a `StoreError` means that there is no such file."""
    return isinstance(error.__cause__, FileNotFoundError) and is_final(error.__cause__)


def is_final(error: BaseException) -> bool:
    """Return True if another attempt would not change an error: the file is missing, or may not be read.

    fsspec reports any failure of a web server as a missing file; its cause tells the status, or is a lost connection.
    """
    status = _status(error)
    if status is not None:
        return status in _FINAL
    if isinstance(error, FileNotFoundError):
        return error.__cause__ is None
    return isinstance(error, PermissionError | IsADirectoryError | NotImplementedError)


def _status(error: BaseException) -> int | None:
    """Return the HTTP status that an error or its cause tells, in the words of aiohttp or of botocore."""
    for one in (error, error.__cause__):
        status = getattr(one, "status", None)
        if status is None:
            status = getattr(one, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode")
        if isinstance(status, int):
            return status
    return None


def _reason(error: BaseException) -> str:
    status = _status(error)
    if status == 404 or (isinstance(error, FileNotFoundError) and is_final(error)):
        return "no such file"
    if status is not None:
        return f"the server answers {status}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        error = error.__cause__
    return one_line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)[:200]
