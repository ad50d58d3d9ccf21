"""A local S3 server, and a proxy before it that refuses, cuts and stalls answers."""

import http.client
import threading
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BUCKET = "catalogue"
FAULTS = ("503", "cut", "stall")
STALL_S = 30.0


class FlakyProxy(ThreadingHTTPServer):
    """A proxy that answers the first requests for each song by one fault after the other.

    Attributes
    ----------
    faults : dict
        Number of each kind of fault so far.
    """

    daemon_threads = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.faults = dict.fromkeys(FAULTS, 0)
        self._asked: dict[str, int] = {}
        self._lock = threading.Lock()
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def next_fault(self, path: str) -> str | None:
        """Return the fault of the next request for a song, None once it had them all."""
        with self._lock:
            number = self._asked.get(path, 0)
            self._asked[path] = number + 1
            if number >= len(FAULTS):
                return None
            self.faults[FAULTS[number]] += 1
            return FAULTS[number]

    def handle_error(self, request: Any, address: Any) -> None:
        """Say nothing of clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FlakyProxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_song = self.command == "GET" and ".flac" in self.path
        fault = self.server.next_fault(self.path.partition("?")[0]) if is_song else None
        if fault == "503":
            self.send_error(503, "SlowDown")
            return
        upstream = http.client.HTTPConnection(*self.server.target, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        data = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection"):
                self.send_header(name, value)
        self.end_headers()
        if fault is None:
            self.wfile.write(data)
            return
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        if fault == "stall":
            self.server.closing.wait(STALL_S)
        self.close_connection = True

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _forward  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of requests."""


@contextmanager
def s3_server() -> Iterator[tuple[str, FlakyProxy]]:
    """Yield the URL of an empty S3 server, and the proxy before it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # moto's buckets outlive its server, in this process
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    proxy = FlakyProxy((host, port))
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{port}", proxy
    finally:
        proxy.closing.set()
        proxy.shutdown()
        proxy.server_close()
        server.stop()
