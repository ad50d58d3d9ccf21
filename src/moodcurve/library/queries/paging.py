"""Find a page of songs by their ids first: the order of all songs is kept, and only the page's songs are read.

A question then costs the reading of what its conditions need, however deep the page.
"""

from collections.abc import Callable

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.library.database import Library
from moodcurve.library.queries.found_song import FoundSong
from moodcurve.library.queries.query import DEFAULT_ORDER, Query
from moodcurve.library.queries.search import matching_distances, matching_ids, ordered_ids, search_columns, songs_by_id

NEAREST = {"near", "-near", "drawing", "-drawing"}
KeptOrder = Callable[[tuple[str, ...]], IntArray]
"""Returns the ids of all songs in an order of sort keys, perhaps as computed for an earlier question."""


def find_page(library: Library, query: Query, order: KeptOrder | None = None) -> tuple[list[FoundSong], int]:
    """Return the songs of a query's page, in its order, and the number of songs of all pages.

    Parameters
    ----------
    library : Library
    query : Query
    order : callable, optional
        See `KeptOrder`; by default the order is computed.

    Raises
    ------
    ConditionError, LibraryError
        As `moodcurve.library.queries.search.search`.
    """
    squared: FloatArray = np.empty(0)  # by id
    if query.has_distance:
        ids, values = matching_distances(library, query)
        squared = np.full(int(ids.max(initial=0)) + 1, np.nan)
        squared[ids] = values
    else:
        ids = matching_ids(library, query)
    end = None if query.limit is None else query.offset + query.limit
    page = _ordered(library, query, ids, squared, order)[query.offset : end].tolist()
    rows = songs_by_id(library, page)
    found = [rows[number] for number in page if number in rows]  # another process may have removed one by now
    if query.has_distance:
        roots = np.sqrt(squared)
        found = [song._replace(distance=None if np.isnan(d := roots[song.id]) else float(d)) for song in found]
    return found, len(ids)


def _ordered(library: Library, query: Query, ids: IntArray, squared: FloatArray, order: KeptOrder | None) -> IntArray:
    """Return ids in the order of a query, given squared distances by id."""
    if query.sort and NEAREST & set(query.sort):  # other keys before or after the distance are rare
        return np.array(search_columns(library, query.without_page(), ["id"])["id"], np.int64)
    keys = query.sort or DEFAULT_ORDER
    ordered = order(keys) if order else ordered_ids(library, keys)
    if len(ids) < len(ordered):
        wanted = np.zeros(max(int(ordered.max(initial=0)), int(ids.max(initial=0))) + 1, np.bool_)
        wanted[ids] = True
        ordered = ordered[wanted[ordered]]
    if query.has_distance and not query.sort:
        ordered = ordered[np.argsort(squared[ordered], kind="stable")]  # NaN comes last
    return ordered
