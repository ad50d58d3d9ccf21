"""The web application: routes, and the worker pools and library that they share."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from moodcurve import __version__
from moodcurve.runtime import Model
from moodcurve.web import schemas
from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.errors import add_error_handlers, error_responses
from moodcurve.web.jobs import Jobs
from moodcurve.web.library_pool import LibraryPool
from moodcurve.web.rate_limit import RateLimiter
from moodcurve.web.responses.curve import PlotRenderer
from moodcurve.web.routes.analyses import add_analysis_routes
from moodcurve.web.routes.api_docs import add_docs_routes
from moodcurve.web.routes.playlists import add_playlist_routes
from moodcurve.web.routes.songs import add_song_routes, count_songs
from moodcurve.web.routes.static_files import add_static_files
from moodcurve.web.security import SecurityMiddleware
from moodcurve.web.settings import Settings
from moodcurve.web.tasks import make_analyzer, make_plotter
from moodcurve.web.temp_folder import temporary_folder
from moodcurve.web.tokens import AccessToken
from moodcurve.workers import FILE_LIMITS

LIVE_MODEL = "live"
"""Packaged model for the provisional curve of uploads."""


@dataclass(frozen=True, eq=False)
class LibraryApp:
    """The application and what the server must look after; see `server.RunningApp`."""

    app: ASGIApp
    folder: Path
    jobs: Jobs
    library: LibraryPool

    async def tick(self) -> None:
        """Close the library file if it is idle."""
        if self.library.is_open:
            await asyncio.to_thread(self.library.close_if_idle)

    async def stop(self) -> None:
        """Stop the jobs, before the server waits for open responses."""
        self.jobs.stop()
        await self.jobs.wait_stopped()


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
    limits = settings.limits
    make_job = partial(make_analyzer, settings.model, LIVE_MODEL)
    analysis_pool = AsyncPool(make_job, workers=settings.workers, limits=FILE_LIMITS)
    plot_pool = AsyncPool(make_plotter, workers=1, limits=FILE_LIMITS)
    with temporary_folder() as folder:
        jobs = Jobs(
            analysis_pool,
            max_jobs=settings.max_jobs,
            max_bytes=limits.temporary_bytes,
            max_s=60 * limits.minutes,
            curve_url=f"{settings.root_path}/api/jobs/{{}}/curve",
        )
        rate_limiter = RateLimiter(per_minute=limits.requests_per_minute, burst=limits.burst)
        plots = PlotRenderer(plot_pool, folder)
        library = LibraryPool(settings.library)
        app = empty_app("Arousal and valence curves of songs.")
        _add_health_route(app, settings, model, library)
        add_analysis_routes(app, jobs, folder, plots, rate_limiter, limits=limits, root_path=settings.root_path)
        add_song_routes(app, library, plots, rate_limiter, music=settings.music)
        add_playlist_routes(app, library, rate_limiter, music=settings.music)
        add_static_files(app)
        add_docs_routes(app, settings.base_url(port))
        try:
            secured = SecurityMiddleware(app, settings, AccessToken(settings.token, port))
            yield LibraryApp(secured, folder, jobs, library)
        finally:
            library.close()
            analysis_pool.close()
            plot_pool.close()


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
