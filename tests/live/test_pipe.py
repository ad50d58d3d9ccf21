"""Sound through a pipe: raw samples of every format, and encoded streams."""

import io
import itertools
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
import pytest
import soundfile

from moodcurve.live import AudioBlock, LiveError, Notice, RawFormat, encoded, raw_pcm
from moodcurve.live.pipe import SAMPLE_FORMATS
from tests.helpers.live_sound import music


@contextmanager
def piped(data: bytes, *, piece: int = 5001, pause_s: float = 0.0) -> Iterator[BinaryIO]:
    """Yield the end of a pipe that data arrives through, in odd pieces."""
    read, write = os.pipe()

    def send() -> None:
        with os.fdopen(write, "wb", buffering=0) as file:
            for start in range(0, len(data), piece):
                try:
                    file.write(data[start : start + piece])
                except BrokenPipeError:
                    return
                time.sleep(pause_s)

    thread = threading.Thread(target=send)
    thread.start()
    with os.fdopen(read, "rb", buffering=0) as file:
        yield file
    thread.join()


def joined(events: list[object]) -> np.ndarray:
    return np.concatenate([event.samples for event in events if isinstance(event, AudioBlock)])


@pytest.mark.parametrize("name", SAMPLE_FORMATS)
def test_raw_samples_of_every_format(name: str) -> None:
    x = np.stack([music(1, 8000), -0.5 * music(1, 8000)], axis=1)
    kind = np.dtype(SAMPLE_FORMATS[name])
    scaled = x if kind.kind == "f" else np.round(x * 2.0 ** (8 * kind.itemsize - 1)) + (128 if kind.kind == "u" else 0)
    with piped(scaled.astype(kind).tobytes(), piece=1001) as file:
        events = list(raw_pcm(file, RawFormat(8000, 2, name)))
    found = joined(events)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, x, atol=1 / 128 if kind.itemsize == 1 else 1e-4)


def test_an_incomplete_frame_at_the_end_is_left_out() -> None:
    with piped(b"\1\2" * 7 + b"\1") as file:
        assert joined(list(raw_pcm(file, RawFormat(8000, 2)))).shape == (3, 2)


def test_raw_samples_are_not_held_back() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as file, os.fdopen(write, "wb", buffering=0) as sender:
        events = raw_pcm(file, RawFormat(44100))
        sender.write(bytes(200))
        event = next(events)
        assert isinstance(event, AudioBlock)
        assert event.samples.shape == (100, 1)
        assert abs(event.arrived - time.time()) < 1


@pytest.mark.parametrize(("form", "subtype"), [("WAV", "PCM_16"), ("MP3", None), ("OGG", "VORBIS"), ("FLAC", "PCM_16")])
def test_encoded_streams(form: str, subtype: str | None) -> None:
    x = music(5)
    file = io.BytesIO()
    soundfile.write(file, x, 44100, format=form, subtype=subtype)
    with piped(file.getvalue(), pause_s=0.001) as stream:
        events = list(encoded(stream))
    found = joined(events)[:, 0]
    assert {event.rate for event in events if isinstance(event, AudioBlock)} == {44100}
    assert len(found) == pytest.approx(len(x), abs=2600)  # an MP3 has a delay and whole frames
    middle = x[60000:120000]
    lags = range(-2600, 2601)  # of coders
    best = max(np.dot(found[60000 + lag : 120000 + lag], middle) for lag in lags)
    assert best > 0.95 * np.dot(middle, middle)


@pytest.mark.parametrize("rates", [(44100, 44100, 44100), (44100, 48000, 22050), (22050, 44100, 44100)])
@pytest.mark.parametrize("form", ["OGG", "MP3"])
def test_streams_that_follow_one_another(form: str, rates: tuple[int, ...]) -> None:
    data = b""
    for rate in rates:
        file = io.BytesIO()
        soundfile.write(file, music(4, rate), rate, format=form)
        data += file.getvalue()
    with piped(data) as stream:
        found = [event for event in encoded(stream) if isinstance(event, AudioBlock)]
    assert [rate for rate, _ in itertools.groupby(event.rate for event in found)] == list(dict.fromkeys(rates))
    assert sum(len(event.samples) / event.rate for event in found) == pytest.approx(12, abs=0.25)


def test_damaged_packets_are_passed_over_and_stated() -> None:
    file = io.BytesIO()
    soundfile.write(file, music(10), 44100, format="MP3")
    data = bytearray(file.getvalue())
    middle = len(data) // 2
    data[middle : middle + 3000] = os.urandom(3000)
    with piped(bytes(data)) as stream:
        events = list(encoded(stream))
    assert len(joined(events)) > 8 * 44100
    assert all(isinstance(event, AudioBlock | Notice) for event in events)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty: nothing was sent"),
        (b"no sound at all" * 100, "no stream of a known format"),
        (bytes(100_000), "no stream of a known format"),
    ],
)
def test_what_is_no_stream_is_refused(data: bytes, problem: str) -> None:
    with piped(data) as stream, pytest.raises(LiveError, match=f"standard input is {problem}"):
        list(encoded(stream))


def test_raw_format_of_text() -> None:
    assert RawFormat.parse("44100") == RawFormat(44100, 1, "s16le")
    assert RawFormat.parse("48000,2,f32le") == RawFormat(48000, 2, "f32le")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "such as 44100,2,s16le"),
        ("44100;2", "such as 44100,2,s16le"),
        ("44100,2,mp3", "must be one of u8"),
        ("10", "must be 4000 to"),
        ("44100,0", "1 to 64 channels"),
        ("44100,999", "1 to 64 channels"),
    ],
)
def test_wrong_raw_formats_say_what_is_expected(text: str, message: str) -> None:
    with pytest.raises(LiveError, match=message):
        RawFormat.parse(text)
