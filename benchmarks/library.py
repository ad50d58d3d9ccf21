"""How large a library of many songs is, and how long its answers take.

    python benchmarks/library.py [FOLDER] [--songs N] [--distinct N] [--keep FILE] [--repeats N] [--json FILE]

FOLDER holds music files, by default the songs of the test data. They are analysed; each made song joins their curves
in a random order to a length of two to six minutes, shifted and stretched at random, with probabilities and a rating
beside. Artists, titles, albums, genres and years are invented, some artists with many songs. Songs beyond --distinct
are copies of these within the file, with other names and with means moved at random; their curves are stored again.
--keep uses a library that is there, or leaves one behind. Times are of one query in an open library, wall and
processor, the least of the repeats; the first row of a query includes what SQLite sorts. A command adds the start of
Python.
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
    "small region, all of it": Query(arousal=(0.1, 0.15), valence=(0.1, 0.15)),
    "nearest 50": Query(near=(-0.3, 0.4), limit=50),
    "nearest 50 within 0.1": Query(near=(-0.1, 0.1), radius=0.1, limit=50),
    "quadrant and genre, 50": Query(quadrants=("calm-positive",), genre="jazz", limit=50),
    "mood words, 50": Query(words=(("calm", "serene"),), limit=50),
    "part of an artist's name": Query(artist="kima", limit=50),
    "two words of text, 50": Query(text=("moon", "jazz"), limit=50),
    "part of a title and years, 50": Query(title="river", year=(1990, 1999), limit=50),
    "SQL, 50": Query(where="arousal_high < 0 AND p_sad_negative > 0.3 AND artist LIKE 'ma%'", limit=50),
    "highest arousal, 50": Query(sort=("-arousal",), limit=50),
    "longer than 5 minutes, by year, 50": Query(duration_s=(300, None), sort=("year",), limit=50),
    "unlike what the model knows, all": Query(where="novelty > 1", sort=("-novelty",)),
}


def made_songs(folder: Path, songs: int) -> Iterator[tuple[SongAnalyzed, FileFound]]:
    """Give songs and their files, made from the real ones of a folder."""
    model = load_model()
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in {".mp3", ".flac", ".wav", ".ogg", ".m4a"}]
    if not paths:
        raise SystemExit(f"{folder}: no music files")
    real = [analyze(path, model=model) for path in paths]
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
        analysis = Analysis(curve=_made_curve(real, rng, path), descriptors=rng.normal(size=236).astype(np.float32))
        yield (
            SongAnalyzed(content, analysis),
            FileFound(path, 5_000_000, 1_700_000_000_000_000_000 + number, content, tags),
        )


def _made_curve(real: list[Curve], rng: np.random.Generator, path: str) -> Curve:
    points = int(rng.integers(240, 720))
    chosen: list[Curve] = []
    while sum(len(curve.times_s) for curve in chosen) < points:
        chosen.append(real[int(rng.integers(len(real)))])

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(curve, name) for curve in chosen])[:points]

    values = np.column_stack([joined("arousal"), joined("valence")])
    # levels of songs spread by about .2 over all songs, and their courses by about .1 over a song
    made = np.clip(rng.normal(0, 0.15, 2) + rng.uniform(0.5, 1.2, 2) * values, -1, 1)
    ends = [
        np.clip(made[:, [i]] + joined(f"{axis}_interval") - values[:, [i]], -1, 1)
        for i, axis in enumerate(("arousal", "valence"))
    ]
    mean = made.mean(axis=0)
    spread = np.array([0.2, 0.2])
    return Curve(
        times_s=np.arange(points) / 2,
        arousal=made[:, 0],
        valence=made[:, 1],
        arousal_interval=ends[0],
        valence_interval=ends[1],
        song_interval=np.clip(mean[:, None] + np.array([-0.3, 0.3]), -1, 1),
        probabilities=probabilities(made, spread, "quadrants"),
        song_probabilities=probabilities(mean[None], spread, "quadrants")[0],
        song_moods=probabilities(mean[None], spread, "moods")[0],
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
    """Write a library; give what a song took of it."""
    made = made_songs(folder, songs)
    spent = written = 0.0
    with open_library(path, write=True) as library:
        while batch := [change for pair in islice(made, BATCH) for change in pair]:
            start, wall = time.process_time(), time.perf_counter()
            library.write(batch)
            spent, written = spent + time.process_time() - start, written + time.perf_counter() - wall
    return {"write_ms_a_song": 1e3 * written / songs, "write_processor_ms_a_song": 1e3 * spent / songs}


def multiply(path: Path, songs: int) -> None:
    """Copy the songs of a library within it until there are so many."""
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
        }  # fmt: skip
        for copy in range(1, -(-songs // distinct)):
            values = {"by": copy * distinct, "copy": f" {copy}", "most": songs - copy * distinct, "distinct": distinct}
            db.execute("BEGIN IMMEDIATE")
            for table, terms in changed.items():
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                key = "song" if table in ("curve", "descriptors") else "id"
                db.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(terms.get(c, c) for c in columns)} "
                    f"FROM {table} WHERE {key} <= min(:most, :distinct)",
                    values,
                )
            db.execute("UPDATE song SET file = id WHERE file IS NULL")
            db.execute("COMMIT")


def least(ask: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Give the least wall and processor time of repeats, in milliseconds."""
    times = []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        ask()
        times.append((1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)))
    return min(wall for wall, _ in times), min(processor for _, processor in times)


def answers(library: Library, repeats: int) -> dict[str, dict[str, float]]:
    """Time the queries, and finding one song."""
    figures = {}
    for name, query in QUERIES.items():
        wall, processor = least(lambda query=query: list(search(library, query)), repeats)
        figures[name] = {"wall_ms": wall, "processor_ms": processor, "songs": count(library, query)}
        figures[f"{name}: count"] = dict(
            zip(("wall_ms", "processor_ms"), least(lambda query=query: count(library, query), repeats), strict=True)
        )
    some = library.song(count(library, Query()) // 2)
    assert some is not None
    for name, key in (("a song by path", some.paths[0]), ("a song by title", some.tags.title or "")):
        figures[name] = dict(
            zip(("wall_ms", "processor_ms"), least(lambda key=key: find_song(library, key), repeats), strict=True)
        )
    for name, ask in (
        ("what a scan knows of all files", library.known_files),
        ("descriptors of all songs", lambda: library.descriptors("compare236/1")),
        ("all songs as rows", lambda: sum(1 for _ in search(library, Query()))),
    ):
        figures[name] = dict(zip(("wall_ms", "processor_ms"), least(ask, 1), strict=True))
    return figures


def command(path: Path, repeats: int) -> float:
    """Give the least wall time of a whole command, in milliseconds."""
    words = [str(Path(sys.executable).with_name("moodcurve")), "search", "--near", "-0.3,0.4", "--library", str(path)]
    return least(lambda: subprocess.run(words, check=True, capture_output=True), repeats)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--distinct", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="the library's file")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        path = arguments.keep or Path(scratch) / "library.sqlite"
        if not path.exists():
            figures |= fill(path, arguments.folder, min(arguments.songs, arguments.distinct))
            multiply(path, arguments.songs)
        with open_library(path) as library:
            figures["songs"] = count(library, Query())
            figures["megabytes"] = path.stat().st_size / 1e6
            (sizes,) = library.db.execute("SELECT avg(length(packed)) FROM curve")
            figures["bytes_a_curve"] = sizes[0]
            queries = answers(library, arguments.repeats)
        figures["queries"] = queries
        figures["command_ms"] = command(path, arguments.repeats)
    figures["load"] = os.getloadavg()[0]
    for name, value in figures.items():
        if name != "queries":
            print(f"{name:40s}{value:10.1f}")
    for name, found in queries.items():
        print(f"{name:45s}{found['wall_ms']:8.1f} ms{found['processor_ms']:8.1f} ms{found.get('songs', ''):>8}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
