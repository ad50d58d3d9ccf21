"""The documentation site: built strictly, every link leads somewhere, nothing is fetched from elsewhere."""

import functools
import http.server
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import matplotlib.image
import numpy as np
import pytest
import yaml
from playwright.sync_api import Browser

from moodcurve.cli import app
from moodcurve.features import COMPARE260
from tests.helpers import ROOT
from tests.helpers.command_line import run

DOCS = ROOT / "docs"
SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def nav_pages(nav: list | dict | str) -> Iterator[str]:
    """Yield the pages of the nav in order."""
    if isinstance(nav, str):
        yield nav
    for part in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from nav_pages(part)


def test_every_page_stands_in_the_nav_once() -> None:
    listed = list(nav_pages(SETTINGS["nav"]))
    assert len(listed) == len(set(listed))
    assert {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} <= set(listed)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


class Page(HTMLParser):
    """What a page names: its anchors, its links, and what a browser fetches with it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.anchors.add(given.get("id", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in ("next", "prev", "canonical"):
            self.fetched.append(given["href"])
        elif "src" in given:
            self.fetched.append(given["src"])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


@pytest.mark.slow
def test_every_link_leads_to_a_file_and_an_anchor(site: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 40
    lost = []
    for path, page in pages.items():
        for link in [*page.links, *page.fetched]:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (target in pages and parts.fragment not in pages[target].anchors):
                lost.append(f"{path.relative_to(site)}: {link}")
    assert lost == []


@pytest.mark.slow
def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert [(path, link) for path, page in pages.items() for link in page.fetched if urlsplit(link).netloc] == []
    for style in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(app.commands))
def test_reference_has_each_command_with_its_options(site: Path, name: str) -> None:
    text = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    section = re.search(rf'<h3 id="{name}">(.*?)(?=<h[23] )|<h3 id="{name}">(.*)', text, re.DOTALL)
    assert section is not None
    helped = run(name, "--help").stdout
    options = set(re.findall(r"^  (?:-\w, )?(-[\w-]+)", helped, re.MULTILINE)) - {"--help"}
    assert options
    assert [option for option in options if not re.search(rf"<code>[^<]*{option}\b", section[0])] == []


@pytest.mark.slow
def test_reference_has_the_public_names(site: Path) -> None:
    text = (site / "reference" / "python.html").read_text(encoding="utf-8")
    named = {"moodcurve.analyze", "moodcurve.Curve", "moodcurve.live.listen", "moodcurve.learn.training.train"}
    assert [name for name in named if not re.search(rf"^ *{re.escape(name)}$", text, re.MULTILINE)] == []
    assert "doc-section-title" in text  # docstrings in sections: parameters, returns, raises


@pytest.mark.slow
def test_formulas_are_drawn(site: Path) -> None:
    text = (site / "descriptors.html").read_text(encoding="utf-8")
    assert "arithmatex" not in text
    assert text.count('class="formula"') > 30
    assert r'aria-label="\omega = 2 \pi f"' in text


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", "idea.html", "reference/commands.html", "reference/python.html"])
def test_a_browser_fetches_only_from_the_site(address: str, browser: Browser, name: str) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        requests: list[str] = []
        problems: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("response", lambda response: problems.append(response.url) if response.status >= 400 else None)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address + name)
        # before the search, whose overlay grows beyond the page while it opens
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("label[for=__search]").first.click()
        page.keyboard.type("valence")
        page.locator(".md-search-result__item").first.wait_for()
        assert [url for url in requests if not url.startswith((address, "data:", f"blob:{address}"))] == []
        assert problems == []


@pytest.mark.slow
def test_pictures_are_those_that_the_script_draws(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "scripts/site/pictures.py", tmp_path], cwd=ROOT, check=True, timeout=500)
    for drawn in tmp_path.iterdir():
        images = [matplotlib.image.imread(path)[..., :3] for path in (drawn, DOCS / "images" / drawn.name)]
        assert images[0].shape == images[1].shape
        # another processor rounds otherwise: lines may shift by a fraction of a pixel
        assert np.abs(images[0] - images[1]).mean() < 0.002


def test_descriptors_name_all_columns() -> None:
    text = (DOCS / "descriptors.md").read_text(encoding="utf-8")
    names = {re.sub(r"_sma.*", "", name) for name in COMPARE260.names}
    parts = {name.removeprefix("pcm_fftMag_") for name in names if "RollOff" not in name}
    assert len(names) > 25
    assert [name for name in parts if name not in text] == []


def test_metrics_of_the_idea_are_those_of_the_results() -> None:
    stored = {name: json.loads((DOCS / "results" / f"{name}.json").read_text()) for name in ("packaged", "coverage")}
    (default,) = (model for model in stored["packaged"]["models"] if model["family"] == "default")
    clips = stored["coverage"]["groups"][0]
    expected = [[default[axis][key]["value"] for axis in ("arousal", "valence")] for key in ("r", "rmse", "r_song")] + [
        [clips[axis][key]["value"] for axis in ("arousal", "valence")] for key in ("coverage", "width")
    ]
    rows = re.findall(
        r"^\| [^|]+ \| (\.\d+) / (\.\d+) \|", (DOCS / "idea.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    for values in expected:
        assert tuple(f"{value:.3f}".removeprefix("0") for value in values) in rows


def test_citation_agrees_with_the_page() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    page = (DOCS / "citing.md").read_text(encoding="utf-8")
    (article,) = cited["references"]
    for text in (cited["title"], str(cited["version"]), article["title"], article["doi"], str(article["year"])):
        assert text in page
