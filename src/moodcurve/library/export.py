"""Export songs of a library: a table of songs or of all points, or one JAMS file per song.

Songs are read one by one, so that memory does not grow with their number.
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
from moodcurve.util.files import AnyPath, atomic_write, short_stem
from moodcurve.util.text import one_line

Song = TypeVar("Song")
ExportProgress = Callable[[int, int], None]
"""Called with the number of songs done and their total number."""
_RESERVED = frozenset('\\/:*?"<>|')
"""Characters that some system does not allow in a file name."""


def write_table(
    library: Library,
    query: Query,
    path: AnyPath,
    format: str,
    *,
    curves: bool,
    progress: ExportProgress,
    safe_csv: bool = False,
) -> None:
    """Write a table of the songs that match a query to a file, whole or not at all; see `stream_table`.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    _check_table_format(format)
    with atomic_write(path) as scratch, scratch.open("wb") as stream:
        stream_table(library, query, stream, format, curves=curves, progress=progress, safe_csv=safe_csv)


def stream_table(
    library: Library,
    query: Query,
    stream: BinaryIO,
    format: str,
    *,
    curves: bool,
    progress: ExportProgress,
    safe_csv: bool = False,
) -> None:
    """Write a table of the songs that match a query to a stream, in the query's order.

    Parameters
    ----------
    library : Library
    query : Query
    stream : binary file
    format : str
        One of `TABLE_FORMATS`: ``csv``, ``jsonl`` (one JSON object per line and song) or ``parquet``.
    curves : bool
        One row per point of each song (in JSON lines, one line per song with all its points), rather than one row per
        song; see `moodcurve.library.export_tables` for the columns.
    progress : callable
        Called after each song.
    safe_csv : bool
        Mark texts that a spreadsheet could take for formulas, see `moodcurve.library.export_tables.write_batches`.

    Raises
    ------
    FormatError
        If the package for Parquet is not installed.
    LibraryError
        If the library cannot be read, or the query's condition is malformed.
    ValueError
        If the format is unknown.
    """
    _check_table_format(format)
    if curves:
        songs = _curves(library, query, progress)
        if format == "jsonl":
            stream.writelines(curve_lines(songs))
        else:
            write_batches(curve_batches(songs), CURVE_COLUMNS, stream, format)
        return
    total = count(library, query)
    found = _with_progress(search(library, query), total if query.limit is None else min(total, query.limit), progress)
    columns = song_columns(distance=query.has_distance)
    if format == "jsonl":
        stream.writelines(song_lines(found))
    else:
        write_batches(song_batches(found, columns), columns, stream, format, safe=safe_csv)


def write_rows(library: Library, query: Query, path: AnyPath, *, progress: ExportProgress) -> None:
    """Write the files of the songs that match a query as a table of analyzed songs, whole or not at all.

    It is in Parquet, with a row per file and what the library stores of it, see `moodcurve.library.song_rows`. A query
    without conditions also takes the files that could not be used.

    Raises
    ------
    FormatError
        If the package for Parquet is not installed.
    LibraryError
        If the library cannot be read, or the query's condition is malformed.
    OSError
        If the file cannot be written.
    """
    check_format("parquet")
    from moodcurve.library.song_rows import row_of, rows_writer
    from moodcurve.library.stored_files import files_of_songs, unusable_files

    ids = [found.id for found in search(library, query)]
    progress(0, len(ids))
    with atomic_write(path) as scratch, scratch.open("wb") as stream, rows_writer(stream) as write:
        for done, number in enumerate(ids, start=1):
            write([row_of(file) for file in files_of_songs(library, [number])])
            progress(done, len(ids))
        if query == Query():
            write([row_of(file) for file in unusable_files(library)])


def write_jams(library: Library, query: Query, folder: AnyPath, *, progress: ExportProgress) -> None:
    """Write a JAMS file for each song that matches a query to a new or empty folder, all or none.

    Files are named by `file_name`.

    Raises
    ------
    LibraryError
        If the folder is not empty, the library cannot be read, or the query's condition is malformed.
    OSError
        If the files cannot be written.
    """
    with _written_folder(Path(os.path.realpath(folder))) as scratch:
        for song in _curves(library, query, progress):
            text = jams_text(
                song.data,
                title=song.tags.title,
                artist=song.tags.artist,
                release=song.tags.album,
                identifiers={
                    "moodcurve_content": song.content_hash,
                    **({} if song.external_id is None else {"external_id": song.external_id}),
                },
            )
            (scratch / file_name(song)).write_bytes(text.encode("utf-8"))


def _check_table_format(format: str) -> None:
    """Check that a table can be written in a format, before long work; raises as `stream_table`."""
    if format not in TABLE_FORMATS:
        raise ValueError(f"format must be one of {', '.join(TABLE_FORMATS)}, got {format!r}")
    if format == "parquet":
        check_format(format)


def file_name(song: StoredSong) -> str:
    """Return the name of a song's JAMS file, ``<name of its file>-<id>.jams``.

    The name is valid on all systems, and unique even where case is ignored: characters that some system does not
    allow or cannot display become underscores, and the id is unique.
    """
    name = "".join(c if c.isprintable() and c not in _RESERVED else "_" for c in Path(song.shown).stem)
    return f"{short_stem(name.strip('._- ')) or 'song'}-{song.id}.jams"


def _curves(library: Library, query: Query, progress: ExportProgress) -> Iterator[StoredSong]:
    # ids first: a hundred thousand take four megabytes, and no query stays open while files are written
    ids = [found.id for found in search(library, query)]
    return _with_progress(library.songs(ids), len(ids), progress)


def _with_progress(songs: Iterable[Song], total: int, progress: ExportProgress) -> Iterator[Song]:
    progress(0, total)
    for done, song in enumerate(songs, start=1):
        yield song
        progress(done, total)


@contextmanager
def _written_folder(folder: Path) -> Iterator[Path]:
    """Yield a scratch folder that becomes `folder` when the block ends without an error."""
    if folder.exists() and not folder.is_dir():
        raise LibraryError(f"{one_line(str(folder))}: is a file; choose a new or empty folder")
    if folder.exists() and any(folder.iterdir()):
        raise LibraryError(
            f"{one_line(str(folder))}: is not empty, and would mix songs of two exports; choose a new or empty folder"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".moodcurve-", dir=folder.parent) as outer:
            # a temporary folder is readable by its owner only; this one gets the user's default permissions
            scratch = Path(outer) / folder.name
            scratch.mkdir()
            yield scratch
            if folder.exists():
                folder.rmdir()
            scratch.rename(folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(folder)) from error
