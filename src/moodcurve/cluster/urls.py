"""Tell paths of this machine from URLs of object stores and web servers, and open the latter through fsspec."""

import os
import re
from typing import TYPE_CHECKING

from moodcurve.errors import MoodcurveError, SetupError
from moodcurve.util.optional import install_hint
from moodcurve.util.text import one_line, text_path

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

OBJECT_STORES = ("s3", "s3a", "gs", "gcs")
"""Schemes of stores where a file appears whole or not at all."""
WEB = ("http", "https")
_PACKAGES = {
    "s3": install_hint("s3"),
    "s3a": install_hint("s3"),
    "gs": "pip install gcsfs",
    "gcs": "pip install gcsfs",
    "http": "pip install aiohttp",
    "https": "pip install aiohttp",
}
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class ClusterError(MoodcurveError):
    """A manifest, a store or a cluster cannot be used; the message names it and a remedy."""


def scheme_of(url: str) -> str | None:
    """Return the scheme of a URL, or None for a path of this machine, which may also be a ``file:`` URL.

    >>> scheme_of("s3://bucket/song.mp3"), scheme_of("albums/song.mp3"), scheme_of("file:///song.mp3")
    ('s3', None, None)
    """
    match = _URL.match(url)
    return None if match is None or match[1].lower() == "file" else match[1].lower()


def local_path(url: str) -> str:
    """Return the path of this machine that a path or a ``file:`` URL stands for."""
    return text_path(url)


def absolute(url: str) -> str:
    """Return a URL as it is, and a path from the root of the file system."""
    return url if scheme_of(url) else os.path.abspath(local_path(url))  # noqa: PTH100  any string


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


def file_system(url: str) -> "tuple[AbstractFileSystem, str]":
    """Return the file system of a URL, and the path in it; settings come from the environment.

    Only stores that this package is tested with are opened: fsspec knows others, some of which run what a URL says.

    Raises
    ------
    ClusterError
        If the scheme is unknown.
    SetupError
        If its package is missing.
    """
    import fsspec

    scheme = scheme_of(url)
    if scheme not in (*OBJECT_STORES, *WEB):
        raise ClusterError(f"{one_line(url)}: unknown kind of URL; use a path, {', '.join(OBJECT_STORES + WEB)}")
    try:
        # listings are read once: a cache would only hold them in memory
        system = fsspec.filesystem(scheme, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise SetupError(f"{scheme}:// needs a package that is missing: {_PACKAGES[scheme]}") from error
    return system, str(system._strip_protocol(url))
