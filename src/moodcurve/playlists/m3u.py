"""Write a playlist as M3U8: a path on each line, after a line with its duration and title."""

import os
from collections.abc import Sequence

from moodcurve.playlists.tracks import Track, locate, plain_text, uri


def to_m3u8(tracks: Sequence[Track], *, name: str, folder: str | None) -> str:
    r"""Return a playlist as extended M3U in UTF-8, as players read it; no standard defines it.

    A path that a line cannot hold (with line breaks, or of bytes that are not UTF-8) becomes a ``file:`` URI.
    Songs that are parts of a file have lines of their start and end, which VLC reads; others play the whole file.

    Parameters
    ----------
    tracks : sequence of Track
    name : str
        Name of the playlist.
    folder : str or None
        Folder that paths are relative to, by its real path; None for absolute paths.

    Examples
    --------
    >>> track = Track(id=1, path="/music/b.mp3", title="Blue", artist="Ada", album=None, number=None, duration_s=61.7)
    >>> print(to_m3u8([track], name="Evening", folder="/music/lists"), end="")
    #EXTM3U
    #PLAYLIST:Evening
    #EXTINF:62,Ada - Blue
    ../b.mp3
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{plain_text(name)}"]
    for track in tracks:
        label = f"{track.artist} - {track.name}" if track.artist else track.name  # players split it at the hyphen
        lines += [f"#EXTINF:{round(track.duration_s)},{plain_text(label)}", *_part(track), _line(track.path, folder)]
    return "\n".join([*lines, ""])


def _part(track: Track) -> list[str]:
    """Return the lines that tell VLC which part of its file a track is, if it is one."""
    if track.start_s is None:
        return []
    end_s = track.start_s + track.duration_s
    return [f"#EXTVLCOPT:start-time={track.start_s:.3f}", f"#EXTVLCOPT:stop-time={end_s:.3f}"]


def _line(path: str, folder: str | None) -> str:
    located = locate(path, folder)
    if not _fits_line(located):
        return uri(os.path.abspath(path))  # noqa: PTH100  resolving links would change the name
    # a line that starts with # would be a comment
    return f".{os.sep}{located}" if located.startswith("#") else located


def _fits_line(path: str) -> bool:
    """Return True if a line of UTF-8 can hold a path: players strip spaces at its ends."""
    return plain_text(path) == path
