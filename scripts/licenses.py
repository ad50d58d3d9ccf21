"""Check the licenses of everything that `pip install moodcurve` installs, and print them as a table.

Exit code: 1 if a package has a license that is neither permissive nor named in `OTHERS` or `EXCEPTIONS`.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

PERMISSIVE = r"\b(MIT|BSD|0BSD|ISC|Apache|PSF|Python Software Foundation|Zlib|CC0)\b"
OTHERS = {
    r"MPL|Mozilla": "changes to its own files must be published",
    r"LGPL|Lesser General Public": "a library loaded at run time, which users may replace",
}
"""Further licenses, and why their packages may be installed."""
EXCEPTIONS = {"mutagen": "GPL: NOTICE and docs/decisions.md say what that means"}


def installed_by(name: str) -> dict[str, Distribution]:
    """Return a package and all that it requires without extras, as far as installed, by normalized name."""
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        key = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if key in found:
            continue
        try:
            found[key] = distribution(key)
        except PackageNotFoundError:
            continue  # for other systems or versions of Python
        for text in found[key].requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def license_of(package: Distribution) -> str:
    """Return a package's license: its SPDX expression, else its classifiers, else the first line of its text."""
    metadata = package.metadata
    classifiers = [text.rpartition(" :: ")[2] for text in metadata.get_all("Classifier") or [] if "License ::" in text]
    stated = metadata.get("License-Expression") or " AND ".join(classifiers) or metadata.get("License") or ""
    return (stated.strip().splitlines() or ["unknown"])[0]


def reason(name: str, license_text: str) -> str | None:
    """Return why a package of this license may be installed, or None."""
    reasons = [_reason(name, part) for part in re.split(r"\s+AND\s+", license_text.replace("(", "").replace(")", ""))]
    return None if None in reasons else max(filter(None, reasons), key=len)


def _reason(name: str, license_text: str) -> str | None:
    if re.search(r"(?<!L)GPL|(?<!Lesser )General Public", license_text):
        return EXCEPTIONS.get(name)
    for pattern, why in OTHERS.items():
        if re.search(pattern, license_text):
            return why
    return "permissive" if re.search(PERMISSIVE, license_text) else None


def main() -> int:
    """Print the table, and return the exit code."""
    refused = 0
    for name, package in sorted(installed_by("moodcurve").items()):
        if name == "moodcurve":
            continue
        license_text = license_of(package)
        why = reason(name, license_text)
        refused += why is None
        print(f"{name:20} {package.version:14} {license_text:40} {why or 'NOT ALLOWED'}")
    return int(refused > 0)


if __name__ == "__main__":
    sys.exit(main())
