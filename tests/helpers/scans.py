"""Songs and an in-process scanner for the tests of scans."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from moodcurve.errors import MoodcurveError, SetupError
from moodcurve.library import open_library
from moodcurve.library.scanning import scan_run
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.library.scanning.scan import scan
from moodcurve.workers import ItemProgress, Job, Limits

SR = 44_100


def write_song(path: Path, *, seed: int = 0, seconds: float = 2.0) -> Path:
    """Write noise that depends on the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    x = np.random.default_rng(seed).normal(0, 0.1, round(seconds * SR))
    with path.open("wb") as file:  # by descriptor: libsndfile does not accept every name
        soundfile.write(file, x, SR, format="FLAC", subtype="PCM_16")
    return path


class InProcessPool:
    """Replacement for `moodcurve.workers.Pool` that runs each item in this process when it is polled."""

    def __init__(
        self, make: Callable[[], Job[Any, Any]], *, workers: int, progress: ItemProgress, limits: Limits
    ) -> None:
        self._job = make()
        self._items: list[tuple[int, Any]] = []
        self._added = 0

    def __enter__(self) -> "InProcessPool":
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    @property
    def waiting(self) -> int:
        return len(self._items)

    @property
    def unfinished(self) -> int:
        return len(self._items)

    def add(self, item: Any) -> int:
        self._items.append((self._added, item))
        self._added += 1
        return self._added - 1

    def poll(self, timeout_s: float = 0.0) -> list[tuple[int, Any]]:
        done: list[tuple[int, Any]] = []
        for number, item in self._items:
            try:
                done.append((number, self._job(item, lambda seconds, total: None)))
            except SetupError:
                raise
            except (MoodcurveError, OSError) as error:
                done.append((number, error))
        self._items.clear()
        return done


class Scanner:
    """A library and a folder of music, scanned in this process."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(scan_run, "Pool", InProcessPool)
        self.music = folder / "music"
        self.music.mkdir()
        self.library = folder / "library.sqlite"
        self.reported: list[tuple[str, str]] = []

    def __call__(self, *roots: Path, **options: Any) -> ScanStats:
        self.reported.clear()
        observer = ScanObserver(problem=lambda path, reason: self.reported.append((path, reason)))
        return scan(roots or (self.music,), self.library, observer=observer, **options)

    def counts(self, *roots: Path, **options: Any) -> dict[str, int]:
        """Scan and return the counts that are not 0."""
        stats = self(*roots, **options)
        names = ("unchanged", "new", "changed", "renewed", "retagged", "moved", "copied", "gone", "problems", "unread")
        return {name: getattr(stats, name) for name in (*names, "songs") if getattr(stats, name)}

    def paths(self) -> set[str]:
        """Return the files that hold a song, relative to the music folder."""
        with open_library(self.library) as opened:
            known = opened.known_files()
        return {os.path.relpath(path, self.music) for path, file in known.items() if file.problem is None}

    def problems(self) -> dict[str, str]:
        """Return the reason of each file with a problem."""
        with open_library(self.library) as opened:
            return {os.path.relpath(problem.path, self.music): problem.reason for problem in opened.problems()}

    def songs(self) -> int:
        """Count the stored songs, with or without a file."""
        with open_library(self.library) as opened:
            return len(opened.song_models())


def as_json(data: dict[str, Any]) -> str:
    """Return a curve's data as JSON without its path, to compare."""
    return json.dumps({**data, "source": ""})


def copied(source: Path, target: Path) -> Path:
    """Copy a file; the copy has a new modification time."""
    shutil.copyfile(source, target)
    return target
