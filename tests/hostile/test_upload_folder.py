"""The server's folder of uploads, removed by a cleaner or by another server."""

import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

import pytest

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
    with pytest.raises(PermissionError):
        ensure_private(tmp_path / "uploads")


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
