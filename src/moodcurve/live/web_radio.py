"""Listen to a stream over HTTP, such as an internet radio station; connect again when it stops."""

import errno
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from moodcurve import __version__
from moodcurve.audio.decoders.ffmpeg import CONTAINERS
from moodcurve.live.events import PATIENCE_S, AudioBlock, Break, Event, LiveError
from moodcurve.live.pipe import PROBE_OPTIONS, decoded
from moodcurve.util.urls import with_lower_scheme

if TYPE_CHECKING:
    from av.container import InputContainer

TIMEOUT_S = 10.0
"""A server that sends nothing for this long (seconds) is given up, and asked again."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
"""Waits (seconds) before connecting again double from the first to the longest, until sound comes."""


def radio(url: str, *, timeout_s: float = TIMEOUT_S, first_wait_s: float = FIRST_WAIT_S) -> Iterator[Event | None]:
    """Yield the sound of a stream, by its http or https URL; HLS works too.

    A station that stops or stalls is connected to again, for as long as it takes. A URL of a file of known length ends.

    Raises
    ------
    LiveError
        If the first attempt to connect fails.
    """
    import av

    url = with_lower_scheme(url)  # FFmpeg knows no others
    began, wait_s = False, first_wait_s
    while True:
        try:
            with _open(url, timeout_s) as container:
                for event in decoded(container):
                    if isinstance(event, AudioBlock):
                        began, wait_s = True, first_wait_s
                    yield event
                if container.size > 0:
                    return
                reason = "the stream ended"
        except (av.FFmpegError, LiveError) as error:
            reason = _reason(error, timeout_s)
            if not began:
                raise LiveError(f"{url}: {reason}{_hint(url)}") from error
        yield Break(f"{reason}; connecting again")
        yield from _pause(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def _open(url: str, timeout_s: float) -> "InputContainer":
    import av

    options = {
        "protocol_whitelist": "http,https,tcp,tls,crypto",  # a playlist must not read files
        "format_whitelist": f"{CONTAINERS},hls",
        "user_agent": f"moodcurve/{__version__}",
        **PROBE_OPTIONS,
    }
    return av.open(url, "r", options=options, metadata_errors="ignore", timeout=timeout_s)


def _hint(url: str) -> str:
    if not url.lower().endswith((".m3u", ".pls", ".xspf", ".asx")):
        return ""
    return "; this looks like a playlist: give the address of the stream that it names"


def _reason(error: Exception, timeout_s: float) -> str:
    import av

    if isinstance(error, av.ExitError):  # what PyAV's clock raises
        return f"no data for {timeout_s:g} s"
    if isinstance(error, av.PatchWelcomeError):  # an Ogg stream that follows another with other parameters
        return "the stream changed its form"
    if getattr(error, "errno", None) == errno.EIO:  # FFmpeg's word for a connection that was closed
        return "the connection was closed"
    return str(getattr(error, "strerror", None) or error)


def _pause(seconds: float) -> Iterator[None]:
    """Wait, and yield None meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, PATIENCE_S))
        yield None
