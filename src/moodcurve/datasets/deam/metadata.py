"""Read DEAM's metadata: artist, title and genre of each song, and the start of the rated segment in full songs."""

import html
import re
from pathlib import Path

from moodcurve.datasets.csv_tables import CsvRow, Table, read_table
from moodcurve.datasets.song import SongMetadata

SEGMENT_S = 45
"""Length of the rated segment of the songs up to id 1000 (seconds)."""
_MIN_SEC = re.compile(r"(\d+)(?:\.(\d{1,2}))?")


def read_metadata(paths: list[Path]) -> dict[int, SongMetadata]:
    """Read ``metadata_201*.csv`` and ``songs_info.csv``, by song id; each from the first file that has it.

    Blanks, tabs and HTML entities are cleaned, and ``n/a`` is read as empty. Unnamed columns at the end of the files of
    2014 and 2015, which hold listeners' tags, are ignored. Artists are repaired, see ``_split_artist``.

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
    metadata = {}
    for song_id, (artist, title, genre) in cells.items():
        name, rest = _split_artist(artist, artists)
        metadata[song_id] = SongMetadata(artist=name, title=f"{rest} - {title}" if rest else title, genre=genre)
    return metadata


def _text(row: CsvRow, column: int) -> str:
    cell = html.unescape(row.cells[column]) if column < len(row.cells) else ""
    return "" if cell.casefold() == "n/a" else " ".join(cell.split())


def _split_artist(artist: str, artists: set[str]) -> tuple[str, str]:
    """Return an artist's name and the beginning of a title that was appended to it, if any.

    The 2013 names were cut at the last dash of "artist - title", so that the beginning of a title with a dash stayed
    with the artist: "Circus Marcus-Aux puces nº2", "Carosello". The part before the first dash is the artist if
    another song has it as its artist, or if another name has the same part and then differs ("Advent Chamber
    Orchestra-Bughici", "... -Dvorak"). Other names with a dash may be complete ("M-PeX") and stay as they are.
    """
    first, dash, rest = (part.strip() for part in artist.partition("-"))
    name = artist.casefold()
    siblings = (other for other in artists if other.startswith(f"{first.casefold()}-"))
    cut_elsewhere = any(not (name.startswith(other) or other.startswith(name)) for other in siblings)
    if dash and first and rest and (first.casefold() in artists or cut_elsewhere):
        return first, rest
    return artist, ""


def read_segment_starts(path: Path) -> dict[int, int]:
    """Read where the rated 45 s of each song up to id 1000 start, in seconds, from ``songs_info.csv``.

    Times are written ``min.sec`` by a spreadsheet that dropped the last zero: ``0.2`` is 0 min 20 s, as the end of
    that segment, ``1.05``, shows. Every segment is checked to be 45 s long.

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


def _seconds(table: Table, row: CsvRow, column: int) -> int:
    cell = row.cells[column] if column < len(row.cells) else ""
    match = _MIN_SEC.fullmatch(cell)
    seconds = int((match[2] or "").ljust(2, "0")) if match else 60
    if match is None or seconds >= 60:
        raise table.error(row, f"{table.header[column]} is {cell!r}, expected minutes.seconds such as 1.05")
    return int(match[1]) * 60 + seconds
