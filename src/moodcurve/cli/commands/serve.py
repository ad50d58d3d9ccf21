"""The `serve` command: the web page and its API."""

import logging
import os
import socket
import sys
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve import __version__
from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.library import LibraryOption, library_path
from moodcurve.cli.options.models import ModelOption
from moodcurve.cli.parameters import Option, UsageError
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from moodcurve.web.settings import ServerLimits, ServiceSettings

_log = logging.getLogger(__name__)
TOKEN_VARIABLE = "MOODCURVE_TOKEN"  # nosec B105 # a variable's name
SECRET_VARIABLE = "MOODCURVE_WEBHOOK_SECRET"  # nosec B105 # a variable's name
_ALL_ADDRESSES = ("0.0.0.0", "::")  # nosec B104 # compared with what the user asked for
"""Hosts that mean all addresses of this machine."""


@dataclass(frozen=True, kw_only=True)
class ListenOptions:
    """Options for the server's address."""

    host: Annotated[str, Option("--host", metavar="NAME", help="Address or host name to listen on.")] = "127.0.0.1"
    port: Annotated[
        int, Option("--port", metavar="N", min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = 8765
    public: Annotated[
        str | None,
        Option(
            "--public",
            metavar="URL",
            help="Public address of a reverse proxy in front of the server; enables X-Forwarded-* headers.",
        ),
    ] = None

    def other_url(self, port: int) -> str | None:
        """Return the URL for other machines if the server listens on all addresses of this one, else None."""
        if self.host not in _ALL_ADDRESSES or self.public or not (own := _own_address()):
            return None
        return f"http://{own}:{port}"

    def open_browser(self, page: Path) -> None:
        """Open a page in the browser if this machine shows windows, unless a proxy is in front of the server."""
        if self.public or not _has_display():
            return
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()


@dataclass(frozen=True, kw_only=True)
class AddressOptions(ListenOptions):
    """Options for the server's address and its access token."""

    token: Annotated[
        str | None,
        Option(
            "--token",
            metavar="TOKEN",
            help="Access token of the page and the API; by default $MOODCURVE_TOKEN or a random one.",
        ),
    ] = None

    def access_token(self) -> str:
        """Return the token; a random one if none is given."""
        import secrets

        return self.token or os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """Options for the limits of the server."""

    max_upload: Annotated[int, Option("--max-upload", metavar="MB", min=1, help="Largest upload in MiB.")] = 200
    max_minutes: Annotated[float, Option("--max-minutes", metavar="M", min=0.1, help="Longest song in minutes.")] = 120
    max_queue: Annotated[
        int, Option("--max-queue", metavar="N", min=0, help="Songs that may wait for analysis or be uploading.")
    ] = 32
    rate: Annotated[
        int, Option("--rate", metavar="N", min=1, help="Uploads, plots and playlists per minute for each client.")
    ] = 120
    burst: Annotated[
        int, Option("--burst", metavar="N", min=1, help="Uploads, plots and playlists at once for each client.")
    ] = 60
    max_connections: Annotated[
        int, Option("--max-connections", metavar="N", min=1, help="Open connections of all clients.")
    ] = 500
    max_live: Annotated[
        int, Option("--max-live", metavar="N", min=0, help="Microphones of browsers that are heard at the same time.")
    ] = 8
    request_timeout: Annotated[
        float, Option("--request-timeout", metavar="S", min=0.1, help="Seconds to receive the headers of a request.")
    ] = 15
    upload_timeout: Annotated[
        float, Option("--upload-timeout", metavar="S", min=0.1, help="Longest pause in an upload, in seconds.")
    ] = 30
    response_timeout: Annotated[
        float,
        Option("--response-timeout", metavar="S", min=0.1, help="Longest pause in reading a response, in seconds."),
    ] = 60

    def limits(self) -> "ServerLimits":
        """Return the limits for the server's settings."""
        from moodcurve.web.settings import ServerLimits

        return ServerLimits(
            upload_bytes=self.max_upload * 2**20,
            minutes=self.max_minutes,
            queue=self.max_queue,
            requests_per_minute=self.rate,
            burst=self.burst,
            connections=self.max_connections,
            live=self.max_live,
            request_timeout_s=self.request_timeout,
            upload_timeout_s=self.upload_timeout,
            response_timeout_s=self.response_timeout,
        )


class LogFormat(StrEnum):
    """Form of the server's log."""

    none = "none"
    json = "json"


@dataclass(frozen=True, kw_only=True)
class ServiceOptions:
    """Options for programs that use the server, and for its operation."""

    allow_host: Annotated[
        list[str] | None,
        Option(
            "--allow-host",
            metavar="HOST",
            help="Host from which songs may be downloaded and that may get webhooks, such as files.example or "
            "10.0.0.5:9000; addresses of private networks must be given as such; may be repeated.",
        ),
    ] = None
    state: Annotated[
        Path | None,
        Option("--state", metavar="DIR", help="Folder for batches of songs, which then survive a restart."),
    ] = None
    keep_results: Annotated[
        float,
        Option("--keep-results", metavar="H", min=0.01, help="Hours for which finished batches are available."),
    ] = 24
    stop_timeout: Annotated[
        float, Option("--stop-timeout", metavar="S", min=0, help="Seconds for running songs to finish at the end.")
    ] = 5
    open_metrics: Annotated[
        bool, Option("--open-metrics", help="Give /metrics without the token to programs of this machine.")
    ] = False
    log_format: Annotated[
        LogFormat,
        Option("--log-format", help="json: write a line of JSON for each request and song to standard error."),
    ] = LogFormat.none

    def service(self) -> "ServiceSettings":
        """Return these settings of the server; raise WebError if a host or the secret of webhooks is invalid."""
        from moodcurve.web.outbound.hosts import AllowedHosts
        from moodcurve.web.outbound.webhooks import parse_secret
        from moodcurve.web.settings import ServiceSettings

        AllowedHosts(self.allow_host or ())
        if secret := os.environ.get(SECRET_VARIABLE, ""):
            parse_secret(secret)
        return ServiceSettings(
            hosts=tuple(self.allow_host or ()),
            webhook_secret=secret,
            state=self.state,
            keep_s=3600 * self.keep_results,
            stop_s=self.stop_timeout,
            open_metrics=self.open_metrics,
            json_log=self.log_format is LogFormat.json,
        )


@app.command
def serve(
    address: AddressOptions,
    limits: LimitOptions,
    service: ServiceOptions,
    library: LibraryOption = None,
    model: ModelOption = "default",
    music: Annotated[
        list[Path] | None,
        Option(
            "--music",
            metavar="DIR",
            help="Folder whose songs may be played, besides those scanned into the library on this computer; may be "
            "repeated.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        Option("--workers", metavar="N", min=1, help="Songs analyzed at the same time; by default one per core."),
    ] = None,
    live: Annotated[
        str | None,
        Option(
            "--live",
            metavar="SOURCE",
            help="Show live what the server hears: microphone, microphone:NAME (extra live), or the http(s) URL of a "
            "stream.",
        ),
    ] = None,
    no_open: Annotated[bool, Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Serve a web page that plays songs along with their curves, and an HTTP API.

    The address that it prints holds the access token. Only this machine can connect unless --host or --public is given.
    Press Ctrl-C to stop.

    Example: moodcurve serve --library music.sqlite
    Example: moodcurve serve --live https://example.org/radio.mp3
    """
    from moodcurve.cli.progress import prepare
    from moodcurve.library import open_library
    from moodcurve.runtime import load_model
    from moodcurve.web import WebError
    from moodcurve.web.server import serve as serve_site
    from moodcurve.web.settings import Settings
    from moodcurve.workers import default_workers

    if service.log_format is LogFormat.json and not (address.token or os.environ.get(TOKEN_VARIABLE)):
        raise UsageError(f"a log does not show the token: choose one with ${TOKEN_VARIABLE}", name="--log-format")
    for folder in music or []:
        if not folder.is_dir():
            raise UsageError(f"{one_line(str(folder))} is not a folder", name="--music")
    file = library_path(library)
    try:
        settings = Settings(
            library=file,
            music=tuple(os.path.realpath(folder) for folder in music or []),
            host=address.host,
            port=address.port,
            token=address.access_token(),
            public=address.public,
            model=model,
            workers=workers or default_workers(sys.maxsize),
            live=live,
            limits=limits.limits(),
            service=service.service(),
        )
    except WebError as error:
        raise UsageError(str(error)) from error
    if file.exists():  # otherwise a scan may create it while the server runs
        with open_library(file):
            pass
    loaded = load_model(model)
    prepare(loaded.feature_set)

    def started(url: str, port: int, page: Path) -> None:
        if settings.service.json_log:
            _log.info("started", extra={"fields": {"url": settings.base_url(port), "version": __version__}})
            return
        if other := address.other_url(port):
            print_message(f"other machines can connect to {other}/?token={settings.token}")
        print_message(f"serving at {url}" + (f" from {address.host}:{port}" if address.public else ""))
        if not no_open:
            address.open_browser(page)

    serve_site(settings, loaded, started=started)
    if not settings.service.json_log:
        print_message("stopped")


def _own_address() -> str | None:
    """Return this machine's address in its network, or None if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # an address of no machine (RFC 5737): it only selects a route, nothing is sent
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _has_display() -> bool:
    """Return True if a browser window can be shown."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
