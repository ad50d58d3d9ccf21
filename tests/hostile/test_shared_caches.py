"""Caches of machine code that other users of the machine can write to: nothing from there is run, nothing put there."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from moodcurve.features.jit import cache
from moodcurve.util.ownership import changeable_at
from tests.helpers.limited import run_limited
from tests.helpers.scans import write_song

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="owners and permissions of POSIX"),
]
OTHER = 65534
needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder with this machine's code, in use."""
    folder = tmp_path / "shared"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    assert cache.store("name", "symbol", b"code")
    assert cache.load("name") == ("symbol", b"code")
    # what is used instead
    monkeypatch.setattr(cache, "SOURCES", tmp_path / "sources")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MOODCURVE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return folder


def stored(shared: Path) -> Path:
    return next(shared.rglob("name"))


def test_code_of_ones_own_is_trusted(shared: Path) -> None:
    assert changeable_at(stored(shared)) is None
    assert stored(shared).stat().st_mode & 0o022 == 0


def test_a_missing_folder_is_trusted_below_ones_own(tmp_path: Path) -> None:
    assert changeable_at(tmp_path / "new" / "newer") is None


@pytest.mark.parametrize(
    ("what", "mode"),
    [(what, mode) for what in ("folder", "version", "file") for mode in (0o777, 0o757)] + [("version", 0o1777)],
)
def test_code_that_everyone_may_write_is_neither_run_nor_replaced(shared: Path, what: str, mode: int) -> None:
    path = {"folder": shared, "version": stored(shared).parent, "file": stored(shared)}[what]
    path.chmod(mode)
    assert cache.load("name") is None
    before = stored(shared).stat().st_ino
    assert cache.store("name", "other", b"more")
    if what != "file":  # the file alone is replaced by one of our own
        assert stored(shared).stat().st_ino == before
    assert cache.load("name") == ("other", b"more")


def test_a_folder_below_one_that_everyone_may_write_is_not_trusted(shared: Path) -> None:
    shared.parent.chmod(0o777)
    assert changeable_at(stored(shared)) == shared.parent
    shared.parent.chmod(0o1777)  # where nobody can rename what is another's
    assert changeable_at(stored(shared)) is None


@needs_root
@pytest.mark.parametrize("what", ["folder", "version", "file"])
def test_code_of_another_user_is_not_run(shared: Path, what: str) -> None:
    os.chown({"folder": shared, "version": stored(shared).parent, "file": stored(shared)}[what], OTHER, OTHER)
    assert cache.load("name") is None


@needs_root
def test_a_group_of_others_is_not_trusted(shared: Path) -> None:
    os.chown(shared, 0, OTHER)
    shared.chmod(0o775)
    assert cache.load("name") is None


def test_whatever_the_defaults_are_stored_code_is_writable_by_its_owner_alone(shared: Path) -> None:
    shutil.rmtree(shared)
    before = os.umask(0)
    try:
        assert cache.store("name", "symbol", b"code")
    finally:
        os.umask(before)
    assert cache.load("name") == ("symbol", b"code")
    assert stored(shared).is_relative_to(shared)


def test_a_link_is_judged_by_where_it_leads(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = shared.with_name("link")
    link.symlink_to(shared)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(link))
    assert list(cache.folders()) == [shared]
    shared.chmod(0o777)
    assert shared not in list(cache.folders())


def test_the_command_says_once_which_folder_it_does_not_use(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    songs = [write_song(tmp_path / f"{seed}.flac", seed=seed, seconds=1.5) for seed in range(4)]
    ended = run_limited("analyze", *songs, folder=tmp_path, environment={"NUMBA_CACHE_DIR": str(shared)})
    assert ended.exit_code == 0
    message = f"moodcurve: {shared} is not used for compiled code: other users could change {shared}"
    assert ended.stderr.splitlines().count(message) == 1
    assert list(shared.iterdir()) == []
