"""Listen to a microphone or another input of the sound card (extra ``live``); wait for it when it is unplugged."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from moodcurve.live.events import PATIENCE_S, AudioBlock, Break, Event, LiveError, Notice
from moodcurve.util.optional import install_hint, require

BLOCK_S = 0.05
LOST_S = 2.0
"""A device that sends nothing for this long (seconds) is opened again."""
AGAIN_S = 2.0
"""Time between two attempts to open a device that was lost (seconds)."""
MAX_CHANNELS = 2
_HELD_BLOCKS = 600  # 30 s


def microphone(device: str | int | None = None, *, api: Any = None) -> Iterator[Event | None]:
    """Yield the sound of an input device at its own sample rate.

    Parameters
    ----------
    device : str, int or None
        Part of its name, or its number, see `device_list`; None for the system's default.
    api : module, optional
        Instead of ``sounddevice``, for tests.

    Raises
    ------
    LiveError
        If sounddevice or PortAudio is missing, or the device cannot be opened at first. A device that is lost
        afterwards is waited for.
    """
    api = _sound_api() if api is None else api
    waiting = opened_once = False
    while True:
        try:
            with _opened(api, device) as (blocks, rate, name, stream):
                if not opened_once:
                    yield Notice(f"listening to {name} at {rate} Hz")
                opened_once, waiting = True, False
                yield from _sounds(blocks, rate, stream)
        except (api.PortAudioError, ValueError) as error:
            if not opened_once:
                raise LiveError(
                    f"no microphone can be opened ({error}); `moodcurve live --devices` lists the input devices"
                ) from error
        if not waiting:
            waiting = True
            yield Break("the microphone stopped; waiting for it")
        end = time.monotonic() + AGAIN_S
        while time.monotonic() < end:
            time.sleep(PATIENCE_S)
            yield None
        _refresh(api)


def device_list(api: Any = None) -> list[str]:
    """Return the input devices, as ``number: name``.

    Raises
    ------
    LiveError
        If sounddevice or PortAudio is missing.
    """
    api = _sound_api() if api is None else api
    return [
        f"{index}: {device['name']}, {device['max_input_channels']} channels, {device['default_samplerate']:.0f} Hz"
        for index, device in enumerate(api.query_devices())
        if device["max_input_channels"] > 0
    ]


def _sound_api() -> Any:
    """Return the module ``sounddevice``.

    Raises
    ------
    LiveError
        If it is not installed, or the system lacks PortAudio.
    """
    require("sounddevice", what="listening to a microphone", extra="live", error=LiveError)
    try:
        import sounddevice
    except OSError as error:
        raise LiveError(
            f"sounddevice cannot be used ({error}): install PortAudio, on Debian and Ubuntu: apt install libportaudio2"
        ) from error
    except ImportError as error:
        raise LiveError(f"sounddevice cannot be imported ({error}): {install_hint('live')}") from error
    return sounddevice


@contextmanager
def _opened(api: Any, device: str | int | None) -> "Iterator[tuple[queue.Queue[Event], int, str, Any]]":
    """Open a device that puts its blocks into a queue; yield the queue, the rate, the name and the stream."""
    info = api.query_devices(device, "input")
    rate, channels = int(info["default_samplerate"]), max(1, min(MAX_CHANNELS, info["max_input_channels"]))
    blocks: queue.Queue[Event] = queue.Queue(_HELD_BLOCKS)
    lost = 0

    def receive(samples: np.ndarray, frames: int, times: object, status: Any) -> None:
        nonlocal lost
        try:
            if lost or (status and status.input_overflow):
                blocks.put_nowait(Break("the computer was too slow: some sound is missing"))
                lost = 0
            blocks.put_nowait(AudioBlock(rate, samples.copy()))
        except queue.Full:
            lost += frames

    stream = api.InputStream(
        samplerate=rate, blocksize=round(BLOCK_S * rate), device=device, channels=channels, dtype="float32",
        callback=receive,
    )  # fmt: skip
    with stream:
        yield blocks, rate, str(info["name"]), stream


def _sounds(blocks: "queue.Queue[Event]", rate: int, stream: Any) -> Iterator[Event | None]:
    """Yield what the device sends, until it stops."""
    last = time.monotonic()
    while True:
        try:
            event = blocks.get(timeout=PATIENCE_S)
        except queue.Empty:
            if not stream.active or time.monotonic() - last >= LOST_S:
                return
            yield None
            continue
        last = time.monotonic()
        yield event


def _refresh(api: Any) -> None:
    """Let PortAudio look for devices again, which it does only when it starts."""
    api._terminate()
    api._initialize()
