"""Make pages of the site from the notebooks of docs/notebooks, with the outputs that they hold."""

from pathlib import Path

from nbconvert import MarkdownExporter

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"


def notebook_pages() -> dict[str, str | bytes]:
    """Return the content of each file, by its path on the site: a Markdown page per notebook, and its pictures."""
    files: dict[str, str | bytes] = {}
    for path in sorted(FOLDER.glob("*.ipynb")):
        pictures = f"{path.stem}_files"
        text, resources = MarkdownExporter().from_filename(str(path), {"output_files_dir": pictures})
        text = text.replace("![png](", "![What the cell above draws](")
        title, _, rest = text.strip().partition("\n")
        files[f"notebooks/{path.stem}.md"] = f"{title}\n\n[The notebook itself]({path.name}), to download.\n{rest}\n"
        files.update({f"notebooks/{name}": data for name, data in resources["outputs"].items()})
    return files
