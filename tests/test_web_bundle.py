"""The page's files in the package are those that its sources give, and small."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "web"
STATIC = ROOT / "src" / "moodcurve" / "web" / "static"


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def npm() -> str:
    """npm with the packages that the lock names; absent, a failure on CI and a skip elsewhere."""
    found = shutil.which("npm")
    if found and (SOURCES / "node_modules" / ".package-lock.json").is_file():
        return found
    message = (
        "no npm, or no web/node_modules: install Debian's packages nodejs and npm, and run npm ci in the folder web"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def test_the_bundle_is_what_the_sources_give(npm: str, tmp_path: Path) -> None:
    options = ["--", "--outDir", str(tmp_path / "static"), "--emptyOutDir"]
    done = subprocess.run(
        [npm, "run", "build", *options], cwd=SOURCES, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    built, kept = files(tmp_path / "static"), files(STATIC)
    assert sorted(built) == sorted(kept), "run npm run build in the folder web, and commit what it writes"
    assert [name for name in built if built[name] != kept[name]] == []


def test_scripts_are_small() -> None:
    scripts = [body for name, body in files(STATIC).items() if name.endswith(".js")]
    assert scripts
    assert sum(len(gzip.compress(body)) for body in scripts) < 300_000


def test_the_page_carries_no_script_or_style_of_its_own() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<style|\bstyle=|\bon[a-z]+=|<script(?![^>]*\bsrc=)", page) == []
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses
    assert all(address.startswith("./") for address in addresses)


def test_what_is_locked_comes_from_no_fixed_place() -> None:
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 30
