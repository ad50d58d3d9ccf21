"""Sound from the library: ranges as RFC 9110 has them, and no file but the one that was scanned."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodcurve.library.scanning.walk import state_of
from moodcurve.web.errors import ProblemError
from moodcurve.web.responses.audio import open_known
from tests.helpers.web_client import ask
from tests.helpers.web_server import Server, serving

SIZE = 100


@pytest.fixture(scope="module")
def changing(scanned_music: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose music may be changed: copies, in a library of their own."""
    from moodcurve.library.scanning.scan import scan

    folder = tmp_path_factory.mktemp("changing")
    music, library = folder / "music", folder / "library.sqlite"
    shutil.copytree(scanned_music[0], music)
    scan([music], library, workers=1)
    with serving((music, library)) as running:
        yield running


def number_of(server: Server, name: str) -> int:
    (song,) = [song for song in ask(server, "/api/songs").json()["songs"] if song["file"] == name]
    return int(song["id"])


@pytest.fixture
def song(server: Server) -> tuple[str, bytes]:
    """A song's address and the bytes of its file."""
    return f"/api/songs/{number_of(server, 'calm.flac')}/audio", (server.music / "calm.flac").read_bytes()


def test_the_whole_file(server: Server, song: tuple[str, bytes]) -> None:
    path, data = song
    answer = ask(server, path)
    assert answer.status == 200
    assert answer.body == data
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["accept-ranges"] == "bytes"
    assert ask(server, path, If_None_Match=answer.headers["etag"]).status == 304


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-", 0, None),
        ("bytes=0-0", 0, 1),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=500000-", 500_000, None),
        ("bytes=-100", -100, None),
        ("bytes=-99999999999", 0, None),
        ("bytes=0-99999999999", 0, None),
        ("Bytes = 5 - 6", 5, 7),
    ],
)
def test_ranges(server: Server, song: tuple[str, bytes], asked: str, first: int, end: int | None) -> None:
    path, data = song
    answer = ask(server, path, Range=asked)
    start, stop, _ = slice(first, end).indices(len(data))
    assert answer.status == 206
    assert answer.body == data[start:stop]
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(data)}"
    assert answer.headers["content-length"] == str(stop - start)
    head = ask(server, path, method="HEAD", Range=asked)
    assert (head.status, head.body) == (206, b"")
    same = ("content-range", "content-length", "etag", "content-type")
    assert {name: head.headers[name] for name in same} == {name: answer.headers[name] for name in same}


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=-", "bytes=a-b", "items=0-5", "bytes=0-1,5-6", "", "bytes"])
def test_what_is_no_single_range_gets_the_whole(server: Server, song: tuple[str, bytes], asked: str) -> None:
    path, data = song
    answer = ask(server, path, Range=asked)
    assert (answer.status, answer.body) == (200, data)


@pytest.mark.parametrize("asked", ["bytes={size}-", "bytes=99999999999-", "bytes=-0"])
def test_ranges_that_hold_nothing(server: Server, song: tuple[str, bytes], asked: str) -> None:
    path, data = song
    answer = ask(server, path, Range=asked.format(size=len(data)))
    assert answer.status == 416
    assert answer.headers["content-range"] == f"bytes */{len(data)}"
    assert str(len(data)) in answer.json()["detail"]


def test_a_range_of_another_state_of_the_file_is_not_given(server: Server, song: tuple[str, bytes]) -> None:
    path, data = song
    tag = ask(server, path, method="HEAD").headers["etag"]
    assert ask(server, path, Range="bytes=0-9", If_Range=tag).body == data[:10]
    assert ask(server, path, Range="bytes=0-9", If_Range='"other"').body == data


def test_a_file_that_has_changed_is_not_given(changing: Server) -> None:
    number = number_of(changing, "sad.flac")
    path = changing.music / "sad.flac"
    was = path.stat()
    assert ask(changing, f"/api/songs/{number}/audio").status == 200
    path.write_bytes(path.read_bytes() + b"x")
    assert ask(changing, f"/api/songs/{number}/audio").status == 404
    path.unlink()
    answer = ask(changing, f"/api/songs/{number}/audio", method="HEAD")
    assert (answer.status, answer.body) == (404, b"")
    secret = changing.music.parent / "secret"
    secret.write_bytes(b"s" * was.st_size)
    os.utime(secret, ns=(was.st_atime_ns, was.st_mtime_ns))
    path.symlink_to(secret)  # of the same size and time of change
    assert ask(changing, f"/api/songs/{number}/audio").status == 404


def test_a_folder_that_became_a_link_is_not_followed(changing: Server) -> None:
    number = number_of(changing, "tense.flac")
    assert ask(changing, f"/api/songs/{number}/audio").status == 200
    elsewhere = changing.music.with_name("elsewhere")
    changing.music.rename(elsewhere)
    changing.music.symlink_to(elsewhere)
    try:
        assert ask(changing, f"/api/songs/{number}/audio").status == 404
    finally:
        changing.music.unlink()
        elsewhere.rename(changing.music)
    assert ask(changing, f"/api/songs/{number}/audio").status == 200


def test_another_copy_of_a_song_is_given_where_the_first_is_gone(tmp_path: Path) -> None:
    known = {}
    for name in ("first.mp3", "second.mp3"):
        path = tmp_path / name
        path.write_bytes(b"x" * SIZE)
        status = path.stat()
        known[str(path.resolve())] = (status.st_size, status.st_mtime_ns)
    (tmp_path / "first.mp3").unlink()
    opened = open_known(known)
    with opened.file:
        assert opened.file.read() == b"x" * SIZE
    assert opened.media_type == "audio/mpeg"


def test_a_file_dated_beyond_2262_is_known_by_what_the_library_keeps(tmp_path: Path) -> None:
    path = tmp_path.resolve() / "song.mp3"
    path.write_bytes(b"x")
    os.utime(path, ns=(0, 14_000_000_000 * 10**9))
    state = state_of(path.stat())
    with open_known({str(path): (state.size, state.mtime_ns)}).file as file:
        assert file.read() == b"x"


def test_a_pipe_in_place_of_a_song_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path.resolve() / "song.mp3"
    os.mkfifo(path)
    with pytest.raises(ProblemError, match="gone or has changed"):
        open_known({str(path): (0, path.stat().st_mtime_ns)})


def test_a_device_is_not_given() -> None:
    status = Path("/dev/zero").stat()
    with pytest.raises(ProblemError, match="gone or has changed"):
        open_known({"/dev/zero": (status.st_size, status.st_mtime_ns)})
