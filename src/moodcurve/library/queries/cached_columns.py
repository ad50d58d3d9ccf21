"""Answer the conditions of a query that only compare numbers and texts from cached columns.

SQLite needs about a microsecond for each row that it returns, and more to search its texts; arrays need far less.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from moodcurve._typing import BoolArray, FloatArray, IntArray
from moodcurve.library.database import Library
from moodcurve.library.queries.query import RANGES, Query
from moodcurve.library.queries.search import ordered_ids, search_columns
from moodcurve.library.schema import WORD_SEPARATOR
from moodcurve.library.text import TEXT_TAGS, fold

MAX_SONGS = 20_000
"""Larger libraries are searched in SQL: their columns take too much memory."""
Cached = Callable[[Hashable, Callable[[Library], bytes]], bytes]
"""Returns the bytes of a key, perhaps as computed before for the same state of the library."""
_NUMBERS = ("id", *dict.fromkeys(["arousal", "valence", *RANGES.values()]))
_TEXTS = tuple(f"folded_{name}" for name in (*TEXT_TAGS, "path"))
_WORDS = f"'{WORD_SEPARATOR}' || words || '{WORD_SEPARATOR}'"
Sought = tuple[tuple[str, ...], str]
"""Columns, and a text that is in one of them."""
_BETWEEN = "\0"
"""Between fields: no text has it."""


class CachedColumns:
    """Orders and columns of all songs of a library, for queries of any kind.

    Parameters
    ----------
    cached : callable
        See `Cached`.
    """

    def __init__(self, cached: Cached) -> None:
        self._cached = cached

    def order(self, keys: tuple[str, ...]) -> IntArray:
        """Return the ids of all songs in an order of sort keys (n,)."""
        packed = self._cached(("order", keys), lambda library: ordered_ids(library, keys).astype("<i8").tobytes())
        return np.frombuffer(packed, "<i8")

    def numbers(self) -> Mapping[str, FloatArray]:
        """Return the columns that ranges compare, and ids (n,) each; NaN where unknown."""

        def read(library: Library) -> bytes:
            found = search_columns(library, Query(sort=("id",)), _NUMBERS)
            return np.array([found[name] for name in _NUMBERS], np.float64).tobytes()

        table = np.frombuffer(self._cached("numbers", read), np.float64).reshape(len(_NUMBERS), -1)
        return dict(zip(_NUMBERS, table, strict=True))

    def with_text(self, columns: tuple[str, ...], part: str) -> IntArray:
        """Return the ids of the songs that have a text, which is not empty, in one of these columns (k,)."""

        def read(library: Library) -> bytes:
            found = search_columns(library, Query(sort=("id",)), ["id", *columns])
            ids = found.pop("id")
            rows = zip(*found.values(), strict=True)
            texts = [_BETWEEN.join([*(text or "" for text in row), ""]).encode() for row in rows]
            ends = np.cumsum([len(text) for text in texts])
            return b"".join((np.array([len(ids), *ids, *ends], "<i8").tobytes(), *texts))

        packed = self._cached(("texts", columns), read)
        n = int(np.frombuffer(packed, "<i8", 1)[0])
        ids, ends = np.frombuffer(packed, "<i8", 2 * n, offset=8).reshape(2, n)
        sought = part.encode()
        pieces = packed[8 * (2 * n + 1) :].split(sought)
        starts = np.cumsum([len(piece) + len(sought) for piece in pieces[:-1]], dtype=np.int64) - len(sought)
        rows = np.searchsorted(ends, starts, side="right")
        found: IntArray = ids[np.unique(rows)]
        return found


def answer_in_memory(query: Query, cached: CachedColumns) -> tuple[Query, BoolArray]:
    """Return what is left of a query for SQL, and by id which songs meet the conditions that are answered."""
    numbers = cached.numbers()
    ids = numbers["id"].astype(np.int64)
    meets = np.ones(len(ids), np.bool_)
    for name, column in RANGES.items():
        low, high = getattr(query, name) or (None, None)
        if low is not None:
            meets &= numbers[column] >= low
        if high is not None:
            meets &= numbers[column] <= high
    if query.near is not None and query.radius is not None:
        meets &= squared_distances(query.near, numbers) <= query.radius * query.radius
    by_id = np.zeros(int(ids.max(initial=0)) + 1, np.bool_)
    by_id[ids[meets]] = True
    unlimited: dict[str, Any] = dict.fromkeys(RANGES)
    left = replace(query.without_page(), **unlimited, near=None, radius=None, words=(), sort=())
    tags = [(name, getattr(query, name)) for name in TEXT_TAGS]
    parts: list[Sought] = [((f"folded_{name}",), fold(part)) for name, part in tags if part is not None]
    parts += [(_TEXTS, fold(part)) for part in query.text]
    groups: list[list[Sought]] = [
        [((_WORDS,), f"{WORD_SEPARATOR}{word}{WORD_SEPARATOR}") for word in group] for group in query.words
    ]
    if all(part for _, part in parts):  # an empty text is in every field that is known
        left = replace(left, title=None, artist=None, album=None, genre=None, text=())
        groups += [[sought] for sought in parts]
    for group in groups:
        has = np.zeros_like(by_id)
        for columns, part in group:
            found = cached.with_text(columns, part)
            has[found[found < len(has)]] = True
        by_id &= has
    return left, by_id


def squared_distances(near: tuple[float, float], numbers: Mapping[str, FloatArray]) -> FloatArray:
    """Return the squared distance of each song from a point of arousal and valence (n,)."""
    found: FloatArray = (numbers["arousal"] - near[0]) ** 2 + (numbers["valence"] - near[1]) ** 2
    return found
