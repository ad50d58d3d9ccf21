"""Open tables of analyzed songs with DuckDB, which may read these files and nothing else.

Requires the extra ``cluster``.
"""

import itertools
import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from moodcurve.library.errors import LibraryError
from moodcurve.library.queries.found_song import COLUMNS
from moodcurve.library.song_rows import FOLDED, ROW_SCHEMA
from moodcurve.library.tables.location import find_tables, translate_remote_errors
from moodcurve.library.tables.rows import complete_rows
from moodcurve.util.machine import usable_memory, usable_processors
from moodcurve.util.optional import install_hint
from moodcurve.util.text import one_line
from moodcurve.util.urls import WEB, scheme_of

try:
    import duckdb
except ImportError as error:
    raise LibraryError(f"Parquet files as a library need DuckDB: {install_hint('cluster')}") from error

MEMORY_SHARE = 0.5
"""Share of the memory that DuckDB may take; beyond it, sorting goes to a temporary folder."""
_FETCHED = 1000
"""Rows that are taken from DuckDB at once."""
MIN_MEMORY = 2**31
"""Bytes of memory that are assumed where the machine does not say."""
_SEARCHED = (*(name for name in COLUMNS if name in ROW_SCHEMA.names), *FOLDED, "problem", "tag_strengths", "course")
"""Columns that searches read."""


class SongTables:
    """Open tables of analyzed songs; see `open_tables`.

    Parameters
    ----------
    given : str
        What names them.
    db : DuckDB connection
    files : sequence of str
        Their files.
    starts : sequence of int
        The id of the first row of each file.
    """

    def __init__(
        self, given: str, db: "duckdb.DuckDBPyConnection", files: Sequence[str], starts: Sequence[int]
    ) -> None:
        self.given = given
        self._db = db
        self._files = files
        self._starts = starts

    def rows(self, sql: str, values: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement.

        Raises
        ------
        LibraryError
            If a file cannot be read, or is not a table of songs; the message names it.
        """
        with _translate_table_errors(self.given):
            found = self._db.execute(sql, dict(values))
            while batch := found.fetchmany(_FETCHED):
                yield from batch

    def songs(self, ids: Sequence[int], columns: str) -> dict[int, tuple[Any, ...]]:
        """Return columns of the songs with these ids by id, from their files alone; raises as `rows`."""
        source = _songs_sql(*self._files_of(ids))
        listed = ", ".join(map(str, ids))
        found = self.rows(f"SELECT id, {columns} FROM ({source}) WHERE id IN ({listed})", {})  # nosec B608 # names from this code
        return {number: tuple(values) for number, *values in found}

    def row(self, number: int) -> dict[str, Any]:
        """Return the whole row of a song by its id, as `moodcurve.library.song_rows.file_of` takes it; as `rows`."""
        files, starts = self._files_of([number])
        with _translate_table_errors(self.given):
            found = self._db.sql(f"FROM ({_numbered_sql(files, starts)}) WHERE id = {number}").to_arrow_table()
        return complete_rows(found, files[0])[0]

    def register(self, name: str, table: Any) -> None:
        """Let statements read an Arrow table by a name."""
        self._db.register(name, table)

    def check(self, sql: str) -> None:
        """Compile a statement; raises what DuckDB raises."""
        if len(self._db.extract_statements(sql)) != 1:
            raise duckdb.ParserException("it must be one condition")
        self._db.execute(f"EXPLAIN {sql}")

    def _files_of(self, ids: Sequence[int]) -> tuple[list[str], list[int]]:
        """Return the files that hold the rows with these ids, and the id of the first row of each."""
        numbers = sorted({bisect_right(self._starts, number) - 1 for number in ids})
        return [self._files[i] for i in numbers], [self._starts[i] for i in numbers]


@contextmanager
def open_tables(given: str) -> Iterator[SongTables]:
    """Open the tables that a text names, see `moodcurve.library.tables.location.find_tables`.

    Statements read the view ``songs``, with the columns of `FoundSong` and those of searches. The ``id`` of a row is
    its number, from 1, in all files together.

    Raises
    ------
    LibraryError
        If there are no files, they are those of a web server, one cannot be read, or the first is not a table of songs;
        the message names it.
    """
    if scheme_of(given) in WEB:
        raise LibraryError(
            f"{one_line(given)}: files of a web server cannot be searched; make a library of them first: moodcurve "
            "merge URL -o FILE.sqlite"
        )
    found = find_tables(given)
    with tempfile.TemporaryDirectory(prefix="moodcurve-") as scratch, closing(duckdb.connect()) as db:
        with _translate_table_errors(given):
            if found.filesystem is not None:
                db.register_filesystem(found.filesystem)
            for name, value in _settings(scratch, found.files).items():
                db.execute(f"SET {name} = {value}")
            _check_columns(db, found.files[0])
            starts = _starts(db, found.files)
            db.execute(f"CREATE VIEW songs AS {_songs_sql(found.files, starts)}")
        yield SongTables(given, db, found.files, starts)


def _songs_sql(files: Sequence[str], starts: Sequence[int]) -> str:
    """Return the SQL of all songs in some files, given the id of the first row of each."""
    names = ", ".join({"copies": "1 AS copies"}.get(name, name) for name in COLUMNS)
    more = ", ".join((*FOLDED, "tag_strengths", "course"))
    return f"SELECT {names}, {more} FROM ({_numbered_sql(files, starts)}) WHERE problem IS NULL"  # nosec B608 # names from this code


def _numbered_sql(files: Sequence[str], starts: Sequence[int]) -> str:
    """Return the SQL of all rows and columns of some files, with their ids."""
    start = str(starts[0])
    if len(files) > 1:
        start = f"[{', '.join(map(str, starts))}][CAST(file_index AS BIGINT) + 1]"
    return f"SELECT *, {start} + file_row_number AS id FROM read_parquet({_listed(files)})"  # nosec B608 # quoted


@contextmanager
def _translate_table_errors(given: str) -> Iterator[None]:
    """Raise errors of DuckDB, and of what reads files for it, as `LibraryError`, on one line."""
    with translate_remote_errors(given):
        try:
            yield
        except duckdb.Error as error:
            raise LibraryError(f"{one_line(given)}: {error_text(error)}") from error


def error_text(error: Exception) -> str:
    """Return the first line of an error of DuckDB, without its kind: the others show SQL."""
    return one_line(str(error).splitlines()[0].partition("Error: ")[2] or str(error))[:300]


def _settings(scratch: str, files: Sequence[str]) -> dict[str, str]:
    """Return DuckDB's settings, as SQL, in the order in which they can be set: nothing else may be read or changed."""
    return {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": f"'{scratch}'",
        "memory_limit": f"'{int(MEMORY_SHARE * (usable_memory() or MIN_MEMORY)) >> 20}MiB'",
        "threads": str(usable_processors()),
        "allowed_paths": _listed(files),
        "enable_external_access": "false",
        "lock_configuration": "true",
    }


def _starts(db: "duckdb.DuckDBPyConnection", files: Sequence[str]) -> list[int]:
    """Return the id of the first row of each file, from 1."""
    if len(files) == 1:
        return [1]
    rows = db.execute(f"SELECT num_rows FROM parquet_file_metadata({_listed(files)})").fetchall()  # nosec B608 # quoted
    return [*itertools.accumulate((count for (count,) in rows[:-1]), initial=1)]


def _check_columns(db: "duckdb.DuckDBPyConnection", first: str) -> None:
    """Check that the first file has the columns that searches read; DuckDB compares the others with it."""
    db.register("expected", ROW_SCHEMA.empty_table())
    expected, found = (
        {name: kind for name, kind, *_ in db.execute(f"DESCRIBE FROM {table}").fetchall()}
        for table in ("expected", f"read_parquet({_listed([first])})")
    )
    db.unregister("expected")
    for name in _SEARCHED:
        if found.get(name) != expected[name]:
            is_wrong = f"its column {name!r} is {found[name][:50]}" if name in found else f"lacks the column {name!r}"
            raise LibraryError(
                f"{one_line(first)}: {is_wrong}, and is not a table of analyzed songs (docs/formats.md describes them)"
            )


def _listed(texts: Sequence[str]) -> str:
    """Return texts as a list in SQL."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"
