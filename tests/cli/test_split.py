"""`analyze --split` and `--track`: a curve for each part of a file."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from moodcurve import Curve, analyze, workers
from moodcurve.analysis import analyze_parts
from moodcurve.audio import AudioError
from moodcurve.audio.parts import Part, Split, find_parts
from moodcurve.cli.options.files import MAX_TRACK
from moodcurve.web.routes import analyses
from tests.helpers.albums import SONG_S, STARTS, TITLES, cue, write_album, write_song
from tests.helpers.command_line import run
from tests.helpers.timed_audio import write_timed


@pytest.fixture(scope="module")
def flac(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_album(tmp_path_factory.mktemp("album") / "album.flac")
    path.with_suffix(".cue").write_text(cue("album.wav"))
    return path


def test_each_part_has_the_curve_of_its_song(flac: Path) -> None:
    curves = list(analyze_parts(flac, find_parts(flac, Split.cue)).values())
    assert [(curve.start_s, curve.title, curve.duration_s) for curve in curves] == [
        (start, title, SONG_S) for start, title in zip(STARTS, TITLES, strict=True)
    ]
    samples, sr = soundfile.read(flac, dtype="float32")
    for number, curve in enumerate(curves):
        alone = analyze(samples[round(STARTS[number] * sr) : round((STARTS[number] + SONG_S) * sr)], sr=sr)
        assert (curve.arousal == alone.arousal).all()
        assert (curve.times_s == alone.times_s).all()
        assert curve.sound is not None
        assert alone.sound is not None
        assert curve.sound.loudness_lufs == pytest.approx(alone.sound.loudness_lufs, abs=1e-3)
        assert dataclasses.replace(curve.sound, loudness_lufs=None) == dataclasses.replace(
            alone.sound, loudness_lufs=None
        )
    assert len({curve.summary.words for curve in curves}) == 3


def test_parts_beyond_the_end_are_left_out(flac: Path) -> None:
    curves = analyze_parts(flac, [Part(24, 30, 1), Part(35.5, 40, 2), Part(100, None, 3)])
    assert [part.number for part in curves] == [1]
    with pytest.raises(AudioError, match="none of its 1 parts has a second of sound"):
        analyze_parts(flac, [Part(100, None, 1)])


def test_files_are_named_by_the_number_of_the_part(flac: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("analyze", flac, "--split", "cue", "-o", out, "-f", "json", "--report").exit_code == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == [f"album-0{number}.{ending}" for number in (1, 2, 3) for ending in ("html", "json")]
    data = json.loads((out / "album-02.json").read_text())
    assert (data["start_s"], data["title"], data["duration_s"]) == (SONG_S, "Tense", SONG_S)
    assert "<title>Tense" in (out / "album-02.html").read_text()


def test_json_lines_and_a_table(flac: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in run("analyze", flac, "--split", "cue", "-f", "json").stdout.splitlines()]
    assert [line["start_s"] for line in lines] == list(STARTS)
    table = tmp_path / "songs.jsonl"
    assert run("analyze", flac, "--split", "cue", "-o", table).exit_code == 0
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    assert [(row["title"], row["start_s"]) for row in rows] == list(zip(TITLES, STARTS, strict=True))
    shown = run("analyze", flac, "--split", "cue").stdout
    assert all(f"album.flac: {title}" in shown for title in TITLES)


def test_a_file_without_parts_is_a_song(tmp_path: Path) -> None:
    path = write_song(tmp_path / "x.wav", 0)
    assert "start_s" not in json.loads(run("analyze", path, "--split", "chapters", "-f", "json").stdout)


def test_chapters_of_a_track(tmp_path: Path) -> None:
    tracks, chapters = [[(0, 330)], [(0, 440)]], [(0, 2, "One"), (2, 4, "Two")]
    path = write_timed(tmp_path / "x.mkv", tracks, chapters=chapters)
    done = run("analyze", path, "--split", "chapters", "--track", "2", "-f", "json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["title"] for line in lines] == ["One", "Two"]
    whole = analyze(path, track=2)
    assert isinstance(whole, Curve)
    assert lines[0]["arousal"][0] == pytest.approx(whole.arousal[0], abs=0.2)


def test_a_clash_with_a_song_of_that_name(tmp_path: Path) -> None:
    album = write_album(tmp_path / "album.flac")
    album.with_suffix(".cue").write_text(cue("album.wav"))
    other = write_song(tmp_path / "album-01.wav", 0)
    out = tmp_path / "out"
    assert run("analyze", album, other, "--split", "cue", "-o", out, "--workers", "1").exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "album-01.csv", "album-part-01.csv", "album-part-02.csv", "album-part-03.csv",
    ]  # fmt: skip


def test_files_are_counted_and_warnings_printed_once(
    flac: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_song(tmp_path / "x.wav", 0)

    def stop_after_first(*given: Any, **options: Any) -> Iterator[object]:
        done = next(run_each(*given, **options))
        assert isinstance(done, list)
        for song in done[:2]:
            object.__setattr__(song.curve, "warnings", ("low",))
        yield done
        raise KeyboardInterrupt

    run_each = workers.run_each
    monkeypatch.setattr(workers, "run_each", stop_after_first)
    done = run("analyze", flac, other, "--split", "cue", "-o", tmp_path / "out", "--workers", "1")
    assert [line.partition(": ")[2] for line in done.stderr.splitlines() if "wrote" not in line] == [
        f"{flac}: low", "interrupted: 1 of 2 files are done",
    ]  # fmt: skip
    assert done.stderr.count("wrote") == 3


def test_a_track_beyond_any_is_refused(flac: Path) -> None:
    for command in ("analyze", "scan"):
        done = run(command, flac, "--track", MAX_TRACK + 1)
        assert done.exit_code == 2
        assert str(MAX_TRACK) in done.stderr
    assert analyses.MAX_TRACK == MAX_TRACK
