"""Write the list of everything that installs of moodcurve hold, bare and with extras (SBOM, CycloneDX 1.6 JSON).

    python scripts/sbom.py -o dist/sbom.json

Run it where all extras are installed, as in the environment of `make setup-dev`: cyclonedx-bom lists what is there, and
packages that neither moodcurve nor an extra for users requires are left out. Packages of extras alone have the property
`moodcurve:extra`, once for each. To these come the scripts inside the pages (web/package-lock.json) and the weights of
the tag network.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from licenses import STATED, normalized, trees

ROOT = Path(__file__).parents[1]
TAG_NETWORK = {
    "type": "machine-learning-model",
    "bom-ref": "tags1.onnx",
    "name": "musicnn MSD_musicnn",
    "version": "0.1.0",
    "licenses": [{"license": {"id": "ISC"}}],
}


def page_scripts() -> list[dict[str, Any]]:
    """Return the npm packages that the pages' scripts contain: what web/package.json requires, and what that requires.

    Packages that only build the page are left out.
    """
    locked = json.loads((ROOT / "web/package-lock.json").read_text(encoding="utf-8"))["packages"]
    return [
        {
            "type": "library",
            "bom-ref": f"pkg:npm/{name}@{entry['version']}",
            "purl": f"pkg:npm/{name}@{entry['version']}",
            "name": name,
            "version": entry["version"],
            "licenses": [{"license": {"id": entry["license"]}}],
        }
        for path, entry in locked.items()
        if path and not entry.get("dev")
        for name in [path.rpartition("node_modules/")[2]]
    ]


def listed_packages() -> dict[str, Any]:
    """Return the document of cyclonedx-bom about this environment."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "sbom.json"
        command = [sys.executable, "-m", "cyclonedx_py", "environment", sys.executable, "--output-reproducible"]
        command += ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "library", "-o", str(listed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        document: dict[str, Any] = json.loads(listed.read_text(encoding="utf-8"))
    return document


def with_extras(packages: list[dict[str, Any]], trees: Mapping[str, Collection[str]]) -> list[dict[str, Any]]:
    """Return the packages that the base install or an extra brings, with the names of those extras as properties.

    Parameters
    ----------
    packages : list of dict
        Components of the document.
    trees : mapping of str to collection of str
        Normalized names of the packages of each extra; of the base install under "".
    """
    kept = []
    for package in packages:
        extras = [extra for extra, names in trees.items() if normalized(package["name"]) in names]
        if extras:
            added: dict[str, Any] = {}
            if "" not in extras:
                added["properties"] = [{"name": "moodcurve:extra", "value": extra} for extra in extras]
            if normalized(package["name"]) in STATED:
                added["licenses"] = [{"expression": STATED[normalized(package["name"])]}]
            kept.append(package | added)
    return kept


def main() -> None:
    """List what is installed here, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    document = listed_packages()
    document["components"] = [*with_extras(document["components"], trees()), *page_scripts(), TAG_NETWORK]
    known = {part["bom-ref"] for part in [document["metadata"]["component"], *document["components"]]}
    document["dependencies"] = [
        entry | {"dependsOn": [ref for ref in entry.get("dependsOn", []) if ref in known]}
        for entry in document["dependencies"]
        if entry["ref"] in known
    ]
    options.output.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{options.output}: {len(document['components'])} parts")


if __name__ == "__main__":
    main()
