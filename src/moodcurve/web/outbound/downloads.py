"""Download a song from an allowed host into the temporary folder, within the limits of uploads."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from moodcurve.web.errors import ProblemError
from moodcurve.web.outbound.client import OutboundClient, OutboundResponse
from moodcurve.web.outbound.hosts import Target
from moodcurve.web.request_body import Pace
from moodcurve.web.temp_folder import store_file
from moodcurve.web.uploads import ReceivedFile, display_name, too_large

MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


async def download(url: str, client: OutboundClient, folder: Path, *, max_bytes: int) -> ReceivedFile:
    """Download the file of a URL; its name is the last part of the URL's path.

    Raises
    ------
    ProblemError
        If the URL or one that it redirects to is refused, the file is larger than `max_bytes`, the host is too slow or
        its response is invalid, or the disk is full. Nothing is then left in `folder`.
    """
    name = display_name(unquote_to_bytes(urlsplit(url).path))
    target = client.hosts.check(url)
    for _ in range(MAX_REDIRECTS + 1):
        async with client.request("GET", target, headers={"Accept": "audio/*, video/*, */*;q=0.1"}) as response:
            if response.status not in _REDIRECTS:
                return ReceivedFile(await _store(target, response, client, folder, max_bytes), name)
            following = urljoin(url, response.headers.get("location", ""))
        before, url = target, following
        target = client.hosts.check(url)
        if before.secure and not target.secure:
            raise ProblemError(502, f"{before.host}: redirects from https to http")
    raise ProblemError(502, f"{target.host}: redirects more than {MAX_REDIRECTS} times")


async def _store(
    target: Target, response: OutboundResponse, client: OutboundClient, folder: Path, max_bytes: int
) -> Path:
    if response.status != 200:
        raise ProblemError(502, f"{target.host}: answered with status {response.status}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ProblemError(502, f"{target.host}: sent a compressed response")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise too_large(max_bytes)

    async def paced() -> AsyncIterator[bytes]:
        pace = Pace(client.timeout_s)
        async for chunk in response.body:
            if pace.is_too_slow(len(chunk)):
                raise ProblemError(504, f"{target.host}: the download is too slow")
            yield chunk

    return await store_file(paced(), folder, max_bytes=max_bytes, too_large=too_large(max_bytes))
