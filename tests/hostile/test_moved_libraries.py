"""A library whose file is removed or replaced during a scan, or that has several names: said, and never exit code 0."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from moodcurve.library import LibraryError, open_library
from tests.helpers.library_fixtures import made_library
from tests.helpers.limited import MAIN, run_limited
from tests.helpers.scans import write_song

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="open files of POSIX"),
]
WHEN_WRITTEN = """
import os, shutil
from moodcurve.library import database
from moodcurve.library.scanning import batch_writer
batch_writer.BATCH = 1
write, written = database.Library.write, []
def write_and_meddle(library, changes):
    written.append(write(library, changes))
    if len(written) == {number}:
        path = str(library.path)
        {action}
database.Library.write = write_and_meddle
"""
ACTIONS = {
    "removed": "os.remove(path)",
    "moved": "os.rename(path, path + '.old')",
    "replaced": "shutil.copy(path, path + '.new'); os.replace(path + '.new', path)",
    "its folder moved": "os.rename(os.path.dirname(path), os.path.dirname(path) + '.old')",
    "linked": "os.link(path, path + '.link')",
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("number", [1, 3])  # in the middle of the scan; after its last report
def test_a_scan_says_that_its_library_is_gone(tmp_path: Path, action: str, number: int) -> None:
    for seed in range(2):
        write_song(tmp_path / "music" / f"{seed}.flac", seed=seed, seconds=1.5)
    code = WHEN_WRITTEN.format(number=number, action=ACTIONS[action]) + MAIN
    words = ("scan", "music", "--library", tmp_path / "kept" / "library.sqlite", "--workers", "1")
    ended = run_limited(*words, folder=tmp_path, code=code)
    assert (ended.exit_code, ended.stdout, len(ended.stderr.splitlines())) == (1, "", 1), ended
    assert "library.sqlite: " in ended.stderr
    said = "several names" if action == "linked" else "was replaced" if action == "replaced" else "is gone"
    assert said in ended.stderr


def test_a_library_of_two_names_is_read_and_not_written(tmp_path: Path) -> None:
    library, other = tmp_path / "library.sqlite", tmp_path / "other.sqlite"
    made_library(library, 3)
    os.link(library, other)
    with open_library(other) as opened:
        assert len(list(opened.songs())) == 3
    for path in (library, other):
        with pytest.raises(LibraryError, match="has several names"), open_library(path, write=True):
            pass
    copy = shutil.copyfile(library, tmp_path / "copy.sqlite")
    with open_library(copy, write=True) as opened:
        assert len(opened.known_files()) == 3
