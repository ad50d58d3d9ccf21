"""Load tables of analyzed songs into a library."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow
import pyarrow.parquet

from moodcurve.library.database import Library
from moodcurve.library.errors import LibraryError
from moodcurve.library.models import Change, FileFound, FileIdentified, ProblemFound, SongAnalyzed
from moodcurve.library.song_rows import ROW_SCHEMA, ScannedFile, file_of
from moodcurve.library.tables.location import find_tables, translate_remote_errors
from moodcurve.library.tables.rows import complete_rows
from moodcurve.util.text import one_line

ROWS_PER_BATCH = 200
"""Rows that are read, and written in one transaction, at once."""
_UNKNOWN_TIME = -1
"""Stored as modification time of a file whose own is unknown: a scan of it looks at it again."""


class Conflicts(NamedTuple):
    """Numbers of paths at which rows differ: in their audio, and in their external ids."""

    audio: int
    ids: int


def load_tables(given: str, library: Library, progress: Callable[[int], None]) -> Conflicts:
    """Write the rows of all tables that a text names to a library; of two rows of a song or a file, the newer stays.

    Parameters
    ----------
    given : str
        See `moodcurve.library.tables.location.find_tables`.
    library : Library
        Open to write.
    progress : callable
        Called with the number of rows read, after each batch.

    Raises
    ------
    FormatError
        If a row does not hold a song; the message names the table and the row.
    LibraryError
        If a table cannot be read, or lacks a column; the message names it.
    """
    newest = _Newest()
    with_song: set[str] = set()
    read = 0
    for name, rows in _batches(given):
        changes: list[Change] = []
        for row in rows:
            file = file_of(row, name)
            if file.analysis is not None:
                with_song.add(file.path)
                changes += newest.changes(file)
            elif file.path not in with_song:  # a later attempt may have succeeded
                changes.append(
                    ProblemFound(
                        file.path, file.size or 0, _time(file), file.content_hash, file.problem or "",
                        selection=file.selection, names=file.names, external_id=file.external_id,
                    )
                )  # fmt: skip
        library.write(changes)
        read += len(rows)
        progress(read)
    return Conflicts(len(newest.other_audio), len(newest.other_ids))


class _Kept(NamedTuple):
    """What is kept of a file: when its audio was analyzed, its hash, and the file's external id."""

    analysed_at: str
    content_hash: str
    external_id: str | None


class _Newest:
    """The newest analyses and files of the rows read so far, which come in any order.

    Attributes
    ----------
    other_audio, other_ids : set of str
        Paths at which rows have different audio, and different external ids.
    """

    def __init__(self) -> None:
        self._analysed: dict[str, str] = {}
        self._files: dict[tuple[str, float], _Kept] = {}
        self.other_audio: set[str] = set()
        self.other_ids: set[str] = set()

    def changes(self, file: ScannedFile) -> Iterator[Change]:
        """Yield the changes of a file with a song, which are none if newer ones were read."""
        assert file.analysis is not None  # nosec B101 # narrows the type for mypy
        assert file.content_hash is not None  # nosec B101 # as well
        if file.content_hash not in self._analysed or self._analysed[file.content_hash] < file.analysed_at:
            self._analysed[file.content_hash] = file.analysed_at
            yield SongAnalyzed(file.content_hash, file.analysis, file.analysed_at)
        row = _Kept(file.analysed_at, file.content_hash, file.external_id)
        kept = self._files.setdefault((file.path, file.start_s or 0.0), row)
        is_newer = kept is row or row.analysed_at > kept.analysed_at
        if row.content_hash != kept.content_hash:
            self.other_audio.add(file.path)
        if None not in (row.external_id, kept.external_id) and row.external_id != kept.external_id:
            self.other_ids.add(file.path)
        if is_newer:
            self._files[file.path, file.start_s or 0.0] = row._replace(external_id=row.external_id or kept.external_id)
            yield FileFound(
                file.path, file.size or 0, _time(file), file.content_hash, file.tags, start_s=file.start_s or 0.0,
                length_s=file.length_s, selection=file.selection, names=file.names, external_id=file.external_id,
            )  # fmt: skip
        elif kept.external_id is None and row.external_id is not None:
            self._files[file.path, file.start_s or 0.0] = kept._replace(external_id=row.external_id)
            yield FileIdentified(file.path, row.external_id)


def _time(file: ScannedFile) -> int:
    return _UNKNOWN_TIME if file.mtime_ns is None else file.mtime_ns


def _batches(given: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the rows of each table in batches, with the table's name."""
    tables = find_tables(given)
    for name in tables.files:
        with (
            translate_remote_errors(name),
            Path(name).open("rb") if tables.filesystem is None else tables.filesystem.open(name) as stream,
        ):
            try:
                table = pyarrow.parquet.ParquetFile(stream)
                complete_rows(table.schema_arrow.empty_table(), name)  # a file without rows is checked as well
                stored = [column for column in ROW_SCHEMA.names if column in table.schema_arrow.names]
                for batch in table.iter_batches(ROWS_PER_BATCH, columns=stored):
                    yield name, complete_rows(pyarrow.Table.from_batches([batch]), name)
            except LibraryError:
                raise
            except (pyarrow.ArrowException, ValueError) as error:  # ValueError: a server without range requests
                reason = one_line(str(error))[:200]
                raise LibraryError(f"{one_line(name)}: not a table of analyzed songs ({reason})") from error
