"""The documents name what there is: each command, each room of the house."""

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
from tests.test_layers import LAYERS

COMMANDS = app.commands


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"moodcurve {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    assert f"Example: moodcurve {name}" in COMMANDS[name].help


def test_the_architecture_lists_the_layers_in_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `(\w+)(?:\.py|/)` \|", text, flags=re.MULTILINE)
    assert tuple(rooms) == LAYERS


def test_readme_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def printed_ids() -> list[str]:
    """What the command of docs/data.md prints."""
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    code = re.search(r"^python -c \"\n(.*?)\" > songs.txt$", text, flags=re.MULTILINE | re.DOTALL)
    assert code is not None
    done = subprocess.run([sys.executable, "-c", code[1]], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_songs_of_the_figures_can_be_had_as_documented() -> None:
    assert printed_ids() == json.loads(load_model().metadata["song_ids"])


@pytest.mark.real
def test_they_are_all_songs_of_the_tables(deam_dir: Path) -> None:
    stored = json.loads((ROOT / "docs" / "results" / "deam.json").read_text(encoding="utf-8"))
    ids = printed_ids()
    assert ids == [song.song_id for song in read_dataset(deam_dir).songs]
    assert stored["songs"] == len(ids)
    other = json.loads((ROOT / "docs" / "results" / "mediaeval2015.json").read_text(encoding="utf-8"))
    dated = read_dataset(deam_dir, labels="mediaeval2015").songs
    assert {song.song_id for song in dated} <= set(ids)
    assert (other["songs"], len(ids) - len(dated)) == (261, 622)
