"""Write the list of everything that an install of a wheel holds (SBOM, CycloneDX 1.6 JSON).

    python scripts/sbom.py dist/moodcurve-0.2.0-py3-none-any.whl -o dist/sbom.json

The wheel is installed into a fresh environment, which cyclonedx-bom lists; to that come the scripts inside the pages
(web/package-lock.json) and the weights of the tag network.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TAG_NETWORK = {
    "type": "machine-learning-model",
    "bom-ref": "tags1.onnx",
    "name": "musicnn MSD_musicnn",
    "version": "0.1.0",
    "licenses": [{"license": {"id": "ISC"}}],
}


def run(*command: str) -> None:
    """Run a command without its output, which a failure shows."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


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


def main() -> None:
    """Install the wheel, list what is there, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment, listed = Path(folder) / "environment", Path(folder) / "sbom.json"
        python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        run(sys.executable, "-m", "venv", "--without-pip", str(environment))
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
        run(*pip, "-c", str(ROOT / "constraints.txt"), str(options.wheel))
        listing = [sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--output-reproducible"]
        run(*listing, "--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "library", "-o", str(listed))
        document = json.loads(listed.read_text(encoding="utf-8"))
    # the environment holds moodcurve itself too, which is the subject of the document
    document["components"] = [part for part in document["components"] if part["name"] != "moodcurve"]
    document["components"] += [*page_scripts(), TAG_NETWORK]
    options.output.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{options.output}: {len(document['components'])} parts")


if __name__ == "__main__":
    main()
