"""Measure pages of the server's list of songs for questions that were never asked before.

    python benchmarks/pages.py LIBRARY [--repeats N]

LIBRARY is a library, such as one that `benchmarks/library.py --songs 10000 --keep LIBRARY` makes. Times are CPU time of
the body of /api/songs, in milliseconds: the first question of a kind after a change of the library, and the median of
further ones, which all differ.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moodcurve.library.queries.query import Query
from moodcurve.web.library_pool import LibraryPool
from moodcurve.web.routes.songs import songs_json

PAGE = 50
TEXTS = ("moon", "river", "kima", "jazz", "lo", "winter", "blue", "sun")


def questions(rng: np.random.Generator, songs: int) -> dict[str, Callable[[], Query]]:
    """Return functions that make a new query each time; most differ by a limit that leaves out no song."""

    def limit() -> tuple[float, float]:
        return (-1 - float(rng.random()), 1.0)

    def value() -> float:
        return float(rng.uniform(-0.4, 0.4))

    return {
        "a range of arousal": lambda: Query(arousal=(value(), None), limit=PAGE),
        "a rise": lambda: Query(rise=(abs(value()), None), limit=PAGE),
        "a quadrant": lambda: Query(quadrants=("calm-positive",), arousal=limit(), limit=PAGE),
        "a text anywhere": lambda: Query(text=(str(rng.choice(TEXTS)),), arousal=limit(), limit=PAGE),
        "two texts anywhere": lambda: Query(text=tuple(rng.choice(TEXTS, 2)), arousal=limit(), limit=PAGE),
        "a genre": lambda: Query(genre="jazz", arousal=limit(), limit=PAGE),
        "mood words": lambda: Query(words=(("calm", "serene"),), arousal=limit(), limit=PAGE),
        "nearest to a point": lambda: Query(near=(value(), value()), limit=PAGE),
        "the last page": lambda: Query(arousal=limit(), limit=PAGE, offset=max(0, songs - PAGE)),
    }


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--repeats", type=int, default=40)
    options = parser.parse_args()
    with LibraryPool(options.library).reader() as reader:
        if reader is None:
            parser.error(f"{options.library}: no library here")
        ((songs,),) = reader.library.db.execute("SELECT count(*) FROM songs").fetchall()
        for name, make in questions(np.random.default_rng(0), songs).items():
            times = []
            for _ in range(options.repeats + 1):
                query, start = make(), time.process_time()
                songs_json(reader, query)
                times.append(1e3 * (time.process_time() - start))
            print(f"{name:22s} first {times[0]:6.1f} ms   median {np.median(times[1:]):5.2f} ms")


if __name__ == "__main__":
    main()
