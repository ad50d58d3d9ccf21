"""Add to the documentation site what is no file of docs/, and let one text serve the repository's page and the site.

MkDocs calls the functions named ``on_…``. They add files of the repository (README.md is the home page), two generated
pages and the notebooks with their outputs, point links at where a file is on the site, and draw formulas.
"""

import posixpath
import re
from pathlib import Path

from formulas import draw_formulas
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from notebooks import notebook_pages
from reference import command_reference, python_reference

ROOT = Path(__file__).parents[2]

PUBLISHED = {
    "README.md": "index.md",
    "CHANGELOG.md": "project/changelog.md",
    "CODE_OF_CONDUCT.md": "project/code-of-conduct.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security-policy.md",
    "web/README.md": "project/page-sources.md",
    "src/moodcurve/pretrained/default.md": "reference/default-model.md",
    "src/moodcurve/features/tags/tags1.md": "reference/tag-network.md",
    "CITATION.cff": "CITATION.cff",
    "LICENSE": "LICENSE.txt",
    "NOTICE": "NOTICE.txt",
}
"""Files of the repository outside docs/ that the site holds, and their paths on the site."""

BOOSTS = {"Start here": 4, "How to": 4, "Results": 0.5, "Project": 0.5}
"""Weights of the navigation's sections in a search, where they are not 1."""

_LINK = re.compile(r"(\]\()([^)\s:#]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files of `PUBLISHED` and the generated pages."""
    for source, published in PUBLISHED.items():
        files.append(File.generated(config, published, abs_src_path=str(ROOT / source)))
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "reference/commands.md", content=command_reference()))
    files.append(File.generated(config, "reference/python.md", content=python_reference(guide)))
    for path, content in notebook_pages().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Weigh a page for the search, and replace links to files of the repository by links to where the site has them."""
    on_site = page.file.src_uri
    section = page.ancestors[-1].title if page.ancestors else None
    page.meta["search"] = {"boost": BOOSTS.get(section, 1)}
    if on_site.startswith("notebooks/") and on_site != "notebooks/index.md":  # their links are the site's
        return markdown
    if on_site == "index.md":  # its column of pages would hold itself alone
        page.meta["hide"] = ["navigation"]
    in_repository = next((source for source, path in PUBLISHED.items() if path == on_site), f"docs/{on_site}")

    def replaced(link: re.Match[str]) -> str:
        target = site_path(posixpath.normpath(posixpath.join(posixpath.dirname(in_repository), link[2])))
        if target is None:
            return link[0]
        relative = posixpath.relpath(target, posixpath.dirname(on_site) or ".")
        return f"{link[1]}{relative}{link[3] or ''}{link[4]}"

    return _LINK.sub(replaced, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Draw the formulas of a page."""
    return draw_formulas(html)


def site_path(path: str) -> str | None:
    """Return where the site has a file of the repository, or None if it does not have it.

    >>> site_path("README.md"), site_path("docs/notebooks/curve.ipynb"), site_path("src/moodcurve/cli/app.py")
    ('index.md', 'notebooks/curve.md', None)
    """
    if path.startswith("docs/"):
        path = path.removeprefix("docs/")
        return path.removesuffix(".ipynb") + ".md" if path.endswith(".ipynb") else path
    return PUBLISHED.get(path)
