"""Find a page of songs by their ids first: the order of all songs is cached, and only the page's songs are read.

A query then reads only what its conditions need, however deep the page.
"""

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.library.database import Library
from moodcurve.library.queries.cached_columns import CachedColumns, answer_in_memory, squared_distances
from moodcurve.library.queries.found_song import FoundSong
from moodcurve.library.queries.query import DEFAULT_ORDER, Query
from moodcurve.library.queries.search import matching_distances, matching_ids, ordered_ids, search_columns, songs_by_id

NEAREST = {"near", "-near", "drawing", "-drawing"}


def find_page(library: Library, query: Query, cached: CachedColumns | None = None) -> tuple[list[FoundSong], int]:
    """Return the songs of a query's page, in its order, and the number of songs of all pages.

    Parameters
    ----------
    library : Library
    query : Query
    cached : CachedColumns, optional
        Columns and orders of earlier queries, see `CachedColumns`; by default all is read from the library.

    Raises
    ------
    ConditionError, LibraryError
        As `moodcurve.library.queries.search.search`.
    """
    if cached is None or NEAREST & set(query.sort):
        ids, squared = _matching(library, query)
    else:
        ids, squared = _matching_cached(library, query, cached)
    end = None if query.limit is None else query.offset + query.limit
    page = _ordered(library, query, ids, squared, cached)[query.offset : end].tolist()
    rows = songs_by_id(library, page)
    found = [rows[number] for number in page if number in rows]  # another process may have removed one
    if query.has_distance:
        roots = np.sqrt(squared)
        found = [song._replace(distance=None if np.isnan(d := roots[song.id]) else float(d)) for song in found]
    return found, len(ids)


def _matching(library: Library, query: Query) -> tuple[IntArray, FloatArray]:
    """Return the ids of the songs that match a query, and their squared distances by id if it has any."""
    if not query.has_distance:
        return matching_ids(library, query), np.empty(0)
    ids, values = matching_distances(library, query)
    return ids, _by_id(ids, values)


def _matching_cached(library: Library, query: Query, cached: CachedColumns) -> tuple[IntArray, FloatArray]:
    """Return the same from cached columns, as far as they answer the query."""
    left, meets = answer_in_memory(query, cached)
    if left == Query():
        ids, squared = np.flatnonzero(meets), np.empty(0)
    else:
        ids, squared = _matching(library, left)
        ids = ids[ids < len(meets)]
        ids = ids[meets[ids]]
    if query.near and not query.has_drawing:
        numbers = cached.numbers()
        squared = _by_id(numbers["id"].astype(np.int64), squared_distances(query.near, numbers))
    return ids, squared


def _by_id(ids: IntArray, values: FloatArray) -> FloatArray:
    found = np.full(int(ids.max(initial=0)) + 1, np.nan)
    found[ids] = values
    return found


def _ordered(
    library: Library, query: Query, ids: IntArray, squared: FloatArray, cached: CachedColumns | None
) -> IntArray:
    """Return ids in the order of a query, given squared distances by id."""
    if query.sort and NEAREST & set(query.sort):  # other keys before or after the distance are rare
        return np.array(search_columns(library, query.without_page(), ["id"])["id"], np.int64)
    keys = query.sort or DEFAULT_ORDER
    ordered = cached.order(keys) if cached else ordered_ids(library, keys)
    if len(ids) < len(ordered):
        wanted = np.zeros(max(int(ordered.max(initial=0)), int(ids.max(initial=0))) + 1, np.bool_)
        wanted[ids] = True
        ordered = ordered[wanted[ordered]]
    if query.has_distance and not query.sort:
        ordered = ordered[np.argsort(squared[ordered], kind="stable")]  # NaN comes last
    return ordered
