"""For the tests of scans: songs to scan, a scan in this process, and what a library then holds."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from moodcurve.errors import MoodcurveError
from moodcurve.library import open_library
from moodcurve.library.scanning import scan as scan_module
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.workers import ItemProgress, Job, Limits

SR = 44_100


def write_song(path: Path, *, seed: int = 0, seconds: float = 2.0) -> Path:
    """Write noise that differs from seed to seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    x = np.random.default_rng(seed).normal(0, 0.1, round(seconds * SR))
    with path.open("wb") as file:  # by descriptor: libsndfile cannot write every name
        soundfile.write(file, x, SR, format="FLAC", subtype="PCM_16")
    return path


class Inside:
    """Takes the place of `moodcurve.workers.Pool`: does each item in this process as the results are asked for."""

    def __init__(
        self, make: Callable[[], Job[Any, Any]], *, workers: int, progress: ItemProgress, limits: Limits
    ) -> None:
        self._job = make()
        self._items: list[tuple[int, Any]] = []
        self._added = 0

    def __enter__(self) -> "Inside":
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
            except (MoodcurveError, OSError) as error:
                done.append((number, error))
        self._items.clear()
        return done


class Scanner:
    """A library and a folder of music, scanned in this process."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(scan_module, "Pool", Inside)
        self.music = folder / "music"
        self.music.mkdir()
        self.library = folder / "library.sqlite"
        self.said: list[tuple[str, str]] = []

    def __call__(self, *roots: Path, **options: Any) -> ScanStats:
        self.said.clear()
        observer = ScanObserver(problem=lambda path, reason: self.said.append((path, reason)))
        return scan_module.scan(roots or (self.music,), self.library, observer=observer, **options)

    def counts(self, *roots: Path, **options: Any) -> dict[str, int]:
        """Scan; give what there was at all."""
        stats = self(*roots, **options)
        names = ("unchanged", "new", "changed", "renewed", "retagged", "moved", "copied", "gone", "problems", "unread")
        return {name: getattr(stats, name) for name in (*names, "songs") if getattr(stats, name)}

    def paths(self) -> set[str]:
        """Files that hold a song, below the folder of music."""
        with open_library(self.library) as opened:
            known = opened.known_files()
        return {os.path.relpath(path, self.music) for path, file in known.items() if file.problem is None}

    def problems(self) -> dict[str, str]:
        """Files with a problem, and the reasons."""
        with open_library(self.library) as opened:
            return {os.path.relpath(problem.path, self.music): problem.reason for problem in opened.problems()}

    def songs(self) -> int:
        """Songs that are stored, whether or not a file holds them."""
        with open_library(self.library) as opened:
            return len(opened.song_models())


def as_json(data: dict[str, Any]) -> str:
    """A curve's object without its path, to compare."""
    return json.dumps({**data, "source": ""})


def copied(source: Path, target: Path) -> Path:
    """Copy a file, which then is as new."""
    shutil.copyfile(source, target)
    return target
