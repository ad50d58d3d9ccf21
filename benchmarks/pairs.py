"""Measure how often two songs are in the right order, by the distance of their predicted means.

    python benchmarks/pairs.py DEAM SOUND QUADRANTS [--cache DIR] [--json FILE]

The arguments are those of `make model`. The predictions are those of docs/results/packaged.md for `default`: five folds
of DEAM's clips with disjoint artists. A pair is in the right order if the song with the higher predicted mean has the
higher mean of ratings. Intervals: 95 %, bootstrap over songs.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.learn.packaged import DEFAULT, SEED
from moodcurve.learn.release import cross_validate, read_songs

EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 2.0)
DRAWS = 300


def right_order(predicted: FloatArray, rated: FloatArray, edges: tuple[float, ...] = EDGES) -> FloatArray:
    """Return the share of pairs in the right order, and the share of all pairs, for each range of distances.

    Parameters
    ----------
    predicted, rated : (n,)
        Means of songs. Pairs with equal ratings are left out.
    edges : tuple of float
        Ends of the ranges; each includes its lower end.

    Returns
    -------
    (len(edges) - 1, 2)
        NaN where no pair is so far apart.

    >>> right_order(np.array([0.0, 0.05, 0.3]), np.array([0.1, 0.0, 0.5]), (0.0, 0.1, 1.0))
    array([[0.        , 0.33333333],
           [1.        , 0.66666667]])
    """
    first, second = np.triu_indices(len(predicted), 1)
    distance, truth = predicted[first] - predicted[second], rated[first] - rated[second]
    counts = truth != 0
    right = (np.sign(distance) == np.sign(truth))[counts]
    place = np.digitize(np.abs(distance[counts]), edges) - 1
    found = [(right[place == index].mean() if (place == index).any() else np.nan) for index in range(len(edges) - 1)]
    return np.column_stack([found, np.bincount(place, minlength=len(edges) - 1)[: len(edges) - 1] / len(right)])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("deam", "sound", "quadrants"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--cache", type=Path, help="folder of cached predictions, as for `make model`")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    options = parser.parse_args()
    songs = read_songs(DEFAULT, options.deam, options.sound, options.quadrants)
    result = cross_validate(DEFAULT, songs, cache=options.cache)
    predicted = np.array([values.mean(axis=0) for values in result.models[0].predicted])
    rated = np.array([song.y.mean(axis=0) for song in songs.clips.songs])
    rng = np.random.default_rng(SEED)
    table = {}
    for axis, name in enumerate(("arousal", "valence")):
        found = right_order(predicted[:, axis], rated[:, axis])
        draws = []
        for _ in range(DRAWS):
            drawn = rng.integers(len(rated), size=len(rated))  # a song and itself have equal ratings
            draws.append(right_order(predicted[drawn, axis], rated[drawn, axis])[:, 0])
        low, high = np.nanquantile(draws, [0.025, 0.975], axis=0)
        table[name] = [
            {"from": a, "to": b, "right": share, "low": lower, "high": upper, "pairs": pairs}
            for a, b, (share, pairs), lower, upper in zip(EDGES, EDGES[1:], found, low, high, strict=False)
        ]
        for row in table[name]:
            print(
                f"{name} {row['from']:.1f} to {row['to']:.1f}: {row['right']:.3f} ({row['low']:.3f} to "
                f"{row['high']:.3f}) of {row['pairs']:.1%} of the pairs"
            )
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
