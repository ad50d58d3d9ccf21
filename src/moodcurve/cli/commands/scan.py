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
    from moodcurve.library.scanning.progress import ScanStats


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
    with interrupts() as check, scan_teller(feature_set) as observer:
        stats = scan_folders(
            folders, library_file(library), model=model, workers=workers, again=again, observer=observer, check=check
        )
    if stats.interrupted:
        say(f"interrupted: {stats.files_done:,} of {stats.files:,} files are done; the same command goes on from there")
        return 130
    if as_json:
        sys.stdout.write(json.dumps(_summary(stats)) + "\n")
    else:
        from moodcurve.cli import views

        views.print_lines(_lines(stats))
    return int(stats.problems + stats.unread > 0)


def _summary(stats: "ScanStats") -> dict[str, float]:
    counts = ("files", "unchanged", "new", "changed", "renewed", "retagged", "moved", "copied", "gone", "problems")
    return {
        **{name: getattr(stats, name) for name in counts},
        "unread": stats.unread,
        "songs_analysed": stats.songs,
        "audio_s": round(stats.audio_s, 2),
        "elapsed_s": round(stats.elapsed_s, 2),
    }


def _lines(stats: "ScanStats") -> list[str]:
    """Say what a scan came to; what there was none of goes without saying."""
    counts = (
        (stats.new, "new"),
        (stats.changed, "changed"),
        (stats.renewed, "analysed anew"),
        (stats.retagged, "tagged anew"),
        (stats.moved, "moved"),
        (stats.copied, "copied"),
        (stats.gone, "gone"),
        (stats.unchanged, "unchanged"),
    )
    said = [f"{number:,} {word}" for number, word in counts if number]
    lines = [f"{counted(stats.files, 'file')}: {', '.join(said) or 'none of use'}"]
    if stats.songs:
        lines.append(
            f"{counted(stats.songs, 'song')} of {clock(stats.audio_s)} analysed in {clock(stats.elapsed_s)}, "
            f"{stats.speed:.0f} times as fast as they play"
        )
    if stats.problems:
        lines.append(f"{counted(stats.problems, 'file')} cannot be used; `moodcurve problems` lists them")
    if stats.unread:
        lines.append(f"{counted(stats.unread, 'place')} could not be looked into, or held files and is empty")
    return lines
