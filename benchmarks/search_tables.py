"""Time searches over Parquet tables of simulated songs, and the memory that they take.

    python benchmarks/search_tables.py FOLDER [--rows 1000000] [--files 1000]

FOLDER keeps the tables, which are made once. Curves are of 40 points and descriptors short: searches do not read them.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet

from moodcurve.audio.tags import Tags
from moodcurve.curve import Curve
from moodcurve.features.tags.names import TAGS
from moodcurve.formats.parquet_file import COMPRESSION
from moodcurve.library.models import Analysis
from moodcurve.library.song_rows import ROW_SCHEMA, ROWS_PER_GROUP, ScannedFile, row_of

BASE = 1000
"""Different curves."""
SEARCHES = {
    "count of all": ["--limit", "1"],
    "nearest 50 to a point": ["--near", "0.3,0.4", "--limit", "50"],
    "mood and tag, newest": [
        "--quadrant",
        "calm-positive",
        "--tag",
        "acoustic:0.3",
        "--sort=-year",
        "--limit",
        "50",
    ],
    "text": ["singer", "120", "--limit", "50"],
    "course": ["--starts", "calm", "--ends", "excited", "--rise", "0.1:", "--limit", "50"],
    "drawing in a range": ["--draw-arousal", "0:-0.5,1:0.5", "--arousal", "0:0.1", "--limit", "50"],
    "three external ids": ["--external-id", "e5", "--external-id", "e77777", "--external-id", "e500000"],
    "condition": ["--where", "novelty > 2 AND year < 1990", "--limit", "50"],
    "in the usual order": ["--limit", "50", "--year", "1980:"],
}


def main() -> None:
    """Make the tables if they are missing, then time each search in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=1000)
    options = parser.parse_args()
    if not options.folder.exists():
        write_tables(options.folder, options.rows, options.files)
    size = sum(path.stat().st_size for path in options.folder.iterdir())
    print(f"{options.rows:,} rows in {options.files} files, {size / 1e9:.2f} GB")
    for name, words in SEARCHES.items():
        command = [sys.executable, "-m", "moodcurve", "search", "--library", str(options.folder), *words, "--json"]
        started, before = time.monotonic(), cpu_s()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds, cpu = time.monotonic() - started, cpu_s() - before
        # the largest of all children so far
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        found = done.stdout.count("moodcurve-song/1")
        print(f"{name}: {seconds:.1f} s, {cpu:.1f} s of CPU, at most {peak:.0f} MiB, {found} songs {done.stderr}")


def cpu_s() -> float:
    """Return the processor time of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_tables(folder: Path, rows: int, files: int) -> None:
    """Write tables whose rows differ in ids, names, place and tags."""
    rng = np.random.default_rng(0)
    base = pyarrow.Table.from_pylist([row_of(simulated(rng, i)) for i in range(BASE)], schema=ROW_SCHEMA)
    folder.mkdir(parents=True)
    per_file = rows // files
    for number in range(files):
        indices = rng.integers(0, BASE, per_file)
        table = base.take(pyarrow.array(indices))
        ids = np.arange(number * per_file, (number + 1) * per_file)
        shift = rng.normal(0, 0.1, (2, per_file))
        changes = {
            "external_id": [f"e{i}" for i in ids],
            "content": [f"{i:032x}" for i in ids],
            "path": [f"s3://bucket/{i // 1000}/{i}.flac" for i in ids],
            "folded_path": [f"{i // 1000}/{i}.flac" for i in ids],
            "arousal": np.round(np.clip(table["arousal"].to_numpy() + shift[0], -1, 1), 4),
            "valence": np.round(np.clip(table["valence"].to_numpy() + shift[1], -1, 1), 4),
        }
        for name, values in changes.items():
            at = ROW_SCHEMA.get_field_index(name)
            table = table.set_column(at, ROW_SCHEMA.field(name), pyarrow.array(values, ROW_SCHEMA.field(name).type))
        pyarrow.parquet.write_table(
            table, folder / f"{number:05}.parquet", compression=COMPRESSION, row_group_size=ROWS_PER_GROUP
        )


def simulated(rng: np.random.Generator, number: int) -> ScannedFile:
    """Return a file with a curve that wanders, and random tags."""
    points = np.clip(rng.uniform(-0.6, 0.6, 2) + np.cumsum(rng.normal(0, 0.03, (40, 2)), axis=0), -1, 1)
    curve = Curve(
        times_s=np.arange(40) / 2,
        arousal=points[:, 0],
        valence=points[:, 1],
        source="",
        model="default",
        feature_set="compare236/1",
        duration_s=float(rng.uniform(60, 400)),
        novelty=float(rng.lognormal(-0.7, 0.5)),
        tags=dict(zip(TAGS, rng.beta(1, 6, len(TAGS)), strict=True)),
    )
    tags = Tags(
        artist=f"Singer {number % 300}", title=f"Song {number}", album=f"Album {number % 500}", year=1950 + number % 75
    )
    analysis = Analysis(curve=curve, descriptors=rng.normal(size=8).astype("f4"))
    return ScannedFile(path="x", content_hash="x", tags=tags, analysis=analysis)


if __name__ == "__main__":
    main()
