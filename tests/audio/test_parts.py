"""Cue sheets and chapters: where they are found, and the parts that they make of a file."""

from collections.abc import Callable
from pathlib import Path

import mutagen.flac
import mutagen.id3
import numpy as np
import pytest

from moodcurve.audio.cue_sheet import decode_cue, parse_cue
from moodcurve.audio.parts import Part, Split, find_parts
from moodcurve.audio.stretches import stretches
from tests.helpers.albums import STARTS, TITLES, cue, write_album
from tests.helpers.timed_audio import write_timed

PARTS = tuple(
    Part(start, end, number, title, "The Band", "The Album")
    for number, (start, end, title) in enumerate(zip(STARTS, [*STARTS[1:], None], TITLES, strict=True), start=1)
)


def next_to_it(path: Path) -> None:
    path.with_suffix(".cue").write_text(cue("album.wav"))


def next_to_it_by_whole_name(path: Path) -> None:
    path.with_name(path.name + ".cue").write_text(cue("album.wav"))


def in_tag(path: Path) -> None:
    if path.suffix == ".flac":
        flac = mutagen.flac.FLAC(path)
        flac["cuesheet"] = cue("CDImage.wav")
        flac.save()
    else:
        tags = mutagen.id3.ID3()
        tags.add(mutagen.id3.TXXX(desc="CUESHEET", text=[cue("CDImage.wav")]))
        tags.save(path)


@pytest.mark.parametrize("place", [next_to_it, next_to_it_by_whole_name, in_tag])
@pytest.mark.parametrize("suffix", [".flac", ".mp3"])
def test_a_cue_sheet_is_found(tmp_path: Path, suffix: str, place: Callable[[Path], None]) -> None:
    path = write_album(tmp_path / f"album{suffix}")
    assert find_parts(path, Split.cue) == ()
    place(path)
    assert find_parts(path, Split.cue) == PARTS
    assert find_parts(path, Split.chapters) == ()


def test_the_block_of_flac_has_no_titles(tmp_path: Path) -> None:
    path = write_album(tmp_path / "album.flac")
    flac = mutagen.flac.FLAC(path)
    sheet = mutagen.flac.CueSheet(None)
    for number, start in [*enumerate(STARTS, start=1), (170, 36.0)]:
        track = mutagen.flac.CueSheetTrack(number, round(start * 44_100) - 588 * (0 < start < 36))
        track.indexes.append(mutagen.flac.CueSheetTrackIndex(1, 588 * (0 < start < 36)))
        sheet.tracks.append(track)
    flac.cuesheet = sheet
    flac.metadata_blocks.append(sheet)
    flac.save()
    assert find_parts(path, Split.cue) == tuple(Part(part.start_s, part.end_s, part.number) for part in PARTS)


@pytest.mark.parametrize("suffix", [".m4a", ".mkv"])
def test_chapters_are_found(tmp_path: Path, suffix: str) -> None:
    chapters = [(0, 2, "One"), (2, 3.5, "Two"), (3.5, 4, "Too short")]
    path = write_timed(tmp_path / f"book{suffix}", [[(0, 330)]], chapters=chapters)
    assert find_parts(path, Split.chapters) == (Part(0, 2, 1, "One"), Part(2, 3.5, 2, "Two"))
    assert find_parts(path, Split.cue) == ()


def test_a_sheet_of_several_files_counts_for_its_own(tmp_path: Path) -> None:
    path = write_album(tmp_path / "side b.flac")
    sheet = cue("side a.wav", titles=("A1", "A2", "A3")) + cue("Side B.wav").split("\n", 2)[2]
    path.with_suffix(".cue").write_text(sheet)
    assert [part.title for part in find_parts(path, Split.cue)] == list(TITLES)


@pytest.mark.parametrize(
    "sheet",
    [
        "", "not a cue sheet\n", cue("x", starts=(0, 20, 10)), cue("x", starts=(5, 5, 5)),
        "FILE x WAVE\nINDEX 01 00:00:00",
        "TRACK 01 AUDIO\nINDEX 01 banana\n", 'TRACK "\nINDEX 01 00:01:00', "\0" * 5000, "TRACK 1\n" * 10_000,
    ],
)  # fmt: skip
def test_a_malformed_sheet_leaves_the_file_whole(tmp_path: Path, sheet: str) -> None:
    path = write_album(tmp_path / "album.wav")
    path.with_suffix(".cue").write_text(sheet)
    assert find_parts(path, Split.cue) == ()


def test_a_huge_sheet_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    path = write_album(tmp_path / "album.wav")
    with path.with_suffix(".cue").open("wb") as sheet:
        sheet.truncate(1 << 30)
    assert find_parts(path, Split.cue) == ()
    path.with_suffix(".cue").unlink()
    path.with_suffix(".cue").mkdir()
    assert find_parts(path, Split.cue) == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = cue("x").replace("Calm", "Für Elise")
    assert parse_cue(decode_cue(text.encode(encoding)))[2].title == "Für Elise"


def test_titles_without_quotes_and_lower_case() -> None:
    (track,) = parse_cue("file album.wav wave\ntrack 7 audio\n title Clair de lune\n index 1 74:59:74\n")
    assert (track.number, track.title, track.artist) == (7, "Clair de lune", None)
    assert track.start_s == pytest.approx(74 * 60 + 59 + 74 / 75)


def test_stretches_are_cut_anywhere() -> None:
    x = np.arange(100, dtype=np.float32)
    bounds = [(3, 10), (10, 11), (40, 75), (80, None), (200, None)]
    for size in (1, 7, 100):
        blocks = (x[i : i + size] for i in range(0, 100, size))
        found = [np.concatenate([np.empty(0), *stretch]).tolist() for stretch in stretches(blocks, bounds)]
        assert found == [x[start:end].tolist() for start, end in bounds]
        assert next(blocks, None) is None
