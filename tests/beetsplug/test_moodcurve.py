"""The plugin in a real beets, with a library in a temporary folder."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from moodcurve.analysis import analyze
from moodcurve.tagging.values import values_of_curve
from tests.helpers.tagged_songs import write_foreign_tags, write_format

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(importlib.util.find_spec("beets") is None, reason="needs the extra beets"),
]


class Beets:
    """A beets of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configure("")

    def configure(self, options: str) -> None:
        (self.folder / "config.yaml").write_text(
            f"directory: {self.folder}/music\nlibrary: {self.folder}/beets.db\nplugins: moodcurve\n"
            f"import:\n  copy: yes\n  autotag: no\n{options}",
            "utf-8",
        )

    def __call__(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "beets", "-v", *map(str, words)],
            env={**os.environ, "BEETSDIR": str(self.folder), "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    def listed(self, *query: str, field: str = "title") -> list[str]:
        return self("ls", "-f", f"${field}", *query).stdout.splitlines()


@pytest.fixture
def beets(tmp_path: Path) -> Beets:
    return Beets(tmp_path)


def write_songs(folder: Path) -> Path:
    for number, name in enumerate(("lame.mp3", "av.flac", "aac.m4a")):
        write_foreign_tags(write_format(folder, name, seed=number, seconds=3.0))
    return folder


def test_an_import_fills_the_fields_and_queries_find_songs_by_them(tmp_path: Path, beets: Beets) -> None:
    incoming = write_songs(tmp_path / "incoming")
    beets("import", "-q", incoming)
    for name, extension in (("lame.mp3", "MP3"), ("av.flac", "FLAC"), ("aac.m4a", "AAC")):
        values = values_of_curve(analyze(incoming / name))
        query = f"format:{extension}"
        assert beets.listed(query, field="mood_words") == [", ".join(values.words)]
        assert beets.listed(query, field="mood_quadrant") == [values.quadrant]
        for field in ("arousal", "valence"):
            value = getattr(values, field)
            assert beets.listed(query, field=f"mood_{field}") == [f"{value:.4f}"]
            low, high = value - 0.001, value + 0.001
            assert len(beets.listed(query, f"mood_{field}:{low:.4f}..{high:.4f}")) == 1
            assert beets.listed(query, f"mood_{field}:{high:.4f}..") == []
            assert beets.listed(query, f"mood_{field}:..{low:.4f}") == []
    assert len(beets.listed("mood_valence:-1..", "mood_arousal:..1")) == 3
    assert beets.listed("mood_valence:0.9..", "mood_arousal:..-0.9") == []
    by_arousal = beets.listed("mood_arousal+", field="mood_arousal")
    assert by_arousal == sorted(by_arousal, key=float)


def test_a_bad_file_does_not_block_the_import(tmp_path: Path, beets: Beets) -> None:
    incoming = write_songs(tmp_path / "incoming")
    short = write_format(incoming, "x.ogg", seconds=0.2)
    write_foreign_tags(short)
    done = beets("import", "-q", incoming)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("moodcurve: ") and "x.ogg" in line]
    assert "0.2" in line
    assert len(beets.listed()) == 4
    assert len(beets.listed("mood_arousal::.")) == 3


def test_the_command_fills_what_is_missing(tmp_path: Path, beets: Beets) -> None:
    beets.configure("moodcurve:\n  auto: no\n  bpm: yes\n  initial_key: yes\n")
    beets("import", "-q", write_songs(tmp_path / "incoming"))
    assert beets.listed("mood_arousal::.") == []
    beets("moodcurve", "format:FLAC")
    assert len(beets.listed("mood_arousal::.")) == 1
    beets("moodcurve")
    assert len(beets.listed("mood_arousal::.")) == 3
    assert all(int(bpm) > 30 for bpm in beets.listed(field="bpm"))
    assert all(beets.listed(field="initial_key"))
    beets("modify", "-y", "format:FLAC", "mood_arousal=0.9876")
    beets("moodcurve")
    assert beets.listed("format:FLAC", field="mood_arousal") == ["0.9876"]
    beets("moodcurve", "-f")
    assert beets.listed("format:FLAC", field="mood_arousal") != ["0.9876"]
