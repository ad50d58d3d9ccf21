"""Merge libraries and tables of analyzed songs into a new library.

A song is in the result once, whichever inputs have it: songs are the same if their content hashes are, which name the
part of a file as well. Of two analyses the newer is kept, and of two files at one path that of the newer analysis.
"""

import os
import sqlite3
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moodcurve.library.database import Library
from moodcurve.library.errors import LibraryError, translate_errors
from moodcurve.library.opening import open_library
from moodcurve.library.scanning.lock import scan_lock
from moodcurve.library.scanning.roots import remember_roots, scanned_roots
from moodcurve.library.tables.location import names_tables
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line

STEPS = 100_000
"""Steps of SQLite, some milliseconds, after which a statement looks whether the merge is to stop."""


@dataclass(kw_only=True)
class MergeStats:
    """What a merge did.

    Attributes
    ----------
    songs, problems : int
        Songs, and files that could not be used, in the result.
    shared : int
        Songs that an input shares with those before it.
    replaced : int
        Of these, analyses that are newer than the one before, and took its place.
    paths : int
        Paths at which two inputs, or two rows of one, have different audio; the file of the newer analysis is kept.
    ids : int
        Files with two different external ids; that of the newer analysis is kept.
    models : list of (str, str or None, str, int)
        Model, its version, feature set, and number of songs that they analyzed.
    """

    songs: int = 0
    problems: int = 0
    shared: int = 0
    replaced: int = 0
    paths: int = 0
    ids: int = 0
    models: list[tuple[str, str | None, str, int]]


def merge(
    inputs: Sequence[str],
    output: AnyPath,
    *,
    force: bool = False,
    check: Callable[[], None] = lambda: None,
) -> MergeStats:
    """Merge libraries and tables into a new library, which is written whole or not at all.

    Parameters
    ----------
    inputs : sequence of str
        Libraries, and what `moodcurve.library.tables.location.find_tables` takes. They stay as they are, but for a
        library of an older version, which is migrated as by any command.
    output : str or path
    force : bool
        Replace the output if it exists.
    check : callable
        Called again and again; what it raises stops the merge.

    Raises
    ------
    LibraryError
        If the output exists, is an input, or cannot be written, or an input cannot be read.
    """
    path = Path(os.path.abspath(output))  # noqa: PTH100  also without ".."
    _check_output(inputs, path, force=force)
    stats = MergeStats(models=[])
    with (
        _written(path, force=force) as scratch,
        open_library(scratch, write=True) as merged,
        _stopped_by(check, merged.db),
    ):
        merged.db.execute("PRAGMA synchronous = OFF")  # the file is nobody's until it is complete
        # for each file that is deleted, SQLite would read all songs
        merged.db.execute("PRAGMA foreign_keys = OFF")
        for given in inputs:
            with _as_library(given, scratch.parent, check, stats) as library:
                _add(merged, library, stats)
            check()
        _count(merged, stats)
    for given in inputs:
        if not names_tables(given):
            remember_roots(path, scanned_roots(given))
    return stats


def _check_output(inputs: Sequence[str], path: Path, *, force: bool) -> None:
    name = one_line(os.fspath(path))
    if path.suffix.lower() == ".parquet":
        raise LibraryError(f"{name}: a merge writes a library; `moodcurve export --full` writes Parquet from it")
    if any(not names_tables(given) and os.path.realpath(given) == os.path.realpath(path) for given in inputs):
        raise LibraryError(f"{name}: is an input; choose another file")
    if path.is_dir():
        raise LibraryError(f"{name}: is a folder; choose a file")
    if os.path.lexists(path) and not force:
        raise LibraryError(f"{name}: exists; choose another file, or replace it with --force")
    if path.exists():
        with open_library(path):  # only a library is replaced
            pass


@contextmanager
def _written(path: Path, *, force: bool) -> Iterator[Path]:
    """Yield the path of a library in a scratch folder, which takes its place at `path` when the block ends."""
    with scan_lock(path), tempfile.TemporaryDirectory(prefix=".moodcurve-", dir=path.parent) as folder:
        scratch = Path(folder) / "merged.sqlite"
        yield scratch
        if force and path.exists():
            _close_log(path)
        elif os.path.lexists(path):
            raise LibraryError(f"{one_line(os.fspath(path))}: was created meanwhile; nothing was written")
        try:
            with scratch.open("rb+") as file:
                os.fsync(file.fileno())
            scratch.replace(path)
        except OSError as error:
            raise LibraryError(f"{one_line(os.fspath(path))}: cannot be written ({error.strerror})") from error


def _close_log(path: Path) -> None:
    """Merge the log of a library that is replaced into its file: it would be taken for that of the new one."""
    with open_library(path, write=True):
        pass
    if path.with_name(f"{path.name}-wal").exists():
        raise LibraryError(f"{one_line(os.fspath(path))}: is open in another program; close that first")


@contextmanager
def _as_library(given: str, folder: Path, check: Callable[[], None], stats: MergeStats) -> Iterator[Library]:
    """Open an input as a library: of tables one is made in a folder."""
    if not names_tables(given):
        with open_library(given) as library:
            yield library
        return
    from moodcurve.library.tables.loading import load_tables

    path = folder / "loaded.sqlite"
    try:
        with open_library(path, write=True) as library:
            library.db.execute("PRAGMA synchronous = OFF")
            conflicts = load_tables(given, library, lambda rows: check())
            stats.paths += conflicts.audio
            stats.ids += conflicts.ids
            yield library
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _stopped_by(check: Callable[[], None], db: sqlite3.Connection) -> Iterator[None]:
    """Let what `check` raises end the block's statements as well: each may read all songs of a library."""
    raised: list[BaseException] = []

    def stops() -> bool:
        if not raised:  # the statements that clean up run to their end
            try:
                check()
            except BaseException as error:  # SQLite would drop it
                raised.append(error)
                return True
        return False

    db.set_progress_handler(stops, STEPS)
    try:
        yield
    except sqlite3.OperationalError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        db.set_progress_handler(lambda: 0, STEPS)


def _add(merged: Library, other: Library, stats: MergeStats) -> None:
    """Add the songs and files of a library in one transaction."""
    db = merged.db
    with translate_errors(other.path):
        db.execute("ATTACH ? AS other", (_uri(other.path),))
    try:
        with translate_errors(merged.path):
            db.execute("BEGIN IMMEDIATE")
            try:
                _compare_paths(db, stats)
                _add_songs(db, stats)
                _add_files(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
    finally:
        for table in ("pair", "path_pair"):
            db.execute(f"DROP TABLE IF EXISTS temp.{table}")
        db.execute("DETACH other")


def _uri(path: AnyPath) -> str:
    return f"file:{urllib.parse.quote_from_bytes(os.fsencode(os.path.abspath(path)))}?mode=ro"  # noqa: PTH100


def _add_songs(db: sqlite3.Connection, stats: MergeStats) -> None:
    """Add the songs of the attached library that have files; of those that are here already, the newer analyses."""
    names = _columns(db, "song", without=("id", "file", "copies"))
    (shared, replaced) = db.execute(
        "SELECT count(*), coalesce(sum(o.analysed_at > m.analysed_at), 0) FROM other.song AS o "
        "JOIN main.song AS m ON m.content = o.content WHERE o.copies > 0"
    ).fetchone()
    stats.shared += shared
    stats.replaced += replaced
    db.execute(
        "CREATE TEMP TABLE pair AS SELECT o.id AS theirs, m.id AS mine, "
        "m.id IS NULL OR o.analysed_at > m.analysed_at AS taken "
        "FROM other.song AS o LEFT JOIN main.song AS m ON m.content = o.content WHERE o.copies > 0"
    )
    updates = ", ".join(f"{name} = excluded.{name}" for name in names.split(", "))
    db.execute(
        f"INSERT INTO main.song ({names}) SELECT {names} FROM other.song "  # nosec B608 # names of our tables
        "WHERE id IN (SELECT theirs FROM pair WHERE taken) ORDER BY id "
        f"ON CONFLICT (content) DO UPDATE SET {updates}"
    )
    db.execute(
        "UPDATE pair SET mine = (SELECT m.id FROM other.song AS o JOIN main.song AS m ON m.content = o.content "
        "WHERE o.id = theirs) WHERE mine IS NULL"
    )
    db.execute("CREATE UNIQUE INDEX temp.pair_theirs ON pair (theirs)")
    for table in ("curve", "descriptors", "measured"):
        rest = _columns(db, table, without=("song",))
        db.execute(f"DELETE FROM main.{table} WHERE song IN (SELECT mine FROM pair WHERE taken)")  # nosec B608 # as above
        db.execute(
            f"INSERT INTO main.{table} (song, {rest}) SELECT mine, {rest} FROM pair "  # nosec B608 # as above
            f"JOIN other.{table} ON song = theirs WHERE taken ORDER BY mine"
        )


_NEWEST = (
    "coalesce((SELECT max(s.analysed_at) FROM {0}.file AS f JOIN {0}.song AS s ON s.id = f.song "
    "WHERE f.path = p.path), '')"
)
_AUDIO = (
    "(SELECT group_concat(start_s || ' ' || content, '|') FROM (SELECT * FROM {0}.file AS f "
    "WHERE f.path = p.path AND song IS NOT NULL ORDER BY start_s))"
)
_ID = "(SELECT max(external_id) FROM {0}.file AS f WHERE f.path = p.path)"


def _compare_paths(db: sqlite3.Connection, stats: MergeStats) -> None:
    """Compare the files that both libraries have, before any analysis is replaced."""
    mine, theirs = ([text.format(name) for text in (_AUDIO, _NEWEST, _ID)] for name in ("main", "other"))
    db.execute(
        f"CREATE TEMP TABLE path_pair AS SELECT path, {mine[0]} <> {theirs[0]} AS differ, "  # nosec B608 # constants
        f"{theirs[1]} > {mine[1]} AS newer, {mine[2]} AS mine, {theirs[2]} AS theirs "
        "FROM (SELECT DISTINCT path FROM other.file WHERE path IN (SELECT path FROM main.file)) AS p"
    )
    differ, ids = db.execute(
        "SELECT coalesce(sum(differ), 0), coalesce(sum(mine <> theirs), 0) FROM path_pair"
    ).fetchone()
    stats.paths += differ
    stats.ids += ids
    db.execute("CREATE UNIQUE INDEX temp.path_pair_path ON path_pair (path)")


def _add_files(db: sqlite3.Connection) -> None:
    """Add the files of the attached library, all parts of a path or none; then choose the file of each song again."""
    db.execute("UPDATE main.song SET file = NULL")
    db.execute("DELETE FROM main.file WHERE path IN (SELECT path FROM path_pair WHERE newer)")
    names = _columns(db, "file", without=("id", "song"))
    listed = ", ".join(f"o.{name}" for name in names.split(", "))
    db.execute(
        f"INSERT INTO main.file ({names}, song) SELECT {listed}, mine FROM other.file AS o "  # nosec B608 # as above
        "LEFT JOIN pair ON pair.theirs = o.song "
        "WHERE (o.song IS NULL OR mine IS NOT NULL) AND path NOT IN (SELECT path FROM path_pair WHERE NOT newer) "
        "ORDER BY o.id"
    )
    db.execute(
        "UPDATE main.file SET external_id = "
        "(SELECT coalesce(mine, theirs) FROM path_pair AS p WHERE p.path = file.path) "
        "WHERE external_id IS NULL AND path IN (SELECT path FROM path_pair)"
    )
    db.execute(
        "UPDATE main.song SET copies = (SELECT count(*) FROM main.file WHERE song = main.song.id), "
        "file = (SELECT id FROM main.file WHERE song = main.song.id ORDER BY external_id IS NULL, id LIMIT 1)"
    )
    db.execute("DELETE FROM main.song WHERE copies = 0")
    for table in ("curve", "descriptors", "measured"):
        db.execute(f"DELETE FROM main.{table} WHERE song NOT IN (SELECT id FROM main.song)")  # nosec B608 # constants


def _columns(db: sqlite3.Connection, table: str, *, without: Sequence[str]) -> str:
    return ", ".join(name for _, name, *_ in db.execute(f"PRAGMA main.table_info({table})") if name not in without)


def _count(merged: Library, stats: MergeStats) -> None:
    with translate_errors(merged.path):
        stats.models = merged.db.execute(
            "SELECT model, model_version, feature_set, count(*) FROM song GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
        ).fetchall()
    stats.songs = sum(number for *_, number in stats.models)
    stats.problems = merged.problem_count()
