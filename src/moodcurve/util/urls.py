"""Tell paths of this machine from URLs of object stores and web servers, and open the latter through fsspec."""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moodcurve.errors import MoodcurveError, SetupError
from moodcurve.util.optional import install_hint, require
from moodcurve.util.text import one_line, text_path

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

OBJECT_STORES = ("s3", "s3a", "gs", "gcs")
"""Schemes of stores where a file appears whole or not at all."""
WEB = ("http", "https")
NOT_A_FILE = "is a URL, not a file; download it first"
"""What to say of a URL where a file of this machine is expected."""
CONNECT_S, READ_S = 10, 60
"""Seconds to wait for a connection to S3, and for its next bytes."""
BLOCK = 2**20
"""Bytes that are read from an open file of S3 at once, at least: columns are a few kilobytes to megabytes each."""
_PACKAGES = {
    "s3": install_hint("s3"),
    "s3a": install_hint("s3"),
    "gs": "pip install gcsfs",
    "gcs": "pip install gcsfs",
    "http": install_hint("cluster"),
    "https": install_hint("cluster"),
}
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def scheme_of(url: str) -> str | None:
    """Return the scheme of a URL, or None for a path of this machine, which may also be its ``file:`` URL.

    >>> scheme_of("s3://bucket/song.mp3"), scheme_of("albums/song.mp3"), scheme_of("file:///song.mp3")
    ('s3', None, None)
    """
    match = _URL.match(text_path(url))
    return None if match is None else match[1].lower()


def with_lower_scheme(url: str) -> str:
    """Return a URL with its scheme in lower case, which is the same by RFC 3986 but not to all that opens URLs.

    >>> with_lower_scheme("HTTPS://Radio.example/Live.mp3"), with_lower_scheme("albums/Song.mp3")
    ('https://Radio.example/Live.mp3', 'albums/Song.mp3')
    """
    match = _URL.match(url)
    return url if match is None else match[0].lower() + url[match.end() :]


def absolute(url: str) -> str:
    """Return a URL as it is, and a path from the root of the file system."""
    return url if scheme_of(url) else os.path.abspath(text_path(url))  # noqa: PTH100  any string


def resolved(url: str, folder: str) -> str:
    """Return a URL or an absolute path as it is, and a relative path below a folder or the URL of one.

    >>> resolved("a/b.mp3", "s3://bucket/lists"), resolved("/music/b.mp3", "s3://bucket/lists")
    ('s3://bucket/lists/a/b.mp3', '/music/b.mp3')
    """
    if _URL.match(url) or os.path.isabs(url):  # noqa: PTH117  pathlib keeps the parts of all paths in memory
        return url
    return f"{folder.rstrip('/')}/{url}"


def parent_of(url: str) -> str:
    """Return the folder that holds a file, as a path or URL.

    >>> parent_of("s3://bucket/lists/all.csv"), parent_of("/lists/all.csv")
    ('s3://bucket/lists', '/lists')
    """
    return url.rpartition("/")[0] or "/"


def file_system(url: str, *, error: type[MoodcurveError], lists_once: bool = False) -> "tuple[AbstractFileSystem, str]":
    """Return the file system of a URL, and the path in it; settings come from the environment and from fsspec.

    Only stores that this package is tested with are opened: fsspec knows others, some of which run what a URL says.

    Parameters
    ----------
    url : str
    error : type of MoodcurveError
        Raised for URLs of other kinds.
    lists_once : bool
        Keep what a listing tells of files, so that opening them needs no further requests, for as long as the file
        system is in use. For millions of files, this would only fill the memory.

    Raises
    ------
    error
        If the scheme is unknown, or the URL names no bucket or server.
    SetupError
        If its package is missing.
    """
    url = with_lower_scheme(url)
    scheme = scheme_of(url)
    if scheme not in _PACKAGES:
        raise error(f"{one_line(url)}: unknown kind of URL; use a path, {', '.join(OBJECT_STORES + WEB)}")
    if not re.match(r"[^/*?]+(/|$)", url.partition("://")[2]):
        raise error(f"{one_line(url)}: names no bucket or server")
    require("fsspec", what=f"{scheme}://", extra="cluster", error=SetupError)
    import fsspec

    # fsspec keeps file systems for the whole process; one that keeps listings would not see new files
    options: dict[str, Any] = {"use_listings_cache": lists_once, "skip_instance_cache": lists_once}
    if scheme in ("s3", "s3a"):
        options |= _s3_options(fsspec.config.conf)
    try:
        system = fsspec.filesystem(scheme, **options)
    except (ImportError, ValueError) as missing:
        raise SetupError(f"{scheme}:// needs a package that is missing: {_PACKAGES[scheme]}") from missing
    return system, str(system._strip_protocol(url))


def _s3_options(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return options of S3 for what the user's settings of fsspec leave open, such as those of ``FSSPEC_S3``.

    Options replace settings of the same name whole.
    """
    given = {**settings.get("s3", {}), **settings.get("s3a", {})}
    timeouts = {"connect_timeout": CONNECT_S, "read_timeout": READ_S}
    return {
        "config_kwargs": timeouts | (given.get("config_kwargs") or {}),
        "default_block_size": given.get("default_block_size") or BLOCK,
    }
