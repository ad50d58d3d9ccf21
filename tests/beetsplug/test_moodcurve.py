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
    found = [values_of_curve(analyze(incoming / name)) for name in ("lame.mp3", "av.flac", "aac.m4a")]
    shown = beets("ls", "-f", "$format: $mood_words; $mood_quadrant; $mood_arousal $mood_valence").stdout
    assert sorted(shown.splitlines()) == sorted(
        f"{name}: {', '.join(values.words)}; {values.quadrant}; {values.arousal:.4f} {values.valence:.4f}"
        for name, values in zip(("MP3", "FLAC", "AAC"), found, strict=True)
    )
    for field in ("arousal", "valence"):
        stored = [f"{getattr(values, field):.4f}" for values in found]
        low, middle, high = sorted(stored, key=float)
        for query, expected in (
            (f"{low}..{middle}", [low, middle]),
            (f"{float(middle) - 1e-3:.4f}..{float(middle) + 1e-3:.4f}", [middle]),
            (f"{high}..", [high]),
            (f"..{float(low) - 1e-3:.4f}", []),
        ):
            listed = beets.listed(f"mood_{field}:{query}", field=f"mood_{field}")
            assert sorted(listed, key=float) == expected
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
