"""Tests of the server of a study over HTTP: who may do what, and what is refused."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from moodcurve.annotate.access import Access
from moodcurve.annotate.app import open_study
from moodcurve.annotate.study import find_songs, read_study_file
from moodcurve.web.settings import AddressSettings
from tests.helpers.studies import write_study

PORT = 8765
PIECE = {"number": 0, "events": [{"kind": "trained", "clock_ms": 1.5}]}
MARK = {"kind": "mark", "clock_ms": 0, "name": "play", "item": 0, "axis": "arousal", "song_s": 0}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Access]]:
    """The application of a study of one song, and its tokens."""
    folder = write_study(tmp_path_factory.mktemp("routes") / "study", "training = false\n", seconds=1)
    settings = read_study_file(folder)
    access = Access(folder)
    access.invite(3)
    address = AddressSettings(token=access.owner)
    with open_study(
        folder,
        settings,
        find_songs(folder, settings),
        access,
        address,
        adapt=lambda rater, name, progress: [],
        port=PORT,
        base_url="http://x",
    ) as running:
        yield running.app, access


class Client:
    """Send requests to the application."""

    def __init__(self, study: tuple[Any, Access], name: str | None) -> None:
        self.app, access = study
        token = {None: None, "owner": access.owner, **access.raters}[name]
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        headers = {**self.headers, **options.pop("headers", {})}
        async with httpx.AsyncClient(transport=transport, base_url=f"http://localhost:{PORT}") as client:
            return await client.request(method, path, headers=headers, **options)

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        import asyncio

        response = asyncio.run(self._send(method, path, **options))
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json"
        return response

    def detail(self, status: int, method: str, path: str, **options: Any) -> str:
        """Send a request that fails with a status; return why."""
        response = self(method, path, **options)
        assert response.status_code == status, response.text
        return response.json()["detail"]


def test_pages_are_public_and_everything_else_needs_a_token(study: tuple[Any, Access]) -> None:
    anyone = Client(study, None)
    for page in ("/", "/overview"):
        assert anyone("GET", page).text.startswith("<!doctype html>")
    for method, path in (
        ("GET", "/api/rater"), ("POST", "/api/rater/start"), ("POST", "/api/rater/pieces"),
        ("GET", "/api/rater/audio/0"), ("GET", "/api/study"), ("POST", "/api/study/raters"),
        ("DELETE", "/api/study/raters/r001"),
    ):  # fmt: skip
        assert "open the link that you were given" in anyone.detail(401, method, path)


def test_raters_and_the_person_who_runs_the_study_cannot_do_each_others_work(study: tuple[Any, Access]) -> None:
    owner, rater = Client(study, "owner"), Client(study, "r001")
    for method, path in (("GET", "/api/study"), ("DELETE", "/api/study/raters/r002")):
        assert "only the person who runs the study" in rater.detail(403, method, path)
    assert "only the person" in rater.detail(403, "POST", "/api/study/raters", json={"count": 1})
    for method, path in (("GET", "/api/rater"), ("POST", "/api/rater/start"), ("GET", "/api/rater/audio/0")):
        assert "for invited raters" in owner.detail(401, method, path)


def test_a_link_stores_a_cookie_for_its_page(study: tuple[Any, Access]) -> None:
    anyone, access = Client(study, None), study[1]
    cookies = []
    for token, page in ((access.owner, "./overview"), (access.raters["r001"], "./")):
        answer = anyone("GET", "/", params={"token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert token not in cookie
        cookies.append(cookie.partition(";")[0])
    both = {"Cookie": "; ".join(cookies)}
    assert anyone("GET", "/api/study", headers=both).status_code == 200
    assert anyone("GET", "/api/rater", headers=both).json()["rater"] == "r001"
    crossed = cookies[1].replace("moodcurve-rater", "moodcurve-study")
    assert anyone("GET", "/api/study", headers={"Cookie": crossed}).status_code == 401
    assert "wrong token" in anyone.detail(401, "GET", "/", params={"token": "x" * 24})
    assert "cross-site" in anyone.detail(403, "GET", "/api/rater", headers={**both, "Sec-Fetch-Site": "cross-site"})


def test_a_rater_gets_songs_after_consent_only(study: tuple[Any, Access]) -> None:
    rater = Client(study, "r002")
    before = rater("GET", "/api/rater").json()
    assert (before["started"], before["items"]) == (False, 0)
    assert set(before["study"]) == {
        "title", "mode", "practice_s", "whole_song", "training", "headphones", "consent", "before", "after",
    }  # fmt: skip
    assert "no such song" in rater.detail(404, "GET", "/api/rater/audio/0")
    started = rater("POST", "/api/rater/start").json()
    assert (started["started"], started["items"], started["axes"]) == (True, 1, ["arousal", "valence"])
    assert rater("POST", "/api/rater/start").json() == started
    audio = rater("GET", "/api/rater/audio/0")
    assert (audio.content[:4], audio.headers["content-type"]) == (b"fLaC", "audio/flac")
    part = rater("GET", "/api/rater/audio/0", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, audio.content[4:8])
    for item in (-1, 1, 99):  # this study has no example
        assert "no such song" in rater.detail(404, "GET", f"/api/rater/audio/{item}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pieces": []}, "body.pieces: List should have at least 1 item"),
        ({"client": "x"}, "body.client: String should match pattern"),
        ({"more": 1}, "body.more: Extra inputs are not permitted"),
        ({"pieces": [{"number": -1, "events": []}]}, "body.pieces.0.number"),
        ({"pieces": [PIECE, PIECE]}, "body.pieces: invalid value"),
        ({"pieces": [{"number": 0, "events": [{"kind": "song"}]}]}, "body.pieces.0.events.0"),
        ({"pieces": [{"number": 0, "events": [{**MARK, "name": "skip"}]}]}, "body.pieces.0.events.0.mark.name"),
        ({"pieces": [{"number": 0, "events": [{**MARK, "item": 4}]}]}, "item 4, axis arousal: not one of"),
        ({"pieces": [{"number": 0, "events": [{**MARK, "axis": "both"}]}]}, "item 0, axis both: not one of"),
    ],
)
def test_wrong_pieces_are_refused(study: tuple[Any, Access], change: dict[str, Any], message: str) -> None:
    rater = Client(study, "r001")
    rater("POST", "/api/rater/start")
    body = {"rater": "r001", "client": "0" * 16, "pieces": [PIECE], **change}
    assert message in rater.detail(422, "POST", "/api/rater/pieces", json=body)


@pytest.mark.parametrize(
    "rows",
    ["[[1, 1]]", "[[1, 1, 1.01]]", "[[-1, 1, 0]]", "[[1, -1, 0]]", "[[1, 1, NaN]]", "[[1, 1, 1e999]]", "[[1,", "[]"],
)
def test_wrong_rows_are_refused(study: tuple[Any, Access], rows: str) -> None:
    rater = Client(study, "r001")
    rater("POST", "/api/rater/start")
    event = f'{{"kind": "samples", "item": 0, "axis": "arousal", "first": 0, "rows": {rows}}}'
    body = f'{{"rater": "r001", "client": "{"0" * 16}", "pieces": [{{"number": 0, "events": [{event}]}}]}}'
    assert "body" in rater.detail(422, "POST", "/api/rater/pieces", content=body)


def test_pieces_of_another_rater_and_large_ones_are_refused(study: tuple[Any, Access]) -> None:
    rater = Client(study, "r001")
    rater("POST", "/api/rater/start")
    body = {"rater": "r002", "client": "0" * 16, "pieces": [PIECE]}
    assert "another rater's link was opened" in rater.detail(403, "POST", "/api/rater/pieces", json=body)
    assert "larger than" in rater.detail(413, "POST", "/api/rater/pieces", content=b" " * (4 * 2**20 + 1))
    body |= {"rater": "r001"}
    assert rater("POST", "/api/rater/pieces", json=body).json() == {"received": 0}


def test_the_overview_invites_and_deletes(study: tuple[Any, Access]) -> None:
    owner, access = Client(study, "owner"), study[1]
    answer = owner("POST", "/api/study/raters", json={"count": 2})
    assert answer.status_code == 201
    newest = answer.json()["raters"][-1]
    assert newest["link"] == f"http://x/?token={access.raters[newest['rater']]}"
    assert owner("DELETE", f"/api/study/raters/{newest['rater']}").status_code == 204
    assert "no such rater" in owner.detail(404, "DELETE", f"/api/study/raters/{newest['rater']}")
    assert "count" in owner.detail(422, "POST", "/api/study/raters", json={"count": 0})
    assert "less than the minimum" in owner.detail(422, "POST", "/api/study/raters", json={"count": 0})
