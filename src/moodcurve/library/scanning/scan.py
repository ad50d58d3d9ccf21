"""Scan folders into a library: analyze new files, forget removed ones."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from moodcurve.library.opening import open_library
from moodcurve.library.scanning.external_ids import match_ids
from moodcurve.library.scanning.lock import scan_lock
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.library.scanning.roots import remember_roots
from moodcurve.library.scanning.rules import DEFAULT_RULES, Rules
from moodcurve.library.scanning.scan_run import ScanRun
from moodcurve.library.scanning.selection import NO_SELECTION, Selection
from moodcurve.library.scanning.walk import walk
from moodcurve.library.scanning.worker import make_job
from moodcurve.runtime.loading import describe_model
from moodcurve.util.files import AnyPath
from moodcurve.workers import default_workers


def scan(
    roots: Sequence[AnyPath],
    library: AnyPath,
    *,
    rules: Rules = DEFAULT_RULES,
    model: AnyPath = "default",
    workers: int | None = None,
    again: bool = False,
    forget: bool = False,
    selection: Selection = NO_SELECTION,
    ids: Mapping[str, str] | None = None,
    observer: ScanObserver | None = None,
    check: Callable[[], None] = lambda: None,
) -> ScanStats:
    """Update a library from folders and files: analyze new files, forget removed ones.

    A file with the same path, size and modification time as before is not opened. Any other file is identified by the
    hash of its audio (`moodcurve.audio.content_hash`): moved, copied or re-tagged files are not analyzed again, and
    of several new files with the same audio one is. A removed file is forgotten only if a folder above it was read
    and is not empty, and most files of the folder are still there: a disk may not be mounted. The scan can be
    stopped or killed at any moment; everything reported to `ScanObserver.progress` is on disk, and the next scan
    continues from there.

    Parameters
    ----------
    roots : sequence of str or path
        Folders and files, see `moodcurve.library.scanning.walk.walk`.
    library : str or path
        Created if missing, unless all roots are missing too.
    rules : Rules
        What to leave out. Files of earlier scans that are left out now stay in the library.
    model : str or path
        Name of a packaged model, or a model file.
    workers : int, optional
        Number of processes; by default one per core.
    again : bool
        Also analyze songs that another model or feature set analyzed, or that lack measures of their sound, and retry
        files with problems.
    forget : bool
        Also forget files below empty folders, of folders most of whose files are missing, and files that are left out.
    selection : Selection
        Which audio track is analyzed, and by what files are split into parts. A file that was scanned with another
        selection is analyzed again; without any, files are analyzed as before, also once they were moved or changed.
    ids : mapping, optional
        Ids of files in the user's catalogue by absolute path, see `moodcurve.library.scanning.external_ids.read_ids`.
        Files that it does not name keep the ids that they have.
    observer : ScanObserver, optional
        Callbacks that report how the scan proceeds.
    check : callable
        Called several times a second. A KeyboardInterrupt that it raises stops the scan, once finished files are
        stored.

    Returns
    -------
    ScanStats

    Notes
    -----
    The folders are remembered for this user (`moodcurve.library.scanning.roots`): the server plays only what lies
    below them.

    Raises
    ------
    LibraryError
        If the library cannot be opened or written, or another scan is using it.
    ModelError
        If there is no such model.
    """
    name, feature_set = describe_model(model)  # an error is raised here rather than in each process
    observer = observer or ScanObserver()

    def check_walk(files: int) -> None:
        check()
        observer.files_found(files)

    if _is_absent(library) and all(map(_is_absent, roots)):
        # a misspelled name is no reason to create a library
        stats = ScanStats()
        for path, reason in walk(roots).errors:
            stats.unread += 1
            observer.problem(path, reason)
        return stats

    with scan_lock(library), open_library(library, write=True) as opened:
        run = ScanRun(opened, (name, feature_set.key), observer, selection)
        try:
            found = walk(roots, rules=rules, known=run.earlier.files, check=check_walk)
            remember_roots(library, found.roots)
            known_ids, run.stats.unknown_ids = match_ids(ids or {}, found)
            run.plan(found, again=again, ids=known_ids)
            if run.to_probe:
                observer.starting()
                count = workers or default_workers(len(run.to_probe))
                run.work(partial(make_job, model), min(count, len(run.to_probe)), check)
            run.forget(found, all_missing=forget)
        except KeyboardInterrupt:
            run.stats.interrupted = True
        return run.stats


def _is_absent(path: AnyPath) -> bool:
    """Return True if nothing exists at a path; False if that cannot be determined."""
    try:
        os.stat(path)  # noqa: PTH116  any name
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
