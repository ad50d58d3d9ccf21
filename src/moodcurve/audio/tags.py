"""What a file says of its song: artist, title and the like, by mutagen."""

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moodcurve.util.files import AnyPath

_MAX_CHARACTERS = 500
"""Characters of a text that are kept: what is longer is no name."""

_PARSE_ERRORS = (
    OSError, ValueError, LookupError, ArithmeticError, struct.error, RecursionError, MemoryError,
)  # fmt: skip
"""What mutagen raises for damaged or malicious tags besides its own error, where it trusts a number of
the file: places before the file's beginning, texts without an end, tags inside tags, lengths beyond any memory."""

_KEYS = {
    # as mutagen names them for all formats that it can; ID3 in WAV and AIFF; MP4's atoms; WMA
    "artist": ("artist", "tpe1", "\xa9art", "author", "albumartist", "album artist", "tpe2", "aart"),
    "title": ("title", "tit2", "\xa9nam"),
    "album": ("album", "talb", "\xa9alb", "wm/albumtitle"),
    "genre": ("genre", "tcon", "\xa9gen", "wm/genre"),
    "year": ("originaldate", "date", "year", "tdor", "tdrc", "tyer", "\xa9day", "wm/originalreleaseyear", "wm/year"),
    "track": ("tracknumber", "track", "trck", "trkn", "wm/tracknumber"),
}


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What a file says of its song; None where it says nothing.

    Attributes
    ----------
    artist, title, album, genre : str or None
    year, track : int or None
    duration_s : float or None
        Length that the file claims.
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
    """Read a file's tags; what is missing or cannot be read is None.

    Of several artists or genres all are given, joined by ``; ``; the year is the original one where both are there,
    the first four digits in a row of a date; the track is the number before a slash. A year or track of 0 is none.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    import mutagen  # some fifty modules, which only this function needs

    with Path(path).open("rb") as file:
        try:
            found = mutagen.File(file, easy=True)
        except (mutagen.MutagenError, *_PARSE_ERRORS):
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
    # a Vorbis comment may name a key twice; as a mapping it gives the list
    return {} if tags is None else {key: tags[key] for key in tags.keys()}  # noqa: SIM118


def _text(values: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """Text of the first key that is there and not blank."""
    for key in keys:
        value = values.get(key)
        # mutagen's texts of ID3 name their list so
        parts = getattr(value, "text", value)
        words = [word for part in (parts if isinstance(parts, list) else [parts])[:20] for word in _words(part)]
        joined = "; ".join(dict.fromkeys(words))
        if joined:
            return joined[:_MAX_CHARACTERS]
    return None


def _words(part: Any) -> list[str]:
    """Texts of a value; APE puts a zero character between several."""
    if part is None or isinstance(part, bytes):
        return []
    if isinstance(part, tuple):  # a track and how many there are, of MP4
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
