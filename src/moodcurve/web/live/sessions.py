"""All live sessions of a server, and its own source of sound."""

import asyncio
import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line
from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.errors import ProblemError
from moodcurve.web.fair_share import FairShare
from moodcurve.web.live.feed import Feed
from moodcurve.web.live.session import LiveSession, ended
from moodcurve.web.live.tasks import AudioChunk, ChunkRows, Forget, SourceEvent

_log = logging.getLogger(__name__)
AGAIN_S = 10.0
"""Time after which a source that cannot be heard is tried again."""


class LiveSessions:
    """Sessions of browsers. For use in an event loop only.

    Parameters
    ----------
    pool : AsyncPool
        Runs `moodcurve.web.live.tasks.make_analyzer`, in one process, as sessions live there.
    most : int
        Sessions at the same time. Clients share them, see `moodcurve.web.fair_share.FairShare`.
    source : ServerSource or None
    """

    def __init__(
        self, pool: AsyncPool[AudioChunk | Forget, ChunkRows], *, most: int, source: "ServerSource | None" = None
    ) -> None:
        self.most = most
        self.source = source
        self._pool = pool
        self._places = FairShare(most)
        self._sessions: dict[str, LiveSession] = {}
        self._stopping = False

    def begin(self, client: str, rate: int) -> LiveSession:
        """Begin a session.

        Raises
        ------
        ProblemError
            If the server allows none, there are too many, or the server is shutting down.
        """
        if self.most == 0:
            raise ProblemError(403, "this server does not analyze live sound (--max-live 0)")
        if self._stopping:
            raise ProblemError(503, "the server is shutting down", {"Retry-After": "10"})
        if not self._places.take(client):
            raise ProblemError(429, "too many live sessions; try again later", {"Retry-After": "60"})
        id = secrets.token_urlsafe(9)
        session = LiveSession(id, client, rate, self._pool, lambda: self.end(id, "no sound came for two minutes"))
        self._sessions[id] = session
        return session

    def get(self, id: str) -> LiveSession:
        """Return a session.

        Raises
        ------
        ProblemError
            If there is no such session.
        """
        if id not in self._sessions:
            raise ended()
        return self._sessions[id]

    def feed(self, id: str) -> Feed:
        """Return the feed of a session or of the server's source.

        Raises
        ------
        ProblemError
            If there is no such session.
        """
        if self.source is not None and id == self.source.id:
            return self.source.feed
        return self.get(id).feed

    def end(self, id: str, reason: str) -> None:
        """End a session.

        Raises
        ------
        ProblemError
            If there is no such session.
        """
        session = self.get(id)
        del self._sessions[id]
        self._places.give_back(session.client)
        session.end(reason)

    def start(self) -> None:
        """Begin to listen to the server's source."""
        if self.source is not None:
            self.source.start()

    def stop(self) -> None:
        """End everything, so that pages connect again to the next server, and accept no more."""
        self._stopping = True
        if self.source is not None:
            self.source.stop()
        for session in self._sessions.values():
            session.close()


class ServerSource:
    """A microphone of the server or a radio station, for any number of watchers.

    Parameters
    ----------
    source : str
        See `moodcurve.web.live.tasks.open_source`.
    pool : AsyncPool
        Runs `moodcurve.web.live.tasks.make_source_listener`.

    Attributes
    ----------
    id : str
    feed : Feed
    name : str
        For display: without user name, password and query.
    """

    def __init__(self, source: str, pool: AsyncPool[str, None]) -> None:
        self.id = secrets.token_urlsafe(9)
        self.feed = Feed()
        self.name = source_name(source)
        self._source = source
        self._pool = pool
        self._task: asyncio.Task[None] | None = None
        self._logged = ""

    def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen())

    def stop(self) -> None:
        """Stop to listen."""
        self.feed.log.close()
        if self._task is not None:
            self._task.cancel()

    async def _listen(self) -> None:
        while True:
            try:
                await self._pool.run(self._source, client="", on_report=self._add)
            except (MoodcurveError, OSError) as error:
                text = one_line(str(error)).replace(self._source, self.name)
                self._notify(f"{text}; trying again")
                await asyncio.sleep(AGAIN_S)
            else:
                self._log("the source ended")
                self.feed.end("the source ended")
                return

    def _add(self, share: float | None, part: Any) -> None:
        match part:
            case SourceEvent(dict() as row):
                self._logged = ""
                self.feed.add_row(row)
            case SourceEvent(None, str() as notice):
                self._notify(notice.replace(self._source, self.name))

    def _notify(self, notice: str) -> None:
        self.feed.add_notice(notice)
        self._log(notice)

    def _log(self, text: str) -> None:
        """Tell the operator, on standard error or in the structured log; what repeats before sound comes, once."""
        if text != self._logged:
            self._logged = text
            _log.warning("live source: %s", one_line(text), extra={"fields": {"event": "live", "notice": text}})


def source_name(source: str) -> str:
    """Return how a source is shown.

    >>> source_name("microphone:USB"), source_name("https://me:secret@radio.example:8000/live.mp3?key=1")
    ('microphone USB', 'radio.example/live.mp3')
    """
    if source.partition(":")[0] == "microphone":
        return one_line(source.replace(":", " ", 1))
    parts = urlsplit(source)
    return one_line(f"{parts.hostname}{parts.path}")
