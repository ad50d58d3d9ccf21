"""Define the tracks of a playlist file, and where the file says that their audio is."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from moodcurve.util.text import one_line, path_text, utf8_text


@dataclass(frozen=True, kw_only=True)
class Track:
    """A song as a playlist file lists it; None where a tag is unknown.

    Attributes
    ----------
    id : int
        Its id in the library.
    path : str
        Its file, or the link that led to it; bytes that are not UTF-8 are lone surrogates, as `os.fsdecode` returns
        them.
    title, artist, album : str or None
    number : int or None
        Its number on the album.
    duration_s : float
    start_s : float or None
        Where it begins in its file, if that holds several songs.
    """

    id: int
    path: str
    title: str | None
    artist: str | None
    album: str | None
    number: int | None
    duration_s: float
    start_s: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the track as JSON data."""
        names = ("id", "title", "artist", "album", "duration_s", "start_s")
        return {**{name: getattr(self, name) for name in names}, "path": path_text(self.path)}

    @property
    def name(self) -> str:
        """The title, or without one the name of the file."""
        return self.title or utf8_text(Path(self.path).stem)

    @property
    def label(self) -> str:
        """Artist and title as one line."""
        return one_line(f"{self.artist} – {self.name}" if self.artist else self.name)


def locate(path: str, folder: str | None) -> str:
    """Return the path of a file as seen from the folder of its playlist; without a folder, as it is.

    On Windows, a file on another drive keeps its whole path.
    """
    if folder is None:
        return path
    try:
        return os.path.relpath(path, folder)
    except ValueError:
        return path


def uri(path: str) -> str:
    """Return a path as a URI (RFC 3986): ``file:///…`` if it is absolute, else a relative reference.

    >>> uri("/music/50 % René#1.mp3"), uri("a:b/c.mp3")
    ('file:///music/50%20%25%20Ren%C3%A9%231.mp3', './a%3Ab/c.mp3')
    """
    if Path(path).is_absolute():
        return Path(path).as_uri() if os.name == "nt" else f"file://{quote(os.fsencode(path))}"
    # ./ so that no part before a colon is taken for a scheme
    escaped = quote(os.fsencode(path.replace(os.sep, "/")))
    return escaped if escaped.startswith(("./", "../")) else f"./{escaped}"


def plain_text(text: str) -> str:
    r"""Return text without line breaks, other control characters, and what XML and UTF-8 cannot hold.

    >>> plain_text("two\nlines\x00")
    'two lines'
    """
    kept = "".join(" " if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\ufffe\uffff" else c for c in text)
    return utf8_text(kept).strip()
