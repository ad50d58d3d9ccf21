"""Check the licenses of all that `pip install moodcurve` and each of its extras install, and print them as tables.

Packages of an extra that the base install has too are left out. Exit code: 1 if a package has a license that is neither
permissive nor named in `OTHERS` or `EXCEPTIONS`, or is not installed.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
NOT_FOR_USERS = "dev", "docs", "peers"
"""Extras for work on moodcurve itself."""
PERMISSIVE = r"\b(MIT|BSD|0BSD|BSL-1\.0|ISC|Apache|PSF|Python Software Foundation|Zlib|CC0)\b"
OTHERS = {
    r"MPL|Mozilla": "changes to its own files must be published",
    r"LGPL|Lesser General Public": "a library loaded at run time, which users may replace",
}
"""Further licenses, and why their packages may be installed."""
EXCEPTIONS = {
    "av": ("GPL-2.0", "GPL: its wheels hold libx264 and libx265, encoders that moodcurve does not call"),
    "mutagen": ("GPL", "GPL: NOTICE and docs/decisions.md say what that means"),
    "unidecode": ("GPL", "GPL: beets needs it, and runs moodcurve as its plugin"),
    "opensmile": ("audEERING", "no commercial use: a reference to compare with, which nothing else needs"),
    "python-osc": ("Freely Distributable", "public domain (Unlicense)"),
}
"""Single packages of other licenses, as these begin or say, and why they may be installed."""
STATED = {
    "av": "BSD-3-Clause AND LGPL-3.0-or-later AND GPL-2.0-or-later",
    "certifi": "MPL-2.0",
    "opensmile": "LicenseRef-audEERING-Research",
    "pathspec": "MPL-2.0",
    "soundfile": "BSD-3-Clause AND LGPL-2.1-or-later",
    "unidecode": "GPL-2.0-or-later",
}
"""Licenses of what the packages' wheels hold, where their metadata leave out a part, are wrong or are no SPDX term."""


def requirements() -> dict[str, list[Requirement]]:
    """Return what pyproject.toml requires: by extra, and under "" for the base install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = {"": project["dependencies"], **project["optional-dependencies"]}

    def expanded(extra: str) -> list[Requirement]:
        found = []
        for requirement in map(Requirement, texts[extra]):
            parts = map(expanded, requirement.extras) if requirement.name == project["name"] else [[requirement]]
            found += [one for part in parts for one in part]
        return found

    return {extra: expanded(extra) for extra in texts}


def normalized(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_by(wanted: Iterable[Requirement]) -> dict[str, Distribution]:
    """Return packages and all that they require, as far as installed, by normalized name.

    Raises
    ------
    PackageNotFoundError
        If a wanted package itself is not installed.
    """
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement, True) for requirement in wanted]
    while waiting:
        requirement, is_wanted = waiting.pop()
        key = normalized(requirement.name)
        try:
            found[key] = distribution(key)
        except PackageNotFoundError:
            if is_wanted:
                raise
            continue  # for other systems or versions of Python
        for extra in {"", *requirement.extras} - {extra for name, extra in seen if name == key}:
            seen.add((key, extra))
            further = map(Requirement, found[key].requires or [])
            waiting += [(one, False) for one in further if one.marker is None or one.marker.evaluate({"extra": extra})]
    return found


def trees() -> dict[str, dict[str, Distribution]]:
    """Return the packages of the base install, under "", and what each extra for users adds to them."""
    needed = requirements()
    base = installed_by(needed[""])
    extras = {extra: installed_by(needed[extra]) for extra in needed if extra not in ("", *NOT_FOR_USERS)}
    return {"": base} | {
        extra: {name: package for name, package in tree.items() if name not in base} for extra, tree in extras.items()
    }


def license_of(package: Distribution) -> str:
    """Return a package's license: its SPDX expression, else its classifiers, else the first line of its text."""
    metadata = package.metadata
    classifiers = [text.rpartition(" :: ")[2] for text in metadata.get_all("Classifier") or [] if "License ::" in text]
    stated = metadata.get("License-Expression") or " AND ".join(classifiers) or metadata.get("License") or ""
    return STATED.get(normalized(package.name)) or (stated.strip().splitlines() or ["unknown"])[0]


def reason(name: str, license_text: str) -> str | None:
    """Return why a package of this license may be installed, or None."""
    reasons = [_reason(name, part) for part in re.split(r"\s+AND\s+", license_text.replace("(", "").replace(")", ""))]
    return None if None in reasons else max(filter(None, reasons), key=len)


def _reason(name: str, license_text: str) -> str | None:
    license_part, why = EXCEPTIONS.get(name, ("", ""))
    if why and license_part in license_text:
        return why
    if re.search(r"(?<!L)GPL|(?<!Lesser )General Public", license_text):
        return None
    for pattern, why in OTHERS.items():
        if re.search(pattern, license_text):
            return why
    return "permissive" if re.search(PERMISSIVE, license_text) else None


def summary() -> list[str]:
    """Return the rows of the table in docs/releases.md: what each install brings that is not permissive."""
    rows = []
    for extra, packages in trees().items():
        licenses = {name: license_of(package) for name, package in sorted(packages.items())}
        others = [f"{name} ({text})" for name, text in licenses.items() if reason(name, text) != "permissive"]
        rows.append(f"| {f'`{extra}`' if extra else 'bare'} | {', '.join(others) or '–'} |")
    return rows


def main() -> int:
    """Print the tables, and return the exit code."""
    refused = 0
    for extra, packages in trees().items():
        print(f"\n{f'extra {extra}, in addition' if extra else 'base install'}: {len(packages)} packages")
        for name, package in sorted(packages.items()):
            license_text = license_of(package)
            why = reason(name, license_text)
            refused += why is None
            print(f"{name:26} {package.version:14} {license_text[:40]:40} {why or 'NOT ALLOWED'}")
    return int(refused > 0)


if __name__ == "__main__":
    sys.exit(main())
