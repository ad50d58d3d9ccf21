"""Tests of the routes of playlists, compared with the output of the command line."""

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from moodcurve.library.scanning.scan import scan
from moodcurve.playlists import Track
from moodcurve.web.routes.playlists import below_roots
from tests.helpers.command_line import run
from tests.helpers.scans import write_song
from tests.helpers.web_client import request
from tests.helpers.web_server import Server, serving

pytestmark = pytest.mark.slow


def ids(server: Server) -> list[int]:
    return [song["id"] for song in request(server, "/api/songs?sort=id").json()["songs"]]


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("from=tense&to=serene&minutes=0.6", "--from=tense --to=serene --minutes=0.6"),
        ("minutes=1&artist_gap=0", "--minutes=1 --artist-gap=0"),
        ("path=0.2,-0.3%20-0.1,0.2&minutes=0.5&seed=3", "--path=0.2,-0.3 -0.1,0.2 --minutes=0.5 --seed=3"),
        ("first=2&to=0.1,0.1&minutes=0.5", "--around=2 --to=0.1,0.1 --minutes=0.5"),
        (
            "region=-1,-1%20-1,1%201,1%201,-1&minutes=0.4&genre=folk",
            "--region=-1,-1 -1,1 1,1 1,-1 --minutes=0.4 --genre=folk",
        ),
    ],
)
def test_playlists_are_those_of_the_command_line(server: Server, query: str, options: str) -> None:
    words = re.split(" (?=--)", options)
    printed = run("playlist", "--library", server.library, "-f", "json", *words)
    assert printed.exit_code == 0, printed.stderr
    expected = json.loads(printed.stdout)
    for song in expected["songs"]:
        song["file"] = Path(song.pop("path")).name
    assert request(server, f"/api/playlist?{query}").json() == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("from=tnse", "query.from: 'tnse' is not a mood word, or AROUSAL,VALENCE"),
        ("to=2,0", "query.to: '2,0' is not a mood word"),
        ("path=0,0", "query.path: '0,0' is not 2 to 1000 points"),
        ("path=0,0%20x", "query.path: '0,0 x' is not points AROUSAL,VALENCE"),
        ("path=0,0%201,1&to=calm", "query.path: a path has its own start and end"),
        ("minutes=0", "query.minutes: "),
        ("first=999", "no song with id 999 in the library"),
        ("genre=nothing", "no songs to choose from"),
        ("where=1", "query.where: unknown parameter"),
    ],
)
def test_invalid_playlists_say_what_is_accepted(server: Server, query: str, message: str) -> None:
    response = request(server, f"/api/playlist?{query}")
    assert response.status == 422
    assert response.json()["detail"].startswith(message)


def test_a_list_is_described_in_its_order(server: Server) -> None:
    listed = ids(server)[::-1]
    found = request(server, f"/api/playlist/list?songs={','.join(map(str, listed))}&path=0.1,0.1").json()
    assert [song["id"] for song in found["songs"]] == listed
    assert found["path"] == [[0.1, 0.1]]
    begin = 0.0
    for song in found["songs"]:
        assert song["begin_s"] == pytest.approx(begin, abs=0.002)
        begin += song["duration_s"]
    assert found["total_s"] == pytest.approx(begin, abs=0.002)
    for query, detail in (
        ("songs=1,77", "no song with id 77 in the library"),
        ("songs=1,,2", "query.songs: '1,,2' is not ids of songs separated by commas"),
        (f"songs={'1,' * 1000}1", "query.songs: a list has at most 1000 songs, not 1001"),
    ):
        response = request(server, f"/api/playlist/list?{query}")
        assert (response.status, response.json()["detail"]) == (422, detail)


def test_alternatives_are_the_other_songs(server: Server) -> None:
    first, second, *others = ids(server)
    url = f"/api/playlist/alternatives?songs={first},{second}&artist_gap=0"
    found = request(server, f"{url}&place=1").json()["songs"]
    assert sorted(song["id"] for song in found) == others
    assert found[0] in request(server, "/api/songs").json()["songs"]
    assert len(request(server, f"{url}&place=1&limit=1").json()["songs"]) == 1
    wrong = request(server, f"{url}&place=2")
    assert (wrong.status, wrong.json()["detail"]) == (422, "query.place: 2 is not the index of one of 2 songs")


@pytest.mark.parametrize("format", ["m3u8", "jspf", "xspf"])
def test_files_name_songs_from_the_scanned_folder(server: Server, format: str) -> None:
    listed = ids(server)[::-1]
    name = quote('Évening "1"/2')
    url = f"/api/playlist/file?songs={','.join(map(str, listed))}&format={format}&name={name}"
    response = request(server, url)
    assert response.status == 200
    assert response.headers["content-disposition"] == (
        f"attachment; filename*=UTF-8''%C3%89vening%20%221%22%2F2.{format}"
    )
    text = response.body.decode("utf-8")
    assert str(server.music) not in text
    if format == "m3u8":
        lines = text.splitlines()
        assert lines[:2] == ["#EXTM3U", '#PLAYLIST:Évening "1"/2']
        assert len(lines) == 2 + 2 * len(listed)
        assert all((server.music / line).is_file() for line in lines[3::2])


def test_a_file_of_all_songs_in_a_region(server: Server) -> None:
    songs = request(server, "/api/songs").json()["songs"]
    point = songs[0]
    a, v = point["arousal"], point["valence"]
    corners = [(a - 0.01, v - 0.01), (a - 0.01, v + 0.01), (a + 0.01, v + 0.01), (a + 0.01, v - 0.01)]
    text = quote(" ".join(f"{x:.4f},{y:.4f}" for x, y in corners))
    lines = request(server, f"/api/playlist/file?region={text}").body.decode().splitlines()
    assert lines[3::2] == [point["file"]]
    everything = request(server, "/api/playlist/file").body.decode().splitlines()
    assert everything[3::2] == [song["file"] for song in songs]
    two = request(server, "/api/playlist/file?region=0,0%201,1")
    assert (two.status, two.json()["detail"]) == (422, "query.region: a polygon needs three corners, not 2")


def test_songs_outside_the_scanned_folders_keep_their_names_alone(tmp_path: Path) -> None:
    def track(path: str) -> Track:
        return Track(id=1, path=path, title=None, artist=None, album=None, number=None, duration_s=1)

    (tmp_path / "single.mp3").touch()
    roots = [str(tmp_path / "a"), str(tmp_path / "single.mp3")]
    inside, single, outside = (str(tmp_path / name) for name in ("a/b/x.mp3", "single.mp3", "secret/y.mp3"))
    placed, folder = below_roots([track(path) for path in (inside, single, outside)], roots)
    assert folder == str(tmp_path)
    assert [one.path for one in placed] == [inside, single, str(tmp_path / "y.mp3")]
    placed, folder = below_roots([track(outside)], [])
    assert (placed[0].path, folder) == ("/y.mp3", "/")


def test_without_a_library_there_are_no_playlists(tmp_path: Path) -> None:
    with serving((tmp_path, tmp_path / "none.sqlite")) as server:
        for path in ("", "/list?songs=1", "/alternatives?songs=1&place=0", "/file"):
            response = request(server, f"/api/playlist{path}")
            assert response.status == 404
            assert response.json()["detail"] == "there is no library; `moodcurve scan FOLDER` makes one"


def test_files_count_for_the_rate_limit(tmp_path: Path) -> None:
    with serving((tmp_path, tmp_path / "none.sqlite"), "--burst", "1", "--rate", "1") as server:
        assert [request(server, "/api/playlist/file").status for _ in range(2)] == [404, 429]


def test_a_link_keeps_its_place_below_the_scanned_folder(tmp_path: Path) -> None:
    music, library = tmp_path / "music", tmp_path / "library.sqlite"
    target = write_song(tmp_path / "elsewhere" / "store123.flac")
    (music / "a").mkdir(parents=True)
    (music / "a" / "song.flac").symlink_to(target)
    scan([music], library, workers=1)
    with serving((music, library)) as server:
        lines = request(server, "/api/playlist/file").body.decode().splitlines()
        (listed,) = request(server, "/api/playlist/list?songs=1").json()["songs"]
    assert lines[3:] == ["a/song.flac"]
    assert listed["file"] == "song.flac"
