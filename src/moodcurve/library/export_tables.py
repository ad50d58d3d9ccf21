"""Tables of songs and curves as CSV, JSON lines and Parquet, written in batches."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, get_args, get_type_hints

from moodcurve.curve import INTERVALS, PROBABILITIES
from moodcurve.formats.csv_file import REQUIRED
from moodcurve.library.models import StoredSong
from moodcurve.library.queries.found_song import COLUMNS, FoundSong, song_json
from moodcurve.util.text import json_line

ColumnBatch = Mapping[str, list[Any]]
"""Some rows of a table: the values of each column, None where one is missing."""

TABLE_FORMATS = ("csv", "jsonl", "parquet")
SONGS_PER_BATCH = 1000
POINTS_PER_BATCH = 50_000
CURVE_COLUMNS = {"id": "whole", **dict.fromkeys((*REQUIRED, *INTERVALS, *PROBABILITIES), "number")}
"""Columns of a table of points, with their types: the song's id, then the columns of a curve's CSV."""
DISTANCE = "distance"

_TYPES = {int: "whole", float: "number", str: "text"}
_FORMULA = "=+-@\t\r"
"""First characters for which spreadsheets take a text for a formula."""
_QUOTED = re.compile(r'[",\r\n]')


def song_columns(*, distance: bool) -> dict[str, str]:
    """Return the columns of a table of songs, those of `FoundSong`, with their types.

    The types are those of `moodcurve.formats.parquet_file.table_writer`. With `distance`, that is a column too.
    """
    hints = get_type_hints(FoundSong)
    # an optional type is a union, whose first member is the type of the values
    return {name: _TYPES[(get_args(hints[name]) or (hints[name],))[0]] for name in (*COLUMNS, *[DISTANCE] * distance)}


def song_batches(songs: Iterable[FoundSong], columns: Iterable[str]) -> Iterator[ColumnBatch]:
    """Yield a table of songs, `SONGS_PER_BATCH` rows at a time."""
    batch: dict[str, list[Any]] = {name: [] for name in columns}
    for song in songs:
        for name, values in batch.items():
            values.append(getattr(song, name))
        if len(batch["id"]) >= SONGS_PER_BATCH:
            yield batch
            batch = {name: [] for name in batch}
    yield batch


def curve_batches(songs: Iterable[StoredSong]) -> Iterator[ColumnBatch]:
    """Yield a table of all points of songs, whole songs of about `POINTS_PER_BATCH` rows at a time."""
    batch: dict[str, list[Any]] = {name: [] for name in CURVE_COLUMNS}
    for song in songs:
        n = len(song.data["times_s"])
        quadrants = song.data.get("quadrants", {})
        given = {
            **song.data,
            **{column: quadrants[name] for column, name in PROBABILITIES.items() if name in quadrants},
            "id": [song.id] * n,
            "time_s": song.data["times_s"],
        }
        for name, values in batch.items():
            values.extend(given.get(name) or [None] * n)
        if len(batch["id"]) >= POINTS_PER_BATCH:
            yield batch
            batch = {name: [] for name in batch}
    yield batch


def write_batches(
    batches: Iterable[ColumnBatch], columns: Mapping[str, str], stream: BinaryIO, format: str, *, safe: bool = False
) -> None:
    """Write a table as ``csv`` or ``parquet`` (see `moodcurve.formats.parquet_file.table_writer`) to a stream.

    CSV has a header line, commas, LF line ends, quotes where needed, and an empty field for a missing value. With
    `safe`, an apostrophe precedes texts that a spreadsheet could take for a formula; numbers stay.
    """
    if format == "parquet":
        from moodcurve.formats.parquet_file import table_writer

        with table_writer(stream, columns) as write:
            for batch in batches:
                write(batch)
        return
    stream.write((",".join(columns) + "\n").encode())
    for batch in batches:
        fields = (_fields(values, text=columns[name] == "text", safe=safe) for name, values in batch.items())
        stream.write("".join(",".join(row) + "\n" for row in zip(*fields, strict=True)).encode())


def song_lines(songs: Iterable[FoundSong]) -> Iterator[bytes]:
    """Yield songs as lines of JSON, see `moodcurve.library.queries.search.song_json`."""
    return (json_line(song_json(song)).encode() for song in songs)


def curve_lines(songs: Iterable[StoredSong]) -> Iterator[bytes]:
    """Yield curves as lines of JSON: the song's ``id``, then the keys of `moodcurve.curve.Curve.to_dict`."""
    return (json_line({"id": song.id, **song.data}).encode() for song in songs)


def _fields(values: Iterable[Any], *, text: bool, safe: bool) -> list[str]:
    """Return the values of a column as CSV fields; numbers keep all digits."""
    if text and safe:
        values = (f"'{value}" if value and value[0] in _FORMULA else value for value in values)
    if text:
        return ["" if value is None else _quoted(value) for value in values]
    return ["" if value is None else repr(value) for value in values]


def _quoted(text: str) -> str:
    """Quote text where CSV requires it.

    The csv module leaves a lone carriage return unquoted, which its own reader takes for the end of a line.
    """
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
