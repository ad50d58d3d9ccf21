"""Text as the library stores and searches it."""

import unicodedata
from collections.abc import Sequence
from pathlib import PurePath

from moodcurve.util.text import utf8_text

TEXT_TAGS = ("title", "artist", "album", "genre")
"""Tags that are text; each has a column in the form of `fold`, which searches read."""

_SEARCHED_PARTS = 3
"""Number of path components at the end that searches read: usually artist, album and file name. Those before them are
the same for all songs."""


def fold(text: str) -> str:
    """Return text without case and accents, the form that searches compare.

    >>> fold("Für ÉLISE"), fold("Straße")
    ('fur elise', 'strasse')
    """
    decomposed = unicodedata.normalize("NFKD", clean(text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def folded_path(paths: Sequence[str]) -> str:
    """Return the text of a file's paths that searches read: the end of each, one per line."""
    return fold("\n".join("/".join(PurePath(path).parts[-_SEARCHED_PARTS:]) for path in dict.fromkeys(paths)))


def clean(text: str) -> str:
    """Replace what SQLite's text cannot hold: lone surrogates, and the zero character that would end it."""
    return utf8_text(text).replace("\0", " ")
