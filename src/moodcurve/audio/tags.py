"""Read artist, title and other tags with mutagen."""

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moodcurve.util.files import AnyPath

_MAX_CHARACTERS = 500
"""Longer texts are cut."""

PARSE_ERRORS = (
    OSError, ValueError, LookupError, ArithmeticError, struct.error, RecursionError, MemoryError,
)  # fmt: skip
"""Errors that mutagen raises for damaged or malicious tags besides its own, because it trusts numbers in the file:
negative offsets, unterminated texts, nested tags, lengths beyond available memory."""

_KEYS = {
    # mutagen's common names; ID3 in WAV and AIFF; MP4 atoms; WMA
    "artist": ("artist", "tpe1", "\xa9art", "author", "albumartist", "album artist", "tpe2", "aart"),
    "title": ("title", "tit2", "\xa9nam"),
    "album": ("album", "talb", "\xa9alb", "wm/albumtitle"),
    "genre": ("genre", "tcon", "\xa9gen", "wm/genre"),
    "year": ("originaldate", "date", "year", "tdor", "tdrc", "tyer", "\xa9day", "wm/originalreleaseyear", "wm/year"),
    "track": ("tracknumber", "track", "trck", "trkn", "wm/tracknumber"),
}


@dataclass(frozen=True, kw_only=True)
class Tags:
    """Tags of a file; None where one is missing.

    Attributes
    ----------
    artist, title, album, genre : str or None
    year, track : int or None
    duration_s : float or None
        Duration in seconds that the file states.
    """

    artist: str | None = None
    title: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    track: int | None = None
    duration_s: float | None = None


NO_TAGS = Tags()


def read_tags(path: AnyPath) -> Tags:
    """Read a file's tags; missing or unreadable tags are None.

    Several artists or genres are joined by ``; ``. The year is the first four consecutive digits of the original date
    if there is one, else of the date. The track is the number before a slash. A year or track of 0 is None.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    import mutagen  # imports about fifty modules, needed only here

    with Path(path).open("rb") as file:
        try:
            found = mutagen.File(file, easy=True)
        except (mutagen.MutagenError, *PARSE_ERRORS):
            return NO_TAGS
    if found is None:
        return NO_TAGS
    values = {str(key).lower(): value for key, value in _items(found.tags).items()}
    texts = {name: _text(values, keys) for name, keys in _KEYS.items()}
    return Tags(
        artist=texts["artist"],
        title=texts["title"],
        album=texts["album"],
        genre=texts["genre"],
        year=_number(texts["year"], r"\d{4}"),
        track=_number(texts["track"], r"\d{1,4}"),
        duration_s=_duration(getattr(found.info, "length", None)),
    )


def _items(tags: Any) -> Mapping[str, Any]:
    # a Vorbis comment may repeat a key; the mapping returns the list. It searches for each key from the start, so that
    # all of a million keys would take days
    wanted = {key for keys in _KEYS.values() for key in keys}
    return {} if tags is None else {key: tags[key] for key in tags.keys() if str(key).lower() in wanted}  # noqa: SIM118


def _text(values: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """Return the text of the first key that is present and not blank."""
    for key in keys:
        value = values.get(key)
        # mutagen's ID3 frames keep their list of texts there
        parts = getattr(value, "text", value)
        words = [word for part in (parts if isinstance(parts, list) else [parts])[:20] for word in _words(part)]
        joined = "; ".join(dict.fromkeys(words))
        if joined:
            return joined[:_MAX_CHARACTERS]
    return None


def _words(part: Any) -> list[str]:
    """Return the texts of a value; APE separates them by a zero character."""
    if part is None or isinstance(part, bytes):
        return []
    if isinstance(part, tuple):  # MP4: track number and number of tracks
        part = part[0] if part and part[0] else ""
    text = str(part)[: 2 * _MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    return [" ".join(word.split()) for word in text.split("\0") if word.strip()]


def _number(text: str | None, pattern: str) -> int | None:
    found = re.search(pattern, text or "", re.ASCII)
    return int(found[0]) or None if found else None


def _duration(length: Any) -> float | None:
    if not isinstance(length, int | float) or not math.isfinite(length) or not 0 < length < 1e9:
        return None
    return float(length)
