"""A library's songs as files: a table of songs or of all points, or a JAMS file for each song.

Songs pass one by one: of a hundred thousand, one part of a table is held.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from moodcurve.formats import check_format, jams_text
from moodcurve.library.database import Library
from moodcurve.library.errors import LibraryError
from moodcurve.library.export_tables import (
    CURVE_COLUMNS,
    TABLE_FORMATS,
    curve_batches,
    curve_lines,
    song_batches,
    song_columns,
    song_lines,
    write_batches,
)
from moodcurve.library.models import StoredSong
from moodcurve.library.queries.search import Query, count, search
from moodcurve.util.files import AnyPath, atomic_write
from moodcurve.util.text import one_line

Song = TypeVar("Song")
ExportProgress = Callable[[int, int], None]
"""Told how many songs are done, and of how many."""
LONGEST_NAME = 150
"""Bytes of a song's name in a file's name: file systems take 255 or more."""
_SPECIAL = frozenset('\\/:*?"<>|')
"""Characters that some system takes for something else than a part of a name."""


def write_table(
    library: Library, query: Query, path: AnyPath, format: str, *, curves: bool, progress: ExportProgress
) -> None:
    """Write a table of the songs that a query asks for, whole or not at all; see `stream_table`.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    check_table_format(format)
    with atomic_write(path) as scratch, scratch.open("wb") as stream:
        stream_table(library, query, stream, format, curves=curves, progress=progress)


def stream_table(
    library: Library, query: Query, stream: BinaryIO, format: str, *, curves: bool, progress: ExportProgress
) -> None:
    """Write a table of the songs that a query asks for into a stream, in the query's order.

    Parameters
    ----------
    library : Library
    query : Query
    stream : binary file
    format : str
        One of `TABLE_FORMATS`: ``csv``, ``jsonl`` (a JSON object per song and line) or ``parquet``.
    curves : bool
        All points of the songs, a row for each (in JSON lines, a song's lists on its line), rather than a row for each
        song; see `moodcurve.library.export_tables` for the columns.
    progress : callable
        Called after each song.

    Raises
    ------
    FormatError
        If Parquet's package is not installed.
    LibraryError
        If the library cannot be read, or the query's condition is wrong.
    ValueError
        If there is no such format.
    """
    check_table_format(format)
    if curves:
        songs = _curves(library, query, progress)
        if format == "jsonl":
            stream.writelines(curve_lines(songs))
        else:
            write_batches(curve_batches(songs), CURVE_COLUMNS, stream, format)
        return
    total = count(library, query)
    found = _counted(search(library, query), total if query.limit is None else min(total, query.limit), progress)
    columns = song_columns(near=query.near is not None)
    if format == "jsonl":
        stream.writelines(song_lines(found))
    else:
        write_batches(song_batches(found, columns), columns, stream, format)


def write_jams(library: Library, query: Query, folder: AnyPath, *, progress: ExportProgress) -> None:
    """Write a JAMS file for each song that a query asks for into a folder that is new or empty: all or none.

    Files are named as `file_name` says.

    Raises
    ------
    LibraryError
        If there is something in the folder, the library cannot be read, or the query's condition is wrong.
    OSError
        If the files cannot be written.
    """
    with _folder_written_whole(Path(os.path.realpath(folder))) as scratch:
        for song in _curves(library, query, progress):
            text = jams_text(
                song.data,
                title=song.tags.title,
                artist=song.tags.artist,
                release=song.tags.album,
                identifiers={"moodcurve_content": song.content_hash},
            )
            (scratch / file_name(song)).write_bytes(text.encode("utf-8"))


def check_table_format(format: str) -> None:
    """Find out before the work whether a table can be written; errors as `stream_table`."""
    if format not in TABLE_FORMATS:
        raise ValueError(f"format must be one of {', '.join(TABLE_FORMATS)}, got {format!r}")
    if format == "parquet":
        check_format(format)


def file_name(song: StoredSong) -> str:
    """Name the JAMS file of a song, ``<name of its file>-<number of the song>.jams``.

    The name is alike on all systems, stays in its folder, and is no other song's, with or without regard to case: what
    some system does not take in a name, or cannot show, is an underscore, and the number is the song's own.
    """
    whole = "".join(c if c.isprintable() and c not in _SPECIAL else "_" for c in Path(song.paths[0]).stem)
    # cut by bytes, which file systems count; what is left of a character that was cut is dropped
    stem = whole.encode("utf-8")[:LONGEST_NAME].decode("utf-8", "ignore").strip("._- ")
    return f"{stem or 'song'}-{song.id}.jams"


def _curves(library: Library, query: Query, progress: ExportProgress) -> Iterator[StoredSong]:
    # numbers first: a hundred thousand take four megabytes, and no question stays open while files are written
    ids = [found.id for found in search(library, query)]
    return _counted(library.songs(ids), len(ids), progress)


def _counted(songs: Iterable[Song], total: int, progress: ExportProgress) -> Iterator[Song]:
    progress(0, total)
    for done, song in enumerate(songs, start=1):
        yield song
        progress(done, total)


@contextmanager
def _folder_written_whole(folder: Path) -> Iterator[Path]:
    """Give a scratch folder beside `folder` that takes its place when the block ends without an error."""
    if folder.exists() and not folder.is_dir():
        raise LibraryError(f"{one_line(str(folder))}: is a file; name a folder that is new or empty")
    if folder.exists() and any(folder.iterdir()):
        raise LibraryError(
            f"{one_line(str(folder))}: is not empty, and songs of another export would stay among these; "
            "name a folder that is new or empty"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".moodcurve-", dir=folder.parent) as outer:
            # within a folder that only its owner may read, one with the user's usual permissions
            scratch = Path(outer) / folder.name
            scratch.mkdir()
            yield scratch
            if folder.exists():
                folder.rmdir()
            scratch.rename(folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(folder)) from error
