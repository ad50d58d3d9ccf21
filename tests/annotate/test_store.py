"""Tests of the raters' files: pieces are stored exactly once, whatever happens."""

import errno
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from moodcurve.annotate.access import Access
from moodcurve.annotate.events import UPLOAD, Piece
from moodcurve.annotate.store import RaterStore, delete_rater
from moodcurve.annotate.study import StudySettings
from moodcurve.datasets.raters.study_reader import rater_file
from moodcurve.web.errors import ProblemError
from tests.helpers.studies import check_complete, rows_of

PAGE = "0" * 16


def opened(folder: Path, **settings: Any) -> tuple[RaterStore, Access]:
    """Open the store of a study of two songs."""
    access = Access(folder)
    return RaterStore(folder, StudySettings(**settings), ["march", "waltz"], access), access


@pytest.fixture
def store(tmp_path: Path) -> RaterStore:
    """A store in which the rater r001 has started."""
    store, access = opened(tmp_path)
    access.invite(2)
    store.start("r001")
    return store


def pieces(first: int, count: int = 1, *, client: str = PAGE, item: int = 0, axis: str = "arousal") -> list[Piece]:
    """Return pieces of two samples each."""
    made = [
        {
            "number": number,
            "events": [
                {
                    "kind": "samples", "item": item, "axis": axis, "first": 2 * number,
                    "rows": [[10.0 * n, n / 10, 0.5] for n in (2 * number, 2 * number + 1)],
                }
            ],
        }
        for number in range(first, first + count)
    ]  # fmt: skip
    return UPLOAD.validate_python({"rater": "r001", "client": client, "pieces": made}).pieces


def test_pieces_that_come_again_are_stored_once(store: RaterStore, tmp_path: Path) -> None:
    assert store.append("r001", PAGE, pieces(0, 2)) == 1
    assert store.append("r001", PAGE, pieces(0, 2)) == 1
    assert store.append("r001", PAGE, pieces(1, 3)) == 3
    assert store.append("r001", "1" * 16, pieces(0)) == 0
    assert check_complete(tmp_path, "r001") == 10
    assert len(rows_of(tmp_path, "r001", 0, "arousal")) == 10
    assert store.record("r001").missing == 0


def test_a_missing_piece_is_asked_for(store: RaterStore, tmp_path: Path) -> None:
    store.append("r001", PAGE, pieces(0))
    with pytest.raises(ProblemError, match="piece 1 of this page is missing before piece 2") as error:
        store.append("r001", PAGE, pieces(2))
    assert error.value.status == 409
    assert check_complete(tmp_path, "r001") == 2
    assert store.append("r001", PAGE, pieces(2), gap=True) == 2  # the page has lost it
    assert store.record("r001").missing == 2


def test_a_restarted_server_knows_what_is_stored_and_cuts_a_torn_line(store: RaterStore, tmp_path: Path) -> None:
    store.append("r001", PAGE, pieces(0, 2))
    songs = store.record("r001").songs
    path = rater_file(tmp_path, "r001")
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])
    again, _ = opened(tmp_path, seed=99)
    assert path.read_bytes() == whole
    assert again.start("r001").songs == songs  # an order is given once
    assert again.append("r001", PAGE, pieces(0, 3)) == 2
    assert check_complete(tmp_path, "r001") == 6


def test_a_full_disk_leaves_the_file_as_it_was(
    store: RaterStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append("r001", PAGE, pieces(0))
    before = rater_file(tmp_path, "r001").read_bytes()
    write = os.write

    def half(handle: int, data: bytes) -> int:
        write(handle, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(ProblemError, match="cannot be written") as error:
            store.append("r001", PAGE, pieces(1))
    assert error.value.status == 507
    assert rater_file(tmp_path, "r001").read_bytes() == before
    assert store.append("r001", PAGE, pieces(1)) == 1


def test_a_piece_is_on_the_disk_before_it_counts(store: RaterStore, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(store.record("r001").rows))
    store.append("r001", PAGE, pieces(0))
    assert synced == [0]
    assert store.record("r001").rows == 2


def test_pieces_of_others_songs_and_before_consent_are_refused(store: RaterStore) -> None:
    for wrong in (pieces(0, item=2), pieces(0, axis="valence", item=7)):
        with pytest.raises(ProblemError, match="not one of this rater's"):
            store.append("r001", PAGE, wrong)
    with pytest.raises(ProblemError, match="agree to the study first"):
        store.append("r002", PAGE, pieces(0))


def test_deleted_raters_leave_nothing_and_send_nothing(store: RaterStore, tmp_path: Path) -> None:
    store.append("r001", PAGE, pieces(0))
    assert store.delete("r001")
    assert not store.delete("r001")
    assert not rater_file(tmp_path, "r001").exists()
    assert [record.rater for record in store.records()] == ["r002"]
    assert Access(tmp_path).invite(1) == ["r003"]  # the name is not given again


@pytest.mark.parametrize("name", ["r009", "../songs", "access"])
def test_deleting_an_unknown_rater_touches_no_file(store: RaterStore, tmp_path: Path, name: str) -> None:
    other = rater_file(tmp_path, name)  # such as one whose token was lost
    other.write_text("{}\n")
    assert not store.delete(name)
    assert other.exists()
    access = Access(tmp_path)
    assert (list(access.raters), access.deleted) == (["r001", "r002"], set())


def test_a_rater_whom_another_process_deletes_cannot_send(store: RaterStore, tmp_path: Path) -> None:
    store.append("r001", PAGE, pieces(0))
    delete_rater(tmp_path, Access(tmp_path), "r001")
    with pytest.raises(ProblemError, match="your data were deleted") as error:
        store.append("r001", PAGE, pieces(1))
    assert error.value.status == 410
    assert not rater_file(tmp_path, "r001").exists()


def test_an_interrupted_deletion_is_finished_at_the_start(store: RaterStore, tmp_path: Path) -> None:
    store.start("r002")
    access_file = tmp_path / "raters" / "access.json"
    content = json.loads(access_file.read_text())
    del content["raters"]["r002"]
    access_file.write_text(json.dumps(content))
    assert [record.rater for record in opened(tmp_path)[0].records()] == ["r001"]
    assert rater_file(tmp_path, "r002").exists()  # the tokens may have been lost: not deleted, but not used
    content["deleted"].append("r002")
    access_file.write_text(json.dumps(content))
    opened(tmp_path)
    assert not rater_file(tmp_path, "r002").exists()


def test_songs_of_raters_who_stay_away_are_given_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, access = opened(tmp_path, songs_per_rater=1)
    access.invite(4)
    (first,), (second,) = store.start("r001").songs, store.start("r002").songs
    assert {first, second} == {"march", "waltz"}
    assert store.start("r001").songs == (first,)
    events: list[dict[str, Any]] = [
        *({"kind": "pass", "clock_ms": 1, "item": 0, "axis": axis} for axis in ("arousal", "valence")),
        {"kind": "rating", "clock_ms": 1, "item": 0, "arousal": 1, "valence": 9},
    ]
    upload = {"rater": "r002", "client": PAGE, "pieces": [{"number": 0, "events": events}]}
    store.append("r002", PAGE, UPLOAD.validate_python(upload).pieces)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 25 * 3600)
    assert store.start("r003").songs == (first,)
    assert set(store.start("r004").songs) < {first, second}


def test_files_are_readable_by_their_owner_alone(store: RaterStore, tmp_path: Path) -> None:
    for path in (rater_file(tmp_path, "r001"), tmp_path / "raters" / "access.json"):
        assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "raters").stat().st_mode & 0o077 == 0
