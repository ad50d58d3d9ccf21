"""Write a list of tracks in one of the formats of playlists."""

import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from moodcurve.playlists.m3u import to_m3u8
from moodcurve.playlists.tracks import Track
from moodcurve.playlists.xspf import to_jspf, to_xspf
from moodcurve.util.files import AnyPath


class FileFormat(StrEnum):
    """Formats of playlist files."""

    m3u8 = "m3u8"
    jspf = "jspf"
    xspf = "xspf"


FORMATS: dict[str, Callable[..., str]] = {
    FileFormat.m3u8: to_m3u8,
    FileFormat.jspf: to_jspf,
    FileFormat.xspf: to_xspf,
}
"""Functions that return a list of tracks as text, by the format's name, which is also the extension of its files."""
MEDIA_TYPES = {
    FileFormat.m3u8: "application/vnd.apple.mpegurl",
    FileFormat.jspf: "application/jspf+json",
    FileFormat.xspf: "application/xspf+xml",
}


def playlist_text(tracks: Sequence[Track], format: str, *, name: str, folder: str | None) -> str:
    """Return a list of tracks as text in one of `FORMATS`.

    Parameters
    ----------
    tracks : sequence of Track
    format : str
    name : str
        Name of the playlist.
    folder : str or None
        Folder that paths are relative to, by its real path; None for absolute paths.

    Raises
    ------
    ValueError
        If the format is unknown.
    """
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    return FORMATS[format](tracks, name=name, folder=folder)


def folder_of(path: AnyPath) -> str:
    """Return the real path of the folder that a playlist file is written to."""
    return os.path.realpath(Path(path).parent)
