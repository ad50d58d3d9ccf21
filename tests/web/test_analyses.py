"""Songs that are sent: their curve beside `analyze`'s, what is told on the way, and forms that are none."""

import json
from itertools import pairwise

import numpy as np
import pytest

from moodcurve.web.uploads import display_name
from tests.helpers.command_line import run
from tests.helpers.web_client import FORM, ask, events, form, send
from tests.helpers.web_server import Server, eventually


def test_the_curve_is_that_of_the_command_line(server: Server) -> None:
    song = server.music / "tense.flac"
    done = run("analyze", song, "-f", "json")
    answer = send(server, song.read_bytes(), "My song.flac")
    assert answer.status == 200
    assert answer.body.decode() == done.stdout.replace(json.dumps(str(song)), '"My song.flac"')


def test_what_is_told_while_a_song_is_analysed(server: Server) -> None:
    song = server.music / "calm.flac"
    begun = send(server, song.read_bytes(), "calm.flac", wait=False)
    assert begun.status == 202
    job = begun.json()["job"]
    told = list(events(server, begun.json()["events"]))
    assert [number for number, _, _ in told] == list(range(1, len(told) + 1))
    shares = [data["share"] for _, name, data in told if name == "progress"]
    assert shares == sorted(shares)
    assert len(shares) >= 3  # of 25 s, in blocks of 10 s
    parts = [data for _, name, data in told if name == "part"]
    curve = ask(server, begun.json()["curve"]).json()
    joined = {name: [value for part in parts for value in part[name]] for name in ("times_s", "arousal", "valence")}
    assert joined["times_s"] == curve["times_s"]
    assert [part["start"] for part in parts] == [0, *np.cumsum([len(part["times_s"]) for part in parts])[:-1]]
    assert told[-1][1:] == ("done", {"curve": f"/api/jobs/{job}/curve"})
    status = ask(server, f"/api/jobs/{job}").json()
    assert status.pop("seconds") == round(curve["duration_s"], 2)
    assert status == {"job": job, "state": "done", "share": 1.0, "name": "calm.flac", "problem": None}
    eventually(lambda: server.left_over == [])


def test_the_first_curve_is_that_of_the_live_model(server: Server) -> None:
    song = server.music / "calm.flac"
    begun = send(server, song.read_bytes(), wait=False).json()
    parts = [data for _, name, data in events(server, begun["events"]) if name == "part"]
    live = json.loads(run("analyze", song, "-f", "json", "--model", "live").stdout)
    for axis in ("arousal", "valence"):
        # four decimals on both sides
        np.testing.assert_allclose([value for part in parts for value in part[axis]], live[axis], atol=1.01e-4)


def test_events_go_on_where_a_client_has_left_off(server: Server) -> None:
    begun = send(server, (server.music / "sad.flac").read_bytes(), wait=False).json()
    told = list(events(server, begun["events"]))
    for heard in (0, 1, len(told) - 1):
        assert list(events(server, begun["events"], Last_Event_ID=str(heard))) == told[heard:]
    assert list(events(server, begun["events"], Last_Event_ID="nonsense")) == told
    over = ask(server, begun["events"], Last_Event_ID=str(len(told)))
    assert (over.status, over.body) == (204, b"")


def test_a_curve_in_other_formats(server: Server) -> None:
    song = server.music / "sad.flac"
    begun = send(server, song.read_bytes(), 'Träume".flac', wait=False).json()
    eventually(lambda: ask(server, f"/api/jobs/{begun['job']}").json()["state"] == "done")
    csv = ask(server, f"{begun['curve']}?format=csv")
    assert csv.body.decode() == run("analyze", song, "-f", "csv").stdout
    assert csv.headers["content-disposition"].endswith("filename*=UTF-8''Tr%C3%A4ume%22.csv")
    assert json.loads(ask(server, f"{begun['curve']}?format=jams").body)["annotations"][0]["namespace"] == "mood_thayer"
    assert ask(server, f"{begun['curve']}?format=png").body.startswith(b"\x89PNG")
    assert ask(server, f"{begun['curve']}?format=exe").status == 422


def test_what_is_no_song(server: Server) -> None:
    answer = send(server, b"once upon a time\n" * 100, "tale.mp3")
    assert answer.status == 422
    assert answer.json()["detail"].startswith("not audio of a known format")
    begun = send(server, b"once upon a time\n" * 100, "tale.mp3", wait=False).json()
    told = list(events(server, begun["events"]))
    assert [name for _, name, _ in told] == ["failed"]
    assert told[0][2] == answer.json()
    status = ask(server, f"/api/jobs/{begun['job']}").json()
    assert (status["state"], status["problem"]) == ("failed", answer.json())
    curve = ask(server, begun["curve"])
    assert curve.status == 409
    assert "not audio" in curve.json()["detail"]
    eventually(lambda: server.left_over == [])


def test_a_job_that_is_forgotten(server: Server) -> None:
    begun = send(server, (server.music / "calm.flac").read_bytes() * 20, wait=False).json()
    address = f"/api/jobs/{begun['job']}"
    assert ask(server, begun["curve"]).status == 409
    assert ask(server, address, method="DELETE").status == 204
    for path in (address, begun["events"], begun["curve"]):
        assert ask(server, path).status == 404
    assert ask(server, address, method="DELETE").status == 404
    eventually(lambda: server.left_over == [])


def test_names_of_jobs_cannot_be_guessed(server: Server) -> None:
    names = {send(server, b"", wait=False).json()["job"] for _ in range(3)}
    assert len(names) == 3
    assert all(len(name) == 12 for name in names)  # 72 bits
    assert all(a[:6] != b[:6] for a, b in pairwise(sorted(names)))


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
def test_names_are_only_shown(server: Server, sent: str, shown: str) -> None:
    begun = send(server, b"no song", sent.encode(), wait=False).json()
    status = ask(server, f"/api/jobs/{begun['job']}")
    assert status.headers["content-type"] == "application/json"
    assert status.json()["name"] == shown


def test_a_name_that_is_no_text() -> None:
    assert display_name(b"a\xff\xfeb.mp3") == "a\ufffd\ufffdb.mp3"
    assert display_name(b"two\r\nlines.mp3") == "two\\r\\nlines.mp3"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 415),
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b"song", "audio/flac", 415),
        (b"", "multipart/form-data", 400),  # no boundary
        (b"", FORM, 400),
        (b"no form", FORM, 400),
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
def test_forms_that_are_none(server: Server, body: bytes, kind: str, status: int) -> None:
    answer = ask(server, "/api/analyze", method="POST", body=body, Content_Type=kind)
    assert answer.status == status
    assert "a file" in answer.json()["detail"]
    eventually(lambda: server.left_over == [])
