"""Fetch one file over HTTP: continued after interruptions, checked, and there completely or not at all.

The bytes received so far are in ``<name>.part``, and what the server said of the file in ``<name>.part.json``. A later
run continues there if the file is still the same (RFC 9110: Range with If-Range), and starts from the beginning if not.

The standard library's client suffices: one file at a time, by GET, with headers of our own.
"""

import email.utils
import hashlib
import http.client
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from moodcurve import __version__
from moodcurve.datasets.archives.errors import DownloadError
from moodcurve.datasets.archives.partial import PartialFile
from moodcurve.util.text import format_bytes, one_line

Progress = Callable[[int, int], None]
"""Receives the number of bytes received, and of all; 0 if that is unknown."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to try.

    Attributes
    ----------
    stall_s : float
        Longest time without a byte (seconds).
    tries : int
        Tries in a row that bring nothing new.
    most_tries : int
        Tries altogether.
    pause_s, longest_pause_s : float
        Pause before the second try, doubled each time, and its limit (seconds).
    """

    stall_s: float = 30.0
    tries: int = 5
    most_tries: int = 100
    pause_s: float = 1.0
    longest_pause_s: float = 60.0


MARGIN = 64 << 20
"""Bytes to leave free on the disk."""
_CHUNK = 1 << 16
_MOVED = {401, 403, 404, 410, 451}
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}


class _TemporaryError(Exception):
    """A try failed in a way that may pass; `pause_s` is what the server asks to wait."""

    def __init__(self, reason: str, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


def fetch(
    url: str,
    target: Path,
    *,
    page: str,
    checksum: str = "",
    patience: Patience = Patience(),
    progress: Progress | None = None,
) -> None:
    """Download a file.

    Parameters
    ----------
    url : str
        With the scheme http or https.
    target : Path
        The file to write. If it exists, it is checked and not fetched.
    page : str
        Official page of the set, for messages.
    checksum : str
        ``md5:`` or ``sha256:`` and the expected digest; empty for none.
    patience : Patience
    progress : callable, optional

    Raises
    ------
    DownloadError
        If the address is wrong or has moved, the server fails for too long, the disk is too small, or the file does
        not have its checksum. What was received is kept, except in the last case.
    OSError
        If the file cannot be written.
    """
    if target.exists():
        if checksum and (found := _digest(target, checksum)) is not None:
            raise DownloadError(
                f"{target}: has the checksum {found}, expected {checksum}; remove it, and run this again"
            )
        return
    part = PartialFile(url, target)
    fruitless, tries = 0, 0
    while not part.is_complete:
        before = part.size
        try:
            _receive(part, page=page, patience=patience, has_checksum=bool(checksum), progress=progress)
        except _TemporaryError as error:
            tries += 1
            fruitless = 0 if part.size > before else fruitless + 1
            if fruitless >= patience.tries or tries >= patience.most_tries:
                raise DownloadError(
                    f"{url}: {error}, {tries} times; the {format_bytes(part.size)} received are kept: run the command "
                    f"again to continue, or see {page}"
                ) from error
            pause_s = min(max(error.pause_s, patience.pause_s * 2 ** max(fruitless - 1, 0)), patience.longest_pause_s)
            time.sleep(pause_s)
    if checksum:
        _verify(part, checksum, page)
    part.finish(target)


def _receive(
    part: PartialFile, *, page: str, patience: Patience, has_checksum: bool, progress: Progress | None
) -> None:
    """Receive the rest of a file, or all of it, in one request."""
    start = part.size
    if start and not part.validator and not has_checksum:
        part.forget()  # nothing would show that the rest is of another file
        start = 0
    headers = {"User-Agent": f"moodcurve/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if part.validator:
            headers["If-Range"] = part.validator
    try:
        with _open(part.url, headers, patience.stall_s, page) as response:
            if response.status == http.HTTPStatus.PARTIAL_CONTENT:
                total = _continued(response, part, start)
            else:
                start, total = 0, _length(response)
                _check_kind(part.url, response, page)
                part.begin(_validator(response))
            _check_disk(part, total - start)
            _append(response, part, start, total, page, progress)
    except urllib.error.HTTPError as error:
        with error:
            _raise_status(error, part, page)
    except (TimeoutError, urllib.error.URLError, http.client.HTTPException, ConnectionError, ssl.SSLError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise DownloadError(
                f"{part.url}: its certificate is not valid ({one_line(reason.verify_message)})"
            ) from error
        if isinstance(reason, TimeoutError):
            raise _TemporaryError(f"no data for {patience.stall_s:g} s") from error
        raise _TemporaryError(f"the connection failed ({one_line(str(reason)) or type(reason).__name__})") from error


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects to web addresses only, and never from https to http."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the next request, or raise."""
        before, after = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if after not in ("http", "https") or (before == "https" and after == "http"):
            raise DownloadError(f"{req.full_url}: leads to an address that is not safe, {one_line(newurl)}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, headers: dict[str, str], timeout_s: float, page: str) -> Any:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise DownloadError(f"{url}: is not an address that begins with http:// or https://; see {page}")
    request = urllib.request.Request(url, headers=headers)
    return urllib.request.build_opener(_Redirects).open(request, timeout=timeout_s)


def _length(response: Any) -> int:
    """Return the number of bytes that the server announces; 0 if it does not."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else 0


def _validator(response: Any) -> str:
    """Return a strong entity tag, or else the time of the last change."""
    tag, changed = (str(response.headers.get(name, "")).strip() for name in ("ETag", "Last-Modified"))
    return tag if tag and not tag.startswith("W/") else changed


def _continued(response: Any, part: PartialFile, start: int) -> int:
    """Return the size of the whole file, after checking that the response continues it where the part ends."""
    first, _, rest = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")
    total = rest.partition("/")[2]
    if first != str(start) or (part.validator and _validator(response) not in ("", part.validator)):
        part.forget()
        raise _TemporaryError("the server sent another part of the file, or of another file")
    return int(total) if total.isdecimal() else start + _length(response)


def _check_kind(url: str, response: Any, page: str) -> None:
    if response.headers.get_content_type() in ("text/html", "application/xhtml+xml"):
        raise DownloadError(_moved(url, "gives a web page instead of a file", page))


def _moved(url: str, what: str, page: str) -> str:
    return f"{url}: {what}: the set may have moved. See {page}, and give the new address with --url"


def _check_disk(part: PartialFile, missing: int) -> None:
    free = shutil.disk_usage(part.path.parent).free
    if missing + MARGIN > free:
        raise DownloadError(
            f"{part.path.parent}: has {format_bytes(free)} free, and {format_bytes(missing + MARGIN)} are needed to "
            "receive the file"
        )


def _append(response: Any, part: PartialFile, start: int, total: int, page: str, progress: Progress | None) -> None:
    """Append what arrives to the part."""
    received = start
    with part.path.open("ab") as stream:
        while chunk := _read(response):
            if received == 0 and chunk.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
                raise DownloadError(_moved(part.url, "gives a web page instead of a file", page))
            stream.write(chunk)
            received += len(chunk)
            if progress is not None:
                progress(received, total)
    if total and received != total:
        raise _TemporaryError(f"ended after {format_bytes(received)} of {format_bytes(total)}")
    part.is_complete = True


def _read(response: Any) -> bytes:
    """Return what has arrived; empty at the end."""
    try:
        return bytes(response.read1(_CHUNK))
    except TimeoutError:
        raise
    except OSError as error:  # of the network; those of the disk are not temporary
        raise _TemporaryError(f"the connection failed ({one_line(error.strerror or str(error))})") from error


def _raise_status(error: urllib.error.HTTPError, part: PartialFile, page: str) -> None:
    answer = f"answers {error.code} {one_line(str(error.reason))}".rstrip()
    if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and part.size:
        part.forget()
        raise _TemporaryError("the server does not have the rest of the file") from error
    if error.code in _TEMPORARY:
        raise _TemporaryError(answer, _retry_after(error.headers.get("Retry-After", ""))) from error
    if error.code in _MOVED:
        raise DownloadError(_moved(part.url, answer, page)) from error
    raise DownloadError(f"{part.url}: {answer}; see {page}") from error


def _retry_after(text: str) -> float:
    """Return the pause that a server asks for, in seconds or as a time; 0 if it does not."""
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return 0.0


def _verify(part: PartialFile, checksum: str, page: str) -> None:
    found = _digest(part.path, checksum)
    if found is not None:
        part.forget()
        raise DownloadError(
            f"{part.url}: was received with the checksum {found}, expected {checksum}; it was removed. Run the command "
            f"again; if that does not help, the set has changed: see {page}"
        )


def _digest(path: Path, checksum: str) -> str | None:
    """Return a file's checksum if it is another than the expected one, as ``md5:…``."""
    kind, _, expected = checksum.partition(":")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    return None if found == expected.casefold() else f"{kind}:{found}"
