"""Imports point one way: each package imports only packages above it in this list, and no modules form a circle."""

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
    "live",
    "library",
    "playlists",
    "tagging",
    "cluster",
    "metrics",
    "demo",
    "datasets",
    "evaluation",
    "comparison",
    "learn",
    "report",
    "web",
    "annotate",
    "cli",
    "__main__",
)
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")
LARGEST_PACKAGE = 20
"""Modules in a package, without its __init__."""


def layer(path: Path) -> str:
    """Return the package or top-level module that a file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    """Return the dotted name of a file's module."""
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path, *, names: frozenset[str]) -> set[str]:
    """Return the modules of moodcurve that a file imports, including inside functions and for type checking."""
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
    """Return the packages that a file imports from."""
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


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return a cycle in a graph, or an empty list."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def subpackage(name: str) -> str:
    """Return the package two folders deep that a module lies in, or the module itself."""
    return ".".join(name.split(".")[:3])


def test_no_modules_import_each_other() -> None:
    assert cycle(IMPORTS) == []


def test_a_cycle_would_be_found() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) != []


def test_no_packages_inside_a_package_import_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for name, modules in IMPORTS.items():
        graph.setdefault(subpackage(name), set()).update(set(map(subpackage, modules)) - {subpackage(name)})
    assert cycle(graph) == []


def test_packages_are_small_and_at_most_two_folders_deep() -> None:
    for folder in {path.parent for path in MODULES}:
        modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= LARGEST_PACKAGE, folder
        assert len(folder.relative_to(SOURCE).parts) <= 2, folder
