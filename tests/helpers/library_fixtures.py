"""Curves, songs and libraries for the tests of the library."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve.curve import Curve
from moodcurve.library import Analysis, FileFound, Library, SongAnalyzed, Tags, open_library, schema
from moodcurve.library.curve_codec import pack
from moodcurve.mood.classes import probabilities
from tests.helpers.tag_strengths import made_tags

COLUMNS = 236


def wandering_curve(points: int = 240, *, seed: int = 0, everything: bool = True, **changes: Any) -> Curve:
    """Return a smooth random walk on the plane, with all optional fields of a curve or none."""
    rng = np.random.default_rng(seed)
    steps = np.cumsum(rng.normal(0, 0.01, (points, 2)), axis=0)
    values = np.clip(rng.uniform(-0.5, 0.5, 2) + steps, -1, 1)
    spread = np.array([0.2, 0.25]) * rng.uniform(0.8, 1.2)
    # the ends of an interval vary slightly on their own
    reach = spread * (1.6 + np.cumsum(rng.normal(0, 0.002, (points, 2)), axis=0))
    ends = np.clip(np.stack([values - reach, values + 1.1 * reach], axis=-1), -1, 1)
    mean = values.mean(axis=0)
    fields: dict[str, Any] = {
        "times_s": np.arange(points) / 2,
        "arousal": values[:, 0],
        "valence": values[:, 1],
        "source": f"music/song {seed}.mp3",
        "model": "default",
        "feature_set": "compare236/1",
        "duration_s": points / 2 + 0.5117,
    }
    if everything:
        fields |= {
            "arousal_interval": ends[:, 0],
            "valence_interval": ends[:, 1],
            "song_interval": np.clip(np.column_stack([mean - 0.31, mean + 0.33]), -1, 1),
            "probabilities": probabilities(values, spread, "quadrants"),
            "song_probabilities": probabilities(mean[None], spread, "quadrants")[0],
            "song_moods": probabilities(mean[None], spread, "moods")[0],
            "rating": np.clip(1.2 * mean, -1, 1),
            "rating_interval": np.clip(np.column_stack([1.2 * mean - 0.4, 1.2 * mean + 0.4]), -1, 1),
            "novelty": float(rng.lognormal(-0.7, 0.5)),
            "tags": made_tags(seed, rock=0.05 * (seed % 16), acoustic=0.8 - 0.05 * (seed % 16)),
        }
    return Curve(**(fields | changes))


def song(content: str, curve: Curve | None = None) -> SongAnalyzed:
    """Return an analyzed song; its descriptors follow from its content hash."""
    rng = np.random.default_rng(list(content.encode()))
    return SongAnalyzed(
        content, Analysis(curve=curve or wandering_curve(12), descriptors=rng.normal(size=COLUMNS).astype("f4"))
    )


def file(path: str, content: str, *, size: int = 1000, mtime_ns: int = 10**18 + 1, **tags: Any) -> FileFound:
    """Return a found file."""
    return FileFound(path, size, mtime_ns, content, Tags(**tags))


def made_library(path: Path, songs: int) -> list[tuple[Curve, FileFound]]:
    """Write songs with varied tags, some of them missing; return their curves and files."""
    rng = np.random.default_rng(11)
    made = []
    for i in range(songs):
        curve = wandering_curve(int(rng.integers(4, 30)), seed=i, everything=bool(i % 4), duration_s=float(30 + 7 * i))
        tags = {
            "artist": [None, "Björk", "Antonín Dvořák", "BJORN"][i % 4],
            "title": None if i % 7 == 3 else f"Song {i % 10} über alles",
            "album": None if i % 5 == 1 else f"Album {i % 3}",
            "genre": ["Jazz", "jazz fusion", "Rock", None][i % 4],
            "year": None if i % 6 == 2 else 1960 + i,
            "track": i % 4 + 1,
        }
        made.append((curve, file(f"/music/{i % 3}/{i:03} x.mp3", f"content {i}", **tags)))
    with open_library(path, write=True) as library:
        library.write(change for curve, seen in made for change in (song(seen.content_hash, curve), seen))
    return made


def dump(library: Library) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    tables = [name for (name,) in library.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: list(library.db.execute(f"SELECT * FROM {name} ORDER BY 1")) for name in sorted(tables)}


def assert_sound(path: Path) -> None:
    """Check the database file of a library."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def first_version(path: Path) -> None:
    """Create a library as the first migration alone did, with two songs, one of them with all optional fields."""
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.migrate(db, schema.MIGRATIONS[:1])
        for number, everything in ((1, True), (2, False)):
            data = wandering_curve(30, seed=number, everything=everything).to_dict()
            del data["format"]  # which later versions added
            whole = data["song"]
            row = {
                "id": number, "content": f"c{number}", "model": "default", "feature_set": "compare236/1",
                "analysed_at": "2026-01-01T00:00:00Z", "duration_s": data["duration_s"], "copies": 1, "words": "calm",
                "arousal": whole["arousal"], "valence": whole["valence"], "quadrant": whole["quadrant"], "warnings": "",
            }  # fmt: skip
            db.execute(f"INSERT INTO song ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", row)
            db.execute(
                "INSERT INTO file (id, path, shown, size, mtime_ns, content, song, folded_path) "
                "VALUES (?, ?, ?, 1, 2, ?, ?, 'x')",
                (number, f"/{number}".encode(), f"/{number}", f"c{number}", number),
            )
            db.execute("UPDATE song SET file = id")
            db.execute("INSERT INTO curve VALUES (?, ?)", (number, pack({**data, "source": ""})))
        assert schema.read_version(db) == (schema.APPLICATION_ID, 1)
