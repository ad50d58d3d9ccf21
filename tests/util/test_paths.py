"""User folders and their environment variables."""

from pathlib import Path

import platformdirs
import pytest

from moodcurve.errors import MoodcurveError
from moodcurve.util.paths import cache_dir, default_library

VARIABLES = ("MOODCURVE_CACHE", "MOODCURVE_LIBRARY", "XDG_CACHE_HOME", "XDG_DATA_HOME")


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_default_folders_on_linux(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_dir() == home / ".cache/moodcurve"
    assert default_library() == home / ".local/share/moodcurve/library.sqlite"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "d"))
    assert cache_dir() == home / "c/moodcurve"
    assert default_library() == home / "d/moodcurve/library.sqlite"


def test_moodcurve_variables_take_precedence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOODCURVE_CACHE", "cache")
    monkeypatch.setenv("MOODCURVE_LIBRARY", "music.sqlite")
    assert (cache_dir(), default_library()) == (Path("cache"), Path("music.sqlite"))


def test_other_systems_use_platformdirs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(app: str, appauthor: bool) -> Path:
        return home / "Library" / app

    monkeypatch.setattr(platformdirs, "user_cache_path", elsewhere)
    monkeypatch.setattr(platformdirs, "user_data_path", elsewhere)
    assert cache_dir() == home / "Library/moodcurve"
    assert default_library() == home / "Library/moodcurve/library.sqlite"


def test_folders_of_earlier_versions_are_still_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test_other_systems_use_platformdirs(home, monkeypatch)
    (home / ".cache/moodcurve").mkdir(parents=True)
    assert cache_dir() == home / ".cache/moodcurve"
    library = home / ".local/share/moodcurve/library.sqlite"
    library.parent.mkdir(parents=True)
    assert default_library() == home / "Library/moodcurve/library.sqlite"
    library.touch()
    assert default_library() == library


def test_missing_home_folder_error_names_the_variables(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    for find in (cache_dir, default_library):
        with pytest.raises(MoodcurveError, match="set MOODCURVE_CACHE to a folder and MOODCURVE_LIBRARY to a file"):
            find()
