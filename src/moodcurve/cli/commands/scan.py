"""The `scan` command: bring a library up to date with folders."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.catalogue import scan_catalogue
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.catalogue import CatalogueOptions, check_unused
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.options.files import FolderOptions, SplitBy, SplitOption, TrackOption, left_out_text
from moodcurve.cli.options.library import LibraryOption, library_path
from moodcurve.cli.options.models import ModelOption
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Argument, Option, PathOrUrl, UsageError, local_file
from moodcurve.util.text import clock, counted, one_line

if TYPE_CHECKING:
    from moodcurve.library.scanning.progress import ScanStats


@app.command
def scan(
    folders: Annotated[
        list[PathOrUrl],
        Argument(metavar="FOLDER", help="Folders of music, or single files; with --on, manifests or folders."),
    ],
    chosen: FolderOptions,
    catalogue: CatalogueOptions,
    library: LibraryOption = None,
    model: ModelOption = "default",
    workers: Annotated[
        int | None,
        Option(
            "--workers", metavar="N", min=1, help="Number of processes; by default one per core from four files on."
        ),
    ] = None,
    again: Annotated[
        bool,
        Option(
            "--again",
            help="Also re-analyze songs that another model analyzed or that lack measures of their sound, and retry "
            "files that could not be used.",
        ),
    ] = False,
    forget: Annotated[
        bool,
        Option(
            "--forget",
            help="Also forget songs of empty folders, of folders most of whose files are missing, and those now left "
            "out.",
        ),
    ] = False,
    track: TrackOption = None,
    split: SplitOption = None,
    ids: Annotated[
        Path | None,
        Option(
            "--ids",
            metavar="FILE",
            help="Table with columns of paths and ids (CSV, TSV or Parquet): ids of files in your own catalogue, which "
            "searches, exports and the API then show.",
        ),
    ] = None,
    json_file: JsonOption = None,
) -> int:
    """Analyze new files in folders of music, and update the library.

    A scan can be stopped at any time; run the same command to continue. Unchanged files are skipped; moved, copied or
    re-tagged files are recognized; deleted files are removed from the library,
    unless a disk seems not to be mounted (see --forget). Files that an earlier scan analyzed with another --track or
    --split are analyzed again; without these options they stay as they are.

    For catalogues that one machine cannot hold, --on analyzes the songs of manifests on many machines, and writes
    Parquet files instead of a library.

    Example: moodcurve scan ~/Music
    Example: moodcurve scan ~/Music/Albums --split cue
    Example: moodcurve scan ~/Music --ids tracks.csv
    Example: moodcurve scan songs.parquet --on ray -o s3://bucket/moods
    """
    from moodcurve.audio.parts import Split
    from moodcurve.cli import console
    from moodcurve.cli.progress import scan_observer
    from moodcurve.cli.result_files import write_texts
    from moodcurve.cli.signals import interrupted_code, interrupts
    from moodcurve.library.scanning.external_ids import read_ids
    from moodcurve.library.scanning.scan import scan as scan_folders
    from moodcurve.library.scanning.selection import Selection
    from moodcurve.runtime.loading import describe_model

    check_results(json_file)
    if catalogue.on is not None:
        _check_usable(library=library, split=split, ids=ids, chosen=chosen)
        return scan_catalogue(
            [*folders], catalogue, model=model, workers=workers, again=again, forget=forget, track=track,
            json_file=json_file,
        )  # fmt: skip
    check_unused(catalogue)
    roots = [local_file(folder, name="FOLDER") for folder in folders]
    rules = chosen.rules()
    external_ids = None if ids is None else read_ids(ids)
    _, feature_set = describe_model(model)
    with interrupts() as check, scan_observer(feature_set) as observer:
        stats = scan_folders(
            roots,
            library_path(library),
            rules=rules,
            model=model,
            workers=workers,
            again=again,
            forget=forget,
            selection=Selection(track, Split(split.value) if split else None),
            ids=external_ids,
            observer=observer,
            check=check,
        )
    if stats.interrupted:
        print_message(
            f"interrupted: {stats.files_done:,} of {stats.files:,} files are done; run the same command to continue"
        )
        return interrupted_code()
    if json_file is not None:
        write_texts({json_file: json.dumps(_summary(stats)) + "\n"})
    if json_file != STDOUT:
        console.print_lines(_lines(stats, model))
    return int(stats.problems + stats.kept + stats.unread > 0)


def _check_usable(*, library: str | None, split: SplitBy | None, ids: Path | None, chosen: FolderOptions) -> None:
    """Check that no option is given that --on does not take.

    Raises
    ------
    UsageError
        If one is.
    """
    given = {
        "--library": library is not None,
        "--split": split is not None,
        "--ids": ids is not None,
        "--exclude": chosen.exclude is not None,
        "--include-hidden": chosen.include_hidden,
    }
    for name, is_given in given.items():
        if is_given:
            raise UsageError("cannot be used with --on", name=name)


def _summary(stats: "ScanStats") -> dict[str, float]:
    counts = (
        "files",
        "unchanged",
        "new",
        "changed",
        "renewed",
        "retagged",
        "moved",
        "copied",
        "gone",
        "problems",
        "kept",
        "unread",
        "hidden",
        "system",
        "excluded",
        "left_out_known",
        "other_model",
        "unknown_ids",
    )
    return {
        **{name: getattr(stats, name) for name in counts},
        "songs_analysed": stats.songs,
        "audio_s": round(stats.audio_s, 2),
        "elapsed_s": round(stats.elapsed_s, 2),
    }


def _lines(stats: "ScanStats", model: str) -> list[str]:
    """Return a summary of a scan by a model, without the counts that are zero."""
    counts = (
        (stats.new, "new"),
        (stats.changed, "changed"),
        (stats.renewed, "analyzed again"),
        (stats.retagged, "re-tagged"),
        (stats.moved, "moved"),
        (stats.copied, "copied"),
        (stats.gone, "removed"),
        (stats.unchanged, "unchanged"),
    )
    changes = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    lines = [f"{counted(stats.files, 'file')}: {changes or 'none usable'}" if stats.files else "no audio files found"]
    if stats.songs:
        lines.append(
            f"{counted(stats.songs, 'song')} ({clock(stats.audio_s)}) analyzed in {clock(stats.elapsed_s)}, "
            f"{stats.speed:.0f} times real time"
        )
    if stats.problems:
        lines.append(f"{counted(stats.problems, 'file')} could not be used; `moodcurve problems` lists them")
    if stats.kept:
        lines.append(f"{counted(stats.kept, 'file')} could not be analyzed again; their earlier curves are kept")
    if stats.unread:
        lines.append(f"{counted(stats.unread, 'path')} could not be read, or is a folder whose files are missing")
    if left_out := left_out_text(hidden=stats.hidden, system=stats.system, excluded=stats.excluded):
        lines.append(left_out)
    if stats.unknown_ids:
        lines.append(f"{counted(stats.unknown_ids, 'id')} of --ids are of files that are not in these folders")
    if stats.other_model:
        stay, them = ("stays as it is", "it") if stats.other_model == 1 else ("stay as they are", "them")
        lines.append(
            f"{counted(stats.other_model, 'unchanged file')} analyzed by another model {stay}; --again analyzes {them} "
            f"by {one_line(model)}"
        )
    if stats.left_out_known:
        lines.append(f"{counted(stats.left_out_known, 'file')} of earlier scans left out now; --forget removes them")
    return lines
