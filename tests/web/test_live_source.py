"""Sound that the server hears itself: its rows for all watchers, its failures, and what its name shows."""

import asyncio
import http.server
import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import soundfile

from moodcurve.errors import MoodcurveError
from moodcurve.web import WebError
from moodcurve.web.live import sessions
from moodcurve.web.live.sessions import ServerSource, source_name
from moodcurve.web.live.tasks import SourceEvent
from moodcurve.web.monitoring.logs import json_log
from moodcurve.web.settings import Settings
from tests.helpers.live_sound import music
from tests.helpers.web_client import request
from tests.helpers.web_server import TOKEN, Server, serving
from tests.web.test_live import watching


class Station(http.server.BaseHTTPRequestHandler):
    """A radio station of four seconds; the first listener is refused."""

    requests = 0

    def do_GET(self) -> None:
        type(self).requests += 1
        if self.requests == 1:
            self.send_error(503)
            return
        file = io.BytesIO()
        soundfile.write(file, music(4), 44_100, format="flac")
        self.send_response(200)
        self.send_header("Content-Type", "audio/flac")
        self.send_header("Content-Length", str(len(file.getvalue())))
        self.end_headers()
        self.wfile.write(file.getvalue())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def station() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Station) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/live.flac?key=secret"
        server.shutdown()
        thread.join()


def rows_of(server: Server, path: str) -> list[tuple[int, str, Any]]:
    with watching(server, path) as events:
        return list(events)


@pytest.mark.slow
def test_all_watchers_see_what_the_server_hears(scanned_music: Any, station: str) -> None:
    shorter = "from moodcurve.web.live import sessions; sessions.AGAIN_S = 0.5"
    with serving(scanned_music, "--live", station, before=shorter) as server:
        source = request(server, "/api/live").json()["source"]
        assert source["name"] == "127.0.0.1/live.flac"
        seen = rows_of(server, source["events"])
        assert rows_of(server, source["events"]) == seen  # also those who come later
    # a busy computer also says that it waits for sound
    assert [name for _, name, _ in seen if name != "notice"] == [*["row"] * 6, "ended"]
    assert seen[0][2]["text"].startswith("127.0.0.1/live.flac: ")
    assert seen[0][2]["text"].endswith("; trying again")
    assert "secret" not in str(seen)
    assert [row["time_s"] for _, name, row in seen if name == "row"] == [0.5 * i for i in range(6)]


@pytest.mark.parametrize(
    ("source", "name"),
    [("microphone", "microphone"), ("https://radio.example/a", "radio.example/a"), ("http://u:p@a.b:1/?t=1", "a.b/")],
)
def test_names_hide_secrets(source: str, name: str, tmp_path: Any) -> None:
    assert source_name(source) == name
    assert Settings(library=tmp_path, token=TOKEN, live=source).live == source


def test_a_scheme_in_upper_case_is_that_of_messages(tmp_path: Any) -> None:
    settings = Settings(library=tmp_path, token=TOKEN, live="HTTP://u:p@Radio.example/Live?Key=1")
    assert settings.live == "http://u:p@Radio.example/Live?Key=1"


@pytest.mark.parametrize("source", ["", "song.mp3", "file:///etc/passwd", "microphones", "ftp://radio.example"])
def test_other_sources_are_refused(source: str, tmp_path: Any) -> None:
    with pytest.raises(WebError, match="not microphone"):
        Settings(library=tmp_path, token=TOKEN, live=source)


def test_the_operator_is_told_once_of_what_repeats(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url, row = "https://radio.example/live?key=secret", {"time_s": 0.0}
    tries = iter([None, SourceEvent(row), SourceEvent(None, f"{url}: a gap"), None, None])

    class Pool:
        """Fails at each try, after an event if there is one; ends after the last."""

        async def run(self, source: str, *, client: str, on_report: Any) -> None:
            event = next(tries, "end")
            if event == "end":
                return
            if event is not None:
                on_report(0.0, event)
            raise MoodcurveError(f"{url}: refused")

    async def listen() -> None:
        await ServerSource(url, Pool())._listen()  # type: ignore[arg-type]

    monkeypatch.setattr(sessions, "AGAIN_S", 0.0)
    with json_log():
        asyncio.run(listen())
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    refused = "radio.example/live: refused; trying again"
    assert [line["notice"] for line in lines] == [
        refused,
        refused,
        "radio.example/live: a gap",
        refused,
        "the source ended",
    ]
    assert {(line["level"], line["event"]) for line in lines} == {("warning", "live")}
