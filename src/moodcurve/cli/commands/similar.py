"""The `similar` command: songs of the library that are like a song."""

from enum import StrEnum
from typing import Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.options.library import LibraryOption, library_path
from moodcurve.cli.output_checks import check_results
from moodcurve.cli.parameters import Argument, Option, UsageError
from moodcurve.cli.result_files import json_list, write_parts


class Aspect(StrEnum):
    """What songs are compared by."""

    course = "course"
    sound = "sound"
    mood = "mood"


@app.command
def similar(
    song: Annotated[str, Argument(metavar="SONG", help="File, id in the library, or part of the title.")],
    library: LibraryOption = None,
    by: Annotated[Aspect | None, Option("--by", help="Compare by this alone; by default by all three equally.")] = None,
    weights: Annotated[
        str | None, Option("--weights", metavar="PART=N,...", help="Weights of the parts, e.g. course=2,sound=1.")
    ] = None,
    limit: Annotated[int, Option("--limit", metavar="N", min=1, help="Maximum number of songs.")] = 10,
    json_file: JsonOption = None,
) -> None:
    """Find songs like a song: by how it moves (course), how it feels (mood) and how it sounds.

    The column "agrees" lists the parts in which a song is among the nearest 5 % of the library.

    Example: moodcurve similar "clair de lune" --by sound
    """
    check_results(json_file)
    if not song.strip():
        raise UsageError(f"{song!r} names no song", name="SONG")
    if by is not None and weights is not None:
        raise UsageError("choose one of --by and --weights", name="--weights")
    from moodcurve.library import open_library
    from moodcurve.library.queries.find_song import find_song
    from moodcurve.library.queries.found_song import song_json
    from moodcurve.library.queries.search import songs_by_id
    from moodcurve.library.queries.similar import EQUAL_WEIGHTS, parse_weights, similar_songs

    try:
        chosen = {by.value: 1.0} if by else EQUAL_WEIGHTS if weights is None else parse_weights(weights)
    except ValueError as error:
        raise UsageError(str(error), name="--weights") from error
    with open_library(library_path(library)) as opened:
        seed = find_song(opened, song)
        found = similar_songs(opened, seed.id, weights=chosen, limit=limit)
        rows = songs_by_id(opened, [each.id for each in found])
    pairs = [(each, rows[each.id]) for each in found if each.id in rows]
    if json_file is not None:
        items = (
            {**song_json(row), "distance": round(each.distance, 4), "agrees": list(each.agrees)} for each, row in pairs
        )
        write_parts(json_list(items), json_file)
        return
    from moodcurve.cli.library_views import print_similar

    if pairs:
        print_similar(pairs)
    else:
        print_message("no other songs to compare with; scan more music, or with the model of this song")
