"""Tests of the built page and report: up to date with their sources, small and self-contained."""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pytest

from moodcurve.features.tags.names import TAGS
from moodcurve.mood.circumplex import NEUTRAL, QUADRANTS, describe, quadrant
from moodcurve.mood.tags import MIN_TAG_STRENGTH, SHOWN_TAGS
from tests.helpers import ROOT

pytestmark = pytest.mark.slow

SOURCES = ROOT / "web"
STATIC = ROOT / "src" / "moodcurve" / "web" / "static"
REPORT = ROOT / "src" / "moodcurve" / "report" / "static"


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def npm() -> str:
    """npm with the locked packages. Without it, tests fail on CI and are skipped elsewhere."""
    found = shutil.which("npm")
    if found and (SOURCES / "node_modules" / ".package-lock.json").is_file():
        return found
    message = (
        "no npm, or no web/node_modules: install Debian's packages nodejs and npm, and run npm ci in the folder web"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def npm_run(npm: str, *words: str) -> None:
    done = subprocess.run([npm, "run", *words], cwd=SOURCES, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sources_pass_the_checks(npm: str) -> None:
    npm_run(npm, "check")


def imports() -> dict[str, set[str]]:
    """Return the modules that each TypeScript module imports, both as paths from ``web/src``."""
    source = SOURCES / "src"
    found = {}
    for path in source.rglob("*.ts"):
        targets = re.findall(r'^(?:import|\} from)\b[^"]*"(\.[^"]+)"', path.read_text("utf-8"), re.MULTILINE)
        names = [os.path.normpath(path.parent / target.partition(".ts?")[0]) for target in targets]
        found[path.relative_to(source).as_posix()] = {
            Path(f"{name}.ts").relative_to(source).as_posix() for name in names if not name.endswith(".css")
        }
    return found


def folder_imports() -> dict[str, set[str]]:
    """Return the folders of ``web/src`` that the modules of each folder import."""
    found: dict[str, set[str]] = {}
    for module, targets in imports().items():
        folders = {target.partition("/")[0] for target in targets if "/" in target}
        if "/" in module:
            folder = module.partition("/")[0]
            found.setdefault(folder, set()).update(folders - {folder})
    return found


@pytest.mark.parametrize("graph", [imports, folder_imports])
def test_no_imports_are_circular(graph: Callable[[], dict[str, set[str]]]) -> None:
    edges = graph()
    assert len(edges) > 5
    assert {target for targets in edges.values() for target in targets} <= set(edges)
    TopologicalSorter(edges).prepare()  # raises CycleError, which names the circle


def test_modules_and_folders_are_small() -> None:
    modules = list((SOURCES / "src").rglob("*.ts"))
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length > 210} == {}
    assert max(Counter(path.parent for path in modules).values()) <= 20


def test_the_page_uses_the_mood_words_of_the_package(npm: str) -> None:
    rng = np.random.default_rng(1)
    radii, angles = rng.uniform(0, 1, 2000), rng.uniform(0, 2 * np.pi, 2000)
    points = [
        {"arousal": float(r * np.sin(angle)), "valence": float(r * np.cos(angle))}
        for r, angle in zip(radii, angles, strict=True)
    ]
    points += [{"arousal": a / 10, "valence": v / 10} for a in range(-5, 6) for v in range(-5, 6)]
    script = subprocess.run(
        [SOURCES / "node_modules" / ".bin" / "esbuild", "src/curve/mood.ts", "--format=cjs"],
        cwd=SOURCES, capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    script += f"\nconsole.log(JSON.stringify({json.dumps(points)}.map((p) => [describe(p), QUADRANTS[quadrant(p)]])))"
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True, timeout=60)
    names = (*QUADRANTS, NEUTRAL)
    expected = [[describe(**point), quadrant(**point)] for point in points]
    assert {name for _, name in expected} == set(names)
    assert json.loads(done.stdout) == expected


def test_the_page_uses_the_tags_of_the_package() -> None:
    script = (SOURCES / "src" / "curve" / "tags.ts").read_text(encoding="utf-8")
    (names,) = re.findall(r"export const TAGS = (\[[^]]*?),?\s*\];", script)
    assert tuple(json.loads(f"{names}]")) == TAGS
    assert re.findall(r"const MIN_STRENGTH = (\S+);", script) == [f"{MIN_TAG_STRENGTH:g}"]
    assert re.findall(r"const SHOWN = (\S+);", script) == [str(SHOWN_TAGS)]


@pytest.mark.parametrize(("what", "folder"), [("page", STATIC), ("report", REPORT)])
def test_the_bundle_is_up_to_date(npm: str, tmp_path: Path, what: str, folder: Path) -> None:
    npm_run(npm, f"build:{what}", "--", "--outDir", str(tmp_path / "static"), "--emptyOutDir")
    built, committed = files(tmp_path / "static"), files(folder)
    assert sorted(built) == sorted(committed), "run npm run build in the folder web, and commit the result"
    assert [name for name in built if built[name] != committed[name]] == []


@pytest.mark.parametrize("folder", [STATIC, REPORT])
def test_scripts_are_small(folder: Path) -> None:
    scripts = [body for name, body in files(folder).items() if name.endswith(".js")]
    assert scripts
    assert sum(len(gzip.compress(body)) for body in scripts) < 300_000


@pytest.mark.parametrize(
    ("folder", "names"), [(STATIC, ["wavesurfer", "uplot", "d3-zoom"]), (REPORT, ["wavesurfer", "uplot"])]
)
def test_scripts_start_with_the_licenses_of_their_libraries(folder: Path, names: list[str]) -> None:
    # a script of an audio worklet has no libraries
    scripts = [name for name in files(folder) if name.endswith(".js") and ".worklet" not in name]
    (script,) = (files(folder)[name].decode() for name in scripts)
    head = script[: script.index("*/")]
    assert script.startswith("/*!")
    assert head.count("Copyright") >= len(names)
    assert [name for name in names if name not in head] == []


def test_the_script_and_style_of_the_report_can_be_inlined() -> None:
    # these would end the elements, or change how a script is parsed
    script, style = (REPORT / name for name in ("report.js", "report.css"))
    assert not re.search(r"</script|<script|<!--", script.read_text(encoding="utf-8"), re.IGNORECASE)
    assert not re.search(r"</style", style.read_text(encoding="utf-8"), re.IGNORECASE)


def test_the_page_has_no_inline_script_or_style() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<style|\bstyle=|\bon[a-z]+=|<script(?![^>]*\bsrc=)", page) == []
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses
    assert all(address.startswith("./") for address in addresses)


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 30
