"""The `annotate` command: a rating study in the browser."""

import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.commands.serve import ListenOptions
from moodcurve.cli.messages import print_message
from moodcurve.cli.parameters import Argument, Option, UsageError

if TYPE_CHECKING:
    from moodcurve.annotate.model_adapter import Progress
    from moodcurve.web.settings import AddressSettings


class ExportFormat(StrEnum):
    """Formats of exported ratings."""

    csv = "csv"
    deam = "deam"
    jams = "jams"


@app.command
def annotate(
    folder: Annotated[Path, Argument(metavar="FOLDER", help="Folder with audio/ and, optionally, study.toml.")],
    address: ListenOptions,
    invite: Annotated[
        int | None,
        Option("--invite", metavar="N", min=1, max=1000, help="Invite N raters: print a link for each, and end."),
    ] = None,
    links: Annotated[bool, Option("--links", help="Print the links of all raters, and end.")] = False,
    export: Annotated[
        Path | None, Option("--export", metavar="DIR", help="Write all ratings to this folder, and end.")
    ] = None,
    form: Annotated[ExportFormat, Option("--format", help="Format of --export.")] = ExportFormat.csv,
    delete_rater: Annotated[
        str | None,
        Option("--delete-rater", metavar="ID", help="Delete a rater's link, ratings and answers, and end."),
    ] = None,
    no_open: Annotated[bool, Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Collect ratings in the browser: arousal and valence while a song plays, then of the whole song.

    The address that it prints leads to the overview: invite raters there, and see their progress and agreement.
    `moodcurve labels FOLDER` makes labels of the ratings. Press Ctrl-C to stop.

    Example: moodcurve annotate study --invite 5
    """
    if sum((invite is not None, links, export is not None, delete_rater is not None)) > 1:
        raise UsageError("--invite, --links, --export and --delete-rater exclude each other")

    from moodcurve.annotate.access import Access, check_is_study
    from moodcurve.annotate.server import serve_study
    from moodcurve.annotate.study import find_songs, read_study_file

    study = read_study_file(folder)
    if export is not None or delete_rater is not None:
        check_is_study(folder)
    else:
        songs = find_songs(folder, study)
    access = Access(folder)
    if invite is not None or links:
        settings = _settings(address, access.owner)
        if address.port == 0:
            raise UsageError("links need the port that the server will listen on, not 0", name="--port")
        names = access.invite(invite) if invite is not None else list(access.raters)
        _print_links(names, access.raters, address.other_url(address.port) or settings.base_url(address.port))
    elif export is not None:
        from moodcurve.annotate.exports.export import export_ratings
        from moodcurve.cli.output_checks import check_folder

        check_folder(export, name="--export")
        for note in export_ratings(folder, export, form.value):
            print_message(note)
    elif delete_rater is not None:
        from moodcurve.annotate.store import check_rater_name
        from moodcurve.annotate.store import delete_rater as delete

        check_rater_name(access, delete_rater)
        delete(folder, access, delete_rater)
        print_message(f"deleted all data of {delete_rater}; its link is no longer valid")
    else:
        for note in songs.notes:
            print_message(note)
        settings = _settings(address, access.owner)

        def started(url: str, port: int, page: Path) -> None:
            if other := address.other_url(port):
                print_message(f"other machines can connect to {other}/?token={settings.token}")
            print_message(f"overview at {url}" + (f" from {address.host}:{port}" if address.public else ""))
            if not no_open:
                address.open_browser(page)

        def base_url(port: int) -> str:
            return address.other_url(port) or settings.base_url(port)

        adapt = partial(_adapt, folder)
        serve_study(folder, study, songs, access, settings, adapt=adapt, base_url=base_url, started=started)
        print_message("stopped")


def _adapt(folder: Path, rater: str | None, name: str, progress: "Progress") -> list[str]:
    """Adapt the default model to the ratings of a study, and return lines about the result."""
    from moodcurve.learn.adaptation.folder import adapt_to_folder
    from moodcurve.runtime.named_models import own_model_path

    made = adapt_to_folder(folder, own_model_path(name), rater=rater, from_raters=True, progress=progress)
    return made.summary()


def _settings(address: ListenOptions, token: str) -> "AddressSettings":
    from moodcurve.web import WebError
    from moodcurve.web.settings import AddressSettings

    try:
        return AddressSettings(host=address.host, port=address.port, public=address.public, token=token)
    except WebError as error:
        raise UsageError(str(error)) from error


def _print_links(names: list[str], tokens: dict[str, str], base_url: str) -> None:
    from moodcurve.annotate.overview import rater_link

    # not by the console, which would wrap them in a narrow terminal
    sys.stdout.writelines(f"{name}  {rater_link(base_url, tokens[name])}\n" for name in names)
