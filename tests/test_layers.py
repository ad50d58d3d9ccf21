"""Imports point one way: each module may import only what stands above it in this list."""

import ast
from pathlib import Path

import pytest

from tests.helpers import ROOT

SOURCE = ROOT / "src" / "moodcurve"

# docs/architecture.md says what each of them is for
LAYERS = (
    "errors",
    "util",
    "workers",
    "audio",
    "features",
    "curve",
    "mood",
    "formats",
    "runtime",
    "analysis",
    "library",
    "metrics",
    "demo",
    "datasets",
    "evaluation",
    "learn",
    "report",
    "web",
    "cli",
    "__main__",
)
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def layer(path: Path) -> str:
    """Name of the part that a file belongs to: its folder, or itself."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    """Parts of moodcurve that a file imports, inside functions and for type checking too."""
    parts = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        parts |= {name.split(".")[1] for name in names if name.startswith("moodcurve.")}
    return {part for part in parts if not part.startswith("__")}


def test_every_module_has_a_layer() -> None:
    assert {layer(path) for path in MODULES} == set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_only_go_up(path: Path) -> None:
    here = LAYERS.index(layer(path))
    for part in imported_parts(path):
        assert LAYERS.index(part) <= here, f"{path.name} imports {part}, which stands below {LAYERS[here]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_only_the_command_line_reaches_the_learning_wing(path: Path) -> None:
    if layer(path) not in {"learn", "cli"}:
        assert "learn" not in imported_parts(path)
