"""The sound that a browser sends, and its rows."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line
from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.errors import ProblemError
from moodcurve.web.live.feed import Feed
from moodcurve.web.live.tasks import BYTES_PER_SAMPLE, AudioChunk, ChunkRows, Forget

IDLE_S = 120.0
"""A session without sound for this long ends."""
AHEAD_S = 75.0
"""Sound may come this much faster than real time: a page that could not send keeps a minute of it."""

MAX_REQUESTS = 2
"""Requests at once that send sound: the next may come while one whose client gave up is still handled."""


class LiveSession:
    """One browser's microphone. For use in an event loop only.

    Parameters
    ----------
    id : str
        Random, so that only those who know it can watch.
    client : str
        See `moodcurve.web.rate_limit.client_name`.
    rate : int
        Sample rate in Hz.
    pool : AsyncPool
        Runs `moodcurve.web.live.tasks.make_analyzer`.
    on_idle : callable
        Called when no sound came for `IDLE_S`.

    Attributes
    ----------
    feed : Feed
    """

    def __init__(
        self,
        id: str,
        client: str,
        rate: int,
        pool: AsyncPool[AudioChunk | Forget, ChunkRows],
        on_idle: Callable[[], None],
    ) -> None:
        self.id = id
        self.client = client
        self.rate = rate
        self.feed = Feed()
        self._pool = pool
        self._on_idle = on_idle
        self._lock = asyncio.Lock()
        self._requests = 0
        self._position: int | None = None  # of the next sample; None before the first
        self._began = 0.0  # clock of position 0
        self._first: tuple[int, float] = (0, 0.0)  # position of the first sample, and when it came (monotonic)
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, on_idle)
        # starts the process, so that it is ready when sound comes
        self._background = {asyncio.create_task(self._forget())}

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Return a context for a request that sends sound.

        Raises
        ------
        ProblemError
            If there are too many at once: each holds seconds of sound in memory.
        """
        if self._requests == MAX_REQUESTS:
            raise ProblemError(429, "sound must be sent chunk by chunk", {"Retry-After": "1"})
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    async def receive(self, at: int, pcm: bytes, *, age_s: float) -> int:
        """Analyze a chunk of sound, and add its rows to the feed; return the position after it.

        Parameters
        ----------
        at : int
            Position of its first sample since the session began, in samples; sound before the position that was
            returned last is passed over, so that a chunk can be sent again.
        pcm : bytes
            See `moodcurve.web.live.tasks.SAMPLE_FORMAT`.
        age_s : float
            How long ago its last sample was heard.

        Raises
        ------
        ProblemError
            If it comes too early, or the session has ended.
        """
        arrived = time.time() - age_s
        async with self._lock:
            if self.feed.log.ended:
                raise ended()
            self._wait_for_more()
            end = at + len(pcm) // BYTES_PER_SAMPLE
            if self._position is None:
                self._position, self._began = at, arrived - end / self.rate
                self._first = (at, time.monotonic())
            known = self._position - at
            if known >= end - at:
                return self._position
            self._check_pace(end)
            gap = f"{-known / self.rate:.1f} s of sound are missing" if known < 0 else None
            chunk = AudioChunk(
                session=self.id, rate=self.rate, pcm=pcm[BYTES_PER_SAMPLE * max(0, known) :], arrived=arrived,
                began=self._began, gap=gap,
            )  # fmt: skip
            self._position = end
            await self._analyze(chunk)
            self._wait_for_more()
            return end

    def end(self, reason: str) -> None:
        """End the session; watchers get the reason."""
        self._idle.cancel()
        self.feed.end(reason)
        self._background.add(asyncio.create_task(self._forget()))

    def close(self) -> None:
        """End the session so that its page begins another one."""
        self._idle.cancel()
        self.feed.log.close()

    def _wait_for_more(self) -> None:
        self._idle.cancel()
        if not self.feed.log.ended:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._on_idle)

    async def _analyze(self, chunk: AudioChunk) -> None:
        try:
            found = await self._pool.run(chunk, client=self.client)
        except (MoodcurveError, OSError) as error:
            self.feed.add_notice(f"the analysis begins again: {one_line(str(error))}")
            return
        for notice in found.notices:
            self.feed.add_notice(notice)
        for row in found.rows:
            self.feed.add_row(row)

    async def _forget(self) -> None:
        try:
            await self._pool.run(Forget(self.id), client=self.client)
        except (MoodcurveError, OSError) as error:
            self.feed.add_notice(one_line(str(error)))

    def _check_pace(self, end: int) -> None:
        position, came = self._first
        ahead_s = (end - position) / self.rate - (time.monotonic() - came) - AHEAD_S
        if ahead_s > 0:
            raise ProblemError(
                429, "sound comes faster than real time", {"Retry-After": str(max(1, min(60, round(ahead_s))))}
            )


def ended() -> ProblemError:
    """Return the error for a session that is not there (any more)."""
    return ProblemError(404, "no such live session; sessions end when no sound comes, and with the server")
