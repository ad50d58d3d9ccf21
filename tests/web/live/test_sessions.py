"""Tests of live sessions without a server or processes."""

import asyncio
from typing import Any, cast

import pytest

from moodcurve.web.errors import ProblemError
from moodcurve.web.live import session as session_module
from moodcurve.web.live.sessions import LiveSessions
from moodcurve.web.live.tasks import ChunkRows

RATE = 44_100


class QuickPool:
    """Hears a row in each piece, at once."""

    async def run(self, item: object, *, client: str) -> ChunkRows:
        return ChunkRows([{"time_s": 0.0}], [])


def test_a_session_without_sound_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "IDLE_S", 0.01)

    async def follow() -> None:
        sessions = LiveSessions(cast("Any", QuickPool()), most=1)
        session = sessions.begin("a client", RATE)
        assert await session.receive(0, b"\0\0" * RATE, age_s=0) == RATE
        _, *events = [event.decode() async for event in session.feed.stream(None)]
        assert [event.split("\n")[0] for event in events] == ["event: row", "event: ended"]
        assert "no sound came" in events[-1]
        with pytest.raises(ProblemError, match="no such live session"):
            sessions.get(session.id)
        with pytest.raises(ProblemError, match="no such live session"):
            await session.receive(RATE, b"\0\0", age_s=0)
        sessions.begin("another", RATE)  # in its place
        sessions.stop()
        await asyncio.sleep(0)

    asyncio.run(follow())
