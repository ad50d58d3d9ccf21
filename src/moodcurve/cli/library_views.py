"""Print songs and problems of a library in the terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from moodcurve.cli.console import results
from moodcurve.cli.curve_views import mood_text, tag_columns
from moodcurve.cli.tables import MIN_TEXT_WIDTH, Column, fit_table
from moodcurve.library import Problem, StoredSong
from moodcurve.library.queries.find_song import song_label
from moodcurve.library.queries.search import FoundSong
from moodcurve.mood.tags import parse_tags, tags_text
from moodcurve.util.text import clock, one_line, signed


def print_songs(songs: Sequence[FoundSong]) -> None:
    """Print a table of songs, or nothing if there are none."""
    if not songs:
        return
    columns = [
        Column("id", [str(song.id) for song in songs], style="dim"),
        Column("song", [Text(song_label(song)) for song in songs], fold_width=MIN_TEXT_WIDTH),
        Column("length", [clock(song.duration_s) for song in songs], drop_order=1),
        Column("arousal", [signed(song.arousal) for song in songs]),
        Column("valence", [signed(song.valence) for song in songs]),
    ]
    if songs[0].distance is not None:
        columns.append(Column("distance", ["" if s.distance is None else f"{s.distance:.2f}" for s in songs]))
    moods = [mood_text(song.arousal, song.valence) for song in songs]
    columns.append(Column("mood", moods, fold_width=MIN_TEXT_WIDTH, drop_order=2))
    columns += tag_columns(["" if song.tags is None else tags_text(parse_tags(song.tags)) for song in songs])
    console = results()
    console.print(fit_table(columns, console.width))


def print_origin(song: StoredSong) -> None:
    """Print a song's number, time of analysis, tags and files."""
    tags = song.tags
    known = (tags.artist, tags.title, tags.album, tags.genre, None if tags.year is None else str(tags.year))
    lines = [
        f"song {song.id}, analyzed {song.analysed_at}",
        *([" · ".join(text for text in known if text)] if any(known) else []),
        *dict.fromkeys((song.shown, *song.paths)),
    ]
    for line in lines:
        results().print(Text(one_line(line), "dim"))


def print_problems(problems: Sequence[Problem]) -> None:
    """Print a table of files and the reasons why they cannot be used."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("file", overflow="fold")
    table.add_column("problem", overflow="fold")
    for problem in problems:
        # most reasons start with the file's name, which the first column shows
        shown = one_line(problem.path)
        table.add_row(Text(shown), Text(one_line(problem.reason).removeprefix(f"{shown}: ")))
    results().print(table)
