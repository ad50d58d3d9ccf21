"""The clock of a file: audio that starts late, gaps in its time stamps, and time stamps that cannot be believed."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import ANALYSIS_SR
from moodcurve.audio.decoders.timeline import MAX_SILENCE_S, Timeline, timeline_of
from tests.audio.test_reader import read
from tests.helpers.timed_audio import write_timed
from tests.helpers.tones import loudest

CLOCKED = [".mp4", ".m4a", ".mkv", ".webm", ".wma"]
LATE = "its sound begins at 5.0 s; the time before counts as silence"


@pytest.mark.parametrize("suffix", CLOCKED)
def test_audio_that_starts_late_is_on_the_clock_of_its_file(tmp_path: Path, suffix: str) -> None:
    got, reader = read(write_timed(tmp_path / f"x{suffix}", [[(5, 330)]]))
    assert loudest(got)[:9] == [0] * 5 + [330] * 4
    assert reader.warnings == (LATE,)
    assert reader.claimed_duration_s == pytest.approx(9, abs=0.1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_audio_that_starts_after_the_picture(tmp_path: Path, suffix: str) -> None:
    got, reader = read(write_timed(tmp_path / f"x{suffix}", [[(5, 330)]], video_s=12))
    assert loudest(got)[:9] == [0] * 5 + [330] * 4
    assert reader.warnings == (LATE,)


@pytest.mark.parametrize("suffix", [*CLOCKED, ".flv"])
def test_a_gap_in_the_time_stamps_is_silence(tmp_path: Path, suffix: str) -> None:
    got, reader = read(write_timed(tmp_path / f"x{suffix}", [[(0, 330), (24, 440)]]))
    assert loudest(got)[:28] == [330] * 4 + [0] * 20 + [440] * 4
    assert len(reader.warnings) == 1
    assert reader.warnings[0].startswith("its time stamps leave a gap of 20.")
    assert reader.warnings[0].endswith(" s at 0:04, which counts as silence")


def test_several_gaps_are_one_note(tmp_path: Path) -> None:
    got, reader = read(write_timed(tmp_path / "x.mkv", [[(2, 330), (8, 440), (20, 550)]]))
    assert loudest(got) == [0] * 2 + [330] * 4 + [0] * 2 + [440] * 4 + [0] * 8 + [550] * 4
    assert reader.warnings == (
        "its sound begins at 2.0 s; the time before counts as silence",
        "its time stamps leave 2 gaps of 10.0 s together, the first at 0:06, which counts as silence",
    )


def test_a_jump_of_a_broadcast_is_a_new_clock(tmp_path: Path) -> None:
    got, reader = read(write_timed(tmp_path / "x.ts", [[(0, 330), (24, 440)]]))
    assert loudest(got)[:8] == [330] * 4 + [440] * 4
    assert reader.warnings == ("its time stamps jump ahead too far to be believed: 1; its times may be wrong",)


def test_a_jump_of_years_is_not_believed(tmp_path: Path) -> None:
    got, reader = read(write_timed(tmp_path / "x.mkv", [[(0, 330), (MAX_SILENCE_S + 5, 440)]]))
    assert loudest(got) == [330] * 4 + [440] * 4
    assert "too far to be believed: 1" in reader.warnings[-1]


def test_all_silence_together_is_limited() -> None:
    timeline = Timeline(0.0)
    inserted = [timeline.silence_before(number * 3600.0, 1.0) for number in range(1, 11)]
    assert sum(inserted) <= MAX_SILENCE_S
    assert inserted[-1] == 0


def test_rounded_and_missing_time_stamps_leave_no_gap() -> None:
    timeline = Timeline(0.0)
    assert not any(timeline.silence_before(stamp, 1.0) for stamp in (0.04, 0.99, None, 3.08, 3.95, 5.05))
    assert timeline.notes() == []


def test_audio_goes_on_where_time_stamps_jump_back() -> None:
    timeline = Timeline(0.0)
    assert [timeline.silence_before(stamp, 1.0) for stamp in (-3.0, -2.0, -30.0, -29.0, -27.0)] == [0, 0, 0, 0, 1.0]
    assert timeline.notes() == ["its time stamps leave a gap of 1.0 s at 0:04, which counts as silence"]


def test_a_clock_that_starts_anywhere() -> None:
    timeline = timeline_of("mpegts", 5000.0)
    assert timeline is not None
    assert [timeline.silence_before(stamp, 1.0) for stamp in (5000.02, 5003.02)] == [0, pytest.approx(2.02)]
    assert timeline_of("mp3", 0.0) is None


def test_silence_has_the_channels_of_the_audio(tmp_path: Path) -> None:
    got, reader = read(write_timed(tmp_path / "x.mkv", [[(1, 330)]]))
    assert reader.channels == 2
    assert np.abs(got[: ANALYSIS_SR - 500]).max() < 1e-6  # the filter of the conversion rings before the tone
