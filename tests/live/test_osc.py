"""Rows as Open Sound Control, received on this machine."""

import socket
from collections.abc import Iterator

import pytest

from moodcurve.live import LiveError, Row
from moodcurve.live.osc import OscSender

ROW = Row(time_s=0, clock=0, arousal=0.25, valence=-0.5, silent=True)


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    pytest.importorskip("pythonosc")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(5)
        yield udp


def test_rows_are_received(receiver: socket.socket) -> None:
    from pythonosc.osc_message import OscMessage

    with OscSender(f"127.0.0.1:{receiver.getsockname()[1]}") as sender:
        sender.send(ROW)
    messages = [OscMessage(receiver.recv(4096)) for _ in range(4)]
    assert {message.address: message.params for message in messages} == {
        "/moodcurve/arousal": [0.25],
        "/moodcurve/valence": [-0.5],
        "/moodcurve/words": list(ROW.words),
        "/moodcurve/silent": [1],
    }
    assert sender.failure == ""


def test_a_network_that_is_down_stops_nothing(receiver: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = OscSender(f"127.0.0.1:{receiver.getsockname()[1]}")
    send = sender._client.send_message

    def fail(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(sender._client, "send_message", fail)
    sender.send(ROW)
    assert sender.failure == "Network is unreachable"
    monkeypatch.setattr(sender._client, "send_message", send)
    sender.send(ROW)
    assert sender.failure == ""
    sender.close()


@pytest.mark.parametrize("target", ["", "localhost", ":9000", "localhost:", "localhost:0", "localhost:70000", "a:b"])
def test_wrong_targets_say_what_is_expected(target: str, receiver: socket.socket) -> None:
    with pytest.raises(LiveError, match=r"host:port, such as 127.0.0.1:9000"):
        OscSender(target)


def test_without_python_osc_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moodcurve.util.optional._found", lambda name: False)
    with pytest.raises(LiveError, match=r"OSC needs pythonosc: .*\[live\]"):
        OscSender("127.0.0.1:9000")
