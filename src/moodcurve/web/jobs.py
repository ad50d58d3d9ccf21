"""Songs that were sent, from their arrival to their curve, and what is told of them on the way."""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line
from moodcurve.web.async_pool import Crew
from moodcurve.web.errors import ProblemError
from moodcurve.web.tasks import Part, Upload
from moodcurve.web.uploads import Received

KEPT = 64
"""So many jobs that are over are remembered."""
KEPT_S = 3600.0
"""For so long."""
PING_S = 15.0
"""How often a stream of events says that it is alive."""
_RETRY_MS = 2000

State = Literal["waiting", "running", "done", "failed"]


@dataclass(eq=False)
class Job:
    """A song at work.

    Attributes
    ----------
    id : str
        Cannot be guessed: who knows it may have the curve.
    name : str
        What its sender calls it.
    """

    id: str
    name: str
    state: State = "waiting"
    share: float = 0.0
    seconds: float = 0.0
    problem: ProblemError | None = None
    curve: Curve | None = None
    ended: float = 0.0
    events: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Add an event of server-sent events, numbered from 1, for all who listen."""
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        self.events.append(f"id: {len(self.events) + 1}\nevent: {event}\ndata: {text}\n\n")
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def stream(self, heard: int) -> AsyncIterator[str]:
        """Give the events behind the first `heard`, to the last one."""
        yield f"retry: {_RETRY_MS}\n\n"
        while True:
            while heard < len(self.events):
                heard += 1
                yield self.events[heard - 1]
            if self.is_over:
                return
            try:
                async with asyncio.timeout(PING_S):
                    await self._news.wait()
            except TimeoutError:
                yield ": still at work\n\n"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed")

    def status(self) -> dict[str, Any]:
        """Give what is known of it."""
        return {
            "job": self.id,
            "state": self.state,
            "share": round(self.share, 4),
            "seconds": round(self.seconds, 2),
            "name": self.name,
            "problem": None if self.problem is None else self.problem.content(),
        }

    def _tell(self, share: float | None, part: Part | None) -> None:
        """Take in what a worker says."""
        if self.is_over:
            return
        self.state = "running"
        if share is not None:
            self.share = share
        if part is None:
            return
        self.seconds = part.seconds
        self.tell("progress", {"share": round(self.share, 4), "seconds": round(self.seconds, 2)})
        if part.times_s:
            self.tell("part", {name: getattr(part, name) for name in ("start", "times_s", "arousal", "valence")})


class Jobs:
    """All jobs of a server; of its event loop alone.

    Parameters
    ----------
    crew : Crew
        Hears them.
    places : int
        How many may be there at once: arriving, waiting and at work.
    most_s : float
        Longest song.
    curve_url : str
        Address of a job's curve, with ``{}`` for the job.
    """

    def __init__(self, crew: Crew[Upload, Curve], *, places: int, most_s: float, curve_url: str) -> None:
        self._crew = crew
        self._places = places
        self._most_s = most_s
        self._curve_url = curve_url
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._work: dict[str, asyncio.Task[None]] = {}
        self._arriving = 0
        self._stopping = False

    def arrive(self) -> "_Arrival":
        """Give a context that takes a place for a song that is being sent.

        Raises
        ------
        ProblemError
            If there is none, or the server stops.
        """
        if self._stopping:
            raise stopping()
        if self._arriving + len(self._work) >= self._places:
            raise ProblemError(
                429, "as many songs as this server takes are waiting; try again later", {"Retry-After": "5"}
            )
        return _Arrival(self)

    def begin(self, received: Received) -> Job:
        """Begin the analysis of a song that has arrived; its file is removed when that is over."""
        self._forget_old()
        job = Job(secrets.token_urlsafe(9), received.name)
        self._jobs[job.id] = job
        self._work[job.id] = work = asyncio.create_task(self._hear(job, received))
        # not in the task itself, which may be cancelled before it has begun
        work.add_done_callback(lambda _: self._over(job, received))
        return job

    def get(self, id: str) -> Job:
        """Give a job.

        Raises
        ------
        ProblemError
            If there is none of this name, or none any more.
        """
        job = self._jobs.get(id)
        if job is None:
            raise ProblemError(404, "no such job; jobs that are over are kept for an hour, the last 64 of them")
        return job

    async def finish(self, job: Job) -> None:
        """Wait until a job is over."""
        work = self._work.get(job.id)
        if work is not None:
            await asyncio.wait([work])

    def forget(self, job: Job) -> None:
        """Stop a job, if it is not over, and forget it."""
        self._jobs.pop(job.id, None)
        self._end(job, ProblemError(409, "the job was cancelled"))

    def stop(self) -> None:
        """Stop all jobs and take no more."""
        self._stopping = True
        for job in list(self._jobs.values()):
            self._end(job, stopping())

    async def stopped(self) -> None:
        """Wait until nothing is left of what was stopped."""
        if self._work:
            await asyncio.wait(list(self._work.values()))

    async def _hear(self, job: Job, received: Received) -> None:
        try:
            upload = Upload(str(received.path), received.name, self._most_s)
            job.curve = await self._crew.do(upload, tell=job._tell)
            job.state, job.share, job.seconds = "done", 1.0, job.curve.duration_s
            job.tell("done", {"curve": self._curve_url.format(job.id)})
        except (MoodcurveError, OSError) as error:
            self._fail(job, ProblemError(422, _reason(error, received)))

    def _over(self, job: Job, received: Received) -> None:
        job.ended = time.monotonic()
        del self._work[job.id]
        received.path.unlink(missing_ok=True)

    def _end(self, job: Job, why: ProblemError) -> None:
        if not job.is_over:
            self._fail(job, why)
        if job.id in self._work:
            self._work[job.id].cancel()

    def _fail(self, job: Job, problem: ProblemError) -> None:
        if not job.is_over:
            job.state, job.problem = "failed", problem
            job.tell("failed", problem.content())

    def _forget_old(self) -> None:
        over = [job for job in self._jobs.values() if job.id not in self._work]
        now = time.monotonic()
        for number, job in enumerate(reversed(over)):
            if number >= KEPT or now - job.ended > KEPT_S:
                del self._jobs[job.id]


class _Arrival:
    """The place of a song that is being sent."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def __enter__(self) -> None:
        self._jobs._arriving += 1

    def __exit__(self, *raised: object) -> None:
        self._jobs._arriving -= 1


def stopping() -> ProblemError:
    """Say that the server stops."""
    return ProblemError(503, "the server is being stopped", {"Retry-After": "10"})


def _reason(error: MoodcurveError | OSError, received: Received) -> str:
    """Give what is wrong with a song, without the place where the server had put it."""
    text = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return one_line(text.removeprefix(f"{received.path}: "))
