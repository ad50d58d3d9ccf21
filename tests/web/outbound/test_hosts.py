"""Tests of the hosts that the server may contact: what operators name, and which URLs and addresses these allow."""

import pytest

from moodcurve.web import WebError
from moodcurve.web.errors import ProblemError
from moodcurve.web.outbound.hosts import AllowedHosts, Target

HOSTS = AllowedHosts(["files.example", "other.example:8443", "10.0.0.5:9000", "[fd00::5]", "Upper.Example"])


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://files.example/a.mp3", Target(False, "files.example", 80, "/a.mp3")),
        ("https://FILES.example:443/a%20b?x=1&y#part", Target(True, "files.example", 443, "/a%20b?x=1&y")),
        ("HTTPS://other.example:8443", Target(True, "other.example", 8443, "/")),
        ("http://10.0.0.5:9000/bucket/song", Target(False, "10.0.0.5", 9000, "/bucket/song")),
        ("http://[fd00:0::5]/", Target(False, "fd00::5", 80, "/")),
        ("http://upper.example/", Target(False, "upper.example", 80, "/")),
    ],
)
def test_urls_of_allowed_hosts(url: str, target: Target) -> None:
    assert HOSTS.check(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "http://other.example/", "http://files.example:8080/", "https://files.example:80/", "http://10.0.0.5/",
        "http://169.254.169.254/latest/meta-data", "http://localhost:9000/", "http://files.example.evil/",
        "http://evil.files.example/", "http://[fe80::1%25eth0]/", "http://0x0a.5:9000/", "http://167772165:9000/",
        "http://10.5:9000/", "http://[::ffff:10.0.0.5]:9000/", "http://010.0.0.5:9000/",
    ],
)  # fmt: skip
def test_urls_of_other_hosts(url: str) -> None:
    with pytest.raises(ProblemError, match="does not allow") as error:
        HOSTS.check(url)
    assert error.value.status == 403


@pytest.mark.parametrize(
    "url",
    [
        "", "files.example", "//files.example/", "ftp://files.example/", "file:///etc/passwd", "http://", "http:///a",
        "http://files.example:0/", "http://files.example:99999/", "http://files.example:x/", "http://files.example\\@a/",
        "http://files.example/a b", "http://files.example/\r\nHost: a", "http://files.example/ü", "http://[::1", "\0",
        "http://user@files.example/", "http://user:word@files.example/", "http://files.example@10.0.0.5:9000/",
        "http://files.example./", "gopher://files.example/", "http://" + "a" * 2000, "http://fi_les..example/",
    ],
)  # fmt: skip
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ProblemError) as error:
        HOSTS.check(url)
    assert error.value.status == 422


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.6", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fd00::6", "fec0::1", "ff02::1",
        "::ffff:8.8.8.8", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1",
        "fe80::1%1", "not an address",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    with pytest.raises(ProblemError, match="not public"):
        HOSTS.check_address(address, 80)


def test_addresses_that_are_public_or_allowed() -> None:
    for address in ("8.8.8.8", "2606:4700:4700::1111", "fd00::5"):
        HOSTS.check_address(address, 8443)
    HOSTS.check_address("10.0.0.5", 9000)
    with pytest.raises(ProblemError):  # of another port
        HOSTS.check_address("10.0.0.5", 80)


@pytest.mark.parametrize(
    "given",
    ["", "http://files.example", "a/b", "files.example:0", "a:99999", "-a", "a b", "*", "*.example", "a..b", "::1:x"],
)
def test_what_is_no_host(given: str) -> None:
    with pytest.raises(WebError, match="not a host"):
        AllowedHosts([given])


def test_without_hosts_nothing_is_allowed() -> None:
    with pytest.raises(ProblemError, match="--allow-host"):
        AllowedHosts([]).check("http://files.example/")
