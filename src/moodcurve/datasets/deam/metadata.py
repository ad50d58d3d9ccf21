"""DEAM's metadata: artist, title and genre of each song, and where the rated segment of a full song lies."""

import html
import re
from dataclasses import dataclass
from pathlib import Path

from moodcurve.datasets.csv_tables import Row, Table, read_table

SEGMENT_S = 45
"""Length of the rated segment of the songs up to id 1000 (seconds)."""
_MIN_SEC = re.compile(r"(\d+)(?:\.(\d{1,2}))?")


@dataclass(frozen=True, kw_only=True)
class SongInfo:
    """What is known of a song; empty where it is not."""

    artist: str = ""
    title: str = ""
    genre: str = ""


def read_song_infos(paths: list[Path]) -> dict[int, SongInfo]:
    """Read ``metadata_201*.csv`` and ``songs_info.csv``; the first file that has a song counts.

    Blanks, tabs and HTML entities are resolved, ``n/a`` is empty. The files of 2014 and 2015 have a tail of
    nameless columns with listeners' tags, which is left. Artists are repaired as ``_without_title`` says.

    Raises
    ------
    DatasetError
        If a file cannot be read, lacks a column, or has a song twice.
    """
    cells: dict[int, tuple[str, str, str]] = {}
    for path in paths:
        table = read_table(path)
        columns = (table.column("artist"), table.column("title", "song title"), table.column("genre"))
        for song_id, row in table.by_song(table.column("song_id")).items():
            artist, title, genre = (_text(row, column) for column in columns)
            cells.setdefault(song_id, (artist, title, genre))
    artists = {artist.casefold() for artist, _, _ in cells.values()}
    infos = {}
    for song_id, (artist, title, genre) in cells.items():
        own, rest = _without_title(artist, artists)
        infos[song_id] = SongInfo(artist=own, title=f"{rest} - {title}" if rest else title, genre=genre)
    return infos


def _text(row: Row, column: int) -> str:
    cell = html.unescape(row.cells[column]) if column < len(row.cells) else ""
    return "" if cell.casefold() == "n/a" else " ".join(cell.split())


def _without_title(artist: str, artists: set[str]) -> tuple[str, str]:
    """Cut a piece of title off an artist's name.

    The 2013 names were cut at the last dash of "artist - title", so a title with a dash left its beginning
    with the artist: "Circus Marcus-Aux puces nº2", "Carosello". What precedes the first dash is the artist if
    another song has it as its artist, or another name goes on differently after it ("Advent Chamber
    Orchestra-Bughici", "... -Dvorak"). Other names with a dash may be whole ("M-PeX") and stay; no other song
    is by their first part.
    """
    own, dash, rest = (part.strip() for part in artist.partition("-"))
    name = artist.casefold()
    siblings = (other for other in artists if other.startswith(f"{own.casefold()}-"))
    cut_elsewhere = any(not (name.startswith(other) or other.startswith(name)) for other in siblings)
    if dash and own and rest and (own.casefold() in artists or cut_elsewhere):
        return own, rest
    return artist, ""


def read_segment_starts(path: Path) -> dict[int, int]:
    """Read from ``songs_info.csv`` where the rated 45 s of each song up to id 1000 start (seconds).

    Times are written ``min.sec`` by a spreadsheet that dropped the last zero: ``0.2`` is 0 min 20 s, as the
    end of that segment, ``1.05``, shows; each segment is checked to be 45 s long.

    Raises
    ------
    DatasetError
        If the file cannot be read, lacks a column, has a song twice, or a segment is not 45 s long.
    """
    table = read_table(path)
    start = table.column("start of the segment (min.sec)")
    end = table.column("end of the segment (min.sec)")
    starts = {}
    for song_id, row in table.by_song(table.column("song_id")).items():
        starts[song_id] = _seconds(table, row, start)
        length_s = _seconds(table, row, end) - starts[song_id]
        if length_s != SEGMENT_S:
            raise table.error(
                row,
                f"segment {row.cells[start]} to {row.cells[end]} (min.sec) is {length_s} s long, "
                f"expected {SEGMENT_S} s",
            )
    return starts


def _seconds(table: Table, row: Row, column: int) -> int:
    cell = row.cells[column] if column < len(row.cells) else ""
    match = _MIN_SEC.fullmatch(cell)
    seconds = int((match[2] or "").ljust(2, "0")) if match else 60
    if match is None or seconds >= 60:
        raise table.error(row, f"{table.header[column]} is {cell!r}, expected minutes.seconds such as 1.05")
    return int(match[1]) * 60 + seconds
