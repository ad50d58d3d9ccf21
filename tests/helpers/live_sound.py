"""Sound for tests of live use, and what listening to it yields."""

from collections.abc import Iterable

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.live import AudioBlock, Break, Notice, Row, listen
from moodcurve.runtime import load_model

LIVE = load_model("live")


def music(seconds: float, rate: int = 44100) -> Float32Array:
    """Return chords with a beat (n,): they change every second."""
    t = np.arange(round(seconds * rate)) / rate
    root = 220 * 2 ** (np.floor(t) % 5 / 12)
    phase = 2 * np.pi * np.cumsum(root) / rate
    tones = sum(np.sin(ratio * phase) for ratio in (1, 1.25, 1.5, 2))
    return (0.08 * tones * (0.3 + np.exp(-6 * (t % 0.5)))).astype(np.float32)


def sounds(x: np.ndarray, rate: int = 44100, *, block_s: float = 0.1, start: float = 1000.0) -> list[AudioBlock]:
    """Return samples (n,) or (n, channels) as blocks that arrive one after the other, from a time on."""
    x = x.reshape(len(x), -1)
    size = round(block_s * rate)
    return [AudioBlock(rate, x[i : i + size], start + min(i + size, len(x)) / rate) for i in range(0, len(x), size)]


def rows_and_notices(
    events: Iterable[AudioBlock | Break | Notice | None], **options: float
) -> tuple[list[Row], list[str]]:
    """Return the rows and notices of events."""
    notices: list[str] = []
    rows = list(listen(iter(events), model=LIVE, on_notice=notices.append, **options))
    return rows, notices
