"""Analysis jobs for uploaded songs, and their progress as server-sent events."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line, reason_of
from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.errors import ProblemError
from moodcurve.web.event_log import EventLog
from moodcurve.web.fair_share import FairShare
from moodcurve.web.monitoring.reports import Reports
from moodcurve.web.tasks import PartialCurve, Upload
from moodcurve.web.uploads import ReceivedFile

MAX_FINISHED_JOBS = 64
"""Number of finished jobs that remain available; those of the client with most of them go first."""
FINISHED_JOB_S = 3600.0
"""Time for which a finished job remains available."""
PING_S = 15.0
"""Interval between keep-alive comments in an event stream."""
_RETRY_MS = 2000
"""Delay after which a browser reconnects."""


@dataclass(frozen=True)
class Place:
    """The place of a client's song from its upload to the end of its analysis; `held` gives it back."""

    client: str
    held: ExitStack


State = Literal["waiting", "running", "done", "failed"]


@dataclass(eq=False)
class AnalysisJob:
    """The analysis of an uploaded song.

    Attributes
    ----------
    id : str
        Random, so that only the sender of the song knows it.
    name : str
        File name that the sender gave.
    client : str
        The sender, see `moodcurve.web.rate_limit.client_name`.
    """

    id: str
    name: str
    client: str = ""
    state: State = "waiting"
    share: float = 0.0
    seconds: float = 0.0
    problem: ProblemError | None = None
    curve: Curve | None = None
    created_at: float = field(default_factory=time.monotonic)
    finished_at: float = 0.0
    events: EventLog = field(default_factory=lambda: EventLog(retry_ms=_RETRY_MS, ping_s=PING_S))
    """Its progress; closed when it is finished."""

    @property
    def is_finished(self) -> bool:
        """Whether the job is done or has failed."""
        return self.state in ("done", "failed")

    def status(self) -> dict[str, Any]:
        """Return the data of a `moodcurve.web.schemas.JobStatus`."""
        return {
            "job": self.id,
            "state": self.state,
            "share": round(self.share, 4),
            "seconds": round(self.seconds, 2),
            "name": self.name,
            "problem": None if self.problem is None else self.problem.content(),
        }

    def update(self, share: float | None, part: PartialCurve | None) -> None:
        """Record a worker's progress, see `moodcurve.web.async_pool.ReportCallback`."""
        if self.is_finished:
            return
        self.state = "running"
        if share is not None:
            self.share = share
        if part is None:
            return
        self.seconds = part.seconds
        self.events.add("progress", {"share": round(self.share, 4), "seconds": round(self.seconds, 2)})
        if part.times_s:
            self.events.add("part", {name: getattr(part, name) for name in ("start", "times_s", "arousal", "valence")})

    def fail(self, problem: ProblemError) -> None:
        """Mark the job as failed, unless it is finished."""
        if not self.is_finished:
            self.state, self.problem = "failed", problem
            self.events.add("failed", problem.content())
            self.events.close()

    def succeed(self, curve: Curve, curve_url: str) -> None:
        """Mark the job as done."""
        self.state, self.share, self.seconds, self.curve = "done", 1.0, curve.duration_s, curve
        self.events.add("done", {"curve": curve_url})
        self.events.close()


class Jobs:
    """All jobs of a server. Not thread-safe: for use in its event loop only.

    Parameters
    ----------
    pool : AsyncPool
        Analyzes songs.
    max_jobs, max_bytes : int
        Maximum number and size of songs being uploaded, waiting or running. Clients share both, see
        `moodcurve.web.fair_share.FairShare`.
    max_s : float
        Longest song, in seconds.
    curve_url : str
        URL of a job's curve, with ``{}`` for the id.
    reports : Reports
    """

    def __init__(
        self,
        pool: AsyncPool[Upload, Curve],
        *,
        max_jobs: int,
        max_bytes: int,
        max_s: float,
        curve_url: str,
        reports: Reports,
    ) -> None:
        self._pool = pool
        self._places = FairShare(max_jobs)
        self._bytes = FairShare(max_bytes)
        self._max_s = max_s
        self._curve_url = curve_url
        self._reports = reports
        self._jobs: dict[str, AnalysisJob] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    @contextmanager
    def reserve(self, client: str, size: int) -> Iterator[Place]:
        """Return a context that gives a client's song of `size` bytes a place, until the end of its job if it gets one.

        Raises
        ------
        ProblemError
            If too many songs are waiting, or the server is shutting down.
        """
        if self._stopping:
            raise shutting_down()
        with ExitStack() as held:
            held.enter_context(self._places.hold(client, reason="too many songs are waiting", wait_s=5))
            held.enter_context(self._bytes.hold(client, size, reason="too many bytes are waiting", wait_s=5))
            yield Place(client, held)

    def start(self, received: ReceivedFile, place: Place, *, track: int | None = None) -> AnalysisJob:
        """Start a job for an uploaded file, which is deleted at its end; `track` is the number of its audio track.

        Raises
        ------
        ProblemError
            If the server is shutting down; the file is then deleted.
        """
        if self._stopping:
            received.path.unlink(missing_ok=True)
            raise shutting_down()
        self._remove_old()
        job = AnalysisJob(secrets.token_urlsafe(9), received.name, place.client)
        self._jobs[job.id] = job
        self._running[job.id] = task = asyncio.create_task(self._analyze(job, received, track))
        held = place.held.pop_all()
        # a callback, because the task itself may be canceled before it starts
        task.add_done_callback(lambda _: self._finished(job, received, held))
        return job

    def get(self, id: str) -> AnalysisJob:
        """Return a job.

        Raises
        ------
        ProblemError
            If there is no such job.
        """
        job = self._jobs.get(id)
        if job is None:
            raise ProblemError(404, "no such job; finished jobs are available for an hour, at most 64 of them")
        return job

    async def wait(self, job: AnalysisJob) -> None:
        """Wait until a job is finished."""
        task = self._running.get(job.id)
        if task is not None:
            await asyncio.wait([task])

    def remove(self, job: AnalysisJob) -> None:
        """Remove a job; cancel it if it is not finished."""
        self._jobs.pop(job.id, None)
        self._cancel(job, ProblemError(409, "the job was canceled"))

    def count(self, state: State) -> int:
        """Return the number of unfinished jobs in a state."""
        return sum(job.state == state for id, job in self._jobs.items() if id in self._running)

    async def finish(self, seconds: float) -> None:
        """Accept no more jobs, cancel those that wait, and let those that run finish for some seconds."""
        self._stopping = True
        for job in list(self._jobs.values()):
            if job.state == "waiting":
                self._cancel(job, shutting_down())
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=seconds)

    def stop(self) -> None:
        """Cancel all jobs and accept no more."""
        self._stopping = True
        for job in list(self._jobs.values()):
            self._cancel(job, shutting_down())

    async def wait_stopped(self) -> None:
        """Wait until all jobs have ended after `stop`."""
        if self._running:
            await asyncio.wait(list(self._running.values()))

    async def _analyze(self, job: AnalysisJob, received: ReceivedFile, track: int | None) -> None:
        try:
            upload = Upload(str(received.path), received.name, self._max_s, track)
            curve = await self._pool.run(upload, client=job.client, on_report=job.update)
            job.succeed(curve, self._curve_url.format(job.id))
        except (MoodcurveError, OSError) as error:
            job.fail(ProblemError(422, error_message(error, received)))

    def _finished(self, job: AnalysisJob, received: ReceivedFile, held: ExitStack) -> None:
        with held:
            job.finished_at = time.monotonic()
            del self._running[job.id]
            received.path.unlink(missing_ok=True)
        self._reports.song("upload", problem=job.problem, seconds=job.finished_at - job.created_at, job=job.id)

    def _cancel(self, job: AnalysisJob, reason: ProblemError) -> None:
        job.fail(reason)
        if job.id in self._running:
            self._running[job.id].cancel()

    def _remove_old(self) -> None:
        now = time.monotonic()
        finished = [job for job in self._jobs.values() if job.id not in self._running]
        for job in finished:
            if now - job.finished_at > FINISHED_JOB_S:
                del self._jobs[job.id]
        finished = [job for job in finished if job.id in self._jobs]
        by_client = Counter(job.client for job in finished)
        for _ in range(len(finished) - MAX_FINISHED_JOBS):
            ((client, _),) = by_client.most_common(1)
            job = next(job for job in finished if job.client == client)
            finished.remove(job)
            by_client[client] -= 1
            del self._jobs[job.id]


def shutting_down() -> ProblemError:
    """Return the error for what is sent to a server that is shutting down."""
    return ProblemError(503, "the server is shutting down", {"Retry-After": "10"})


def error_message(error: MoodcurveError | OSError, received: ReceivedFile) -> str:
    """Return an error's message without the path of the uploaded file on this machine."""
    return one_line(reason_of(error, str(received.path)))
