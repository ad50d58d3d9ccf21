"""Run the server of a study."""

from collections.abc import Callable
from pathlib import Path

from moodcurve.annotate.access import Access, locked
from moodcurve.annotate.app import open_study
from moodcurve.annotate.model_adapter import Adapt
from moodcurve.annotate.study import StudySettings, StudySongs
from moodcurve.datasets.raters.study_reader import STUDY_FOLDER
from moodcurve.web.server import run_server
from moodcurve.web.settings import AddressSettings

_LOCK_FILE = ".server.lock"


def serve_study(
    folder: Path,
    study: StudySettings,
    songs: StudySongs,
    access: Access,
    settings: AddressSettings,
    *,
    adapt: Adapt,
    base_url: Callable[[int], str],
    started: Callable[[str, int, Path], None],
) -> None:
    """Run the server of a study until Ctrl-C or a termination signal.

    Parameters
    ----------
    folder : Path
        Folder of the study.
    study, songs, access
        What `read_study_file`, `find_songs` and `Access` returned for it.
    settings : AddressSettings
        Its token is that of the person who runs the study.
    adapt : callable
        Adapts a model to the ratings, for the button of the overview.
    base_url : callable
        Returns the URL that raters' links begin with, for the port on which the server listens.
    started : callable
        See `moodcurve.web.server.serve`.

    Raises
    ------
    StudyError
        If another server of the study runs.
    WebError
        If the server cannot listen on the address.
    """
    # pages number their pieces, and one server knows which are stored
    with locked(folder / STUDY_FOLDER / _LOCK_FILE):
        run_server(
            settings,
            lambda port: open_study(
                folder, study, songs, access, settings, adapt=adapt, port=port, base_url=base_url(port)
            ),
            started=started,
        )
