"""A radio station on this machine that stalls, drops, refuses and comes back."""

import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import soundfile

from moodcurve.live import AudioBlock, Break, LiveError, radio
from moodcurve.live.events import Event
from tests.helpers.live_sound import music

FILE = io.BytesIO()
soundfile.write(FILE, music(4), 44100, format="MP3")
MP3 = FILE.getvalue()
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name: test\r\n\r\n"

Serve = Callable[[socket.socket], None]


@contextmanager
def station(*answers: Serve) -> Iterator[str]:
    """Yield the URL of a server that answers one connection after the other, the last answer for all that follow."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def run() -> None:
        for index in range(100):
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                with suppress(OSError):
                    answers[min(index, len(answers) - 1)](connection)
                if ended.is_set():
                    return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/radio.mp3"
    finally:
        ended.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def drops(connection: socket.socket) -> None:
    """Send a stream without a length, and hang up."""
    connection.sendall(HEAD + MP3)


def stalls(connection: socket.socket) -> None:
    """Send a stream, and then nothing, without hanging up."""
    connection.sendall(HEAD + MP3)
    time.sleep(2)


def hesitates(connection: socket.socket) -> None:
    """Stop for a moment in the middle."""
    connection.sendall(HEAD + MP3[:20000])
    time.sleep(0.5)
    connection.sendall(MP3[20000:])


def refuses(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.0 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


def misleads(connection: socket.socket) -> None:
    """Send a page instead of sound."""
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>back soon</html>")


def sends_a_file(connection: socket.socket) -> None:
    connection.sendall(HEAD.replace(b"icy-name: test", b"Content-Length: %d" % len(MP3)) + MP3)


def taken(url: str, seconds: float, *, timeout_s: float = 1.5) -> list[Event]:
    """Return the events of a station up to a time of sound."""
    events: list[Event] = []
    heard, source = 0.0, radio(url, timeout_s=timeout_s, first_wait_s=0.2)
    for event in source:
        if event is not None:
            events.append(event)
        if isinstance(event, AudioBlock):
            heard += len(event.samples) / event.rate
            if heard >= seconds:
                break
    source.close()  # type: ignore[attr-defined]
    return events


def reasons(events: list[Event]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Break)]


def test_the_scheme_of_a_station_may_be_in_upper_case() -> None:
    with station(sends_a_file) as url:
        assert reasons(taken(url.replace("http", "HTTP"), 1)) == []


def test_a_stream_that_drops_is_connected_to_again() -> None:
    with station(drops) as url:
        events = taken(url, 10)
    assert reasons(events) == ["the connection was closed; connecting again"] * 2


def test_a_stream_that_stalls_is_connected_to_again() -> None:
    with station(stalls, drops) as url:
        begun = time.monotonic()
        events = taken(url, 6)
    assert reasons(events) == ["no data for 1.5 s; connecting again"]
    assert time.monotonic() - begun < 60


def test_ogg_streams_of_two_rates_are_connected_to_again() -> None:
    def both(connection: socket.socket) -> None:
        data = b""
        for rate in (44100, 48000):
            file = io.BytesIO()
            soundfile.write(file, music(3, rate), rate, format="OGG")
            data += file.getvalue()
        connection.sendall(HEAD.replace(b"mpeg", b"ogg") + data)

    with station(both, drops) as url:
        events = taken(url, 5)
    assert reasons(events) == ["the stream changed its form; connecting again"]


def test_a_short_pause_loses_nothing() -> None:
    with station(hesitates) as url:
        events = taken(url, 3.9)
    assert reasons(events) == []


def test_a_station_that_is_down_is_asked_again_and_again() -> None:
    with station(drops, refuses, misleads, refuses, drops) as url:
        begun = time.monotonic()
        events = taken(url, 6)
        waited = time.monotonic() - begun
    found = reasons(events)
    assert len(found) == 4
    assert "5XX" in found[1]
    assert re.match("the connection was closed|Invalid data", found[2])
    assert waited > 0.2 + 0.4 + 0.8 + 1.6 - 0.1  # the waits double


def test_a_file_of_known_length_ends() -> None:
    with station(sends_a_file) as url:
        events = [event for event in radio(url) if event is not None]
    assert reasons(events) == []
    assert sum(len(event.samples) for event in events if isinstance(event, AudioBlock)) == pytest.approx(
        4 * 44100, abs=2600
    )


@pytest.mark.parametrize(
    ("answer", "message"), [(refuses, "5XX"), (misleads, "the connection was closed|Invalid data"), (stalls, None)]
)
def test_a_station_that_never_answered_is_an_error(answer: Serve, message: str | None) -> None:
    if message is None:  # nothing listens
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        message = "Connection refused"
        with pytest.raises(LiveError, match=message):
            next(radio(url))
        return
    with station(answer) as url, pytest.raises(LiveError, match=message):
        next(radio(url))


def test_the_address_of_a_playlist_gets_a_hint() -> None:
    head = HEAD.replace(b"audio/mpeg", b"audio/x-scpls")
    playlist = b"[playlist]\nFile1=http://127.0.0.1:1/stream\n"
    with (
        station(lambda connection: connection.sendall(head + playlist)) as url,
        pytest.raises(LiveError, match="give the address of the stream that it names"),
    ):
        next(radio(url.replace(".mp3", ".pls")))


def test_a_playlist_reads_no_file_of_this_machine() -> None:
    text = (
        b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:4,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    )
    head = HEAD.replace(b"audio/mpeg", b"application/vnd.apple.mpegurl")
    with station(lambda connection: connection.sendall(head + text)) as url, pytest.raises(LiveError):
        next(radio(url.replace(".mp3", ".m3u8"), timeout_s=2))
