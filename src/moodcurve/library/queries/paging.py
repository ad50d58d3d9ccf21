"""Find a page of songs by their ids first: the order of all songs is kept, and only the page's songs are read.

A question then costs the reading of what its conditions need, however deep the page.
"""

from collections.abc import Callable

import numpy as np

from moodcurve._typing import IntArray
from moodcurve.library.database import Library
from moodcurve.library.queries.query import DEFAULT_ORDER, Query
from moodcurve.library.queries.search import matching_ids, ordered_ids, search_columns

NEAREST = {"near", "-near", "drawing", "-drawing"}
KeptOrder = Callable[[tuple[str, ...]], IntArray]
"""Returns the ids of all songs in an order of sort keys, perhaps as computed for an earlier question."""


def page_ids(library: Library, query: Query, order: KeptOrder | None = None) -> tuple[IntArray, int]:
    """Return the ids of a query's page, in its order, and the number of songs of all pages.

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
    keys = query.sort or DEFAULT_ORDER
    end = None if query.limit is None else query.offset + query.limit
    if query.has_distance and (not query.sort or NEAREST & set(keys)):
        # the distance is different in each question
        found = np.array(search_columns(library, query.without_page(), ["id"])["id"], np.int64)
        return found[query.offset : end], len(found)
    ordered = order(keys) if order else ordered_ids(library, keys)
    found = matching_ids(library, query)
    if len(found) < len(ordered):
        wanted = np.zeros(max(int(ordered.max(initial=0)), int(found.max(initial=0))) + 1, np.bool_)
        wanted[found] = True
        ordered = ordered[wanted[ordered]]
    return ordered[query.offset : end], len(found)
