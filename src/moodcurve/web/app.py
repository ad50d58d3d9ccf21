"""The web application: routes, and the worker pools and library that they share."""

import asyncio
import math
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from moodcurve import __version__
from moodcurve.runtime import Model
from moodcurve.util.lock import try_lock
from moodcurve.web import WebError, schemas
from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.batches.notifier import Notifier
from moodcurve.web.batches.runner import Batches
from moodcurve.web.batches.sources import SourceAnalyzer
from moodcurve.web.batches.store import BatchStore
from moodcurve.web.errors import add_error_handlers, error_responses
from moodcurve.web.jobs import Jobs
from moodcurve.web.library_pool import LibraryPool
from moodcurve.web.live.sessions import LiveSessions, ServerSource
from moodcurve.web.live.tasks import make_analyzer as make_live_analyzer
from moodcurve.web.live.tasks import make_source_listener
from moodcurve.web.monitoring.metrics import Metrics
from moodcurve.web.monitoring.middleware import ReportMiddleware
from moodcurve.web.monitoring.reports import Reports
from moodcurve.web.outbound.client import OutboundClient
from moodcurve.web.outbound.hosts import AllowedHosts
from moodcurve.web.outbound.webhooks import WebhookSender, parse_secret
from moodcurve.web.rate_limit import RateLimiter
from moodcurve.web.responses.curve import PlotRenderer
from moodcurve.web.routes.analyses import add_analysis_routes
from moodcurve.web.routes.api_docs import add_docs_routes
from moodcurve.web.routes.batches import add_batch_routes
from moodcurve.web.routes.live import add_live_routes
from moodcurve.web.routes.metrics import add_metrics_route
from moodcurve.web.routes.playlists import add_playlist_routes
from moodcurve.web.routes.songs import add_song_routes, count_songs, load_song, open_song
from moodcurve.web.routes.static_files import add_static_files
from moodcurve.web.security import SecurityMiddleware
from moodcurve.web.settings import Settings
from moodcurve.web.tasks import make_analyzer, make_plotter
from moodcurve.web.temp_folder import ensure_private, temporary_folder
from moodcurve.web.tokens import AccessToken
from moodcurve.workers import FILE_LIMITS, Limits

LIVE_MODEL = "live"
"""Packaged model for the provisional curve of uploads, and for live sound."""
SOURCE_LIMITS = Limits(stall_s=FILE_LIMITS.stall_s, min_s=math.inf, max_s=math.inf)
"""Limits for the server's source of live sound, which need not end."""


@dataclass(frozen=True, eq=False)
class LibraryApp:
    """The application and what the server must look after; see `server.RunningApp`."""

    app: ASGIApp
    folder: Path
    jobs: Jobs
    live: LiveSessions
    batches: Batches
    library: LibraryPool
    stop_s: float
    openapi: Callable[[], dict[str, Any]]

    async def start(self) -> None:
        """Continue with stored batches, and listen to the server's source of live sound."""
        await self.batches.start()
        self.live.start()

    async def tick(self) -> None:
        """Close the library file if it is idle."""
        if self.library.is_open:
            await asyncio.to_thread(self.library.close_if_idle)

    async def stop(self, hurry: Callable[[], bool]) -> None:
        """Let running songs finish for `stop_s`, then stop the others."""
        finish = asyncio.gather(self.jobs.finish(self.stop_s), self.batches.finish(self.stop_s))
        while not finish.done() and not hurry():
            await asyncio.wait([finish], timeout=0.1)
        self.jobs.stop()
        self.live.stop()
        await asyncio.gather(self.jobs.wait_stopped(), self.batches.stop(), finish)


@contextmanager
def open_app(settings: Settings, model: Model, *, port: int) -> Iterator[LibraryApp]:
    """Create the application; at the end, stop its processes and delete its temporary files.

    Parameters
    ----------
    settings : Settings
    model : Model
        The model that `settings.model` names; ``/api/health`` reports its own name.
    port : int
        Port on which the server listens.
    """
    limits, service = settings.limits, settings.service
    reports = Reports(Metrics(version=__version__, model=model.name))
    webhook_key = parse_secret(service.webhook_secret) if service.webhook_secret else b""
    client = OutboundClient(AllowedHosts(service.hosts), own_port=port, timeout_s=limits.upload_timeout_s)
    make_job = partial(make_analyzer, settings.model, LIVE_MODEL)
    analysis_pool = AsyncPool(make_job, workers=settings.workers, limits=FILE_LIMITS)
    plot_pool = AsyncPool(make_plotter, workers=1, limits=FILE_LIMITS)
    live_pool = AsyncPool(partial(make_live_analyzer, LIVE_MODEL), workers=1, limits=FILE_LIMITS)
    source_pool = AsyncPool(partial(make_source_listener, LIVE_MODEL), workers=1, limits=SOURCE_LIMITS)
    with temporary_folder() as folder, _batch_store(service.state or folder / "batches") as store:
        jobs = Jobs(
            analysis_pool,
            max_jobs=settings.max_jobs,
            max_bytes=limits.temporary_bytes,
            max_s=60 * limits.minutes,
            curve_url=f"{settings.root_path}/api/jobs/{{}}/curve",
            reports=reports,
        )
        rate_limiter = RateLimiter(per_minute=limits.requests_per_minute, burst=limits.burst)
        plots = PlotRenderer(plot_pool, folder)
        source = None if settings.live is None else ServerSource(settings.live, source_pool)
        live = LiveSessions(live_pool, most=limits.live, source=source)
        library = LibraryPool(settings.library)
        sources = SourceAnalyzer(
            pool=analysis_pool,
            model=model,
            folder=folder,
            limits=limits,
            client=client,
            load_song=partial(load_song, library),
            open_song=partial(open_song, library, music=settings.music),
        )
        webhooks = WebhookSender(client.hosts, own_port=port, key=webhook_key)
        batches = Batches(
            store,
            sources.analyze,
            client.hosts,
            Notifier(store, webhooks, batch_url=f"{settings.root_path}/api/batches/{{}}", reports=reports),
            slots=settings.batch_slots,
            keep_s=service.keep_s,
            reports=reports,
        )
        _watch_queues(reports.metrics, jobs, batches)
        app = empty_app("Arousal and valence curves of songs.")
        _add_health_route(app, settings, model, library)
        root_path = settings.root_path
        # each request is compared with one route after another, so those that a page asks for most come first
        add_song_routes(app, library, plots, rate_limiter, music=settings.music)
        add_static_files(app)
        add_playlist_routes(app, library, rate_limiter, music=settings.music)
        add_analysis_routes(app, jobs, batches, folder, plots, rate_limiter, limits=limits, root_path=root_path)
        add_batch_routes(app, batches, plots, rate_limiter, root_path=root_path)
        add_live_routes(app, live, rate_limiter, limits=limits, root_path=settings.root_path)
        add_metrics_route(app, reports.metrics)
        add_docs_routes(app, settings.base_url(port))
        secured = SecurityMiddleware(
            app, settings, AccessToken(settings.token, port), open_metrics=service.open_metrics
        )
        guarded = ReportMiddleware(secured, reports)
        try:
            yield LibraryApp(guarded, folder, jobs, live, batches, library, service.stop_s, app.openapi)
        finally:
            library.close()
            for pool in (analysis_pool, plot_pool, live_pool, source_pool):
                pool.close()


@contextmanager
def _batch_store(folder: Path) -> Iterator[BatchStore]:
    """Open the store of batches in a folder that no other server uses; it may be a link to one."""
    folder = Path(os.path.realpath(folder))
    name = folder / "batches.lock"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        ensure_private(folder)
        handle = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise WebError(f"{folder}: cannot keep batches here: {error.strerror}") from error
    with closing(os.fdopen(handle)):
        if not try_lock(handle):
            raise WebError(f"{folder}: is the --state of another server that is running")
        with closing(BatchStore(folder / "batches.sqlite")) as store:
            yield store


def _watch_queues(metrics: Metrics, jobs: Jobs, batches: Batches) -> None:
    metrics.watch_queue("upload", "waiting", lambda: jobs.count("waiting"))
    metrics.watch_queue("upload", "running", lambda: jobs.count("running"))
    metrics.watch_queue("batch", "waiting", lambda: batches.waiting)
    metrics.watch_queue("batch", "running", lambda: batches.running)


def empty_app(description: str) -> FastAPI:
    """Create an app without routes, tracing or FastAPI's own documentation pages, which load scripts from a CDN."""
    app = FastAPI(
        title="moodcurve",
        version=__version__,
        description=f"{description} Errors are problem objects (application/problem+json).",
        default_response_class=Response,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the client's Host header
        generate_unique_id_function=_operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    add_error_handlers(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """Name an operation in the OpenAPI document after its function, such as ``list_songs``."""
    return route.name


def _add_health_route(app: FastAPI, settings: Settings, model: Model, library: LibraryPool) -> None:
    limits = {
        "upload_bytes": settings.limits.upload_bytes,
        "minutes": settings.limits.minutes,
        "concurrent": settings.max_jobs,
    }

    @app.get("/api/health", responses={200: {"model": schemas.Health}, **error_responses()})
    async def get_health() -> Response:
        """Return the version, the model, the size of the library and the limits of the server."""
        songs = await run_in_threadpool(count_songs, library)
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "model": model.name,
                "feature_set": model.feature_set.key,
                "library": songs is not None,
                "songs": songs or 0,
                "limits": limits,
            }
        )
