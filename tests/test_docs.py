"""The documentation names everything there is: each command, each package, each module."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moodcurve.cli import app
from moodcurve.datasets import read_dataset
from moodcurve.runtime import load_model
from tests.helpers import ROOT
from tests.test_layers import LAYERS, MODULES, SOURCE

COMMANDS = app.commands
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"moodcurve {name}" in README


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    assert f"Example: moodcurve {name}" in COMMANDS[name].help


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_architecture_lists_the_packages_in_order() -> None:
    packages = re.findall(r"^\| `(\w+)(?:\.py|/)` \|", ARCHITECTURE, flags=re.MULTILINE)
    assert tuple(packages) == LAYERS


def test_architecture_has_a_line_for_every_module() -> None:
    sections = re.split(r"^\*\*`([\w/]+)/`\*\*", ARCHITECTURE, flags=re.MULTILINE)[1:]
    listed = {
        f"{folder}/{name}"
        for folder, text in zip(sections[::2], sections[1::2], strict=True)
        for name in re.findall(r"^- `(\w+)`: \w", text, flags=re.MULTILINE)
    }
    there = {path.relative_to(SOURCE).with_suffix("").as_posix() for path in MODULES if path.parent != SOURCE}
    assert listed == {name for name in there if not name.endswith("__init__")}


def test_readme_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_readme_metrics_are_those_of_the_results() -> None:
    stored = json.loads((ROOT / "docs" / "results" / "packaged.json").read_text(encoding="utf-8"))
    (default,) = (model for model in stored["models"] if model["family"] == "default")
    table = re.findall(r"^\| (CCC|RMSE|r within).* \| (\.\d+) \| (\.\d+) \|$", README, flags=re.MULTILINE)
    keys = {"CCC": "ccc", "RMSE": "rmse", "r within": "r_song"}
    assert [name for name, *_ in table] == list(keys)
    for name, *values in table:
        expected = (default[axis][keys[name]]["value"] for axis in ("arousal", "valence"))
        assert values == [f"{value:.3f}".removeprefix("0") for value in expected]


def printed_ids() -> list[str]:
    """What the command of docs/data.md prints."""
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    code = re.search(r"^python -c \"\n(.*?)\" > songs.txt$", text, flags=re.MULTILINE | re.DOTALL)
    assert code is not None
    done = subprocess.run([sys.executable, "-c", code[1]], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_documented_command_prints_the_training_songs() -> None:
    model = load_model("live")
    tested = json.loads(model.metadata["metrics"])["songs"]
    assert printed_ids() == json.loads(model.metadata["song_ids"])[:tested]


@pytest.mark.real
def test_printed_ids_are_all_songs_of_the_tables(deam_dir: Path) -> None:
    stored = json.loads((ROOT / "docs" / "results" / "deam.json").read_text(encoding="utf-8"))
    ids = printed_ids()
    assert ids == [song.song_id for song in read_dataset(deam_dir).songs]
    assert stored["songs"] == len(ids)
    other = json.loads((ROOT / "docs" / "results" / "mediaeval2015.json").read_text(encoding="utf-8"))
    dated = read_dataset(deam_dir, labels="mediaeval2015").songs
    assert {song.song_id for song in dated} <= set(ids)
    assert (other["songs"], len(ids) - len(dated)) == (261, 622)
