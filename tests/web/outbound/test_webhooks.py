"""Tests of webhooks: their signature against another implementation, their secret, and what counts as accepted."""

import asyncio
import base64
import json
import subprocess
import time

import pytest

from moodcurve.web import WebError
from moodcurve.web.errors import ProblemError
from moodcurve.web.outbound.hosts import AllowedHosts
from moodcurve.web.outbound.webhooks import WebhookSender, parse_secret, signature
from tests.helpers.raw_server import Answer, fixed, raw_server

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def send(*answers: Answer) -> tuple[bool, list[bytes]]:
    async def work() -> tuple[bool, list[bytes]]:
        async with raw_server(*answers) as (port, requests):
            hosts = AllowedHosts([f"127.0.0.1:{port}"])
            sender = WebhookSender(hosts, own_port=1, key=parse_secret(SECRET))
            accepted = await sender.send(f"http://127.0.0.1:{port}/hook", "batch-1", "batch.finished", {"batch": "b"})
            return accepted, requests

    return asyncio.run(work())


def test_the_signature_is_openssls() -> None:
    """openssl computes the same HMAC-SHA256 of the id, the time and the body, joined by dots."""
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{KEY.hex()}", "-binary"]
    expected = subprocess.run(command, input=b'id.1674087231.{"a":1}', capture_output=True, check=True).stdout
    assert signature(KEY, "id", 1674087231, b'{"a":1}') == "v1," + base64.b64encode(expected).decode()


def test_a_message_is_signed() -> None:
    accepted, (request,) = send(fixed(b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert accepted
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
    stamp = int(headers[b"webhook-timestamp"])
    assert abs(stamp - time.time()) < 60
    assert headers[b"webhook-id"] == b"batch-1"
    assert signature(KEY, "batch-1", stamp, body).lower().encode() == headers[b"webhook-signature"]
    data = json.loads(body)
    assert (data["type"], data["data"]) == ("batch.finished", {"batch": "b"})


def test_a_receiver_that_is_gone_gets_no_more() -> None:
    assert send(fixed(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"))[0] is False


@pytest.mark.parametrize("status", [b"301 Moved\r\nLocation: /x", b"400 Bad", b"500 Broken"])
def test_other_answers_are_failures(status: bytes) -> None:
    with pytest.raises(ProblemError, match="answered with status"):
        send(fixed(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"))


@pytest.mark.parametrize(
    "text", ["", "secret", "whsec_", "whsec_!!!!", "whsec_" + base64.b64encode(bytes(23)).decode()]
)
def test_invalid_secrets(text: str) -> None:
    with pytest.raises(WebError, match="whsec_"):
        parse_secret(text)


def test_without_a_secret_no_message_can_be_sent() -> None:
    sender = WebhookSender(AllowedHosts(["files.example"]), own_port=1, key=b"")
    with pytest.raises(ProblemError, match="MOODCURVE_WEBHOOK_SECRET"):
        sender.check("http://files.example/")
