"""Time a merge of two libraries of simulated songs, which share some, and of their Parquet tables.

    python benchmarks/merge.py FOLDER [--songs 50000] [--tables 5000]

FOLDER keeps the libraries, which are made once; a song in twenty is in both.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from moodcurve.audio.tags import Tags
from moodcurve.curve import Curve
from moodcurve.library import Analysis, FileFound, open_library
from moodcurve.library.export import write_rows
from moodcurve.library.merge import merge
from moodcurve.library.models import SongAnalyzed
from moodcurve.library.queries.query import Query

POINTS = 360
"""Points of a curve: three minutes."""
DESCRIPTORS = 749
"""Columns of the default model's features."""
WRITTEN = 5000
"""Songs that are packed and written one by one."""
BATCH = 500


def main() -> None:
    """Make the libraries if they are missing, merge them, and merge a table of some songs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--songs", type=int, default=50_000)
    parser.add_argument("--tables", type=int, default=5000)
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    inputs = [options.folder / name for name in ("one.sqlite", "two.sqlite")]
    for number, path in enumerate(inputs):
        if not path.exists():
            write_library(path, options.songs, first=number * options.songs * 19 // 20)
    timed("merge", inputs, options.folder / "merged.sqlite")
    table = options.folder / "some.parquet"
    started = time.process_time()
    with open_library(inputs[0]) as library:
        write_rows(library, Query(sort=("id",), limit=options.tables), table, progress=lambda done, total: None)
    size = table.stat().st_size / options.tables
    print(f"export of {options.tables:,} songs: {time.process_time() - started:.1f} s of CPU, {size:.0f} bytes a song")
    timed("merge of a table", [table], options.folder / "loaded.sqlite")


def timed(name: str, inputs: list[Path], output: Path) -> None:
    """Merge, and print how long it took."""
    started, cpu = time.monotonic(), time.process_time()
    stats = merge([str(path) for path in inputs], output, force=True)
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = output.stat().st_size / 1e6
    print(f"{name}: {stats.songs:,} songs, {stats.shared:,} shared, {size:.0f} MB")
    print(f"  {seconds:.1f} s, {cpu:.1f} s of CPU, {peak:.0f} MiB")


def write_library(path: Path, songs: int, *, first: int) -> None:
    """Write songs with numbers from `first`: some in the usual way, the others as copies with names of their own."""
    rng = np.random.default_rng(0)
    curves = [simulated(rng) for _ in range(200)]
    written = min(songs, WRITTEN)
    with open_library(path, write=True) as library:
        for start in range(0, written, BATCH):
            changes: list[SongAnalyzed | FileFound] = []
            for number in range(start, min(start + BATCH, written)):
                vector = rng.normal(size=DESCRIPTORS).astype("f4")
                analysis = Analysis(curve=curves[number % len(curves)], descriptors=vector)
                tags = Tags(artist=f"Singer {number % 3000}", title=f"Song {number}", album=f"Album {number // 12}")
                changes.append(SongAnalyzed(f"{first + number:032x}", analysis))
                content = f"{first + number:032x}"
                changes.append(FileFound(f"/music/{first + number}.flac", 10**7, 10**18, content, tags))
            library.write(changes)
        for copy in range(1, songs // written):
            values = {"by": copy * written, "most": written, "first": first}
            for table, key, others in (
                ("song", "id", {"content": "printf('%032x', :first + :by + id - 1)", "file": "NULL"}),
                ("file", "id", {
                    "path": "CAST('/music/' || (:first + :by + id - 1) || '.flac' AS BLOB)",
                    "content": "printf('%032x', :first + :by + id - 1)", "song": "song + :by",
                }),
                ("curve", "song", {}), ("descriptors", "song", {}), ("measured", "song", {}),
            ):  # fmt: skip
                names = [name for _, name, *_ in library.db.execute(f"PRAGMA table_info({table})")]
                selected = (others.get(name, name) if name != key else f"{key} + :by" for name in names)
                library.db.execute(
                    f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(selected)} FROM {table} "
                    f"WHERE {key} <= :most",
                    values,
                )
        library.db.execute("UPDATE song SET file = id, copies = 1")


def simulated(rng: np.random.Generator) -> Curve:
    """Return a curve that wanders, with intervals."""
    points = np.clip(np.cumsum(rng.normal(0, 0.02, (POINTS, 2)), axis=0), -0.6, 0.6)
    ends = np.stack([points - 0.3, points + 0.3], axis=-1)
    return Curve(
        times_s=np.arange(POINTS) / 2,
        arousal=points[:, 0],
        valence=points[:, 1],
        arousal_interval=ends[:, 0],
        valence_interval=ends[:, 1],
        source="",
        model="default",
        feature_set="compare236+tonal1+tags1/1",
        duration_s=POINTS / 2 + 0.5,
    )


if __name__ == "__main__":
    main()
