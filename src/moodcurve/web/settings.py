"""What a server is told: where it listens, what it serves, and how much it takes on."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from moodcurve.web import WebError

TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")
"""What a token may be: fit for a header, an address and a cookie alike."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a server.

    Attributes
    ----------
    library : Path
        The library's file; it need not be there.
    host : str
        Name or address to listen at.
    port : int
        0: any that is free.
    token : str or None
        What clients must show; None only where the server is to be reached from this machine alone.
    public : str or None
        Address at which a reverse proxy makes the server known, such as ``https://music.example/moods``. The proxy
        takes the path off; its ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed.
    workers : int
        Processes that analyse.
    queue : int
        Songs that may wait for one of them, those that are being sent included.
    upload_bytes : int
        Largest file.
    minutes : float
        Longest song.
    rate_per_minute, burst : int
        Uploads and pictures that one client may ask for: at once, and steadily.

    Raises
    ------
    WebError
        If a value cannot be used, or a token is missing.
    """

    library: Path
    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    public: str | None = None
    workers: int = 1
    queue: int = 16
    upload_bytes: int = 200 * 2**20
    minutes: float = 120.0
    rate_per_minute: int = 120
    burst: int = 60

    def __post_init__(self) -> None:
        if self.token is None and self.needs_token:
            raise WebError(f"{self.host}: can be reached from other machines, and needs a token")
        if self.token is not None and not TOKEN.fullmatch(self.token):
            raise WebError("the token must be 16 to 200 letters, digits and characters of -._~")
        if not 0 <= self.port < 2**16:
            raise WebError(f"port {self.port}: must be 0 (any) to 65535")
        if self.public is not None:
            try:
                parts = urlsplit(self.public)
                fit = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
            except ValueError:
                fit = False
            if not fit:
                raise WebError(f"{self.public}: not an address such as https://music.example/moods")

    @property
    def needs_token(self) -> bool:
        """Whether others than the users of this machine can reach the server."""
        return not is_loopback(self.host) or self.public is not None

    @property
    def root_path(self) -> str:
        """Path that a proxy takes off, without a slash at its end."""
        return urlsplit(self.public).path.rstrip("/") if self.public else ""

    @property
    def public_origin(self) -> str | None:
        """Origin of the pages that a proxy serves."""
        if self.public is None:
            return None
        parts = urlsplit(self.public)
        return f"{parts.scheme}://{parts.netloc}".lower()


def is_loopback(host: str) -> bool:
    """Tell whether a name or address is this machine's own, which no other can reach.

    >>> is_loopback("localhost"), is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    address = address_of(host)
    if address is None:
        return host.lower() == "localhost"
    # Python takes ::ffff:127.0.0.1 for loopback from 3.13 on; nobody writes it so
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    return address.is_loopback and not mapped


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Give an address that is written in numbers, in brackets or not; None for a name."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
