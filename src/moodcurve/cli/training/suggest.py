"""The `suggest` command: songs whose ratings would teach most."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.options.filters import FilterOptions
from moodcurve.cli.options.library import LibraryOption, library_path
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Option, UsageError
from moodcurve.cli.result_files import json_list, write_parts

DEFAULT_LIMIT = 20


@app.command
def suggest(
    filters: FilterOptions,
    library: LibraryOption = None,
    rated: Annotated[
        Path | None,
        Option("--rated", metavar="FOLDER", help="Folder with audio/ of songs that are rated already: none of these."),
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """List the songs of a library to rate next: those that would teach an adapted model most, the best first.

    They cover the plane of arousal and valence and the sound of the library (or of the songs that match), and are not
    like those rated already. --limit sets their number, by default 20. Rate them, then run moodcurve train --from.

    Example: moodcurve suggest --limit 10
    Example: moodcurve suggest --genre jazz --rated my-songs --json
    """
    check_results(json_file)
    if filters.sort is not None:
        raise UsageError("the order is that of what songs teach", name="--sort")
    from moodcurve.library import open_library
    from moodcurve.library.queries.found_song import song_json
    from moodcurve.library.queries.search import songs_by_id
    from moodcurve.library.queries.sql_guard import ConditionError
    from moodcurve.library.queries.suggest import songs_with_content, suggest_songs

    query = filters.query()
    hashes = _hashes(rated) if rated is not None else []
    with open_library(library_path(library)) as opened:
        known = songs_with_content(opened, hashes)
        try:
            ids = suggest_songs(opened, query, count=filters.limit or DEFAULT_LIMIT, rated=known)
        except ConditionError as error:
            raise UsageError(str(error), name="--where") from error
        found = songs_by_id(opened, ids)
    songs = [found[number] for number in ids if number in found]
    if json_file is not None:
        write_parts(json_list(map(song_json, songs)), json_file)
    if json_file != STDOUT:
        from moodcurve.cli.library_views import print_songs

        print_songs(songs)
    if rated is not None:
        print_message(f"{len(known)} of the {len(hashes)} songs in {rated} are in the library, and count as rated")


def _hashes(folder: Path) -> list[str]:
    """Return the content hashes of the audio files of a folder of rated songs."""
    from moodcurve.audio.content_hash import content_hash
    from moodcurve.audio.filetypes import is_media_file
    from moodcurve.errors import MoodcurveError

    home = folder / "audio"
    if not home.is_dir():
        raise MoodcurveError(f"{folder}: no audio/; expected a folder of rated songs with their audio")
    return [content_hash(path) for path in sorted(home.iterdir()) if path.is_file() and is_media_file(str(path))]
