"""The command that brings a library up to date with folders."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import ModelOption, app, say
from moodcurve.cli.framework import Argument, Option
from moodcurve.cli.library_options import LibraryOption, library_file
from moodcurve.util.text import clock, counted

if TYPE_CHECKING:
    from moodcurve.library.scanning.progress import Tally


@app.command
def scan(
    folders: Annotated[list[Path], Argument(metavar="FOLDER", help="Folders of music, or single files.")],
    library: LibraryOption = None,
    model: ModelOption = "default",
    workers: Annotated[
        int | None,
        Option("--workers", metavar="N", min=1, help="Processes; by default one a core, from four files on."),
    ] = None,
    again: Annotated[
        bool,
        Option("--again", help="Also analyse what another model analysed, and try files with problems again."),
    ] = False,
    as_json: Annotated[bool, Option("--json", help="Print the summary as JSON.")] = False,
) -> int:
    """Bring a library up to date with folders of music: analyse what is new, forget what is gone.

    It can be stopped or killed at any moment; the same command goes on from there. Files that are as they were are
    not opened, and what was moved, copied or tagged anew is not analysed again.

    Example: moodcurve scan ~/Music
    """
    from moodcurve.cli.progress import interrupts, scan_teller
    from moodcurve.library.scanning.scan import scan as scan_folders
    from moodcurve.runtime import load_model

    feature_set = load_model(model).feature_set
    with interrupts() as check, scan_teller(feature_set) as teller:
        tally = scan_folders(
            folders, library_file(library), model=model, workers=workers, again=again, teller=teller, check=check
        )
    if tally.interrupted:
        say(f"interrupted: {tally.files_done:,} of {tally.files:,} files are done; the same command goes on from there")
        return 130
    if as_json:
        sys.stdout.write(json.dumps(_summary(tally)) + "\n")
    else:
        from moodcurve.cli import views

        views.print_lines(_lines(tally))
    return int(tally.problems + tally.unread > 0)


def _summary(tally: "Tally") -> dict[str, float]:
    counts = ("files", "unchanged", "new", "changed", "renewed", "retagged", "moved", "copied", "gone", "problems")
    return {
        **{name: getattr(tally, name) for name in counts},
        "unread": tally.unread,
        "songs_analysed": tally.songs,
        "audio_s": round(tally.audio_s, 2),
        "elapsed_s": round(tally.elapsed_s, 2),
    }


def _lines(tally: "Tally") -> list[str]:
    """Say what a scan came to; what there was none of goes without saying."""
    counts = (
        (tally.new, "new"),
        (tally.changed, "changed"),
        (tally.renewed, "analysed anew"),
        (tally.retagged, "tagged anew"),
        (tally.moved, "moved"),
        (tally.copied, "copied"),
        (tally.gone, "gone"),
        (tally.unchanged, "unchanged"),
    )
    said = [f"{number:,} {word}" for number, word in counts if number]
    lines = [f"{counted(tally.files, 'file')}: {', '.join(said) or 'none of use'}"]
    if tally.songs:
        lines.append(
            f"{counted(tally.songs, 'song')} of {clock(tally.audio_s)} analysed in {clock(tally.elapsed_s)}, "
            f"{tally.speed:.0f} times as fast as they play"
        )
    if tally.problems:
        lines.append(f"{counted(tally.problems, 'file')} cannot be used; `moodcurve problems` lists them")
    if tally.unread:
        lines.append(f"{counted(tally.unread, 'place')} could not be looked into, or held files and is empty")
    return lines
