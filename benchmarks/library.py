"""Measure the size of a large library and the time of its queries.

    python benchmarks/library.py [FOLDER] [--songs N] [--distinct N] [--keep FILE] [--repeats N] [--json FILE]

FOLDER holds audio files (default: the songs of the test data), which are analyzed. Each generated song joins their
curves in random order to two to six minutes, randomly shifted and scaled, with probabilities and a rating. Artists,
titles, albums, genres and years are invented; some artists have many songs. Songs beyond --distinct are copies within
the database, with other names, randomly shifted means and their own curves. --keep reuses an existing library, or keeps
the new one. Times are wall and CPU time of one query in an open library, the minimum of the repeats. The command's time
includes the start of Python.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from audio_files import audio_files
from moodcurve.analysis import analyze
from moodcurve.curve import Curve
from moodcurve.library import Analysis, FileFound, Library, SongAnalyzed, Tags, open_library
from moodcurve.library.queries.find_song import find_song
from moodcurve.library.queries.search import Query, count, search
from moodcurve.mood.classes import probabilities
from moodcurve.runtime import load_model

ROOT = Path(__file__).parents[1]
BATCH = 500
GENRES = (
    "ambient",
    "blues",
    "choir",
    "classical",
    "disco",
    "dub",
    "folk",
    "indie",
    "jazz",
    "metal",
    "pop",
    "rock",
    "soul",
)
SYLLABLES = "ba be bi bo da de du fa fi go ka ki la le lo ma mi mo na ne no pa ra re ri sa si so ta te ti va vi".split()  # noqa: SIM905
ANY_WORD = "love night rain river light summer heart home blue moon road dream city fire wind sleep dance gold".split()  # noqa: SIM905
QUERIES = {
    "all, the first 50": Query(limit=50),
    "high arousal, low valence, 50": Query(arousal=(0.2, 0.6), valence=(-0.5, 0.0), limit=50),
    "small region, all": Query(arousal=(0.1, 0.15), valence=(0.1, 0.15)),
    "nearest 50": Query(near=(-0.3, 0.4), limit=50),
    "nearest 50 within 0.1": Query(near=(-0.1, 0.1), radius=0.1, limit=50),
    "quadrant and genre, 50": Query(quadrants=("calm-positive",), genre="jazz", limit=50),
    "mood words, 50": Query(words=(("calm", "serene"),), limit=50),
    "tags, 50": Query(tags=((("acoustic", 0.1), ("folk", 0.1)),), limit=50),
    "part of an artist's name": Query(artist="kima", limit=50),
    "two words of text, 50": Query(text=("moon", "jazz"), limit=50),
    "part of a title and years, 50": Query(title="river", year=(1990, 1999), limit=50),
    "SQL, 50": Query(where="arousal_high < 0 AND p_sad_negative > 0.3 AND artist LIKE 'ma%'", limit=50),
    "highest arousal, 50": Query(sort=("-arousal",), limit=50),
    "longer than 5 minutes, by year, 50": Query(duration_s=(300, None), sort=("year",), limit=50),
    "unlike the training songs, all": Query(where="novelty > 1", sort=("-novelty",)),
}


def generated_songs(folder: Path, songs: int) -> Iterator[tuple[SongAnalyzed, FileFound]]:
    """Yield generated songs and their files, made from the curves of the songs in a folder."""
    model = load_model()
    real = [analyze(path, model=model) for path in audio_files(folder)]
    rng = np.random.default_rng(5)
    artists = [(" ".join(_word(rng) for _ in range(rng.integers(1, 3)))).title() for _ in range(max(10, songs // 25))]
    for number in range(songs):
        artist = artists[int(len(artists) * rng.random() ** 2)]
        album, title = _words(rng), _words(rng)
        tags = Tags(
            artist=artist, title=title, album=album, genre=str(rng.choice(GENRES)), year=int(rng.integers(1950, 2027)),
            track=int(rng.integers(1, 15)), duration_s=None,
        )  # fmt: skip
        path = f"/music/{artist}/{album}/{tags.track:02} {title} {number}.mp3"
        content = f"{number:064x}"
        curve = _generated_curve(real, rng, path)
        analysis = Analysis(curve=curve, descriptors=rng.normal(size=len(model.feature_set.names)).astype(np.float32))
        yield (
            SongAnalyzed(content, analysis),
            FileFound(path, 5_000_000, 1_700_000_000_000_000_000 + number, content, tags),
        )


def _generated_curve(real: list[Curve], rng: np.random.Generator, path: str) -> Curve:
    points = int(rng.integers(240, 720))
    chosen: list[Curve] = []
    while sum(len(curve.times_s) for curve in chosen) < points:
        chosen.append(real[int(rng.integers(len(real)))])

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(curve, name) for curve in chosen])[:points]

    values = np.column_stack([joined("arousal"), joined("valence")])
    # standard deviation about .2 over the levels of songs, about .1 within a song
    made = np.clip(rng.normal(0, 0.15, 2) + rng.uniform(0.5, 1.2, 2) * values, -1, 1)
    ends = [
        np.clip(made[:, [i]] + joined(f"{axis}_interval") - values[:, [i]], -1, 1)
        for i, axis in enumerate(("arousal", "valence"))
    ]
    mean = made.mean(axis=0)
    std = np.array([0.2, 0.2])
    return Curve(
        times_s=np.arange(points) / 2,
        arousal=made[:, 0],
        valence=made[:, 1],
        arousal_interval=ends[0],
        valence_interval=ends[1],
        song_interval=np.clip(mean[:, None] + np.array([-0.3, 0.3]), -1, 1),
        probabilities=probabilities(made, std, "quadrants"),
        song_probabilities=probabilities(mean[None], std, "quadrants")[0],
        song_moods=probabilities(mean[None], std, "moods")[0],
        rating=mean,
        rating_interval=np.clip(mean[:, None] + np.array([-0.35, 0.35]), -1, 1),
        novelty=float(rng.lognormal(-0.7, 0.4)),
        source=path,
        model="default",
        feature_set="compare236/1",
        duration_s=points / 2 + 0.5,
    )


def _word(rng: np.random.Generator) -> str:
    return "".join(rng.choice(SYLLABLES, rng.integers(2, 5)))


def _words(rng: np.random.Generator) -> str:
    return f"{rng.choice(ANY_WORD)} {_word(rng)} {rng.choice(ANY_WORD)}".title()


def fill(path: Path, folder: Path, songs: int) -> dict[str, float]:
    """Write a library; return the time per song in milliseconds."""
    made = generated_songs(folder, songs)
    spent = written = 0.0
    with open_library(path, write=True) as library:
        while batch := [change for pair in islice(made, BATCH) for change in pair]:
            start, wall = time.process_time(), time.perf_counter()
            library.write(batch)
            spent, written = spent + time.process_time() - start, written + time.perf_counter() - wall
    return {"write_ms_a_song": 1e3 * written / songs, "write_processor_ms_a_song": 1e3 * spent / songs}


def multiply(path: Path, songs: int) -> None:
    """Copy the songs of a library within it until it has `songs` songs."""
    with open_library(path, write=True) as library:
        db = library.db
        (distinct,) = db.execute("SELECT max(id) FROM song").fetchone()
        moved = {axis: f"max(-1, min(1, {axis} + random() / 9.3e19))" for axis in ("arousal", "valence")}  # by up to .1
        changed = {
            "song": {"id": "id + :by", "content": "content || :copy", "file": "NULL", **moved},
            "file": {
                "id": "id + :by", "song": "song + :by", "content": "content || :copy",
                "path": "CAST(path || :copy AS BLOB)",
                "shown": "shown || :copy", "folded_path": "folded_path || :copy", "title": "title || :copy",
                "folded_title": "folded_title || :copy",
            },
            "curve": {"song": "song + :by"},
            "descriptors": {"song": "song + :by"},
            "measured": {"song": "song + :by"},
        }  # fmt: skip
        for copy in range(1, -(-songs // distinct)):
            values = {"by": copy * distinct, "copy": f" {copy}", "most": songs - copy * distinct, "distinct": distinct}
            db.execute("BEGIN IMMEDIATE")
            for table, terms in changed.items():
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                key = "id" if table in ("song", "file") else "song"
                db.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(terms.get(c, c) for c in columns)} "
                    f"FROM {table} WHERE {key} <= min(:most, :distinct)",
                    values,
                )
            db.execute("UPDATE song SET file = id WHERE file IS NULL")
            db.execute("COMMIT")


def minimum_ms(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the minimum wall and CPU time of the repeats, in milliseconds."""
    times = []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        call()
        times.append((1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)))
    return min(wall for wall, _ in times), min(processor for _, processor in times)


def timed(call: Callable[[], object], repeats: int) -> dict[str, float]:
    return dict(zip(("wall_ms", "processor_ms"), minimum_ms(call, repeats), strict=True))


def time_queries(library: Library, repeats: int) -> dict[str, dict[str, float]]:
    """Time the queries and the lookup of one song."""
    results = {}
    for name, query in QUERIES.items():
        results[name] = timed(lambda query=query: list(search(library, query)), repeats)
        results[name]["songs"] = count(library, query)
        results[f"{name}: count"] = timed(lambda query=query: count(library, query), repeats)
    some = library.song(count(library, Query()) // 2)
    assert some is not None
    for name, key in (("a song by path", some.paths[0]), ("a song by title", some.tags.title or "")):
        results[name] = timed(lambda key=key: find_song(library, key), repeats)
    for name, call in (
        ("known files, as for a scan", library.known_files),
        ("descriptors of all songs", lambda: library.descriptors("compare236/1")),
        ("all songs as rows", lambda: sum(1 for _ in search(library, Query()))),
    ):
        results[name] = timed(call, 1)
    return results


def command(path: Path, repeats: int) -> float:
    """Return the minimum wall time of a command, in milliseconds."""
    words = [str(Path(sys.executable).with_name("moodcurve")), "search", "--near", "-0.3,0.4", "--library", str(path)]
    return minimum_ms(lambda: subprocess.run(words, check=True, capture_output=True), repeats)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--distinct", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="the library's file")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.keep or Path(folder) / "library.sqlite"
        if not path.exists():
            results |= fill(path, arguments.folder, min(arguments.songs, arguments.distinct))
            multiply(path, arguments.songs)
        with open_library(path) as library:
            results["songs"] = count(library, Query())
            results["megabytes"] = path.stat().st_size / 1e6
            (sizes,) = library.db.execute("SELECT avg(length(packed)) FROM curve")
            results["bytes_a_curve"] = sizes[0]
            queries = time_queries(library, arguments.repeats)
        results["queries"] = queries
        results["command_ms"] = command(path, arguments.repeats)
    results["load"] = os.getloadavg()[0]
    for name, value in results.items():
        if name != "queries":
            print(f"{name:40s}{value:10.1f}")
    for name, found in queries.items():
        print(f"{name:45s}{found['wall_ms']:8.1f} ms{found['processor_ms']:8.1f} ms{found.get('songs', ''):>8}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
