"""Request bodies, query strings and headers made at random: each gets an answer, and nothing is left over.

`make fuzz` tries many more than a usual run of the tests.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve.errors import MoodcurveError
from moodcurve.library import open_library
from moodcurve.runtime import load_model
from moodcurve.web.app import open_app
from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.query_params import SongPage
from moodcurve.web.settings import ServerLimits, Settings
from tests.helpers.library_fixtures import file, song
from tests.helpers.web_server import TOKEN

Send = Callable[..., httpx.Response]
FUZZ = settings(
    max_examples=int(os.environ.get("MOODCURVE_FUZZ", "200")),
    derandomize="MOODCURVE_FUZZ" not in os.environ,
    deadline=None,
    database=None,
)
LIMITS = ServerLimits(upload_bytes=5000, requests_per_minute=10**9, burst=10**9)

FRAGMENTS = st.sampled_from(
    [
        b"--xyx", b"--xyx\r\n", b"\r\n--xyx\r\n", b"\r\n--xyx--", b"\r\n--xyx--\r\n", b"\r\n", b"\r", b"\n", b"--",
        b"\r\n\r\n", b": ", b";", b'"', b"\\", b"=", b"\0", b"\xff\xfe", b"a" * 3000, b"=?utf-8?q?x?=",
        b'Content-Disposition: form-data; name="file"; filename="a.mp3"', b"Content-Disposition: form-data",
        b"content-disposition: form-data; name=file; filename=", b"Content-Disposition: form-data; filename*=utf-8''%",
        b"Content-Disposition: form-data; name*0=fi; name*1=le; filename=x", b"Content-Type: text/plain",
        b"Content-Transfer-Encoding: base64", b"Content-Length: -1",
    ]
)  # fmt: skip
BODIES = st.lists(FRAGMENTS | st.binary(max_size=20), max_size=12)
"""Bodies as chunks, in which they are sent."""
CONTENT_TYPES = st.sampled_from(
    [
        "multipart/form-data; boundary=xyx", 'multipart/form-data; boundary="xyx"', "MULTIPART/form-data; BOUNDARY=xyx",
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary*=utf-8''xyx",
        "multipart/form-data; boundary*0=x; boundary*1=yx", "application/json", "multipart/mixed; boundary=xyx", "",
    ]
) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80).map(
    lambda text: f"multipart/form-data; boundary={text}"
)  # fmt: skip
JSON_FRAGMENTS = st.sampled_from(
    [
        b"{", b"}", b"[", b"]", b",", b":", b'"songs"', b'"urls"', b'"webhook"', b"1", b"-1", b"1e999", b"NaN", b"null",
        b'"http://127.0.0.1/"', b'"\\ud800"', b'{"songs": [', b"]}", b"[" * 5000, b"9" * 30, b'"', b"\\", b"\xff",
    ]
)  # fmt: skip
LISTS = st.lists(st.integers() | st.text(max_size=20) | st.none() | st.sampled_from(["http://[", "http://a:b@c/", 1]))
BATCHES = st.dictionaries(st.sampled_from(["songs", "urls", "webhook", "x"]), LISTS | st.text(max_size=9)).map(
    lambda batch: json.dumps(batch).encode()
)
"""Bodies of the form of a batch, mostly invalid, and parts of such."""
NAMES = st.sampled_from([*SongPage.model_fields, "format", "wait", "token", "songs"]) | st.text(max_size=8)
VALUES = st.text(max_size=20) | st.sampled_from(
    [
        "1", "-1", "0:1", ":", "1e999", "nan", "inf", "9" * 30, "true", "png", "json", "-0.3,0.4", "0,0,0", "1:30",
        "-year", "calm-positive", "near", "rock:0.5", "'", '"', "%", "_", "*", "NEAR(a b)", "a OR", "a" * 301, "\0",
        "\ud800",
    ]
)  # fmt: skip
PATHS = st.sampled_from(
    ["/api/songs", "/api/search", "/api/map", "/api/problems", "/api/health", "/api/songs/1", "/api/songs/1/curve",
     "/api/songs/1/audio", "/api/jobs/000000000000", "/api/jobs/000000000000/events", "/api/batches/000000000000",
     "/metrics", "/openapi.json", "/docs", "/"]
) | st.text(max_size=12).map(lambda text: f"/api/{quote(text, errors='replace')}")  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Range", "If-Range", "Last-Event-ID", "Cookie", "Origin", "Accept-Encoding", "If-None-Match", "Sec-Fetch-Site"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
    | st.sampled_from(["bytes=0-", "bytes=-1", "bytes=9-1", "0", "9" * 12, "same-origin", '"', "a=b; a"]),
    max_size=3,
)


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parent of the server's temporary folder."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def send(uploads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Send]:
    """Sends a request to the application, whose analyses all fail at once; raises its errors."""
    library = tmp_path_factory.mktemp("fuzz") / "library.sqlite"
    with open_library(library, write=True) as opened:
        opened.write([song("a"), file("/music/a.mp3", "a", title="A", artist="B")])

    async def fail(*_: object, **__: object) -> None:
        raise MoodcurveError("not audio")

    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr("tempfile.tempdir", str(uploads))
        patch.setattr(AsyncPool, "run", fail)
        chosen = Settings(library=library, token=TOKEN, limits=LIMITS)
        with open_app(chosen, load_model(), port=8765) as running:
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(running.app),
                base_url="http://localhost",
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            yield lambda *request, **options: runner.run(client.request(*request, **options))
            runner.run(running.jobs.wait_stopped())
            runner.run(running.batches.stop())
            runner.run(client.aclose())


def check(response: httpx.Response, *statuses: int) -> None:
    """Check that a response has one of the statuses, and that an error is a problem object of one line."""
    assert response.status_code in statuses, response.text
    if response.status_code >= 400 and response.request.method != "HEAD":
        assert response.headers["content-type"] == "application/problem+json"
        problem = json.loads(response.text)
        assert problem["status"] == response.status_code
        assert problem["detail"].isprintable()
        assert len(problem["detail"]) < 1000


async def chunks(body: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in body:
        yield chunk


def left_over(uploads: Path) -> list[Path]:
    """Return the files of songs."""
    return [path for path in uploads.glob("*/*") if path.name not in ("lock", "batches")]


@FUZZ
@given(BODIES, CONTENT_TYPES)
def test_fuzzed_bodies(send: Send, uploads: Path, body: list[bytes], content_type: str) -> None:
    response = send("POST", "/api/analyze?wait=true", content=chunks(body), headers={"Content-Type": content_type})
    check(response, 400, 413, 415, 422)
    assert left_over(uploads) == []


@FUZZ
@given(BODIES)
def test_fuzzed_files_in_a_form(send: Send, uploads: Path, parts: list[bytes]) -> None:
    """As above, but with a form around it, so that more gets through."""
    head = b'--xyx\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n'
    name = b"".join(parts[:2]).replace(b"\r", b"").replace(b"\n", b"")
    body = [head % name, *parts[2:], b"\r\n--xyx--\r\n"]
    headers = {"Content-Type": "multipart/form-data; boundary=xyx"}
    check(send("POST", "/api/analyze?wait=true", content=chunks(body), headers=headers), 400, 413, 422)
    assert left_over(uploads) == []


@FUZZ
@given(BATCHES | st.lists(JSON_FRAGMENTS | st.binary(max_size=5), max_size=12).map(b"".join))
def test_fuzzed_batches(send: Send, body: bytes) -> None:
    response = send("POST", "/api/analyze", content=body, headers={"Content-Type": "application/json"})
    check(response, 202, 400, 403, 422, 429)


@FUZZ
@given(PATHS, st.lists(st.tuples(NAMES, VALUES), max_size=4), HEADERS)
def test_fuzzed_queries(send: Send, path: str, query: list[tuple[str, str]], headers: dict[str, str]) -> None:
    text = urlencode(query, errors="replace")
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    check(send("GET", f"{path}?{text}", headers=encoded), 200, 206, 303, 304, 401, 403, 404, 405, 416, 422, 429, 503)


@FUZZ
@given(PATHS, st.binary(max_size=60))
def test_fuzzed_raw_queries(send: Send, path: str, query: bytes) -> None:
    text = "".join(chr(byte) if 32 < byte < 127 and byte not in b'"<>#' else f"%{byte:02x}" for byte in query)
    check(send("GET", f"{path}?{text}"), 200, 206, 303, 304, 401, 403, 404, 405, 416, 422, 429, 503)
