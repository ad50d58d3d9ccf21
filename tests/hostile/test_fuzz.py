"""Files that moodcurve reads, changed at random: each is read, or refused with the error of its kind.

`make fuzz` runs more of them, from a new seed each time; it prints the seed of a failure.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio.tags import read_tags
from moodcurve.errors import MoodcurveError
from moodcurve.formats import FORMATS, read_csv, read_jams, read_json, write
from moodcurve.formats.parquet_file import read_parquet
from tests.helpers.damaged_audio import ENCODED, write_encoded
from tests.helpers.library_fixtures import wandering_curve

TRIES = int(os.environ.get("MOODCURVE_FUZZ", "60"))
SEED = random.randrange(2**32) if "MOODCURVE_FUZZ" in os.environ else 0
READERS: dict[str, Callable[[Path], object]] = {
    "csv": read_csv,
    "json": read_json,
    "jams": read_jams,
    "parquet": read_parquet,
}
TOKENS = [
    *(b"NaN", b"1e999", b"-", b"[", b"{", b"null", b'"', b",", b"\n", b"\0", b"\xff", b"true"),
    *(b"9" * 5000, b"[" * 2000),
]


def changed(whole: bytes, rng: random.Random) -> bytes:
    """Return a copy with a few bytes changed, removed, repeated or replaced by tokens."""
    data = bytearray(whole)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                del data[at : at + rng.choice((1, 4, 100, len(data) // 2))]
            case 2:
                data[at:at] = data[at : at + rng.choice((1, 8, 200))]
            case 3:
                data[at:at] = rng.choice(TOKENS)
            case _:
                token = rng.choice(TOKENS)
                data[at : at + len(token)] = token
    return bytes(data)


@pytest.mark.parametrize("format", FORMATS)
def test_changed_results_are_read_or_refused(tmp_path: Path, format: str) -> None:
    whole = tmp_path / f"whole.{format}"
    write(wandering_curve(30), whole, format)
    content, rng, path = whole.read_bytes(), random.Random(SEED), tmp_path / f"changed.{format}"
    for number in range(TRIES):
        path.write_bytes(changed(content, rng))
        said = ""
        try:
            READERS[format](path)
        except MoodcurveError as error:
            said = str(error)
        except Exception as error:
            raise AssertionError(f"seed {SEED}, try {number}") from error
        assert len(said.splitlines()) <= 1, (SEED, number)


@pytest.mark.parametrize("name", ["lame.mp3", "aac.m4a", "wma.wma"])
def test_changed_tags_never_fail(tmp_path: Path, name: str) -> None:
    assert name in ENCODED
    noise = np.random.default_rng(0).normal(0, 0.1, (22_050, 1)).astype(np.float32)
    song = write_encoded(tmp_path, name, noise)
    tag(song)
    content, rng = song.read_bytes(), random.Random(SEED)
    assert read_tags(song).title == "title"
    for number in range(TRIES):
        song.write_bytes(changed(content[:4000], rng) + content[4000:])
        try:
            read_tags(song)
        except Exception as error:
            raise AssertionError(f"seed {SEED}, try {number}") from error


def tag(song: Path) -> None:
    import mutagen

    file = mutagen.File(song, easy=song.suffix != ".wma")
    if file.tags is None:
        file.add_tags()
    names = ("Title", "Author", "WM/Genre") if song.suffix == ".wma" else ("title", "artist", "genre")
    for key, value in zip(names, ("title", "artist", "genre"), strict=True):
        file[key] = [value]
    file.save()
