"""A plain HTTP client for the tests of the web: what is sent and what came, byte for byte."""

import http.client
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.helpers.web_server import Server


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; that of a problem has all that a problem has."""
        data = json.loads(self.body)
        if self.status >= 400:
            assert self.headers["content-type"] == "application/problem+json"
            assert set(data) == {"type", "title", "status", "detail"}
            assert data["status"] == self.status
            assert "\n" not in data["detail"]
        return data


def ask(server: Server, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Send a request with headers, whose underscores are hyphens; no redirect is followed."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, answer.read())
    finally:
        connection.close()


def form(data: bytes, name: str | bytes = "song.flac", *, field: str = "file") -> bytes:
    """A form with one file; its boundary is ``x``."""
    name = name.encode() if isinstance(name, str) else name
    head = b'--xyx\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n' % (field.encode(), name)
    return head + data + b"\r\n--xyx--\r\n"


FORM = "multipart/form-data; boundary=xyx"


def send(server: Server, data: bytes, name: str | bytes = "song.flac", *, wait: bool = True) -> Answer:
    """Send a song to be analysed."""
    path = "/api/analyze?wait=true" if wait else "/api/analyze"
    return ask(server, path, method="POST", body=form(data, name), Content_Type=FORM)


def events(server: Server, path: str, **headers: str) -> Iterator[tuple[int, str, Any]]:
    """Server-sent events as they come: number, name, and the data."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("content-type", "").startswith("text/event-stream")
        fields: dict[str, str] = {}
        for line in answer:
            text = line.decode().rstrip("\n")
            if text:
                key, _, value = text.partition(": ")
                fields[key] = value
            elif "data" in fields:
                yield int(fields["id"]), fields["event"], json.loads(fields["data"])
                fields = {}
    finally:
        connection.close()
