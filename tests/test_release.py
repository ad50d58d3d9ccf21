"""What a release promises: one version, the same bytes from the same commit, known licenses, checked extras."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import moodcurve
from tests.helpers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(ROOT / "scripts"))  # scripts import each other
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


def test_one_version_everywhere() -> None:
    assert moodcurve.__version__ == PROJECT["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(PROJECT['version'])} – \d{{4}}-\d{{2}}-\d{{2}}$", changes, re.MULTILINE)


@pytest.mark.slow
def test_two_builds_of_a_commit_are_the_same_bytes(tmp_path: Path) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1780000000"}
    for folder in ("one", "two"):
        command = [sys.executable, "-m", "build", "--no-isolation", "--quiet", "--outdir", str(tmp_path / folder)]
        subprocess.run([*command, str(ROOT)], check=True, env=environment, capture_output=True, timeout=300)
    built = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert [Path(name).suffix for name in built] == [".whl", ".gz"]
    for name in built:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    names = zipfile.ZipFile(tmp_path / "one" / built[0]).namelist()
    wanted = {
        "moodcurve/py.typed", "moodcurve/pretrained/default.onnx", "moodcurve/pretrained/default.md",
        "moodcurve/web/static/index.html", "moodcurve/features/tags/tags1.onnx", "beetsplug/moodcurve.py",
    }  # fmt: skip
    assert wanted <= set(names)
    assert {name.split("/")[0] for name in names} == {
        "moodcurve", "beetsplug", f"moodcurve-{PROJECT['version']}.dist-info",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "license_text", "allowed"),
    [
        ("a", "MIT License", True),
        ("a", "BSD-3-Clause AND 0BSD", True),
        ("a", "LGPL-2.1-or-later", True),
        ("mutagen", "GPL-2.0-or-later", True),
        ("a", "GPL-2.0-or-later", False),
        ("a", "MIT AND GPL-3.0-only", False),
        ("a", "AGPL-3.0", False),
        ("a", "GPL-3.0-only AND MPL-2.0", False),
        ("a", "GPL-2.0-or-later AND LGPL-2.1-only", False),
        ("a", "GNU General Public License v3 AND MIT License", False),
        ("a", "GNU Lesser General Public License v2", True),
        ("a", "MIT AND LicenseRef-Proprietary", False),
        ("a", "Mozilla Public License 2.0 (MPL 2.0)", True),
        ("mutagen", "LicenseRef-Proprietary", False),
        ("av", "BSD-3-Clause AND LGPL-3.0-or-later AND GPL-2.0-or-later", True),
        ("a", "Boost Software License", False),
        ("a", "BSL-1.0", True),
        ("a", "PERMITTED", False),
        ("a", "unknown", False),
    ],
)
def test_licenses_are_judged(name: str, license_text: str, allowed: bool) -> None:
    assert (script("licenses").reason(name, license_text) is not None) == allowed


def test_all_installed_packages_have_allowed_licenses(capsys: pytest.CaptureFixture[str]) -> None:
    assert script("licenses").main() == 0
    printed = capsys.readouterr().out
    for extra in set(PROJECT["optional-dependencies"]) - {"dev", "docs", "peers"}:
        assert f"extra {extra}, in addition" in printed
    for name in ("mutagen", "torch", "ray", "beets", "s3fs"):  # the last ones by a nested extra
        assert re.search(rf"^{name} ", printed, re.MULTILINE), name


def test_the_page_on_releases_names_every_license_that_is_not_permissive() -> None:
    rows = script("licenses").summary()
    assert any("mutagen (GPL-2.0-or-later)" in row for row in rows)
    page = (ROOT / "docs/releases.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row not in page] == []


def test_every_extra_is_tried_in_a_fresh_environment_or_named_as_not() -> None:
    smoke = script("smoke")
    assert set(PROJECT["optional-dependencies"]) == {*smoke.EXTRAS, *smoke.NO_PROGRAM}


def test_the_list_of_parts_names_the_extras_that_bring_a_package() -> None:
    packages = [{"name": name} for name in ("NumPy", "Unidecode", "pytest", "pyarrow")]
    trees = {"": {"numpy"}, "beets": {"unidecode"}, "parquet": {"pyarrow"}, "ray": {"pyarrow"}}
    numpy, unidecode, pyarrow = script("sbom").with_extras(packages, trees)
    assert numpy == {"name": "NumPy"}
    assert unidecode["licenses"] == [{"expression": "GPL-2.0-or-later"}]
    assert pyarrow["properties"] == [{"name": "moodcurve:extra", "value": extra} for extra in ("parquet", "ray")]


def test_the_list_of_parts_names_the_scripts_inside_the_pages() -> None:
    names = {part["name"] for part in script("sbom").page_scripts()}
    assert {"wavesurfer.js", "uplot", "d3-zoom"} <= names
    assert not names & {"vite", "typescript", "prettier"}


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_workflows_and_templates_are_yaml_with_known_targets(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for called in re.findall(r"(?:run: |CI )make ([a-z ]+)$", text, re.MULTILINE):
        assert set(called.split()) <= targets, called
    for action in re.findall(r"uses: (.+)$", text, re.MULTILINE):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action), f"{action}: not by commit"


def test_packages_are_published_without_a_password() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text(encoding="utf-8"))["jobs"]
    upload = jobs["publish"]["steps"][-1]
    assert upload["uses"].startswith("pypa/gh-action-pypi-publish@")
    assert "with" not in upload
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert "permissions" not in jobs["build"]
