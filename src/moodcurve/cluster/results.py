"""The rows of a shard's results: a song's analysis, or why its file could not be used."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from moodcurve.cluster.job import Song
from moodcurve.cluster.manifest import Entry
from moodcurve.library.scanning.selection import Selection
from moodcurve.library.song_rows import ScannedFile, row_of, rows_writer
from moodcurve.util.text import text_path
from moodcurve.util.urls import scheme_of

Row = Mapping[str, Any]


class ModelVersion(NamedTuple):
    """What every row names: the model, its version, and the key of its feature set."""

    model: str
    model_version: str | None
    feature_set: str


def song_row(entry: Entry, song: Song, selection: Selection) -> Row:
    """Return the row of a song that was analyzed with this selection."""
    return row_of(
        ScannedFile(
            path=_path(entry),
            external_id=entry.external_id,
            content_hash=song.content_hash,
            size=song.state.size,
            # that of a copy says nothing about the file
            mtime_ns=song.state.mtime_ns if scheme_of(entry.url) is None else None,
            tags=song.tags,
            analysis=song.analysis,
            selection=str(selection),
        )
    )


def failed_row(entry: Entry, reason: str, version: ModelVersion, selection: Selection) -> Row:
    """Return the row of a file that could not be used; it also names the model that would have analyzed it."""
    file = ScannedFile(path=_path(entry), external_id=entry.external_id, problem=reason, selection=str(selection))
    return {**row_of(file), **version._asdict()}


def has_failed(row: Row) -> bool:
    """Return True if a row says why a file could not be used."""
    return row["problem"] is not None


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write rows as a Parquet file, a row group at a time."""
    with path.open("wb") as stream, rows_writer(stream) as write:
        for row in rows:
            write([row])


def read_rows(path: Path) -> dict[str, Row]:
    """Return the rows of a Parquet file by their external ids."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as table:
        return {row["external_id"]: row for row in table.read().to_pylist()}


def _path(entry: Entry) -> str:
    """Return the path or URL that a row names."""
    return entry.url if scheme_of(entry.url) else text_path(entry.url)
