"""Write songs as a playlist file, for the commands `playlist` and `search`."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.output_checks import STDOUT
from moodcurve.cli.parameters import Option

if TYPE_CHECKING:
    from moodcurve.playlists import Track


class PlaylistFormat(StrEnum):
    """Formats of playlists that players read."""

    m3u8 = "m3u8"
    jspf = "jspf"
    xspf = "xspf"


AbsoluteOption = Annotated[
    bool,
    Option(
        "--absolute",
        help="Write absolute paths; by default they are relative to the playlist's folder, or to the current one.",
    ),
]


def playlist_file(tracks: "Sequence[Track]", format: PlaylistFormat, output: Path, *, name: str, absolute: bool) -> str:
    """Return the text of a playlist file that is written to `output`, which may be standard output."""
    from moodcurve.playlists import files

    folder = os.path.realpath(Path.cwd()) if output == STDOUT else files.folder_of(output)
    return files.playlist_text(tracks, format, name=name, folder=None if absolute else folder)
