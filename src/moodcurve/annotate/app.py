"""The web application of a study: routes of raters' pages and of the overview."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from moodcurve.annotate.access import Access
from moodcurve.annotate.model_adapter import Adapt, ModelAdapter
from moodcurve.annotate.overview import Overview
from moodcurve.annotate.routes import add_overview_routes, add_rater_routes
from moodcurve.annotate.store import RaterStore
from moodcurve.annotate.study import StudySettings, StudySongs
from moodcurve.annotate.tokens import StudyTokens
from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from moodcurve.web.app import empty_app
from moodcurve.web.routes.static_files import add_static_files
from moodcurve.web.security import SecurityMiddleware
from moodcurve.web.settings import AddressSettings
from moodcurve.web.temp_folder import temporary_folder

HINT = "open the link that you were given, or the address that `moodcurve annotate` printed"
_EXAMPLE_SECTIONS = ("calm", "excited")


@dataclass(frozen=True, eq=False)
class StudyApp:
    """The application of a study; see `moodcurve.web.server.RunningApp`."""

    app: ASGIApp
    folder: Path
    adapter: ModelAdapter

    async def start(self) -> None:
        """Do nothing: a study runs in its requests alone."""

    async def tick(self) -> None:
        """Do nothing: whatever is stored is on the disk already."""

    async def stop(self, hurry: Callable[[], bool]) -> None:
        """End the adaptation of a model at once; else there is nothing to end."""
        await run_in_threadpool(self.adapter.stop)


@contextmanager
def open_study(
    folder: Path,
    study: StudySettings,
    songs: StudySongs,
    access: Access,
    settings: AddressSettings,
    *,
    adapt: Adapt,
    port: int,
    base_url: str,
) -> Iterator[StudyApp]:
    """Create the application of a study.

    Parameters
    ----------
    folder : Path
        Folder of the study.
    study, songs, access, settings
        What `read_study_file`, `find_songs` and `Access` returned for it, and where the server listens.
    adapt : callable
        Adapts a model to the ratings.
    port : int
        Port on which the server listens.
    base_url : str
        URL that raters' links begin with.
    """
    store = RaterStore(folder, study, list(songs.files), access)
    tokens = StudyTokens(access, port)
    with temporary_folder() as temporary:
        example = songs.example
        if study.training and example is None:
            example = temporary / "example.flac"
            write_flac(compose([section for section in DEMO_SECTIONS if section.name in _EXAMPLE_SECTIONS]), example)
        app = empty_app("Ratings of a study.")
        add_rater_routes(app, store, tokens, songs.files, example, asdict(study), settings.limits)
        adapter = ModelAdapter(adapt)
        add_overview_routes(app, Overview(store, access, base_url), store, tokens, access, adapter)
        add_static_files(app, package="moodcurve.annotate", pages=("/", "/overview"))
        yield StudyApp(SecurityMiddleware(app, settings, tokens, hint=HINT), temporary, adapter)
