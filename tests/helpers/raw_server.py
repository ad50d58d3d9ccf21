"""A server on the loopback address that answers as tests write it, byte by byte, and keeps what it was sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""Writes the response to a request, given as its head and body."""


def fixed(text: bytes) -> Answer:
    """Return an answer of certain bytes."""

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(text)

    return answer


def ok(body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    """Return a response with a body."""
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % (len(body) if length is None else length), *headers, b"", body]
    return b"\r\n".join(lines)


@asynccontextmanager
async def raw_server(*answers: Answer) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Run a server that gives one answer after the other, the last again and again; yield its port and the requests."""
    requests: list[bytes] = []
    tasks: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            tasks.append(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            requests.append(head + await reader.readexactly(sum(length)))
            await answers[min(len(requests), len(answers)) - 1](requests[-1], writer)
            await writer.drain()
        writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        async with server:
            yield server.sockets[0].getsockname()[1], requests
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)  # the loop closes their connections
