"""The hosts that the operator allows the server to contact, and the addresses that count as theirs.

A URL from a client could make the server ask machines that the client cannot reach: itself, the operator's network, or
a cloud's metadata service (server-side request forgery). So a host must be named by the operator, and a name must not
lead to an address of a private network unless the operator allows that very address.
"""

import ipaddress
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit

from moodcurve.web import WebError
from moodcurve.web.errors import ProblemError
from moodcurve.web.settings import parse_address

MAX_URL = 2000
"""Characters of a URL."""
_PORTS = {"http": 80, "https": 443}
_GIVEN = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_URL = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without the backslash, which programs take for different things."""
_UNICAST = ipaddress.ip_network("2000::/3")
_IN_IPV4 = ipaddress.ip_network("2002::/16")
"""IPv6 addresses that stand for IPv4 addresses (6to4, RFC 3056)."""


class Host(NamedTuple):
    """An allowed host: a name in lower case or a numeric address, and a port, or None for the scheme's own."""

    name: str
    port: int | None


@dataclass(frozen=True)
class Target:
    """A checked URL.

    Attributes
    ----------
    secure : bool
        Whether it is of the scheme ``https``.
    host : str
        Name in lower case, or numeric address without brackets.
    port : int
    path : str
        Path with the query, as sent in the request.
    """

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


class AllowedHosts:
    """The hosts that the server may contact.

    Parameters
    ----------
    given : iterable of str
        Each a name or a numeric address, with a port if it is not the scheme's own: ``files.example``,
        ``files.example:8443``, ``10.0.0.5:9000``, ``[fd00::5]``.

    Raises
    ------
    WebError
        If one is none of these.
    """

    def __init__(self, given: Iterable[str]) -> None:
        self._hosts = frozenset(map(_parse_host, given))

    def __bool__(self) -> bool:
        return bool(self._hosts)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Settings of encrypted connections: the system's certificates, and names must match."""
        return ssl.create_default_context()

    def check(self, url: str) -> Target:
        """Check a URL without contacting anything.

        Raises
        ------
        ProblemError
            422 if it is not an http or https URL, 403 if its host is not allowed.
        """
        target = _parse_url(url)
        own_port = _PORTS["https" if target.secure else "http"]
        if not any(name == target.host and (port or own_port) == target.port for name, port in self._hosts):
            raise ProblemError(
                403, f"the operator of this server does not allow {target.authority} (serve --allow-host)"
            )
        return target

    def check_address(self, address: str, port: int) -> None:
        """Check a numeric address that an allowed host led to.

        Raises
        ------
        ProblemError
            403 if it is not public, and not allowed itself.
        """
        parsed = parse_address(address)
        if parsed is not None and (_is_public(parsed) or {(str(parsed), port), (str(parsed), None)} & self._hosts):
            return
        raise ProblemError(403, "the host's address is not public; the operator can allow it (serve --allow-host)")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return True if an address is one of the Internet, not of a network or machine of its own.

    >>> [_is_public(ipaddress.ip_address(text)) for text in ("1.1.1.1", "10.0.0.1", "169.254.169.254", "127.0.0.1")]
    [True, False, False, False]
    >>> [_is_public(ipaddress.ip_address(text)) for text in ("2606:4700::1", "::1", "fd00::1", "::ffff:1.1.1.1")]
    [True, False, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address) and (address not in _UNICAST or address in _IN_IPV4):
        return False
    return address.is_global and not address.is_multicast


def _parse_host(text: str) -> Host:
    match = _GIVEN.fullmatch(text)
    bare = parse_address(text)
    if bare is not None:
        return Host(str(bare), None)
    if match is not None:
        address, name = parse_address(match["host"]), match["host"].lower()
        port = None if match["port"] is None else int(match["port"])
        if (address is not None or _NAME.fullmatch(name)) and (port is None or 0 < port < 2**16):
            return Host(name if address is None else str(address), port)
    raise WebError(f"{text}: not a host such as files.example, files.example:8443 or 10.0.0.5:9000")


def _parse_url(url: str) -> Target:
    expected = f"expected an http or https URL of at most {MAX_URL} characters, escaped where it is not ASCII"
    invalid = ProblemError(422, f"not a URL that can be requested; {expected}")
    if len(url) > MAX_URL or not _URL.fullmatch(url):
        raise invalid
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise invalid from None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise invalid
    if parts.username is not None or parts.password is not None:
        raise ProblemError(422, "a URL with a user name or password cannot be requested")
    address, name = parse_address(parts.hostname), parts.hostname.lower()
    if address is None and not _NAME.fullmatch(name):
        raise invalid
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(
        parts.scheme == "https", name if address is None else str(address), port or _PORTS[parts.scheme], path
    )
