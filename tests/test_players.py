"""What docs/players.md gives to other programs is what they read."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import mutagen
import numpy as np
import pytest

from moodcurve.formats import read_csv, write
from moodcurve.mood.circumplex import quadrant
from moodcurve.tagging.change import change_tags
from moodcurve.tagging.values import AROUSAL, KEY, MOOD, VALENCE
from tests.helpers import ROOT
from tests.helpers.library_fixtures import wandering_curve
from tests.helpers.tagged_songs import FORMATS, write_format

PAGE = (ROOT / "docs" / "players.md").read_text("utf-8")


def blocks(heading: str, kind: str) -> list[str]:
    """The code blocks of a section."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert section is not None
    return re.findall(rf"^```{kind}\n(.*?)^```$", section[1], flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with curve.csv, that crosses quadrants and the middle."""
    if shutil.which("awk") is None:
        pytest.skip("needs awk")
    turn = np.linspace(0, 2 * np.pi, 200)
    radius = np.abs(np.cos(turn)) * 0.6
    write(
        wandering_curve(200, everything=False, arousal=radius * np.sin(turn), valence=radius * np.cos(turn)),
        tmp_path / "curve.csv",
        "csv",
    )
    return tmp_path


def run_block(heading: str, folder: Path) -> None:
    (block,) = blocks(heading, "sh")
    first, rest = block.split("\n", 1)
    assert first == "moodcurve analyze song.mp3 -f csv > curve.csv"
    subprocess.run(["sh", "-eu", "-c", rest], cwd=folder, check=True, timeout=60)


def test_layers_of_sonic_visualiser(folder: Path) -> None:
    run_block("Sonic Visualiser", folder)
    curve = read_csv(folder / "curve.csv")
    for axis in ("arousal", "valence"):
        rows = np.loadtxt(folder / f"{axis}.csv", delimiter=",")
        assert np.array_equal(rows, np.column_stack([curve.times_s, getattr(curve, axis)]))


def test_labels_of_audacity(folder: Path) -> None:
    run_block("Audacity", folder)
    curve = read_csv(folder / "curve.csv")
    rows = [line.split("\t") for line in (folder / "labels.txt").read_text("ascii").splitlines()]
    assert len(rows) > 4
    starts, ends = (np.array([float(row[i]) for row in rows]) for i in (0, 1))
    # regions that follow each other without gaps, from the first point to the end of the last
    assert np.array_equal(starts[1:], ends[:-1])
    assert (starts[0], ends[-1]) == (curve.times_s[0], curve.times_s[-1] + 0.5)
    found = [rows[np.searchsorted(starts, t, side="right") - 1][2] for t in curve.times_s]
    assert found == [quadrant(float(a), float(v)) for a, v in zip(curve.arousal, curve.valence, strict=True)]
    assert "neutral" in found


# names of other programs, in the folded form in which they compare them
NAVIDROME_MOOD = {"tmoo", "mood", "----:com.apple.itunes:mood", "wm/mood", "txxx:mood"}


@pytest.mark.parametrize("name", FORMATS)
def test_navidrome_is_told_the_names_that_are_written(tmp_path: Path, name: str) -> None:
    (settings,), (rules,) = blocks("Navidrome", "toml"), blocks("Navidrome", "json")
    tags = tomllib.loads(settings)["Tags"]
    used = {field for rule in json.loads(rules)["all"] for test in rule.values() for field in test}
    assert used == {field for field in tags if tags[field].get("Type") == "float"}
    path = write_format(tmp_path, name)
    texts = {MOOD: ["calm"], KEY: ["Am"], VALENCE: ["0.3000"], AROUSAL: ["-0.2000"]}
    change_tags(path, [*texts], lambda found: found.make(texts))
    if path.suffix == ".aac":  # which mutagen does not read
        return
    keys = mutagen.File(path).tags.keys()
    written = {key.lower() for key in keys}
    for field in ("moodvalence", "moodarousal", "key"):
        assert written & {alias.lower() for alias in tags[field]["Aliases"]}, field
    assert written & NAVIDROME_MOOD


def test_beets_is_configured_with_the_options_of_the_plugin() -> None:
    source = (ROOT / "src" / "beetsplug" / "moodcurve.py").read_text("utf-8")
    (shown,) = blocks("beets", "yaml")
    in_docstring = re.search(r"::\n\n(.*?)\n\"\"\"", source, flags=re.DOTALL)
    assert in_docstring is not None
    options = re.findall(r"^ +(\w+): ", shown, flags=re.MULTILINE)
    assert options == re.findall(r"^ {8}(\w+): ", in_docstring[1], flags=re.MULTILINE)
    defaults = re.search(r"self\.config\.add\(\{(.*?)\}\)", source)
    assert defaults is not None
    assert options == re.findall(r'"(\w+)": ', defaults[1])
