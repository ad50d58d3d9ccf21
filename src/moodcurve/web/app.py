"""The app: its routes and what they share, from its beginning to its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from moodcurve import __version__
from moodcurve.runtime import Model
from moodcurve.web import errors, schemas
from moodcurve.web.async_pool import Crew
from moodcurve.web.jobs import Jobs
from moodcurve.web.library_pool import Shelf
from moodcurve.web.rate_limit import Rate
from moodcurve.web.responses.curve import Painter
from moodcurve.web.routes.analyses import add_analysis_routes
from moodcurve.web.routes.songs import add_song_routes, count_songs
from moodcurve.web.routes.static_files import add_pages
from moodcurve.web.security import Guard
from moodcurve.web.settings import Settings
from moodcurve.web.tasks import listener, painter
from moodcurve.web.temp_folder import temporary_folder
from moodcurve.workers import FILE_LIMITS

MODEL, FIRST_MODEL = "default", "live"
"""The packaged models that uploads are heard by; the second gives a curve while a song is still being read."""


@dataclass(frozen=True, eq=False)
class Site:
    """What a server runs.

    Attributes
    ----------
    app : ASGI app
    jobs : Jobs
        To be stopped before the server waits for its last answers.
    shelf : Shelf
        The library; to be told now and then to rest.
    """

    app: ASGIApp
    jobs: Jobs
    shelf: Shelf


@contextmanager
def open_site(settings: Settings, model: Model, *, port: int) -> Iterator[Site]:
    """Give what a server runs that listens at a port; at the end no process and no file of it is left.

    Parameters
    ----------
    settings : Settings
    model : Model
        The packaged model `MODEL`, loaded: the server says which it is.
    port : int
    """
    hearing = Crew(partial(listener, MODEL, FIRST_MODEL), workers=settings.workers, limits=FILE_LIMITS)
    drawing = Crew(painter, workers=1, limits=FILE_LIMITS)
    with temporary_folder() as folder:
        jobs = Jobs(
            hearing,
            places=settings.workers + settings.queue,
            most_s=60 * settings.minutes,
            curve_url=f"{settings.root_path}/api/jobs/{{}}/curve",
        )
        rate = Rate(per_minute=settings.rate_per_minute, burst=settings.burst)
        pictures = Painter(drawing, folder)
        shelf = Shelf(settings.library)
        app = _app()
        _add_health(app, settings, model, shelf)
        add_analysis_routes(
            app, jobs, folder, pictures, rate, most_bytes=settings.upload_bytes, root_path=settings.root_path
        )
        add_song_routes(app, shelf, pictures, rate)
        add_pages(app)
        try:
            yield Site(Guard(app, settings, port), jobs, shelf)
        finally:
            shelf.close()
            hearing.close()
            drawing.close()


def _app() -> FastAPI:
    """Make an app without routes, that tells nobody of its requests and shows no page of its own."""
    app = FastAPI(
        title="moodcurve",
        version=__version__,
        description="Every song as a curve of arousal and valence. Errors are objects of application/problem+json.",
        default_response_class=Response,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # whose answers would repeat the name that the client gave
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    errors.install(app)
    return app


def _add_health(app: FastAPI, settings: Settings, model: Model, shelf: Shelf) -> None:
    limits = {
        "upload_bytes": settings.upload_bytes,
        "minutes": settings.minutes,
        "concurrent": settings.workers + settings.queue,
    }

    @app.get("/api/health", responses={200: {"model": schemas.Health}, **errors.documented()})
    async def health() -> Response:
        """Tell how the server is, and what it takes."""
        songs = await run_in_threadpool(count_songs, shelf)
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
