"""A minimal HTTP client for the web tests, which sends and returns exact bytes."""

import http.client
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.helpers.web_server import TOKEN, Server

AUTHORIZATION = f"Bearer {TOKEN}"
HEAD = f"Host: localhost\r\nAuthorization: {AUTHORIZATION}\r\n"
"""Headers of requests that tests write themselves."""


class Response(NamedTuple):
    """A server's response."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; check the form of a problem object."""
        data = json.loads(self.body)
        if self.status >= 400:
            assert self.headers["content-type"] == "application/problem+json"
            assert set(data) == {"type", "title", "status", "detail"}
            assert data["status"] == self.status
            assert "\n" not in data["detail"]
        return data


def request(
    server: Server, path: str, *, method: str = "GET", body: bytes | None = None, token: bool = True, **headers: str
) -> Response:
    """Send a request, with the token; underscores in header names become hyphens. Redirects are not followed."""
    if token:
        headers = {"Authorization": AUTHORIZATION, **headers}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=sent_headers)
        response = connection.getresponse()
        response_headers = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, response_headers, response.read())
    finally:
        connection.close()


def form(data: bytes, name: str | bytes = "song.flac", *, field: str = "file") -> bytes:
    """Return a form with one file; its boundary is ``xyx``."""
    name = name.encode() if isinstance(name, str) else name
    head = b'--xyx\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n' % (field.encode(), name)
    return head + data + b"\r\n--xyx--\r\n"


FORM = "multipart/form-data; boundary=xyx"


def upload(server: Server, data: bytes, name: str | bytes = "song.flac", *, wait: bool = True) -> Response:
    """Upload a song for analysis."""
    path = "/api/analyze?wait=true" if wait else "/api/analyze"
    return request(server, path, method="POST", body=form(data, name), Content_Type=FORM)


def events(server: Server, path: str, **headers: str) -> Iterator[tuple[int, str, Any]]:
    """Yield server-sent events as they arrive: id, name and data."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Authorization": AUTHORIZATION, **sent_headers})
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("content-type", "").startswith("text/event-stream")
        fields: dict[str, str] = {}
        for line in response:
            text = line.decode().rstrip("\n")
            if text:
                key, _, value = text.partition(": ")
                fields[key] = value
            elif "data" in fields:
                yield int(fields["id"]), fields["event"], json.loads(fields["data"])
                fields = {}
    finally:
        connection.close()
