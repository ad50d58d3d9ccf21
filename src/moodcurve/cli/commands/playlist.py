"""The `playlist` command: songs in an order that follows a path over the plane."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.filters import FilterOptions
from moodcurve.cli.options.library import LibraryOption, library_path
from moodcurve.cli.output_checks import STDOUT, check_file
from moodcurve.cli.parameters import Option, UsageError
from moodcurve.cli.playlist_files import AbsoluteOption, PlaylistFormat, playlist_file
from moodcurve.cli.result_files import json_text, write_texts
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from moodcurve.playlists import Playlist


class OutputFormat(StrEnum):
    """File formats of a playlist."""

    m3u8 = "m3u8"
    jspf = "jspf"
    xspf = "xspf"
    json = "json"


_FIELDS = {
    "from": "--from",
    "to": "--to",
    "path": "--path",
    "region": "--region",
    "minutes": "--minutes",
    "first": "--around",
}


@app.command
def playlist(
    filters: FilterOptions,
    from_: Annotated[
        str | None, Option("--from", metavar="MOOD|A,V", help="Start at this mood word, or arousal and valence.")
    ] = None,
    to: Annotated[
        str | None, Option("--to", metavar="MOOD|A,V", help="End at this mood word, or arousal and valence.")
    ] = None,
    minutes: Annotated[float, Option("--minutes", metavar="N", help="Length, kept within half a song.")] = 60.0,
    path: Annotated[
        str | None, Option("--path", metavar='"A,V ..."', help="Points to pass, e.g. '0.4,-0.3 0,0 -0.3,0.4'.")
    ] = None,
    region: Annotated[
        str | None, Option("--region", metavar='"A,V ..."', help="Corners of a polygon to stay in.")
    ] = None,
    around: Annotated[
        str | None,
        Option(
            "--around", metavar="SONG", help="Begin with this song (file, id or part of the title) and stay near it."
        ),
    ] = None,
    artist_gap: Annotated[
        int, Option("--artist-gap", metavar="N", min=0, help="Songs between two of the same artist, at least.")
    ] = 3,
    tempo_step: Annotated[
        float | None,
        Option("--tempo-step", metavar="PERCENT", min=0, help="Largest change of tempo from song to song."),
    ] = None,
    neighboring_keys: Annotated[
        bool, Option("--neighboring-keys", help="Only change to neighboring keys on the Camelot wheel.")
    ] = False,
    seed: Annotated[
        int | None, Option("--seed", metavar="N", min=0, help="Another list; the same number gives the same list.")
    ] = None,
    library: LibraryOption = None,
    output: Annotated[
        Path | None, Option("-o", "--output", metavar="FILE", help="Write the playlist to this file.")
    ] = None,
    format: Annotated[
        OutputFormat | None, Option("-f", "--format", help="By default from the file's extension.")
    ] = None,
    absolute: AbsoluteOption = False,
    plot: Annotated[
        Path | None, Option("--plot", metavar="FILE.png", help="Draw the path with the songs on it.")
    ] = None,
) -> None:
    """Make a playlist that leads from one mood to another, with songs that join.

    Each song starts near where the one before ended. The options of search select the songs to choose from. Without
    --from, --to and the like, the list stays among them and only joins its songs.

    Example: moodcurve playlist --from tense --to serene --minutes 40 -o calming.m3u8
    Example: moodcurve playlist --around "clair de lune" --to happy --genre jazz --plot path.png
    """
    format = _format(format, output)
    for file, option in ((output, "-o"), (plot, "--plot")):
        if file is not None and (file != STDOUT or option == "--plot"):
            check_file(file, name=option)
    if plot is not None and plot.suffix.lower() != ".png":
        raise UsageError(f"{one_line(str(plot))} does not end in .png", name="--plot")

    from moodcurve.library import open_library
    from moodcurve.library.queries.find_song import find_song
    from moodcurve.library.queries.sql_guard import ConditionError
    from moodcurve.playlists import RequestError, RequestOptions, make_playlist

    query = filters.query()
    with open_library(library_path(library)) as opened:
        first = None if around is None else find_song(opened, around).id
        try:
            request = RequestOptions(
                minutes=minutes, from_=from_, to=to, path=path, region=region, first=first, artist_gap=artist_gap,
                tempo_step=tempo_step, neighboring_keys=neighboring_keys, seed=seed,
            ).parse()  # fmt: skip
            made = make_playlist(opened, query, request)
        except RequestError as error:
            raise UsageError(str(error), name=_FIELDS[error.name]) from error
        except ConditionError as error:
            raise UsageError(str(error), name="--where") from error
    if format is None:
        from moodcurve.cli.library_views import print_playlist

        print_playlist(made)
    else:
        _write(made, format, output or STDOUT, absolute=absolute)
    if plot is not None:
        from moodcurve.report.playlist_plot import write_playlist_plot

        write_playlist_plot(made, plot)
        print_message(f"wrote {plot}")
    print_message(_summary(made))
    if made.ordering.shortfall:
        print_message(f"the list is too short: {made.ordering.shortfall}")


def _format(given: OutputFormat | None, output: Path | None) -> OutputFormat | None:
    """Return the given format, or that of the file's extension; None for a table."""
    if given is not None or output is None:
        return given
    ending = output.suffix[1:].lower()
    if ending not in [*OutputFormat]:
        known = ", ".join(f".{name}" for name in OutputFormat)
        raise UsageError(f"{one_line(str(output))} does not end in one of {known}; give the format with -f", name="-o")
    return OutputFormat(ending)


def _write(made: "Playlist", format: OutputFormat, output: Path, *, absolute: bool) -> None:
    if format is OutputFormat.json:
        write_texts({output: json_text(made.to_dict())})
    else:
        write_texts(
            {output: playlist_file(made.tracks, PlaylistFormat(format), output, name=made.name, absolute=absolute)}
        )


def _summary(made: "Playlist") -> str:
    from moodcurve.util.text import clock, counted

    ordering = made.ordering
    parts = [f"{counted(len(made.tracks), 'song')}, {clock(ordering.total_s)}"]
    if made.path is not None:
        parts.append(f"distance from the path {ordering.distances.mean():.2f}")
    if len(ordering.jumps):
        parts.append(f"jumps {ordering.jumps.mean():.2f}")
    return "; ".join(parts)
