"""Rows of sound that arrives over time: when they come, what they hold, and what interruptions do."""

import re
import time
from collections.abc import Iterator

import numpy as np
import pytest

from moodcurve.analysis import analyze
from moodcurve.live import AudioBlock, Break, LiveError, listen
from moodcurve.live.listener import Listener
from moodcurve.runtime import ModelError, load_model
from tests.helpers.live_sound import LIVE, music, rows_and_notices, sounds

pytestmark = pytest.mark.usefixtures("prepared")


def test_a_row_comes_with_the_sound_1_04_s_after_its_window_began() -> None:
    arrivals = []

    def source() -> Iterator[AudioBlock]:
        for sound in sounds(music(6), block_s=0.01):
            arrivals.append(sound.arrived - 1000)
            yield sound

    # each row needs no more than this; the thread reads ahead, so the clock of the block is compared
    for row in listen(source(), model=LIVE):
        ready = row.time_s + 1.04
        assert any(ready <= at + 1e-6 and at < ready + 0.01 + 1e-6 for at in arrivals)
        assert row.clock == pytest.approx(1000 + row.time_s, abs=0.01)
    rows, _ = rows_and_notices(sounds(music(6)[: round(5.54 * 44100)]))
    assert [row.time_s for row in rows] == [0.5 * i for i in range(10)]  # the last came with the last sample


def test_rows_are_near_those_of_the_whole_recording() -> None:
    x = music(40)
    rows, notices = rows_and_notices(sounds(x))
    curve = analyze(x, sr=44100, model=LIVE)
    assert notices == []
    assert [row.time_s for row in rows] == curve.times_s.tolist()
    for name in ("arousal", "valence"):
        differences = np.array([getattr(row, name) for row in rows]) - getattr(curve, name)
        # .006 in 16 songs; 0 would mean that rows waited for what they read ahead
        assert 0 < np.sqrt((differences**2).mean()) < 0.03
    low, high = rows[-1].arousal_interval or (0, 0)
    assert low < rows[-1].arousal < high
    assert rows[-1].to_dict()["words"] == list(rows[-1].words)


@pytest.mark.parametrize("block_s", [0.003, 0.7, 8])
def test_lengths_of_blocks_change_nothing(block_s: float) -> None:
    x = music(8)
    expected, _ = rows_and_notices(sounds(x))
    rows, _ = rows_and_notices(sounds(x, block_s=block_s))
    assert [(r.time_s, r.arousal, r.valence) for r in rows] == [(r.time_s, r.arousal, r.valence) for r in expected]


def test_channels_and_rate_may_change() -> None:
    stereo = np.stack([music(3, 48000), music(3, 48000)], axis=1)
    events = [*sounds(music(3)), *sounds(stereo, 48000, start=1003), *sounds(music(3, 22050), 22050, start=1006)]
    rows, notices = rows_and_notices(events)
    assert [row.time_s for row in rows] == [0.5 * i for i in range(16)]
    assert notices == [
        "the sample rate changes from 44100 to 48000 Hz",
        "the sample rate changes from 48000 to 22050 Hz",
    ]
    reference, _ = rows_and_notices(sounds(music(3)))
    np.testing.assert_allclose(rows[2].arousal, reference[2].arousal, atol=1e-6)


def test_an_impossible_rate_is_refused() -> None:
    with pytest.raises(LiveError, match="a sample rate of 100 Hz"):
        rows_and_notices([AudioBlock(100, np.zeros((10, 1), np.float32))])


def test_samples_that_are_no_numbers_count_as_0_and_are_stated_once() -> None:
    x = music(5)
    x[44100:44110] = np.nan
    x[90000] = np.inf
    rows, notices = rows_and_notices(sounds(x))
    assert notices == ["10 samples that are no numbers count as 0"]
    assert len(rows) == 8
    assert all(np.isfinite([row.arousal, row.valence]).all() for row in rows)


def test_a_break_starts_windows_anew_and_leaves_the_gap_in_time() -> None:
    rows, notices = rows_and_notices([*sounds(music(3)), Break("cable out"), *sounds(music(3), start=1010)])
    assert notices == ["cable out"]
    assert [row.time_s for row in rows] == [0, 0.5, 1, 1.5, 10, 10.5, 11, 11.5]
    assert [round(row.clock, 1) for row in rows] == [1000, 1000.5, 1001, 1001.5, 1010, 1010.5, 1011, 1011.5]
    alone, _ = rows_and_notices(sounds(music(3)))
    # no window holds sound from before, but the model remembers it
    assert rows[4].arousal != alone[0].arousal


def test_a_source_that_stalls_is_stated() -> None:
    def source() -> Iterator[AudioBlock]:
        yield from sounds(music(2), start=time.time() - 2)
        time.sleep(1.2)
        yield from sounds(music(2), start=time.time())

    rows, notices = rows_and_notices(source(), stall_s=0.5)
    assert len(rows) == 4
    assert notices[0] == "no sound for 0.5 s; waiting"
    assert re.match(r"sound is back after [1-9]", notices[1])
    assert len(notices) == 2
    assert 2.5 < rows[2].time_s - rows[0].time_s < 12  # longer only on a busy machine


def test_a_slow_reader_is_no_stall() -> None:
    notices: list[str] = []
    for _ in listen(iter(sounds(music(2))), model=LIVE, on_notice=notices.append, stall_s=1):
        time.sleep(1.1)
    assert notices == []


def test_silence_is_marked_and_stated() -> None:
    x = np.concatenate([music(3), np.zeros(14 * 44100, np.float32), music(3)])
    rows, notices = rows_and_notices(sounds(x))
    assert notices[0] == "silent for 10 s"
    assert notices[1].startswith("sound again after 1")
    assert [row.silent for row in rows[:4]] == [False] * 4
    assert all(row.silent for row in rows[8:30])
    assert not rows[-1].silent


def test_digital_silence_alone_is_silent() -> None:
    rows, _ = rows_and_notices(sounds(np.zeros(3 * 44100, np.float32)))
    assert [row.silent for row in rows] == [True] * 4


def test_bursts_do_not_turn_the_clock_back() -> None:
    burst = [AudioBlock(44100, sound.samples, 1000.0) for sound in sounds(music(5))]
    rows, _ = rows_and_notices([*burst, *sounds(music(3), start=1000.0)])
    clocks = [row.clock for row in rows]
    assert clocks == sorted(clocks)
    assert clocks[-1] == pytest.approx(1001.5, abs=0.01)


def test_check_ends_a_wait() -> None:
    class EndedError(Exception):
        pass

    begun = time.monotonic()

    def source() -> Iterator[AudioBlock | None]:
        while True:
            time.sleep(0.05)
            yield None

    def check() -> None:
        if time.monotonic() - begun > 0.5:
            raise EndedError

    with pytest.raises(EndedError):
        list(listen(source(), model=LIVE, check=check))
    assert time.monotonic() - begun < 30


def test_errors_of_the_source_are_raised_after_its_sound() -> None:
    def source() -> Iterator[AudioBlock]:
        yield from sounds(music(2))
        raise LiveError("the end")

    rows = listen(source(), model=LIVE)
    assert [next(rows).time_s for _ in range(2)] == [0, 0.5]
    with pytest.raises(LiveError, match="the end"):
        next(rows)


def test_a_source_is_closed_with_its_listener() -> None:
    closed = []

    def source() -> Iterator[AudioBlock]:
        try:
            while True:
                yield from sounds(music(2))
        finally:
            closed.append(True)

    rows = listen(source(), model=LIVE)
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_a_model_that_reads_backward_is_refused() -> None:
    with pytest.raises(ModelError, match="live use needs a model that reads forward only"):
        list(listen(iter([]), model=load_model("default")))


def test_a_listener_may_continue_the_time_of_another() -> None:
    listener = Listener(LIVE, lambda text: None, began=940)
    rows = [row for sound in sounds(music(3)) for row in listener.sound(sound)]
    assert [row.time_s for row in rows] == pytest.approx([60, 60.5, 61, 61.5])
    assert [row.clock for row in rows] == pytest.approx([1000, 1000.5, 1001, 1001.5], abs=0.1)
