"""A library's songs and curves as tables, a part at a time: CSV, JSON lines and Parquet."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, get_args, get_type_hints

from moodcurve.formats.columns import INTERVALS, PROBABILITIES
from moodcurve.formats.csv_file import REQUIRED
from moodcurve.library.models import StoredSong
from moodcurve.library.queries.search import COLUMNS, FoundSong, song_json

ColumnBatch = Mapping[str, list[Any]]
"""Some rows of a table: the values of each column, None where one is missing."""

TABLE_FORMATS = ("csv", "jsonl", "parquet")
SONGS_PER_BATCH = 1000
POINTS_PER_BATCH = 50_000
CURVE_COLUMNS = {"id": "whole", **dict.fromkeys((*REQUIRED, *INTERVALS, *PROBABILITIES), "number")}
"""A row per point: the song's number, and the columns of a curve's CSV."""
DISTANCE = "distance"

_KINDS = {int: "whole", float: "number", str: "text"}
_QUOTED = re.compile(r'[",\r\n]')


def song_columns(*, near: bool) -> dict[str, str]:
    """Give the columns of songs, those of `moodcurve.library.queries.search.FoundSong`, and what kind of value each holds.

    The kinds are those of `moodcurve.formats.parquet_file.table_writer`; the distance is one of the columns where
    songs were asked for that are near to a place.
    """
    hints = get_type_hints(FoundSong)
    # a type that may be None is a union, whose first member is what it holds
    return {name: _KINDS[(get_args(hints[name]) or (hints[name],))[0]] for name in (*COLUMNS, *[DISTANCE] * near)}


def song_batches(songs: Iterable[FoundSong], columns: Iterable[str]) -> Iterator[ColumnBatch]:
    """Give the table of songs, `SONGS_PER_BATCH` rows at a time."""
    part: dict[str, list[Any]] = {name: [] for name in columns}
    for song in songs:
        for name, values in part.items():
            values.append(getattr(song, name))
        if len(part["id"]) >= SONGS_PER_BATCH:
            yield part
            part = {name: [] for name in part}
    yield part


def curve_batches(songs: Iterable[StoredSong]) -> Iterator[ColumnBatch]:
    """Give the table of all points of songs, whole songs of some `POINTS_PER_BATCH` rows at a time."""
    part: dict[str, list[Any]] = {name: [] for name in CURVE_COLUMNS}
    for song in songs:
        n = len(song.data["times_s"])
        quadrants = song.data.get("quadrants", {})
        given = {
            **song.data,
            **{column: quadrants[name] for column, name in PROBABILITIES.items() if name in quadrants},
            "id": [song.id] * n,
            "time_s": song.data["times_s"],
        }
        for name, values in part.items():
            values.extend(given.get(name) or [None] * n)
        if len(part["id"]) >= POINTS_PER_BATCH:
            yield part
            part = {name: [] for name in part}
    yield part


def write_batches(parts: Iterable[ColumnBatch], columns: Mapping[str, str], stream: BinaryIO, format: str) -> None:
    """Write a table as ``csv`` or ``parquet`` (see `table_writer`), a part at a time.

    CSV has a header, commas, LF line ends, text in quotes where it needs them, and an empty field for what is missing.
    """
    if format == "parquet":
        from moodcurve.formats.parquet_file import table_writer

        with table_writer(stream, columns) as write:
            for part in parts:
                write(part)
        return
    stream.write((",".join(columns) + "\n").encode())
    for part in parts:
        fields = (_fields(values, text=columns[name] == "text") for name, values in part.items())
        stream.write("".join(",".join(row) + "\n" for row in zip(*fields, strict=True)).encode())


def song_lines(songs: Iterable[FoundSong]) -> Iterator[bytes]:
    """Give songs as lines of JSON, each as `moodcurve.library.queries.search.song_json` gives it."""
    return (_line(song_json(song)) for song in songs)


def curve_lines(songs: Iterable[StoredSong]) -> Iterator[bytes]:
    """Give curves as lines of JSON: a song's number as ``id``, then the keys of `moodcurve.formats.to_dict`."""
    return (_line({"id": song.id, **song.data}) for song in songs)


def _line(row: Mapping[str, Any]) -> bytes:
    return (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _fields(values: Iterable[Any], *, text: bool) -> list[str]:
    """Write the values of a column for CSV, numbers with as many digits as they need to come back the same."""
    if text:
        return ["" if value is None else _quoted(value) for value in values]
    return ["" if value is None else repr(value) for value in values]


def _quoted(text: str) -> str:
    """Put text in quotes where it needs them.

    The module csv leaves a lone carriage return bare, which ends a line for readers, its own among them.
    """
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
