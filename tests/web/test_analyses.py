"""Tests of uploads: the curve equals that of `analyze`, events, file names, and invalid forms."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from moodcurve.web.uploads import display_name
from tests.helpers.command_line import run
from tests.helpers.timed_audio import write_timed
from tests.helpers.web_client import FORM, Response, events, form, request, upload
from tests.helpers.web_server import Server, eventually

pytestmark = pytest.mark.slow


def test_the_curve_is_that_of_the_command_line(server: Server) -> None:
    song = server.music / "tense.flac"
    done = run("analyze", song, "-f", "json")
    response = upload(server, song.read_bytes(), "My song.flac")
    assert response.status == 200
    assert response.body.decode() == done.stdout.replace(json.dumps(str(song)), '"My song.flac"')


def test_events_of_an_analysis(server: Server) -> None:
    song = server.music / "calm.flac"
    created = upload(server, song.read_bytes(), "calm.flac", wait=False)
    assert created.status == 202
    job = created.json()["job"]
    received = list(events(server, created.json()["events"]))
    assert [number for number, _, _ in received] == list(range(1, len(received) + 1))
    shares = [data["share"] for _, name, data in received if name == "progress"]
    assert shares == sorted(shares)
    assert len(shares) >= 3  # 25 s in blocks of 10 s
    parts = [data for _, name, data in received if name == "part"]
    curve = request(server, created.json()["curve"]).json()
    joined = {name: [value for part in parts for value in part[name]] for name in ("times_s", "arousal", "valence")}
    assert joined["times_s"] == curve["times_s"]
    assert [part["start"] for part in parts] == [0, *np.cumsum([len(part["times_s"]) for part in parts])[:-1]]
    assert received[-1][1:] == ("done", {"curve": f"/api/jobs/{job}/curve"})
    status = request(server, f"/api/jobs/{job}").json()
    assert status.pop("seconds") == round(curve["duration_s"], 2)
    assert status == {"job": job, "state": "done", "share": 1.0, "name": "calm.flac", "problem": None}
    eventually(lambda: server.left_over == [])


def test_the_provisional_curve_is_that_of_the_live_model(server: Server) -> None:
    song = server.music / "calm.flac"
    created = upload(server, song.read_bytes(), wait=False).json()
    parts = [data for _, name, data in events(server, created["events"]) if name == "part"]
    live = json.loads(run("analyze", song, "-f", "json", "--model", "live").stdout)
    for axis in ("arousal", "valence"):
        # both have four decimals
        np.testing.assert_allclose([value for part in parts for value in part[axis]], live[axis], atol=1.01e-4)


def test_events_resume_after_the_last_event_id(server: Server) -> None:
    created = upload(server, (server.music / "sad.flac").read_bytes(), wait=False).json()
    received = list(events(server, created["events"]))
    for last_id in (0, 1, len(received) - 1):
        assert list(events(server, created["events"], Last_Event_ID=str(last_id))) == received[last_id:]
    assert list(events(server, created["events"], Last_Event_ID="nonsense")) == received
    finished = request(server, created["events"], Last_Event_ID=str(len(received)))
    assert (finished.status, finished.body) == (204, b"")


def test_a_curve_in_other_formats(server: Server) -> None:
    song = server.music / "sad.flac"
    created = upload(server, song.read_bytes(), 'Träume".flac', wait=False).json()
    eventually(lambda: request(server, f"/api/jobs/{created['job']}").json()["state"] == "done")
    csv = request(server, f"{created['curve']}?format=csv")
    assert csv.body.decode() == run("analyze", song, "-f", "csv").stdout
    assert csv.headers["content-disposition"].endswith("filename*=UTF-8''Tr%C3%A4ume%22.csv")
    assert (
        json.loads(request(server, f"{created['curve']}?format=jams").body)["annotations"][0]["namespace"]
        == "mood_thayer"
    )
    assert request(server, f"{created['curve']}?format=png").body.startswith(b"\x89PNG")
    assert request(server, f"{created['curve']}?format=exe").status == 422


def test_a_file_that_is_not_audio(server: Server) -> None:
    response = upload(server, b"once upon a time\n" * 100, "tale.mp3")
    assert response.status == 422
    assert response.json()["detail"].startswith("not audio, or damaged")
    created = upload(server, b"once upon a time\n" * 100, "tale.mp3", wait=False).json()
    received = list(events(server, created["events"]))
    assert [name for _, name, _ in received] == ["failed"]
    assert received[0][2] == response.json()
    status = request(server, f"/api/jobs/{created['job']}").json()
    assert (status["state"], status["problem"]) == ("failed", response.json())
    curve = request(server, created["curve"])
    assert curve.status == 409
    assert "not audio" in curve.json()["detail"]
    eventually(lambda: server.left_over == [])


def test_a_deleted_job(server: Server) -> None:
    created = upload(server, (server.music / "calm.flac").read_bytes() * 20, wait=False).json()
    address = f"/api/jobs/{created['job']}"
    assert request(server, created["curve"]).status == 409
    assert request(server, address, method="DELETE").status == 204
    for path in (address, created["events"], created["curve"]):
        assert request(server, path).status == 404
    assert request(server, address, method="DELETE").status == 404
    eventually(lambda: server.left_over == [])


def test_job_ids_are_random(server: Server) -> None:
    ids = {upload(server, b"", wait=False).json()["job"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(id) == 12 for id in ids)  # 72 bits
    assert all(a[:6] != b[:6] for a, b in pairwise(sorted(ids)))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\Music\\song.mp3", "song.mp3"),
        ("<img src=x onerror=alert(1)>.mp3", "<img src=x onerror=alert(1)>.mp3"),
        ("Ünï – 音楽.mp3", "Ünï – 音楽.mp3"),
        ("x" * 500 + ".mp3", "x" * 200),
        ("", "upload"),
        ("..", ".."),
        ("/", "upload"),
        ("\x1b[31mred.mp3", "\\x1b[31mred.mp3"),
    ],
)
def test_file_names_are_for_display_only(server: Server, sent: str, shown: str) -> None:
    created = upload(server, b"no song", sent.encode(), wait=False).json()
    status = request(server, f"/api/jobs/{created['job']}")
    assert status.headers["content-type"] == "application/json"
    assert status.json()["name"] == shown


def test_a_file_name_that_is_not_utf8() -> None:
    assert display_name(b"a\xff\xfeb.mp3") == "a\ufffd\ufffdb.mp3"
    assert display_name(b"two\r\nlines.mp3") == "two\\r\\nlines.mp3"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "", 415),
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b"song", "text/plain", 415),
        (b"", "multipart/form-data", 400),  # no boundary
        (b"", FORM, 400),
        (b"not a form", FORM, 400),
        (b"--xyx--\r\n", FORM, 400),
        (form(b"x")[:-10], FORM, 400),
        (form(b"x", field="song"), FORM, 422),
        (b"--xyx\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--xyx--\r\n", FORM, 422),
        (b"--xyx\r\n\r\nx\r\n--xyx--\r\n", FORM, 422),
        (form(b"a").removesuffix(b"--xyx--\r\n") + form(b"b"), FORM, 422),
        (form(b"x"), "multipart/form-data; boundary=" + "y" * 5000, 400),
        (b"--xyx\r\n" + b"A: b\r\n" * 10_000 + b"\r\nx\r\n--xyx--\r\n", FORM, 400),
        (b"--xyx\r\nA: " + b"b" * 10**6 + b"\r\n\r\nx\r\n--xyx--\r\n", FORM, 400),
    ],
)
def test_invalid_forms(server: Server, body: bytes, kind: str, status: int) -> None:
    response = request(server, "/api/analyze", method="POST", body=body, Content_Type=kind)
    assert response.status == status
    assert "expected multipart/form-data with a file" in response.json()["detail"]
    eventually(lambda: server.left_over == [])


def test_a_track_is_chosen(server: Server, tmp_path: Path) -> None:
    film = write_timed(tmp_path / "film.mkv", [[(0, 330)], [(0, 440)]]).read_bytes()

    def send(options: str) -> Response:
        return request(server, f"/api/analyze?wait=true{options}", method="POST", body=form(film), Content_Type=FORM)

    assert "track 1 is analyzed" in send("").json()["warnings"][0]
    assert not [text for text in send("&track=2").json()["warnings"] if "track" in text]
    refused = send("&track=3")
    assert (refused.status, "it has 2 audio tracks, no track 3" in refused.json()["detail"]) == (422, True)
    assert send("&track=0").status == 422
