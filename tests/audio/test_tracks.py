"""Files with several audio tracks: which one is read, and how another is chosen."""

from pathlib import Path

import pytest

from moodcurve import analyze, analyze_many
from moodcurve.audio import AudioError, open_audio
from tests.audio.test_reader import music, read
from tests.helpers.damaged_audio import write_sound
from tests.helpers.timed_audio import write_timed
from tests.helpers.tones import loudest

TRACKS = [[(0, 330)], [(0, 440)], [(0, 550)]]


def note(tracks: int, track: int) -> tuple[str, ...]:
    return (f"it has {tracks} audio tracks; track {track} is analyzed, --track N chooses another",)


@pytest.mark.parametrize(
    ("suffix", "default", "expected", "track"),
    [
        (".mkv", (), 330, 1),  # later tracks have higher bit rates
        (".mkv", (2,), 440, 2),
        (".mkv", (2, 3), 440, 2),
        (".mp4", (1, 2, 3), 330, 1),  # stems: all are enabled, the first is the mix
        (".mp4", (3,), 550, 3),
        (".ts", (), 330, 1),
    ],
)
def test_the_default_track_is_heard_else_the_first(
    tmp_path: Path, suffix: str, default: tuple[int, ...], expected: int, track: int
) -> None:
    got, reader = read(write_timed(tmp_path / f"x{suffix}", TRACKS, default=default))
    assert loudest(got)[:4] == [expected] * 4
    assert reader.warnings == note(3, track)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_track_is_chosen_by_its_number(tmp_path: Path, suffix: str) -> None:
    path = write_timed(tmp_path / f"x{suffix}", TRACKS, default=(1,), video_s=4)
    for track, frequency in enumerate((330, 440, 550), start=1):
        got, reader = read(path, track=track)
        assert loudest(got)[:4] == [frequency] * 4
        assert reader.warnings == ()


def test_twenty_four_tracks(tmp_path: Path) -> None:
    path = write_timed(tmp_path / "session.mka", [[(0, 200 + 10 * number)] for number in range(24)])
    got, reader = read(path)
    assert loudest(got)[:4] == [200] * 4
    assert reader.warnings == note(24, 1)
    assert loudest(read(path, track=24)[0])[:4] == [430] * 4


def test_a_track_that_is_not_there(tmp_path: Path) -> None:
    film, song = write_timed(tmp_path / "x.mkv", TRACKS), write_sound(tmp_path / "x.wav", music(), 44_100)
    with pytest.raises(AudioError, match=r"x\.mkv: it has 3 audio tracks, no track 4"):
        open_audio(film, track=4)
    with pytest.raises(AudioError, match=r"x\.wav: it has 1 audio track, no track 2"):
        open_audio(song, track=2)
    assert read(song, track=1)[1].warnings == ()
    with pytest.raises(ValueError, match="track must be 1 or more, got 0"):
        open_audio(song, track=0)


def test_analyze_takes_a_track(tmp_path: Path) -> None:
    path = write_timed(tmp_path / "x.mkv", TRACKS)
    first, second = analyze(path), analyze(path, track=2)
    assert first.warnings[0] == note(3, 1)[0]
    assert note(3, 1)[0] not in second.warnings
    assert not (first.arousal == second.arousal).all()
    (third,) = analyze_many(path, track=2)
    assert not isinstance(third, Exception)
    assert (third.arousal == second.arousal).all()
    with path.open("rb") as stream:
        assert (analyze(stream, track=2).arousal == second.arousal).all()
    with pytest.raises(ValueError, match="track must not be given for arrays"):
        analyze(music(), sr=44_100, track=1)


def test_tracks_of_ogg_that_sound_together(tmp_path: Path) -> None:
    path = write_timed(tmp_path / "x.ogg", TRACKS)
    got, reader = read(path)
    assert loudest(got)[:4] == [330] * 4
    assert reader.warnings == note(3, 1)
    assert loudest(read(path, track=3)[0])[:4] == [550] * 4
