"""Text as the library stores and searches it."""

import unicodedata

from moodcurve.util.text import utf8_text

TEXT_TAGS = ("title", "artist", "album", "genre")
"""Tags that are text; each has a column in the form of `fold`, which searches read."""


def fold(text: str) -> str:
    """Return text without case and accents, the form that searches compare.

    >>> fold("Für ÉLISE"), fold("Straße")
    ('fur elise', 'strasse')
    """
    decomposed = unicodedata.normalize("NFKD", clean(text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def clean(text: str) -> str:
    """Replace what SQLite's text cannot hold: lone surrogates, and the zero character that would end it."""
    return utf8_text(text).replace("\0", " ")
