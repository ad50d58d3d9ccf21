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
from moodcurve.library.queries.similar import SimilarSong
from moodcurve.mood.tags import parse_tags, tags_text
from moodcurve.playlists import Playlist
from moodcurve.util.text import clock, one_line, signed

_USUAL = {"id", "title", "artist", "path", "duration_s", "arousal", "valence", "distance", "words", "quadrant", "tags"}
"""Columns that a table of songs shows anyway."""


def print_songs(songs: Sequence[FoundSong], *, asked: Sequence[str] = (), by_tag: bool = False) -> None:
    """Print a table of songs, or nothing if there are none.

    It also has the columns `asked`, and tags `by_tag` whatever the terminal's width.
    """
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
    columns += [
        Column(name, [_cell_text(name, getattr(song, name)) for song in songs], drop_order=1)
        for name in asked
        if name not in _USUAL
    ]
    moods = [mood_text(song.arousal, song.valence) for song in songs]
    columns.append(Column("mood", moods, fold_width=MIN_TEXT_WIDTH, drop_order=2))
    tags = ["" if song.tags is None else tags_text(parse_tags(song.tags)) for song in songs]
    columns += [Column("tags", tags, fold_width=MIN_TEXT_WIDTH)] if by_tag else tag_columns(tags)
    console = results()
    console.print(fit_table(columns, console.width))


def _cell_text(name: str, value: str | float | None) -> str:
    """Return a value of a column as a table shows it."""
    if isinstance(value, float):
        if name.startswith(("arousal_", "valence_")) and not name.endswith("_9"):
            return signed(value)
        return f"{value:.{ {'tempo_bpm': 0, 'loudness_lufs': 1}.get(name, 2) }f}".replace("-", "−")
    return "" if value is None else one_line(str(value))


def print_playlist(playlist: Playlist) -> None:
    """Print a table of the songs of a playlist."""
    ordering, points = playlist.ordering, playlist.points
    jumps = ["", *(f"{jump:.2f}" for jump in ordering.jumps)]
    columns = [
        Column("at", [clock(begin) for begin in ordering.begin_s], drop_order=2),
        Column("id", [str(track.id) for track in playlist.tracks], style="dim"),
        Column("song", [Text(track.label) for track in playlist.tracks], fold_width=MIN_TEXT_WIDTH),
        Column("length", [clock(track.duration_s) for track in playlist.tracks], drop_order=1),
        Column("starts at", [_point_text(*point) for point in points.start]),
        Column("ends at", [_point_text(*point) for point in points.end]),
    ]
    if playlist.path is not None:
        columns.append(Column("off path", [f"{distance:.2f}" for distance in ordering.distances], drop_order=4))
    columns.append(Column("jump", jumps, drop_order=3))
    console = results()
    console.print(fit_table(columns, console.width))


def print_similar(songs: Sequence[tuple[SimilarSong, FoundSong]]) -> None:
    """Print a table of songs like a song, with the parts that agree."""
    columns = [
        Column("id", [str(row.id) for _, row in songs], style="dim"),
        Column("song", [Text(song_label(row)) for _, row in songs], fold_width=MIN_TEXT_WIDTH),
        Column("distance", [f"{each.distance:.2f}" for each, _ in songs]),
        Column("agrees", [", ".join(each.agrees) for each, _ in songs]),
        Column("tempo", ["" if row.tempo_bpm is None else f"{row.tempo_bpm:.0f}" for _, row in songs], drop_order=2),
        Column("key", [row.camelot or "" for _, row in songs], drop_order=3),
        Column(
            "mood", [mood_text(row.arousal, row.valence) for _, row in songs], fold_width=MIN_TEXT_WIDTH, drop_order=1
        ),
    ]
    console = results()
    console.print(fit_table(columns, console.width))


def _point_text(arousal: float, valence: float) -> str:
    return f"{signed(arousal)} {signed(valence)}"


def print_origin(song: StoredSong) -> None:
    """Print a song's number, time of analysis, tags and files."""
    tags = song.tags
    known = (tags.artist, tags.title, tags.album, tags.genre, None if tags.year is None else str(tags.year))
    lines = [
        f"song {song.id}, analyzed {song.analysed_at}",
        *([] if song.external_id is None else [f"external id {song.external_id}"]),
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
