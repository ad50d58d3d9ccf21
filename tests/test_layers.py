"""Imports point one way: each package may import only what stands above it in this list, and no modules form a circle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.helpers import ROOT

SOURCE = ROOT / "src" / "moodcurve"

# docs/architecture.md says what each of them is for
LAYERS = (
    "_typing",
    "errors",
    "util",
    "workers",
    "audio",
    "features",
    "mood",
    "curve",
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
LARGEST_PACKAGE = 20
"""Modules that a package may hold, beside its __init__."""


def layer(path: Path) -> str:
    """Name of the package or module of moodcurve that a file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    """Dotted name of a file's module."""
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path, *, names: frozenset[str]) -> set[str]:
    """Modules of moodcurve that a file imports, inside functions and for type checking too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            whole = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {name if name in names else str(node.module) for name in whole}
    return {name for name in found if name in names} - {"moodcurve"}


NAMES = frozenset(name_of(path) for path in MODULES)
IMPORTS = {name_of(path): imported(path, names=NAMES) for path in MODULES}


def packages_of(path: Path) -> set[str]:
    """First parts of what a file imports."""
    return {name.split(".")[1] for name in IMPORTS[name_of(path)]}


def test_every_module_has_a_layer() -> None:
    assert {layer(path) for path in MODULES} == set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_only_go_up(path: Path) -> None:
    here = LAYERS.index(layer(path))
    for part in packages_of(path):
        assert LAYERS.index(part) <= here, f"{path.name} imports {part}, which stands below {LAYERS[here]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_only_the_command_line_reaches_the_learning_wing(path: Path) -> None:
    if layer(path) not in {"learn", "cli"}:
        assert "learn" not in packages_of(path)


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle in a graph, or an empty list."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other() -> None:
    assert circle(IMPORTS) == []


def test_a_circle_would_be_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) != []


def test_packages_are_small_and_two_folders_deep_at_most() -> None:
    for folder in {path.parent for path in MODULES}:
        modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= LARGEST_PACKAGE, folder
        assert len(folder.relative_to(SOURCE).parts) <= 2, folder
