"""Options that name a library or tables of analyzed songs, and opening these."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.parameters import Option, PathOrUrl, UsageError
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from moodcurve.library import Library
    from moodcurve.library.tables.connection import SongTables

LibraryOption = Annotated[
    PathOrUrl | None,
    Option(
        "--library",
        metavar="FILE",
        help="Library file; by default $MOODCURVE_LIBRARY or a file in the user's data folder.",
    ),
]
LibraryOrTablesOption = Annotated[
    PathOrUrl | None,
    Option(
        "--library",
        metavar="FILE|URL",
        help="Library file; by default $MOODCURVE_LIBRARY or a file in the user's data folder. Or Parquet files of "
        "analyzed songs: a file, a folder, a pattern such as 'songs/*.parquet', or one of these at a URL such as s3://.",
    ),
]


def library_path(given: str | None) -> Path:
    """Return the library file that a command uses.

    Raises
    ------
    UsageError
        If Parquet files are given, which only some commands read.
    """
    from moodcurve.library.tables.location import names_tables
    from moodcurve.util.paths import default_library

    if given is not None and names_tables(given):
        raise UsageError(
            f"{one_line(given)}: only search, show and merge read Parquet files; make a library of them first: "
            "moodcurve merge FILES -o FILE.sqlite",
            name="--library",
        )
    return default_library() if given is None else Path(given)


@contextmanager
def open_songs(given: str | None) -> "Iterator[Library | SongTables]":
    """Open the library, or the tables, of `LibraryOrTablesOption`; raises LibraryError."""
    from moodcurve.library import open_library
    from moodcurve.library.tables.location import names_tables

    if given is not None and names_tables(given):
        from moodcurve.library.tables.connection import open_tables

        with open_tables(given) as tables:
            yield tables
    else:
        with open_library(library_path(given)) as library:
            yield library
