"""Test fetching from a server on this machine that stalls, truncates, corrupts, changes, is busy and ignores ranges."""

import hashlib
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets.archives import transfer
from moodcurve.datasets.archives.errors import DownloadError
from moodcurve.datasets.archives.transfer import Patience, fetch
from tests.helpers.archive_server import Answers, archive_server, md5

CONTENT = b"PK\x03\x04" + np.random.default_rng(0).bytes(300_000)
HALF = len(CONTENT) // 2
QUICK = Patience(stall_s=0.3, tries=3, most_tries=20, pause_s=0.01)
PAGE = "https://example.org/set"


@pytest.fixture
def answers() -> Iterator[Answers]:
    with archive_server(Answers(CONTENT)) as found:
        yield found


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "set.zip"


def get(answers: Answers, target: Path, *, checksum: str = "") -> None:
    fetch(answers.url, target, page=PAGE, checksum=checksum, patience=QUICK)


def test_a_file_is_fetched_with_progress(answers: Answers, target: Path) -> None:
    steps: list[tuple[int, int]] = []
    fetch(
        answers.url,
        target,
        page=PAGE,
        checksum=md5(CONTENT),
        patience=QUICK,
        progress=lambda *step: steps.append(step),
    )
    assert target.read_bytes() == CONTENT
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert [path.name for path in target.parent.iterdir()] == ["set.zip"]
    assert answers.requests[0]["user-agent"].startswith("moodcurve/")
    # what is there was checked when it was written
    get(answers, target)
    assert len(answers.requests) == 1


@pytest.mark.parametrize("failure", ["stall", "truncate"])
def test_an_interrupted_transfer_is_continued(answers: Answers, target: Path, failure: str) -> None:
    answers.failures = [failure]
    get(answers, target, checksum=md5(CONTENT))
    assert target.read_bytes() == CONTENT
    assert answers.ranges == ["", f"bytes={HALF}-"]
    assert answers.requests[1]["if-range"] == '"1"'


def test_a_later_run_continues(answers: Answers, target: Path) -> None:
    answers.failures = ["truncate", "503", "503", "503"]
    with pytest.raises(DownloadError, match=r"answers 503 .*, 4 times; the 150\.0 kB received are kept"):
        get(answers, target)
    assert {path.name for path in target.parent.iterdir()} == {"set.zip.part", "set.zip.part.json"}
    get(answers, target)
    assert target.read_bytes() == CONTENT
    assert answers.ranges[-1] == f"bytes={HALF}-"


def test_steady_progress_is_not_given_up(answers: Answers, target: Path) -> None:
    """Each try brings half of the rest: more tries than those allowed without progress."""
    answers.failures = ["truncate"] * 8
    get(answers, target, checksum=md5(CONTENT))
    assert target.read_bytes() == CONTENT
    assert len(answers.requests) == 9


def test_a_server_that_is_busy_for_a_moment(answers: Answers, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(transfer.time, "sleep", pauses.append)
    answers.failures = ["503", "429"]
    get(answers, target)
    assert target.read_bytes() == CONTENT
    assert pauses == [0.01, 0.02]


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("86400", 60.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.01), ("soon", 0.01)]
)
def test_the_pause_that_a_server_asks_for(
    answers: Answers, target: Path, monkeypatch: pytest.MonkeyPatch, text: str, seconds: float
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(transfer.time, "sleep", pauses.append)

    def busy(error: object, part: object, page: str) -> None:
        raise transfer._TemporaryError("busy", transfer._retry_after(text))

    monkeypatch.setattr(transfer, "_raise_status", busy)
    answers.failures = ["503"]
    get(answers, target)
    assert pauses == [seconds]


def test_a_server_that_ignores_ranges_sends_all_again(answers: Answers, target: Path) -> None:
    answers.failures = ["truncate", "ignore-range"]
    get(answers, target, checksum=md5(CONTENT))
    assert target.read_bytes() == CONTENT
    assert answers.ranges == ["", f"bytes={HALF}-"]


def test_a_server_that_sends_another_range_is_asked_for_all(answers: Answers, target: Path) -> None:
    answers.failures = ["truncate", "wrong-range"]
    get(answers, target, checksum=md5(CONTENT))
    assert target.read_bytes() == CONTENT
    assert answers.ranges == ["", f"bytes={HALF}-", ""]


@pytest.mark.parametrize("etag", ['"2"', ""])
def test_a_file_that_changes_in_between_is_fetched_anew(answers: Answers, target: Path, etag: str) -> None:
    """Without an entity tag, the time of the last change shows it."""
    answers.etag = etag and '"1"'
    answers.failures = ["truncate", "503", "503", "503"]
    with pytest.raises(DownloadError):
        get(answers, target)
    answers.content = CONTENT[::-1]
    answers.etag, answers.modified = etag, "Wed, 01 Jan 2025 00:00:00 GMT"
    get(answers, target)
    assert target.read_bytes() == CONTENT[::-1]


def test_a_file_that_nothing_identifies_is_not_continued(answers: Answers, target: Path) -> None:
    answers.etag = answers.modified = ""
    answers.failures = ["truncate"]
    get(answers, target)
    assert answers.ranges == ["", ""]
    # unless a checksum shows in the end that it is the right one
    answers.failures = ["truncate"]
    get(answers, target.with_name("other.zip"), checksum=md5(CONTENT))
    assert answers.ranges[2:] == ["", f"bytes={HALF}-"]


def test_a_weak_tag_does_not_identify_bytes(answers: Answers, target: Path) -> None:
    answers.etag, answers.failures = 'W/"1"', ["truncate"]
    get(answers, target)
    assert answers.requests[1]["if-range"] == answers.modified


def test_a_file_that_became_shorter(answers: Answers, target: Path) -> None:
    answers.etag = answers.modified = ""
    answers.failures = ["truncate", "503", "503", "503"]
    with pytest.raises(DownloadError):
        get(answers, target, checksum=md5(CONTENT))
    answers.content = CONTENT[:1000]
    get(answers, target, checksum=md5(CONTENT[:1000]))
    assert target.read_bytes() == CONTENT[:1000]


def test_a_corrupt_file_is_removed(answers: Answers, target: Path) -> None:
    answers.failures = ["corrupt"]
    with pytest.raises(
        DownloadError, match=rf"checksum md5:[0-9a-f]{{32}}, expected md5:{md5(CONTENT)[4:]}; it was removed"
    ):
        get(answers, target, checksum=md5(CONTENT))
    assert [*target.parent.iterdir()] == []
    get(answers, target, checksum=f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")
    assert target.read_bytes() == CONTENT


def test_a_file_of_unknown_length(answers: Answers, target: Path) -> None:
    answers.with_length = False
    get(answers, target, checksum=md5(CONTENT))
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("404", "answers 404 Not Found: the set may have moved. See https://example.org/set, and give .* --url"),
        ("410", "answers 410 Gone: the set may have moved"),
        ("403", "answers 403 Forbidden: the set may have moved"),
        ("html", "gives a web page instead of a file: the set may have moved"),
        ("html-as-zip", "gives a web page instead of a file: the set may have moved"),
        ("400", "answers 400 Bad Request; see https://example.org/set"),
    ],
)
def test_an_address_that_has_moved(answers: Answers, target: Path, failure: str, message: str) -> None:
    answers.failures = [failure]
    with pytest.raises(DownloadError, match=message):
        get(answers, target)
    assert len(answers.requests) == 1
    assert not target.exists()
    get(answers, target)
    assert target.read_bytes() == CONTENT


def test_no_server(target: Path) -> None:
    with archive_server(Answers(CONTENT)) as answers:
        url = answers.url
    with pytest.raises(DownloadError, match=r"the connection failed \(.*refused.*\), 3 times"):
        fetch(url, target, page=PAGE, patience=QUICK)


def test_a_network_that_fails_between_bytes(answers: Answers, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the network that Python has no class of its own for, and one of the disk."""

    def fail(response: object, size: int) -> bytes:
        raise OSError(113, "No route to host")

    with monkeypatch.context() as patched:
        patched.setattr("http.client.HTTPResponse.read1", fail)
        with pytest.raises(DownloadError, match=r"the connection failed \(No route to host\), 3 times"):
            get(answers, target)
    target.with_name("set.zip.part").unlink()
    target.with_name("set.zip.part").mkdir()
    with pytest.raises(IsADirectoryError):
        get(answers, target)
    target.with_name("set.zip.part").rmdir()
    get(answers, target)
    assert target.read_bytes() == CONTENT


def test_a_disk_that_is_too_small(answers: Answers, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    with pytest.raises(DownloadError, match=r"has 1\.0 MB free, and 67\.4 MB are needed"):
        get(answers, target)
    assert target.with_name("set.zip.part").stat().st_size == 0


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/set.zip", "set.zip", "https://"])
def test_other_addresses_are_refused(target: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="is not an address that begins with http:// or https://"):
        fetch(url, target, page=PAGE, patience=QUICK)


def test_redirects_lead_to_web_addresses_only(answers: Answers, target: Path) -> None:
    answers.redirect = "ftp://127.0.0.1/set.zip"
    with pytest.raises(DownloadError, match="leads to an address that is not safe, ftp://"):
        get(answers, target)
    with archive_server(Answers(CONTENT)) as other:
        answers.redirect = other.url
        get(answers, target)
    assert target.read_bytes() == CONTENT


def test_the_part_of_another_address_is_not_continued(answers: Answers, target: Path) -> None:
    target.with_name("set.zip.part").write_bytes(b"something")
    target.with_name("set.zip.part.json").write_text('{"url": "https://example.org/a.zip", "validator": "\\"1\\""}')
    get(answers, target)
    assert answers.ranges == [""]
    assert target.read_bytes() == CONTENT


def test_an_existing_file_is_checked(answers: Answers, tmp_path: Path) -> None:
    target = tmp_path / "set.zip"
    target.write_bytes(b"of a mirror")
    with pytest.raises(DownloadError, match=r"set\.zip: has the checksum md5:.*remove it"):
        get(answers, target, checksum=md5(CONTENT))
    assert answers.requests == []
    assert target.read_bytes() == b"of a mirror"
