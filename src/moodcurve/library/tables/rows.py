"""Give the rows of a Parquet file the columns of a table of analyzed songs, whichever version wrote it."""

from typing import Any

import pyarrow

from moodcurve.library.errors import LibraryError
from moodcurve.library.song_rows import LATER_COLUMNS, ROW_SCHEMA
from moodcurve.util.text import one_line


def complete_rows(found: pyarrow.Table, where: str) -> list[dict[str, Any]]:
    """Return rows as `moodcurve.library.song_rows.file_of` takes them; later columns that are missing are null.

    Parameters
    ----------
    found : pyarrow.Table
        Its other columns are left out.
    where : str
        The file, for messages.

    Raises
    ------
    LibraryError
        If it lacks a column, or one has another type; the message names the file.
    """
    for column in ROW_SCHEMA.names:
        if column not in found.column_names:
            if column not in LATER_COLUMNS:
                raise LibraryError(
                    f"{one_line(where)}: lacks the column {column!r}, and is not a table of analyzed songs "
                    "(docs/formats.md describes them)"
                )
            found = found.append_column(column, pyarrow.nulls(len(found)))
    try:
        rows: list[dict[str, Any]] = found.select(ROW_SCHEMA.names).cast(ROW_SCHEMA).to_pylist()
    except (pyarrow.ArrowException, ValueError) as error:
        raise LibraryError(
            f"{one_line(where)}: not a table of analyzed songs ({one_line(str(error))[:200]})"
        ) from error
    return rows
