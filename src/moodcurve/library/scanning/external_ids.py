"""Ids of the user's own catalogue: read which file has which, and find these files among those of a walk."""

import os
from collections.abc import Mapping

from moodcurve.library.errors import LibraryError
from moodcurve.library.id_tables import TableError, read_table, row_name, table_kind
from moodcurve.library.scanning.walk import WalkResult
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line, text_path


def read_ids(table: AnyPath) -> dict[str, str]:
    """Return the ids of files by absolute path, from a table as `moodcurve.library.id_tables` reads it.

    A file is CSV unless its name says that it is Parquet or TSV. Relative paths are those of the current folder; paths
    that are not UTF-8 may be written as URIs, as `path_text` does.

    Raises
    ------
    FormatError
        If the package for Parquet is not installed.
    LibraryError
        If the table cannot be read, lacks a column or a value, or gives a file two ids; the message names the line or
        row.
    """
    named = table_kind(os.fspath(table))
    kind = "csv" if named in (None, "text") else named
    found: dict[str, str] = {}
    try:
        for number, identifier, path in read_table(table, kind, needs_ids=True):
            absolute = os.path.abspath(text_path(path))  # noqa: PTH100  any name
            if (other := found.setdefault(absolute, identifier)) != identifier:
                both = one_line(f"{path} has two ids, {other} and {identifier}")
                raise TableError(f"{row_name(kind, number)}: {both}")
    except TableError as error:
        raise LibraryError(f"{one_line(os.fspath(table))}: {error}") from error
    return found


def match_ids(ids: Mapping[str, str], found: WalkResult) -> tuple[dict[str, str], int]:
    """Return the ids of a walk's files by real path, given those by absolute path, which may lead over links.

    The second value is the number of ids whose files the walk did not find.
    """
    matched: dict[str, str] = {}
    unmatched = 0
    for path, identifier in ids.items():
        real = path if path in found.files else os.path.realpath(path)
        if real not in found.files:
            unmatched += 1
        elif real == path:  # what its own path says goes before what a link says
            matched[real] = identifier
        else:
            matched.setdefault(real, identifier)
    return matched, unmatched
