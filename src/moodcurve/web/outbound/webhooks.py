"""Signed messages to a client's own server, in the form of the Standard Webhooks specification.

The receiver checks that the header ``webhook-signature`` is ``v1,`` and the HMAC-SHA256 of ``ID.TIMESTAMP.BODY`` in
base64, which libraries for many languages do (https://www.standardwebhooks.com).
"""

import base64
import binascii
import hmac
import json
import time
from typing import Any

from moodcurve.util.text import utc_time
from moodcurve.web import WebError
from moodcurve.web.errors import ProblemError
from moodcurve.web.outbound.client import OutboundClient
from moodcurve.web.outbound.hosts import AllowedHosts

TIMEOUT_S = 10.0
"""Time for a receiver to answer."""
RETRY_S = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Waiting times after each failed attempt; the message is given up after the attempt that follows the last."""
_PREFIX = "whsec_"  # nosec B105 # what secrets begin with
_SECRET_BYTES = range(24, 65)
_GONE = 410


def parse_secret(text: str) -> bytes:
    """Return the key of a secret, ``whsec_`` and 24 to 64 bytes in base64.

    Raises
    ------
    WebError
        If it is of another form.
    """
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or len(key) not in _SECRET_BYTES:
        raise WebError("the secret of webhooks must be whsec_ and 24 to 64 bytes in base64: openssl rand -base64 32")
    return key


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header ``webhook-signature``."""
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


class WebhookSender:
    """Sends signed messages.

    Parameters
    ----------
    hosts : AllowedHosts
    own_port : int
        Port on which this server listens.
    key : bytes
        Empty if the operator gave none: then no message can be sent.
    """

    def __init__(self, hosts: AllowedHosts, *, own_port: int, key: bytes) -> None:
        self._client = OutboundClient(hosts, own_port=own_port, timeout_s=TIMEOUT_S)
        self._key = key

    def check(self, url: str) -> None:
        """Check that messages can be sent to a URL.

        Raises
        ------
        ProblemError
            If they cannot.
        """
        if not self._key:
            raise ProblemError(403, "this server sends no webhooks: its operator set no $MOODCURVE_WEBHOOK_SECRET")
        self._client.hosts.check(url)

    async def send(self, url: str, id: str, event: str, data: dict[str, Any]) -> bool:
        """Send a message once; return whether it needs no further attempt: it was accepted, or is not wanted.

        Redirects are not followed: a signed message belongs to the URL that was given.

        Raises
        ------
        ProblemError
            If the host is refused, cannot be reached, or does not accept the message.
        """
        now = int(time.time())
        body = json.dumps({"type": event, "timestamp": utc_time(now), "data": data}, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(self._key, id, now, body),
        }
        target = self._client.hosts.check(url)
        async with self._client.request("POST", target, headers=headers, body=body) as response:
            if response.status == _GONE:
                return False
            if not 200 <= response.status < 300:
                raise ProblemError(502, f"{target.host}: answered with status {response.status}")
        return True
