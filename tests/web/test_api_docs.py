"""Tests of the documentation page of the API, and of the operation ids that it shows."""

import re
import shlex
from html.parser import HTMLParser

import pytest

from moodcurve.web.app import _empty_app
from moodcurve.web.responses.api_docs import docs_html
from tests.helpers.web_client import request
from tests.helpers.web_server import Server

pytestmark = pytest.mark.slow

OPERATIONS = {
    "get_health", "create_analysis", "get_job", "stream_job_events", "get_job_curve", "delete_job", "list_songs",
    "search_songs", "get_song", "get_song_curve", "get_similar_songs", "get_song_audio", "head_song_audio",
    "get_map", "list_problems", "get_playlist", "describe_list", "list_alternatives", "get_playlist_file",
    "get_live", "create_live_session", "add_live_sound", "stream_live_events", "delete_live_session",
    "get_batch", "get_batch_results", "get_batch_curve", "delete_batch", "get_metrics",
}  # fmt: skip


class Elements(HTMLParser):
    """Collects the elements of a page, and the texts of its code examples."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.examples: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "pre" and data.strip():
            self.examples.append(data)


def test_operation_ids_are_readable(server: Server) -> None:
    document = request(server, "/openapi.json").json()
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(OPERATIONS)
    assert set(ids) == OPERATIONS


def test_the_page_describes_all_operations_and_links_to_its_parts(server: Server) -> None:
    response = request(server, "/docs")
    assert (response.status, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    html = response.body.decode()
    elements = Elements(html)
    ids = {attributes["id"] for _, attributes in elements.tags if "id" in attributes}
    assert ids >= OPERATIONS
    links = {attributes["href"] or "" for tag, attributes in elements.tags if tag in ("a", "link")}
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    assert {link for link in links if not link.startswith("#")} == {"openapi.json", "docs.css", "icon.svg"}
    assert len(elements.examples) == len(OPERATIONS)
    for text in ("near", "Last-Event-ID", "multipart/form-data", "text/event-stream", "default 50", "png"):
        assert text in html, text


def test_the_page_needs_no_script_and_no_other_server(server: Server) -> None:
    tags = Elements(request(server, "/docs").body.decode()).tags
    assert not {"script", "style", "iframe", "img"} & {tag for tag, _ in tags}
    assert not [name for _, attributes in tags for name in attributes if name == "style" or name.startswith("on")]
    style = request(server, "/docs.css")
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert b"url(" not in style.body


def test_examples_are_commands_that_work(server: Server) -> None:
    examples = Elements(request(server, "/docs").body.decode()).examples
    base = f"http://127.0.0.1:{server.port}"
    header, statuses = '-H "Authorization: Bearer $MOODCURVE_TOKEN"', {}
    for example in examples:
        command, *options, url = shlex.split(example)
        assert command == "curl"
        assert url.startswith((base + "/api/", base + "/metrics"))
        assert "{" not in url
        assert options[-2:] == ["-H", "Authorization: Bearer $MOODCURVE_TOKEN"]
        if not options[:-2]:
            statuses[url.removeprefix(base)] = request(server, url.removeprefix(base)).status
    assert f"curl -F file=@song.mp3 {header} '{base}/api/analyze?wait=true'" in examples
    assert [status for path, status in statuses.items() if path.startswith("/api/songs?")] == [200]
    unknown = {path for path in statuses if path.startswith(("/api/jobs/", "/api/batches/"))}
    assert {path: status for path, status in statuses.items() if path not in unknown and status != 200} == {}


def test_text_is_escaped_and_examples_send_the_token() -> None:
    app = _empty_app()

    @app.get("/api/<b>", description="a & <b>")
    def get_bold() -> None: ...

    document = {**app.openapi(), "components": {"schemas": {}}}
    html = docs_html(document, "https://music.example/moods", style_url="docs.css")
    assert "<b>" not in html
    assert "a &amp; &lt;b&gt;" in html
    (example,) = Elements(html).examples
    assert shlex.split(example)[1:] == [
        "-H", "Authorization: Bearer $MOODCURVE_TOKEN", "https://music.example/moods/api/<b>",
    ]  # fmt: skip
    assert re.search(r'-H "Authorization', example)  # in double quotes, so that the shell inserts the variable
