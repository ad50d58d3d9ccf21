"""Settings of servers: where they listen, what they serve, and their limits."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from moodcurve.util.urls import WEB, scheme_of, with_lower_scheme
from moodcurve.web import WebError

TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")
"""Valid tokens: these characters need no escaping in a header, a URL or a cookie."""

_LARGEST_FILES = 10
"""Number of files of the largest size that are stored at the same time."""


@dataclass(frozen=True, kw_only=True)
class ServerLimits:
    """Limits of a server.

    Attributes
    ----------
    upload_bytes : int
        Largest file.
    minutes : float
        Longest song.
    queue : int
        Songs that may wait for a worker process, including those being uploaded. Clients share them.
    requests_per_minute, burst : int
        Uploads, plots and playlists per client: the sustained rate, and how many at once.
    connections : int
        Open connections, which clients share. Operating systems often allow a process about 1000 open files.
    live : int
        Live sessions at the same time, which clients share.
    request_timeout_s : float
        Time for a client to send the headers of a request.
    upload_timeout_s : float
        Longest pause during an upload.
    response_timeout_s : float
        Longest time in which a client reads next to nothing of a response.

    Raises
    ------
    WebError
        If a limit is not positive; `queue` and `live` may be 0.
    """

    upload_bytes: int = 200 * 2**20
    minutes: float = 120.0
    queue: int = 32
    requests_per_minute: int = 120
    burst: int = 60
    connections: int = 500
    live: int = 8
    request_timeout_s: float = 15.0
    upload_timeout_s: float = 30.0
    response_timeout_s: float = 60.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            may_be_0 = name in ("queue", "live")
            if not (value > 0 or (may_be_0 and value == 0)):
                raise WebError(f"{name} must be {'0 or more' if may_be_0 else 'positive'}, not {value}")

    @property
    def temporary_bytes(self) -> int:
        """Size of all files that are being uploaded, waiting or being analyzed; clients share it."""
        return _LARGEST_FILES * self.upload_bytes


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Settings for programs that use the server, and for its operation.

    Attributes
    ----------
    hosts : tuple of str
        Hosts that the server may contact, see `moodcurve.web.outbound.hosts.AllowedHosts`.
    webhook_secret : str
        Secret that signs webhooks, see `moodcurve.web.outbound.webhooks.parse_secret`; empty to send none.
    state : Path or None
        Folder for batches of songs, so that they survive a restart; by default they end with the server.
    keep_s : float
        Time for which a finished batch and its curves remain available.
    stop_s : float
        Time for running songs to finish at shutdown.
    open_metrics : bool
        Whether programs of this machine get the metrics without the token.
    json_log : bool
        Whether the server writes a structured log.
    """

    hosts: tuple[str, ...] = ()
    webhook_secret: str = field(default="", repr=False)
    state: Path | None = None
    keep_s: float = 24 * 3600.0
    stop_s: float = 5.0
    open_metrics: bool = False
    json_log: bool = False


@dataclass(frozen=True, kw_only=True)
class AddressSettings:
    """Where a server listens, who may use it, and its limits.

    Attributes
    ----------
    host : str
        Host name or IP address to listen on.
    port : int
        Port to listen on; 0 chooses a free port.
    token : str
        Access token that clients must send, also those of other users of this machine.
    public : str or None
        Public URL of the server behind a reverse proxy, such as ``https://music.example/moods``. The proxy must
        strip the path. Its ``X-Forwarded-For`` and ``X-Forwarded-Proto`` headers are trusted.
    limits : ServerLimits

    Raises
    ------
    WebError
        If a value is invalid.
    """

    token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8765
    public: str | None = None
    limits: ServerLimits = field(default_factory=ServerLimits)

    def __post_init__(self) -> None:
        if not TOKEN.fullmatch(self.token):
            raise WebError("the token must have 16 to 200 characters: letters, digits and -._~")
        if not 0 <= self.port < 2**16:
            raise WebError(f"port {self.port}: must be 0 (any free port) to 65535")
        if self.public is not None and not _is_public_url(self.public):
            raise WebError(f"{self.public}: not a URL such as https://music.example/moods")

    @property
    def root_path(self) -> str:
        """Path that the reverse proxy strips, without a trailing slash."""
        return urlsplit(self.public).path.rstrip("/") if self.public else ""

    @property
    def public_origin(self) -> str | None:
        """Origin of the page behind the reverse proxy."""
        if self.public is None:
            return None
        parts = urlsplit(self.public)
        return f"{parts.scheme}://{parts.netloc}".lower()

    def base_url(self, port: int) -> str:
        """Return the URL that clients use, without a trailing slash, for a server that listens on `port`."""
        if self.public:
            return self.public.rstrip("/")
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # nosec B104 # compared with what the user asked for
        return f"http://[{host}]:{port}" if ":" in host and not host.startswith("[") else f"http://{host}:{port}"


@dataclass(frozen=True, kw_only=True)
class Settings(AddressSettings):
    """Settings of the server of a library.

    Attributes
    ----------
    library : Path
        The library file; it need not exist.
    music : tuple of str
        Real paths of folders whose songs may be played, besides those that this user scanned into the library.
    model : str
        Name or file of the model that analyzes uploads.
    workers : int
        Number of worker processes that analyze songs.
    live : str or None
        Sound that the server hears itself: ``microphone``, ``microphone:NAME``, or the http(s) URL of a stream.
    service : ServiceSettings

    Raises
    ------
    WebError
        If a value is invalid.
    """

    library: Path
    music: tuple[str, ...] = ()
    model: str = "default"
    workers: int = 1
    live: str | None = None
    service: ServiceSettings = field(default_factory=ServiceSettings)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.live is not None and scheme_of(self.live) not in WEB and self.live.partition(":")[0] != "microphone":
            raise WebError(f"{self.live}: not microphone, microphone:NAME or an http(s) URL")
        if self.live is not None:  # as messages name it, in which its key is hidden
            object.__setattr__(self, "live", with_lower_scheme(self.live))

    @property
    def batch_slots(self) -> int:
        """Number of songs of batches that may be downloaded or analyzed at the same time."""
        return min(self.workers + 1, _LARGEST_FILES)

    @property
    def max_jobs(self) -> int:
        """Number of songs that may be uploading, waiting or running at the same time."""
        return self.workers + self.limits.queue


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach a host name or address.

    >>> is_loopback("localhost"), is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    address = parse_address(host)
    if address is None:
        return host.lower() == "localhost"
    # Python counts ::ffff:127.0.0.1 as loopback only from 3.13 on; it is rejected in all versions
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    return address.is_loopback and not mapped


def parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse a numeric IP address, with or without brackets; return None for a host name."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _is_public_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment))
    except ValueError:
        return False
