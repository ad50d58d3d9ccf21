"""Measure playlists against random and greedy lists, against the optimum of small libraries, and their time.

    python benchmarks/playlists.py [--songs N] [--paths N] [--small N] [--seed N] [--library FILE] [--json FILE]

The songs are drawn: their means have the mean and covariance of the 883 songs of DEAM (averaged ratings over time);
starts and ends are assumed to deviate from them by .1 on each axis (in the half minutes of DEAM it is .04); durations
are log-normal around 3:50; an artist has twelve songs on average, some many more. Paths lead between the means of two
random songs at least 0.4 apart, or through three. Lists last 40 minutes, with three songs between two of an artist.

Every method is measured with `moodcurve.playlists.objective`. Random lists are the first songs of a random order that
last the time. Greedy lists add the song of least additional cost. Both keep the rules. Times are processor times of one
call, the median of the paths. --library also times whole requests to a library.
"""

import argparse
import json
import time
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moodcurve.library import open_library
from moodcurve.library.queries.query import Query
from moodcurve.playlists import Constraints, RequestOptions, make_playlist
from moodcurve.playlists.build import order_songs
from moodcurve.playlists.objective import Objective
from moodcurve.playlists.path import MoodPath, mood_path
from moodcurve.playlists.points import SongPoints
from moodcurve.util.markdown import markdown_table

MEAN = (0.077, 0.071)
COVARIANCE = ((0.085, 0.0429), (0.0429, 0.0566))
"""Of arousal and valence of the songs of DEAM."""
EDGE_STD = 0.1
LENGTH_S = 2400.0
SMALL_SONGS = 8
SMALL_LENGTH_S = 900.0
RULES = Constraints()
IntArray = npt.NDArray[np.int64]


def drawn_songs(n: int, rng: np.random.Generator) -> SongPoints:
    """Return songs of a drawn library."""
    mean = rng.multivariate_normal(MEAN, COVARIANCE, n).clip(-0.95, 0.95)
    start, end = ((mean + rng.normal(0, EDGE_STD, (n, 2))).clip(-1, 1) for _ in range(2))
    return SongPoints(
        ids=np.arange(n),
        start=start,
        end=end,
        mean=mean,
        duration_s=np.exp(rng.normal(np.log(230), 0.3, n)),
        artist=(max(1, n // 12) * rng.random(n) ** 1.5).astype(np.int64),
    )


def drawn_path(songs: SongPoints, rng: np.random.Generator) -> MoodPath:
    """Return a path between the means of two or three songs."""
    while True:
        points = songs.mean[rng.choice(len(songs), rng.integers(2, 4), replace=False)]
        if np.linalg.norm(points[0] - points[-1]) >= 0.4:
            return mood_path([(float(a), float(v)) for a, v in points])


def random_list(objective: Objective, rng: np.random.Generator) -> IntArray:
    """Return the first songs of a random order that keep the rules and last the time."""
    rows: list[int] = []
    for row in rng.permutation(len(objective.songs)):
        if not RULES.artist_allowed(objective.songs, np.array([rows], np.int64), np.array([[row]]))[0, 0]:
            continue
        rows.append(int(row))
        total = objective.songs.duration_s[rows].sum()
        if objective.fits(total, len(rows)) or total > objective.length_s:
            break
    return np.array(rows)


def greedy_list(objective: Objective) -> IntArray:
    """Return a list to which each step adds the song of least additional cost for its time."""
    songs, everything = objective.songs, np.arange(len(objective.songs))
    rows: list[int] = []
    total = 0.0
    while total < objective.length_s and not (rows and objective.fits(np.array(total), len(rows))):
        cost = objective.placed(everything, np.array(total))
        if rows:
            cost = cost + objective.jump_cost * objective.jumps(np.array(rows[-1]), everything)
        allowed = RULES.artist_allowed(songs, np.array([rows], np.int64), everything[None])[0]
        allowed[rows] = False
        if not allowed.any():
            break
        rows.append(int(np.argmin(np.where(allowed, cost / songs.duration_s, np.inf))))
        total += float(songs.duration_s[rows[-1]])
    return np.array(rows)


def measures(objective: Objective, rows: IntArray) -> dict[str, float]:
    """Return what a list is measured by."""
    durations = objective.songs.duration_s[rows]
    begin = np.cumsum(durations) - durations
    jumps = objective.jumps(rows[:-1], rows[1:])
    return {
        "off_path": float(np.average(objective.off_path(rows, begin), weights=durations)),
        "jump": float(jumps.mean()) if len(jumps) else 0.0,
        "largest_jump": float(jumps.max()) if len(jumps) else 0.0,
        "minutes_off": float(abs(durations.sum() - objective.length_s) / 60),
        "cost": float(objective.costs(rows[None])[0]),
    }


def compare(songs: SongPoints, paths: int, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """Return the means of measures over paths, by method, and the median time of a call."""
    found: dict[str, list[dict[str, float]]] = {"random": [], "greedy": [], "moodcurve": []}
    for _ in range(paths):
        objective = objective_of(songs, drawn_path(songs, rng), LENGTH_S)
        for method, rows in (("random", random_list(objective, rng)), ("greedy", greedy_list(objective))):
            found[method].append(measures(objective, rows))
        start = time.process_time()
        made = order_songs(songs, LENGTH_S, path=objective.path, constraints=RULES)
        found["moodcurve"].append({"seconds": time.process_time() - start, **measures(objective, made.rows)})
        again = order_songs(songs, LENGTH_S, path=objective.path, constraints=RULES)
        assert np.array_equal(made.rows, again.rows)
    return {
        method: {
            key: float((np.median if key == "seconds" else np.mean)([one[key] for one in all_of])) for key in all_of[0]
        }
        for method, all_of in found.items()
    }


def objective_of(songs: SongPoints, path: MoodPath, length_s: float) -> Objective:
    return Objective(songs=songs, path=path, length_s=length_s, own_cost=np.zeros(len(songs)))


def against_optimum(libraries: int, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """Return the cost of lists of small libraries as multiples of the least cost of all lists."""
    rules = Constraints(artist_gap=0)
    ratios: dict[str, list[float]] = {"greedy": [], "moodcurve": []}
    for _ in range(libraries):
        songs = replace(drawn_songs(SMALL_SONGS, rng), artist=np.arange(SMALL_SONGS))
        path = mood_path([(0.3, -0.3), (-0.2, 0.3)])
        objective = objective_of(songs, path, SMALL_LENGTH_S)
        best = np.inf
        for count in range(1, SMALL_SONGS + 1):
            lists = np.array(list(permutations(range(SMALL_SONGS), count)))
            fits = objective.fits(songs.duration_s[lists].sum(axis=1), count)
            if fits.any():
                best = min(best, float(objective.costs(lists[fits]).min()))
        made = order_songs(songs, SMALL_LENGTH_S, path=path, constraints=rules)
        ratios["moodcurve"].append(float(objective.costs(made.rows[None])[0]) / best)
        ratios["greedy"].append(float(objective.costs(greedy_list(objective)[None])[0]) / best)
    return {
        method: {
            "mean": float(np.mean(all_of)),
            "worst": max(all_of),
            "optimal": float(np.mean(np.array(all_of) < 1 + 1e-9)),
        }
        for method, all_of in ratios.items()
    }


def times(sizes: list[int], rng: np.random.Generator) -> dict[str, float]:
    """Return the processor time of lists by number of songs and length."""
    found = {}
    for n in sizes:
        songs = drawn_songs(n, rng)
        path = drawn_path(songs, rng)
        for name, options in {
            "40 min along a path": {"length_s": 2400.0, "path": path},
            "40 min around a song": {"length_s": 2400.0, "path": mood_path([(0.1, 0.1)]), "first": 0},
            "40 min anywhere": {"length_s": 2400.0},
            "4 h along a path": {"length_s": 4 * 3600.0, "path": path},
        }.items():
            start = time.process_time()
            order_songs(songs, constraints=RULES, **options)
            found[f"{n:,} songs, {name}"] = time.process_time() - start
    return found


def library_times(path: Path) -> dict[str, float]:
    """Return the processor time of requests to an open library."""
    found = {}
    requests = {
        "from tense to serene": {"from_": "tense", "to": "serene"},
        "around a song": {"first": 1},
        "anywhere": {},
    }
    with open_library(path) as library:
        for name, options in requests.items():
            start = time.process_time()
            make_playlist(library, Query(), RequestOptions(minutes=40, **options).parse())
            found[name] = time.process_time() - start
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=10_000)
    parser.add_argument("--paths", type=int, default=100)
    parser.add_argument("--small", type=int, default=100, help="small libraries that are searched completely")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--library", type=Path, help="a library of which requests are timed too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    results = {
        "songs": options.songs,
        "paths": options.paths,
        "compared": compare(drawn_songs(options.songs, rng), options.paths, rng),
        "small": against_optimum(options.small, rng),
        "seconds": times([10_000, 100_000], rng),
    }
    if options.library is not None:
        results["library_seconds"] = library_times(options.library)
    for key in ("compared", "small"):
        columns = list(results[key]["moodcurve"])
        rows = [(name, *(f"{one[c]:.3f}" if c in one else "" for c in columns)) for name, one in results[key].items()]
        print(markdown_table([("method", *columns), *rows]), "\n")
    for key in ("seconds", "library_seconds"):
        for name, seconds in results.get(key, {}).items():
            print(f"{seconds:.2f} s  {name}")
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
