"""Tests of audio from the library: byte ranges (RFC 9110), and only files unchanged since the scan."""

import os
import shutil
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest

from moodcurve.library.scanning.walk import state_of
from moodcurve.web.errors import ProblemError
from moodcurve.web.responses.audio import OpenFile, audio_response, open_unchanged
from tests.helpers.web_client import request
from tests.helpers.web_server import Server, serving

pytestmark = pytest.mark.slow

SIZE = 100


@pytest.fixture(scope="module")
def changing(scanned_music: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with its own copies of the music, which tests may change."""
    from moodcurve.library.scanning.scan import scan

    folder = tmp_path_factory.mktemp("changing")
    music, library = folder / "music", folder / "library.sqlite"
    shutil.copytree(scanned_music[0], music)
    scan([music], library, workers=1)
    with serving((music, library)) as running:
        yield running


def song_id(server: Server, name: str) -> int:
    (song,) = [song for song in request(server, "/api/songs").json()["songs"] if song["file"] == name]
    return int(song["id"])


@pytest.fixture
def song(server: Server) -> tuple[str, bytes]:
    """The path of a song's audio, and the bytes of its file."""
    return f"/api/songs/{song_id(server, 'calm.flac')}/audio", (server.music / "calm.flac").read_bytes()


def test_the_complete_file(server: Server, song: tuple[str, bytes]) -> None:
    path, data = song
    response = request(server, path)
    assert response.status == 200
    assert response.body == data
    assert response.headers["content-type"] == "audio/flac"
    assert response.headers["accept-ranges"] == "bytes"
    assert request(server, path, If_None_Match=response.headers["etag"]).status == 304


@pytest.mark.parametrize(
    ("header", "first", "end"),
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
def test_ranges(server: Server, song: tuple[str, bytes], header: str, first: int, end: int | None) -> None:
    path, data = song
    response = request(server, path, Range=header)
    start, stop, _ = slice(first, end).indices(len(data))
    assert response.status == 206
    assert response.body == data[start:stop]
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(data)}"
    assert response.headers["content-length"] == str(stop - start)
    head = request(server, path, method="HEAD", Range=header)
    assert (head.status, head.body) == (206, b"")
    same = ("content-range", "content-length", "etag", "content-type")
    assert {name: head.headers[name] for name in same} == {name: response.headers[name] for name in same}


@pytest.mark.parametrize("header", ["bytes=9-5", "bytes=-", "bytes=a-b", "items=0-5", "bytes=0-1,5-6", "", "bytes"])
def test_headers_that_are_not_one_range_get_the_complete_file(
    server: Server, song: tuple[str, bytes], header: str
) -> None:
    path, data = song
    response = request(server, path, Range=header)
    assert (response.status, response.body) == (200, data)


@pytest.mark.parametrize("header", ["bytes={size}-", "bytes=99999999999-", "bytes=-0"])
def test_ranges_beyond_the_end(server: Server, song: tuple[str, bytes], header: str) -> None:
    path, data = song
    response = request(server, path, Range=header.format(size=len(data)))
    assert response.status == 416
    assert response.headers["content-range"] == f"bytes */{len(data)}"
    assert str(len(data)) in response.json()["detail"]


def test_an_outdated_if_range_gets_the_complete_file(server: Server, song: tuple[str, bytes]) -> None:
    path, data = song
    tag = request(server, path, method="HEAD").headers["etag"]
    assert request(server, path, Range="bytes=0-9", If_Range=tag).body == data[:10]
    assert request(server, path, Range="bytes=0-9", If_Range='"other"').body == data


def test_a_changed_file_is_not_served(changing: Server) -> None:
    number = song_id(changing, "sad.flac")
    path = changing.music / "sad.flac"
    was = path.stat()
    assert request(changing, f"/api/songs/{number}/audio").status == 200
    path.write_bytes(path.read_bytes() + b"x")
    refused = request(changing, f"/api/songs/{number}/audio")
    assert refused.status == 404
    assert refused.json()["detail"].startswith("the audio file has changed since it was analyzed; run `moodcurve scan`")
    path.unlink()
    assert "moved, removed" in request(changing, f"/api/songs/{number}/audio").json()["detail"]
    response = request(changing, f"/api/songs/{number}/audio", method="HEAD")
    assert (response.status, response.body) == (404, b"")
    secret = changing.music.parent / "secret"
    secret.write_bytes(b"s" * was.st_size)
    os.utime(secret, ns=(was.st_atime_ns, was.st_mtime_ns))
    path.symlink_to(secret)  # same size and modification time
    assert request(changing, f"/api/songs/{number}/audio").status == 404


def test_a_folder_replaced_by_a_link_is_not_followed(changing: Server) -> None:
    number = song_id(changing, "tense.flac")
    assert request(changing, f"/api/songs/{number}/audio").status == 200
    elsewhere = changing.music.with_name("elsewhere")
    changing.music.rename(elsewhere)
    changing.music.symlink_to(elsewhere)
    try:
        assert request(changing, f"/api/songs/{number}/audio").status == 404
    finally:
        changing.music.unlink()
        elsewhere.rename(changing.music)
    assert request(changing, f"/api/songs/{number}/audio").status == 200


def test_another_copy_of_a_song_is_served_if_the_first_is_missing(tmp_path: Path) -> None:
    known = {}
    for name in ("first.mp3", "second.mp3"):
        path = tmp_path / name
        path.write_bytes(b"ID3" + b"x" * SIZE)
        status = path.stat()
        known[str(path.resolve())] = (status.st_size, status.st_mtime_ns)
    (tmp_path / "first.mp3").unlink()
    opened = open_unchanged(known, [str(tmp_path.resolve())])
    with opened.file:
        assert opened.file.read() == b"ID3" + b"x" * SIZE
    assert opened.media_type == "audio/mpeg"


def test_a_modification_time_after_2262_matches_the_stored_one(tmp_path: Path) -> None:
    path = tmp_path.resolve() / "song.mp3"
    path.write_bytes(b"ID3")
    os.utime(path, ns=(0, 14_000_000_000 * 10**9))
    state = state_of(path.stat())
    with open_unchanged({str(path): (state.size, state.mtime_ns)}, ["/"]).file as file:
        assert file.read() == b"ID3"


def test_a_pipe_in_place_of_a_song_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path.resolve() / "song.mp3"
    os.mkfifo(path)
    with pytest.raises(ProblemError, match="moved, removed or replaced"):
        open_unchanged({str(path): (0, path.stat().st_mtime_ns)}, ["/"])


class SlowFile(FileIO):
    """A file that returns less than it was asked for, as those of a network may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 7)) or b""


def test_a_short_range_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(bytes(range(SIZE)))
    for first, end in ((0, SIZE), (10, 31), (SIZE - 1, SIZE)):
        opened = OpenFile(SlowFile(path), SIZE, 1, "audio/mpeg")
        response = audio_response(opened, {"range": f"bytes={first}-{end - 1}"})
        assert response.body == bytes(range(first, end))
        assert opened.file.closed


def test_a_file_that_shrank_after_it_was_opened_is_not_served(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"x" * SIZE)
    opened = OpenFile(FileIO(path), SIZE, 1, "audio/mpeg")
    os.truncate(path, SIZE // 2)
    with pytest.raises(ProblemError, match="has changed since it was analyzed"):
        audio_response(opened, {"range": f"bytes=10-{SIZE - 1}"})
    assert opened.file.closed


def test_a_device_is_not_served() -> None:
    status = Path("/dev/zero").stat()
    with pytest.raises(ProblemError, match="moved, removed or replaced"):
        open_unchanged({"/dev/zero": (status.st_size, status.st_mtime_ns)}, ["/"])
