"""A microphone, with a stand-in for the sound card: it is unplugged, overruns, and comes back."""

import builtins
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from moodcurve.live import AudioBlock, Break, LiveError, Notice, microphone
from moodcurve.live.events import Event
from moodcurve.live.sound_card import device_list
from tests.helpers.live_sound import music, rows_and_notices


class CardError(Exception):
    """Stands for sounddevice.PortAudioError."""


class Card:
    """Stands for the module sounddevice, with one microphone.

    `plays` has, for each time that the device is opened, how many blocks it sends, or None for no device.
    """

    PortAudioError = CardError

    def __init__(self, *plays: int | None, rate: float = 48000.0, overflow_at: int = -1) -> None:
        self.plays = list(plays)
        self.rate = rate
        self.overflow_at = overflow_at
        self.refreshed = 0
        self.opened: list[dict[str, Any]] = []
        self.closed = 0

    def query_devices(self, device: Any = None, kind: str | None = None) -> Any:
        info = {"name": "fake mic", "max_input_channels": 6, "default_samplerate": self.rate}
        if kind is None:
            return [{**info, "name": "speakers", "max_input_channels": 0}, info]
        if not self.plays or self.plays[0] is None:
            self.plays[:1] = []
            raise CardError("Error querying device -1")
        return info

    def InputStream(self, **options: Any) -> "Stream":  # noqa: N802
        self.opened.append(options)
        return Stream(self, self.plays.pop(0) or 0, options)

    def _terminate(self) -> None:
        self.refreshed += 1

    def _initialize(self) -> None:
        pass


class Stream:
    """Sends blocks of music from a thread, and stops."""

    def __init__(self, card: Card, blocks: int, options: dict[str, Any]) -> None:
        self.card, self.blocks, self.options = card, blocks, options
        self.active = True
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        size, channels = self.options["blocksize"], self.options["channels"]
        x = np.repeat(music(size * self.blocks / self.card.rate, int(self.card.rate))[:, None], channels, axis=1)
        buffer = np.empty((size, channels), np.float32)  # PortAudio uses the same again
        for index in range(self.blocks):
            buffer[:] = x[index * size : (index + 1) * size]
            status = SimpleNamespace(input_overflow=index == self.card.overflow_at)
            self.options["callback"](buffer, size, None, status if status.input_overflow else None)
            time.sleep(0.002)
        buffer[:] = 9
        self.active = False

    def __enter__(self) -> "Stream":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()
        self.card.closed += 1


def taken(card: Card, enough: Callable[[list[Event]], bool]) -> list[Event]:
    source, events = microphone(api=card), []
    for event in source:
        if event is not None:
            events.append(event)
        if enough(events):
            break
    source.close()  # type: ignore[attr-defined]
    return events


def blocks(events: list[Event]) -> list[AudioBlock]:
    return [event for event in events if isinstance(event, AudioBlock)]


def test_sound_of_a_microphone() -> None:
    card = Card(100)
    events = taken(card, lambda events: len(blocks(events)) == 100)
    assert events[0] == Notice("listening to fake mic at 48000 Hz")
    x = np.concatenate([sound.samples for sound in blocks(events)])
    assert x.shape == (100 * 2400, 2)
    np.testing.assert_array_equal(x[:, 0], music(5, 48000))
    assert card.opened[0]["dtype"] == "float32"
    assert card.closed == 1
    rows, _ = rows_and_notices(events)
    assert [row.time_s for row in rows] == [0.5 * i for i in range(8)]


def test_a_lost_microphone_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moodcurve.live.sound_card.AGAIN_S", 0.3)
    card = Card(20, None, None, 20)
    events = taken(card, lambda events: len(blocks(events)) == 40)
    others = [event for event in events if not isinstance(event, AudioBlock)]
    assert others == [Notice("listening to fake mic at 48000 Hz"), Break("the microphone stopped; waiting for it")]
    assert card.refreshed == 3
    assert card.closed == 2


def test_a_device_that_sends_nothing_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moodcurve.live.sound_card.AGAIN_S", 0.1)
    monkeypatch.setattr("moodcurve.live.sound_card.LOST_S", 0.3)
    card = Card(5, 5)
    monkeypatch.setattr(Stream, "active", property(lambda self: True, lambda self, value: None), raising=False)
    assert len(blocks(taken(card, lambda events: len(blocks(events)) == 10))) == 10


def test_an_overflow_is_a_break() -> None:
    events = taken(Card(10, overflow_at=5), lambda events: len(blocks(events)) == 10)
    assert events.index(Break("the computer was too slow: some sound is missing")) == 6


def test_no_microphone_is_an_error_with_a_hint() -> None:
    with pytest.raises(LiveError, match=r"no microphone can be opened .*Error querying.*moodcurve live --devices"):
        next(microphone(api=Card(None)))


def test_devices_with_inputs_are_listed() -> None:
    assert device_list(Card()) == ["1: fake mic, 6 channels, 48000 Hz"]


def test_without_sounddevice_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moodcurve.util.optional._found", lambda name: False)
    with pytest.raises(LiveError, match=r"listening to a microphone needs sounddevice: .*\[live\]"):
        next(microphone())


def test_without_portaudio_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moodcurve.util.optional._found", lambda name: True)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    load = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LiveError, match="apt install libportaudio2"):
        next(microphone())
