"""The `download` command: published sets of annotated songs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.parameters import Argument, Option, UsageError

if TYPE_CHECKING:
    from moodcurve.datasets.archives.catalog import PublishedSet


@app.command
def download(
    name: Annotated[str | None, Argument(metavar="NAME", help="Name of a set; all are listed without it.")] = None,
    output: Annotated[
        Path | None, Option("-o", "--output", metavar="DIR", help="Folder to create; by default the set's name.")
    ] = None,
    accept_license: Annotated[
        bool, Option("--accept-license", help="Agree to the license of the set, which is shown without this option.")
    ] = False,
    no_sound: Annotated[bool, Option("--no-sound", help="Leave out archives that hold only sound.")] = False,
    url: Annotated[
        str | None,
        Option(
            "--url",
            metavar="URL",
            help="Another address of the archive, or of the folder of the set's archives if there are several.",
        ),
    ] = None,
) -> int:
    """Download a published set of annotated songs from its official page, and unpack it.

    Without --accept-license, shows the license and what would be fetched. Sets whose pages ask for a form or an account
    are not fetched; the message says how to get them.

    An interrupted download is continued by the same command. Files are compared with published checksums, and unpacked
    only if nothing in them leads out of the folder.

    Example: moodcurve download emopia --accept-license -o EMOPIA
    """
    from moodcurve.cli import console
    from moodcurve.datasets.archives.catalog import SETS, find_set
    from moodcurve.datasets.archives.download import download as download_set

    if name is None:
        rows = [(one.name, one.title, "download" if one.archives else "by hand") for one in SETS]
        console.print_rows([("name", "set", "how"), *rows])
        return 0
    one = find_set(name)
    if one is None:
        raise UsageError(f"{name!r} is not one of {', '.join(known.name for known in SETS)}", name="NAME")
    if not accept_license and (one.archives or url):
        _print_license(one, url, sound=not no_sound)
        print_message(f"to agree to the license, run: moodcurve download {one.name} --accept-license")
        return 2 if output or url else 0  # without these, the license is what was asked for
    folder = output or Path(one.name)
    with console.progress_bar(f"fetching {one.name}") as update:
        download_set(
            one,
            folder,
            url=url,
            sound=not no_sound,
            progress=lambda done, total, what: update(done, total or done, what),
        )
    print_message(f"wrote {folder}")
    _print_layout(one, folder)
    return 0


def _print_license(one: "PublishedSet", url: str | None, *, sound: bool) -> None:
    from moodcurve.cli import console
    from moodcurve.datasets.archives.download import archives_of

    console.print_lines([
        one.title,
        f"page: {one.page}",
        f"license: {one.license}",
        f"cite: {one.citation}",
        *(f"file: {archive.url}" for archive in archives_of(one, url, sound=sound)),
        "The developers of moodcurve did not fetch these files: compare the page before you agree.",
    ])  # fmt: skip


def _print_layout(one: "PublishedSet", folder: Path) -> None:
    """Report what else is needed, and whether the set has the layout that its reader expects."""
    from moodcurve.datasets.layout import is_deam
    from moodcurve.datasets.published.layouts import find_layout

    if one.instead:
        print_message(one.instead)
    if not is_deam(folder) and find_layout(folder) is None:
        print_message(f"{folder}: does not have the layout that is read; compare docs/datasets.md, and see {one.page}")
