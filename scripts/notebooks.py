"""Run the notebooks of docs/notebooks in empty folders, and store their outputs in them.

    python scripts/notebooks.py [NAME...]

The notebook of the paper reads DEAM from the folder that the environment variable DEAM names; without it, this notebook
is left out.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"


def main() -> None:
    """Run the notebooks that the command line names, or all of them."""
    if "DEAM" in os.environ:  # a notebook runs in another folder
        os.environ["DEAM"] = str(Path(os.environ["DEAM"]).resolve())
    names = [path.stem for path in sorted(FOLDER.glob("*.ipynb")) if path.stem != "paper" or "DEAM" in os.environ]
    for name in sys.argv[1:] or names:
        path = FOLDER / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            resources = {"metadata": {"path": folder}}
            NotebookClient(notebook, timeout=None, record_timing=False, resources=resources).execute()
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, path)
        print(path.name, "done")


if __name__ == "__main__":
    main()
