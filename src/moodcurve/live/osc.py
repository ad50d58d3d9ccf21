"""Send rows to programs for lights and visuals by Open Sound Control (extra ``live``)."""

import socket
from types import TracebackType
from typing import Any, Self

from moodcurve.live.events import LiveError
from moodcurve.live.follower import Row
from moodcurve.util.optional import require

ADDRESS = "/moodcurve"
"""Rows go to ``/moodcurve/arousal`` and ``/moodcurve/valence`` (floats in [-1, 1]), ``/moodcurve/words`` (the nearest
words as strings) and ``/moodcurve/silent`` (1 or 0), over UDP."""


class OscSender:
    """Sends rows to one program.

    Parameters
    ----------
    target : str
        ``host:port``, such as ``127.0.0.1:9000``; IPv6 addresses in brackets.

    Attributes
    ----------
    failure : str
        Why the last row could not be sent; empty if it was sent.

    Raises
    ------
    LiveError
        If python-osc is missing, the target is not of this form, or its host is unknown.
    """

    def __init__(self, target: str) -> None:
        require("pythonosc", what="OSC", extra="live", error=LiveError)
        from pythonosc.udp_client import SimpleUDPClient

        host, colon, port = target.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not (colon and host and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
            raise LiveError(f"OSC goes to host:port, such as 127.0.0.1:9000, got {target!r}")
        try:
            # resolved once: a name server that is down must not hold the rows up
            address = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0][4][0]
            self._client: Any = SimpleUDPClient(str(address), int(port))
        except OSError as error:
            raise LiveError(f"OSC cannot be sent to {target}: {error.strerror or error}") from error
        self.failure = ""

    def send(self, row: Row) -> None:
        """Send a row; a network that is down for a while stops nothing."""
        messages = {
            "arousal": row.arousal,
            "valence": row.valence,
            "words": list(row.words),
            "silent": int(row.silent),
        }
        try:
            for name, value in messages.items():
                self._client.send_message(f"{ADDRESS}/{name}", value)
            self.failure = ""
        except OSError as error:
            self.failure = error.strerror or str(error)

    def close(self) -> None:
        """Close the socket."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
