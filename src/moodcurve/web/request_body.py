"""Read the body of a request as it arrives, within limits of size, pauses and data rate."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

from fastapi import Request
from starlette.requests import ClientDisconnect

from moodcurve.web.errors import ProblemError

MIN_BYTES_PER_S = 16384.0
"""Lowest average data rate of an upload, checked once its timeout has passed."""
MAX_UPLOAD_S = 3600.0
"""Longest time of an upload."""
_DISCARD_BYTES, _DISCARD_S = 1 << 28, 5.0
"""Limits on reading the rest of a rejected body."""


class Pace:
    """Average data rate of what arrives, checked once the time of its longest pause has passed."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._started = time.monotonic()
        self._arrived = 0

    def is_too_slow(self, size: int) -> bool:
        """Count `size` bytes that arrived; return True if all of them took too long."""
        self._arrived += size
        elapsed_s = time.monotonic() - self._started
        late = elapsed_s > self._timeout_s and self._arrived < MIN_BYTES_PER_S * elapsed_s
        return late or elapsed_s > MAX_UPLOAD_S


class RequestBody:
    """The body of a request, read as it arrives, within a context that discards the rest of a rejected one.

    Parameters
    ----------
    request : Request
    timeout_s : float
        Longest time without data.

    Attributes
    ----------
    ended : bool
        Whether the whole body has been read.
    """

    def __init__(self, request: Request, *, timeout_s: float) -> None:
        self.request = request
        self._timeout_s = timeout_s
        self.ended = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        if kind is not None and issubclass(kind, ProblemError):
            await self._discard()

    async def read(self, max_bytes: int, too_large: ProblemError) -> bytes:
        """Return the whole body; raise `too_large` if it has more than `max_bytes`, and as `chunks`."""
        self.check_length(max_bytes, too_large)
        data = bytearray()
        async for chunk in self.chunks():
            data += chunk
            if len(data) > max_bytes:
                raise too_large
        return bytes(data)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks; raise ClientDisconnect if the client leaves, ProblemError if it is slow."""
        pace = Pace(self._timeout_s)
        while not self.ended:
            try:
                async with asyncio.timeout(self._timeout_s):
                    chunk = await self._read()
                if pace.is_too_slow(len(chunk)):
                    raise TimeoutError
            except TimeoutError:
                raise ProblemError(408, "the upload was too slow; try again", {"Connection": "close"}) from None
            yield chunk

    @property
    def media_type(self) -> str:
        """Media type of the body, in lower case and without parameters."""
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    def check_length(self, max_bytes: int, error: ProblemError) -> None:
        """Raise an error if the headers declare more than `max_bytes`."""
        length = self.request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > max_bytes:
            raise error

    def declared_size(self, max_bytes: int) -> int:
        """Return the size that the headers declare, or `max_bytes` if that is less or they declare none."""
        length = self.request.headers.get("content-length", "")
        return min(int(length), max_bytes) if length.isdecimal() else max_bytes

    async def _discard(self) -> None:
        """Read and discard the rest of a rejected body if the connection closes after the response.

        Closing a connection with unread data resets it, and the client may never see the response. If the connection
        stays open, uvicorn discards the data. A client that sent ``Expect: 100-continue`` sends no body.
        """
        headers, left = self.request.headers, _DISCARD_BYTES
        closes = headers.get("connection", "").lower() == "close" or self.request.scope["http_version"] == "1.0"
        if not closes or "expect" in headers:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_DISCARD_S):
                while left > 0 and not self.ended:
                    left -= len(await self._read())

    async def _read(self) -> bytes:
        message = await self.request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self.ended = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk
