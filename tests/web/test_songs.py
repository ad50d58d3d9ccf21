"""Tests of the library routes, compared with the output of the command line."""

import gzip
import json
import shutil
from pathlib import Path, PurePath
from urllib.parse import quote

import pytest

from moodcurve.library import open_library
from tests.helpers.command_line import run
from tests.helpers.library_fixtures import made_library
from tests.helpers.web_client import request
from tests.helpers.web_server import BROKEN, SONGS, TAGS, Server, serving

pytestmark = pytest.mark.slow


def searched(server: Server, *options: str) -> list[dict[str, object]]:
    """Return the songs that the command line finds, in the API's format: file names instead of paths."""
    done = run("search", "--library", server.library, "--json", *options)
    assert done.exit_code == 0, done.stderr
    songs = json.loads(done.stdout)
    return [{**{k: v for k, v in song.items() if k != "path"}, "file": Path(song["path"]).name} for song in songs]


@pytest.mark.parametrize("path", ["songs", "search"])
@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", []),
        ("text=players", ["players"]),
        ("text=zoe+meadow", ["zoe", "meadow"]),
        ("artist=composers&year=1900:1905", ["--artist", "composers", "--year", "1900:1905"]),
        ("quadrant=sad-negative,tense-negative", ["--quadrant", "sad-negative,tense-negative"]),
        ("arousal=0:1", ["--arousal", "0:1"]),
        ("valence=:-0.1", ["--valence", ":-0.1"]),
        ("near=0.5,0.5", ["--near", "0.5,0.5"]),
        ("near=-.4,-.3,.3&sort=-year", ["--near=-.4,-.3,.3", "--sort", "-year"]),
        ("longer=0:18&shorter=20", ["--longer", "0:18", "--shorter", "20"]),
        ("sort=-title", ["--sort", "-title"]),
        ("genre=nothing", ["--genre", "nothing"]),
        ("starts=calm,sad&ends=excited", ["--starts", "calm,sad", "--ends", "excited"]),
        ("rise=0.01:&peak_at=0:1&sort=-arousal_rise", ["--rise", "0.01:", "--peak-at", "0:1", "--sort=-arousal_rise"]),
        ("time_in=calm-positive:0.2", ["--time-in", "calm-positive:0.2"]),
        ("arousal_drawing=0:-0.5,1:0.5", ["--draw-arousal", "0:-0.5,1:0.5"]),
        ("valence_drawing=0:0.1&year=1900:", ["--draw-valence", "0:0.1", "--year", "1900:"]),
        ("tempo=60:180&key=Am,8B", ["--tempo", "60:180", "--key", "Am,8B"]),
        ("external_id=track-1&external_id=track-3", ["--external-id", "track-1", "--external-id", "track-3"]),
    ],
)
def test_filters_are_those_of_the_command_line(server: Server, path: str, query: str, options: list[str]) -> None:
    found = request(server, f"/api/{path}?{query}").json()
    expected = searched(server, *options)
    assert found == {"total": len(expected), "songs": expected}


@pytest.mark.parametrize(
    ("query", "options", "titles"),
    [
        ("tag=acoustic", ["--tag", "acoustic"], ["Elegy"]),
        ("tag=rock,sad", ["--tag", "rock,sad"], ["Elegy", "Menace"]),
        ("tag=rock:0.51,sad:.3", ["--tag", "rock:0.51,sad:0.3"], ["Elegy"]),
        ("tag=hip-hop:0", ["--tag", "Hip-Hop:0"], ["Elegy", "Fiesta", "Menace"]),
        ("tag=female%20vocalists", ["--tag", "female vocalists"], []),
    ],
)
def test_songs_are_found_by_their_tags(
    tagged_server: Server, query: str, options: list[str], titles: list[str]
) -> None:
    expected = searched(tagged_server, "--sort", "title", *options)
    found = request(tagged_server, f"/api/songs?sort=title&{query}").json()
    assert found == {"total": len(titles), "songs": expected}
    assert [song["title"] for song in found["songs"]] == titles
    assert request(tagged_server, f"/api/map?sort=title&{query}").json()["title"] == titles


def test_tags_of_songs_curves_and_the_map(tagged_server: Server) -> None:
    songs = {song["title"]: song for song in request(tagged_server, "/api/songs").json()["songs"]}
    assert list(songs["Elegy"]["tags"].items()) == [("acoustic", 0.61), ("folk", 0.44), ("sad", 0.3), ("jazz", 0.2)]
    assert (songs["Fiesta"]["tags"], songs["Meadow"]["tags"]) == ({}, None)
    columns = request(tagged_server, "/api/map?sort=title").json()
    assert columns["title"] == ["Elegy", "Fiesta", "Meadow", "Menace"]
    assert columns["tags"] == ["acoustic, folk, sad", None, None, "rock"]
    for title, tags in TAGS.items():
        curve = request(tagged_server, f"/api/songs/{songs[title]['id']}/curve").json()
        assert curve.get("tags") == (None if tags is None else {tag: round(s, 4) for tag, s in tags.items()})
        if tags is not None:
            assert list(curve["tags"].values()) == sorted(curve["tags"].values(), reverse=True)
            shown = run("show", title, "--library", tagged_server.library, "-f", "json")
            assert json.loads(shown.stdout)["tags"] == curve["tags"]


def test_pages(server: Server) -> None:
    expected = searched(server, "--sort", "title")
    pages = [request(server, f"/api/songs?sort=title&limit=3&offset={offset}").json() for offset in (0, 3, 6)]
    assert [page["total"] for page in pages] == [4, 4, 4]
    assert [song for page in pages for song in page["songs"]] == expected
    assert [len(page["songs"]) for page in pages] == [3, 1, 0]


QUADRANTS = "excited-positive, tense-negative, sad-negative, calm-positive, neutral"
RANGE = "is not FROM:TO, such as 0.2:0.6; either end can be omitted"
UNKNOWN = "unknown parameter; see /docs or /openapi.json for all parameters"
PLAIN = "must not contain spaces, capital letters, exponents or empty items"


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("arousal=0.6:0.2", "query.arousal: '0.6:0.2' starts above its end"),
        ("arousal=0:7", "query.arousal: '0:7' is outside -1 to 1"),
        ("arousal=0.5", f"query.arousal: '0.5' {RANGE}"),
        ("valence=a:b", f"query.valence: 'a:b' {RANGE}"),
        ("valence=1e-1:", f"query.valence: '1e-1:' {PLAIN}"),
        ("year=abc", "query.year: 'abc' is not FROM:TO, such as 1990:1999 or 1994; either end can be omitted"),
        ("year=a%0ab", "query.year: 'a\\nb' is not FROM:TO, such as 1990:1999 or 1994; either end can be omitted"),
        ("year=%D9%A1", f"query.year: '١' {PLAIN}"),
        (f"year={'0' * 51}", "query.year: must have at most 50 characters"),
        (f"text={'a' * 301}", "query.text: must have at most 300 characters"),
        ("near=3,0", "query.near: '3,0' is outside -1 to 1"),
        ("near=0,0,-1", "query.near: '0,0,-1' has a radius below 0"),
        ("near=1", "query.near: '1' is not AROUSAL,VALENCE or AROUSAL,VALENCE,RADIUS, such as -0.3,0.4"),
        ("longer=long", "query.longer: 'long' is not a duration, such as 90 (seconds), 1:30 or 1:00:00"),
        ("longer=90&shorter=60", "query.shorter: '60' is less than longer=90"),
        ("sort=near", "query.sort: near requires a point to be near to, such as near=-0.3,0.4"),
        ("sort=near,,title", f"query.sort: 'near,,title' {PLAIN}"),
        ("quadrant=left", f"query.quadrant: 'left' is not a quadrant; choose from {QUADRANTS}"),
        ("tag=rock:2", "query.tag: 'rock:2' is not TAG or TAG:STRENGTH with a strength from 0 to 1, as acoustic:0.4"),
        ("tag=ROCK", f"query.tag: 'ROCK' {PLAIN}"),
        ("quadrant=NEUTRAL", f"query.quadrant: 'NEUTRAL' {PLAIN}"),
        ("where=1", f"query.where: {UNKNOWN}"),  # no SQL
        ("no%00thing=1", f"query.no\\x00thing: {UNKNOWN}"),
        ("limit=-1", "query.limit: '-1' is less than the minimum, 0"),
        ("limit=1001", "query.limit: '1001' is more than the maximum, 1000"),
        (f"limit={'9' * 5000}", f"query.limit: '{'9' * 60}...' has too many digits"),
        ("offset=x", "query.offset: 'x' is not an integer"),
        ("limit=x&offset=y", "query.limit: 'x' is not an integer; query.offset: 'y' is not an integer"),
    ],
)
def test_invalid_queries(server: Server, query: str, detail: str) -> None:
    response = request(server, f"/api/songs?{query}")
    assert response.status == 422
    assert response.json()["detail"] == detail


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("year", "abc"),
        ("quadrant", "left"),
        ("words", "calm,joyous"),
        ("tag", "acoustic,loud:0.3"),
        ("arousal", "0.5"),
        ("near", "1"),
        ("longer", "long"),
        ("shorter", "1:2:3:4"),
        ("sort", "height"),
    ],
)
def test_invalid_filters_get_the_message_of_the_command_line(server: Server, option: str, value: str) -> None:
    done = run("search", "--library", server.library, f"--{option}={value}")
    assert done.exit_code == 2
    detail = request(server, f"/api/songs?{option}={value}").json()["detail"]
    assert detail.removeprefix(f"query.{option}: ") in done.stderr


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/api/songs/x", "path.id: 'x' is not an integer"),
        (f"/api/songs/{2**63}", f"path.id: '{2**63}' is too large"),
        ("/api/songs/1/curve?format=gif", "query.format: 'gif' is not one of 'json', 'csv', 'jams' or 'png'"),
        ("/api/jobs/a%0ab", "path.id: not an id: 12 letters, digits, hyphens or underscores"),
    ],
)
def test_invalid_ids_and_formats(server: Server, path: str, detail: str) -> None:
    response = request(server, path)
    assert (response.status, response.json()["detail"]) == (422, detail)


def test_the_map_has_the_means_of_all_songs(server: Server) -> None:
    songs = searched(server)
    quadrants = ["excited-positive", "tense-negative", "sad-negative", "calm-positive", "neutral"]
    columns = ("id", "arousal", "valence", "title", "artist", "duration_s")
    plain = request(server, "/api/map")
    names = [", ".join([*song["tags"]][:3]) or None if isinstance(song["tags"], dict) else None for song in songs]
    assert plain.json() == {
        **{name: [song[name] for song in songs] for name in columns},
        "quadrant": [quadrants.index(str(song["quadrant"])) for song in songs],
        "tags": names,
        "file": [None] * len(songs),
    }
    zipped = request(server, "/api/map", Accept_Encoding="gzip")
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert request(server, "/api/map?artist=zo%C3%AB&sort=-year").json()["title"] == ["Meadow", "Fiesta"]


def test_one_song(server: Server) -> None:
    for song in searched(server):
        assert request(server, f"/api/songs/{song['id']}").json() == song


@pytest.mark.parametrize("path", ["", "/curve", "/curve?format=png", "/audio"])
def test_a_song_that_does_not_exist(server: Server, path: str) -> None:
    response = request(server, f"/api/songs/999{path}")
    assert response.status == 404
    assert "no song with id 999" in response.json()["detail"]
    assert request(server, f"/api/songs/{2**63}{path}").status == 422
    assert request(server, f"/api/songs/..%2f..%2fetc%2fpasswd{path}").status in (404, 422)


def test_curves_are_those_of_the_command_line(server: Server) -> None:
    for song in searched(server):
        path = server.music / str(song["file"])
        shown = {
            format: run("show", str(path), "--library", server.library, "-f", format) for format in ("json", "csv")
        }
        curve = request(server, f"/api/songs/{song['id']}/curve").json()
        assert curve == {**json.loads(shown["json"].stdout), "source": song["file"]}
        csv = request(server, f"/api/songs/{song['id']}/curve?format=csv")
        assert csv.body.decode() == shown["csv"].stdout
        assert csv.headers["content-type"] == "text/csv; charset=utf-8"
        stem = Path(str(song["file"])).stem
        assert csv.headers["content-disposition"].endswith(f"filename*=UTF-8''{stem}.csv")


def test_the_map_has_file_names_of_songs_without_a_title(tmp_path: Path) -> None:
    made = made_library(tmp_path / "library.sqlite", 5)
    with serving((tmp_path, tmp_path / "library.sqlite")) as server:
        found = request(server, "/api/map").json()
    pairs = set(zip(found["title"], found["file"], strict=True))
    assert pairs == {(seen.tags.title, None if seen.tags.title else PurePath(seen.path).name) for _, seen in made}
    assert (None, "003 x.mp3") in pairs


def test_a_curve_as_jams_has_the_tags(server: Server) -> None:
    (song,) = searched(server, "Fiesta")
    jams = json.loads(request(server, f"/api/songs/{song['id']}/curve?format=jams").body)
    title, artist, album, _, _ = SONGS["excited"]
    about = jams["file_metadata"]
    assert (about["title"], about["artist"], about["release"]) == (title, artist, album)
    curve = request(server, f"/api/songs/{song['id']}/curve").json()
    points = jams["annotations"][0]["data"]
    assert [point["value"] for point in points] == [
        list(p) for p in zip(curve["valence"], curve["arousal"], strict=True)
    ]


def test_a_curve_as_png(server: Server) -> None:
    import io

    import matplotlib.image

    (song,) = searched(server, "Fiesta")
    response = request(server, f"/api/songs/{song['id']}/curve?format=png")
    assert response.headers["content-type"] == "image/png"
    picture = matplotlib.image.imread(io.BytesIO(response.body))
    assert picture.shape[:2] == (810, 1800)
    assert picture.std() > 0.05  # it is not blank
    assert request(server, f"/api/songs/{song['id']}/curve?format=gif").status == 422


def test_problems_of_the_last_scan_do_not_contain_folders(server: Server) -> None:
    found = request(server, "/api/problems").json()
    (problem,) = found["problems"]
    assert found["total"] == 1
    assert problem["file"] == BROKEN
    assert "not audio" in problem["reason"]


def test_no_response_contains_a_folder_of_this_machine(server: Server) -> None:
    (song,) = searched(server, "Fiesta")
    addresses = [
        "songs",
        "map",
        "problems",
        f"songs/{song['id']}",
        *(f"songs/{song['id']}/curve?format={f}" for f in ("json", "csv", "jams")),
    ]
    for path in addresses:
        assert str(server.music).encode() not in request(server, f"/api/{path}").body


def test_health(server: Server) -> None:
    health = request(server, "/api/health").json()
    assert health["status"] == "ok"
    assert (health["library"], health["songs"]) == (True, 4)
    assert health["limits"]["upload_bytes"] == 200 * 2**20
    curve = request(server, f"/api/songs/{searched(server)[0]['id']}/curve").json()
    assert (health["model"], health["feature_set"]) == (curve["model"], curve["feature_set"])


def test_a_missing_library_is_empty_until_it_is_created(scanned_music: tuple[Path, Path], tmp_path: Path) -> None:
    library = tmp_path / "later.sqlite"
    with serving((scanned_music[0], library)) as server:
        assert request(server, "/api/health").json()["library"] is False
        assert request(server, "/api/songs").json() == {"total": 0, "songs": []}
        assert set(map(len, request(server, "/api/map").json().values())) == {0}
        assert request(server, "/api/problems").json() == {"total": 0, "problems": []}
        assert request(server, "/api/songs/1/audio").status == 404
        assert request(server, "/api/songs?arousal=1:0").status == 422
        shutil.copyfile(scanned_music[1], library)
        assert request(server, "/api/songs").json()["total"] == 4
        library.write_bytes(b"not a library" * 1000)
        response = request(server, "/api/songs")
        assert response.status == 503
        assert "later.sqlite" in response.json()["detail"]
        assert str(tmp_path) not in response.json()["detail"]
        assert request(server, "/").status == 200


def test_only_the_static_files_are_served(server: Server) -> None:
    import moodcurve.web

    static = Path(moodcurve.web.__file__).parent / "static"
    assert request(server, "/").body == (static / "index.html").read_bytes()
    for file in static.rglob("*.*"):
        name = file.relative_to(static).as_posix()
        path = "/" if name == "index.html" else f"/{name}"
        response = request(server, path, Accept_Encoding="gzip")
        assert response.status == 200
        assert gzip.decompress(response.body) == file.read_bytes()
        assert ("immutable" in response.headers["cache-control"]) == name.startswith("assets/")
        assert request(server, path, If_None_Match=response.headers["etag"]).status == 304
    for path in (
        "/../pyproject.toml",
        "/assets/../../__init__.py",
        "/..%2f__init__.py",
        "/%2e%2e/__init__.py",
        "//etc/passwd",
        "/assets/",
        "/static/index.html",
        f"/{quote(str(server.library))}",
    ):
        assert request(server, path).status == 404, path


def test_methods_that_are_not_allowed(server: Server) -> None:
    response = request(server, "/api/jobs/000000000000", method="PUT")
    assert response.status == 405
    assert response.headers["allow"] == "DELETE, GET"
    assert "Allow" in response.json()["detail"]


def test_offset_and_columns_of_a_query(server: Server) -> None:
    from moodcurve.library.queries.search import Query, search, search_columns

    with open_library(server.library) as library:
        songs = list(search(library, Query(sort=("title",))))
        assert list(search(library, Query(sort=("title",), offset=1, limit=2))) == songs[1:3]
        assert search_columns(library, Query(sort=("title",), offset=3), ["title", "id"]) == {
            "title": [songs[3].title],
            "id": [songs[3].id],
        }
        for song in songs:
            status = Path(song.path).stat()
            assert library.files_of(song.id) == {song.path: (status.st_size, status.st_mtime_ns)}
        assert library.files_of(2**70) == library.files_of(-5) == {}
    with pytest.raises(ValueError, match="offset must be 0 or more"):
        Query(offset=-1)


def test_similar_songs(server: Server) -> None:
    songs = request(server, "/api/songs").json()["songs"]
    seed = songs[0]["id"]
    for query in ("", "?by=sound", "?by=mood&limit=2"):
        found = request(server, f"/api/songs/{seed}/similar{query}").json()["songs"]
        assert seed not in [each["song"]["id"] for each in found]
        assert [each["distance"] for each in found] == sorted(each["distance"] for each in found)
        assert all(each["song"] in songs for each in found)
    assert len(found) == min(2, len(songs) - 1)
    assert request(server, "/api/songs/999999/similar").status == 404
    unknown = request(server, f"/api/songs/{seed}/similar?by=taste")
    assert unknown.json()["detail"] == "query.by: 'taste' is not one of 'course', 'sound' or 'mood'"
    assert unknown.status == 422
    by_mood = request(server, f"/api/songs/{seed}/similar?by=mood").json()
    assert request(server, f"/api/songs/{seed}/similar?course=0&sound=0&mood=3").json() == by_mood
    refused = request(server, f"/api/songs/{seed}/similar?course=0&sound=0&mood=0")
    assert refused.status == 422
    assert "must be above 0" in refused.json()["detail"]
    assert request(server, f"/api/songs/{seed}/similar?sound=-1").status == 422
