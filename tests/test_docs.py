"""The documents name what there is: each command, each room of the house."""

import re
from pathlib import Path

import pytest

from moodcurve.cli import app
from test_layers import LAYERS

ROOT = Path(__file__).parents[1]
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
