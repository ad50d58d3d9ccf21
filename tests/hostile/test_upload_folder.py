"""The server's folder of uploads, removed by a cleaner or by another server."""

import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

import pytest

from moodcurve.web import WebError
from moodcurve.web.app import _batch_store
from moodcurve.web.temp_folder import PREFIX, ensure_private, temporary_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")


def test_a_folder_that_a_cleaner_removed_is_made_again_for_its_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        ensure_private(tmp_path / "uploads")
    finally:
        os.umask(before)
    assert (tmp_path / "uploads").stat().st_mode & 0o777 == 0o700
    (tmp_path / "uploads").chmod(0o777)
    with pytest.raises(PermissionError, match="others can write to it"):
        ensure_private(tmp_path / "uploads")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(PermissionError, match="is a symbolic link"):
        ensure_private(tmp_path / "link")


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    os.chown(tmp_path, owner or 4321, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    with pytest.raises(PermissionError, match="belongs to another user"):
        ensure_private(tmp_path)


def test_state_may_be_a_link_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    with _batch_store(tmp_path / "link"):
        assert (tmp_path / "disk" / "batches.sqlite").is_file()
    (tmp_path / "disk").chmod(0o777)
    with (
        pytest.raises(WebError, match="disk: cannot keep batches here: others can write to it"),
        _batch_store(tmp_path / "link"),
    ):
        pass


def keeps_folders(parent: str) -> bool:
    tempfile.tempdir = parent
    for _ in range(60):
        with temporary_folder() as folder:
            (folder / "song").write_text("x")
            if not (folder / "song").exists():
                return False
    return True


@pytest.mark.slow
def test_servers_that_start_at_once_leave_each_other_their_folders(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert pool.map(keeps_folders, [str(tmp_path)] * 4) == [True] * 4
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
