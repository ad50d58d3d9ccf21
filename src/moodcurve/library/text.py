"""Text as the library stores and searches it."""

import unicodedata


def fold(text: str) -> str:
    """Return text without case and accents, the form that searches compare.

    >>> fold("Für ÉLISE"), fold("Straße")
    ('fur elise', 'strasse')
    """
    decomposed = unicodedata.normalize("NFKD", clean(text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def clean(text: str) -> str:
    """Replace what SQLite's text cannot hold: lone surrogates, and the zero character that would end it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
