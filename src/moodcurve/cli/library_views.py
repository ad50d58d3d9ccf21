"""How the terminal shows what a library holds."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from moodcurve.cli.tables import LEAST_TEXT, Column, fitted
from moodcurve.cli.views import results
from moodcurve.library import Problem, StoredSong
from moodcurve.library.queries.find_song import song_label
from moodcurve.library.queries.search import FoundSong
from moodcurve.util.text import clock, one_line, signed


def print_songs(songs: Sequence[FoundSong]) -> None:
    """Print a table of songs to standard output; nothing of none."""
    if not songs:
        return
    columns = [
        Column("", [str(song.id) for song in songs], style="dim"),
        Column("song", [Text(song_label(song)) for song in songs], least=LEAST_TEXT),
        Column("length", [clock(song.duration_s) for song in songs], goes=1),
        Column("arousal", [signed(song.arousal) for song in songs]),
        Column("valence", [signed(song.valence) for song in songs]),
    ]
    if songs[0].distance is not None:
        columns.append(Column("distance", ["" if s.distance is None else f"{s.distance:.2f}" for s in songs]))
    moods = [song.quadrant if song.words == song.quadrant else f"{song.quadrant}: {song.words}" for song in songs]
    columns.append(Column("mood", moods, least=LEAST_TEXT, goes=2))
    console = results()
    console.print(fitted(columns, console.width))


def print_origin(song: StoredSong) -> None:
    """Print what the library knows beside a song's curve: number, tags, files, time of the analysis."""
    tags = song.tags
    named = (tags.artist, tags.title, tags.album, tags.genre, None if tags.year is None else str(tags.year))
    lines = [
        f"song {song.id}, analysed {song.analysed_at}",
        *([" · ".join(text for text in named if text)] if any(named) else []),
        *song.paths,
    ]
    for line in lines:
        results().print(Text(one_line(line), "dim"))


def print_problems(problems: Sequence[Problem]) -> None:
    """Print a table of files and what is wrong with them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("file", overflow="fold")
    table.add_column("problem", overflow="fold")
    for problem in problems:
        # most reasons begin with the file's name, which stands before them
        shown = one_line(problem.path)
        table.add_row(Text(shown), Text(one_line(problem.reason).removeprefix(f"{shown}: ")))
    results().print(table)
