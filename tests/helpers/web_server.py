"""A real server in a process of its own, with a library scanned from composed songs, for the tests of the web."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mutagen.flac import FLAC

from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from moodcurve.library.scanning.scan import scan

SONGS = {
    "sad": ("Elegy", "The Composers", "Moods", "Classical", 1901),
    "tense": ("Menace", "The Composers", "Moods", "Classical", 1913),
    "excited": ("Fiesta", "Zoë & the Players", "Feasts", "Folk", 1968),
    "calm": ("Meadow", "Zoë & the Players", "Feasts", "Folk", 1972),
}
"""Title, artist, album, genre and year of the song of each section of the demo."""
BROKEN = "not music.mp3"


@dataclass(frozen=True)
class Server:
    """A server at work.

    Attributes
    ----------
    url : str
        Its address without a slash at the end; that of the proxy, if there is one.
    port : int
        Where it listens.
    pid : int
    music : Path
        Folder of the songs, and of one file that is none.
    library : Path
    temporary : Path
        Where it keeps what it is being sent, in a folder of its own.
    said : list of str
        Lines of its standard error up to its start.
    """

    @property
    def left_over(self) -> list[str]:
        """Names of files that it has not removed."""
        return [path.name for path in self.temporary.glob("*/*") if path.name != "lock"]

    url: str
    port: int
    pid: int
    music: Path
    library: Path
    temporary: Path
    said: list[str] = field(repr=False)


@pytest.fixture(scope="session")
def scanned_music(tmp_path_factory: pytest.TempPathFactory, prepared: None) -> tuple[Path, Path]:
    """A folder of four composed songs of 7 to 20 s and a file that is no music, and the library scanned from it."""
    folder = tmp_path_factory.mktemp("web")
    music = folder / "music"
    for seed, section in enumerate(DEMO_SECTIONS):
        path = music / f"{section.name}.flac"
        write_flac(compose([section], seed=seed), path)
        title, artist, album, genre, year = SONGS[section.name]
        tags = FLAC(path)
        tags.update(title=title, artist=artist, album=album, genre=genre, date=str(year))
        tags.save()
    (music / BROKEN).write_text("once upon a time\n" * 100, encoding="ascii")
    library = folder / "library.sqlite"
    scan([music], library, workers=1)
    return music, library


@pytest.fixture(scope="session")
def server(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server on loopback, for all tests of a run."""
    with serving(scanned_music) as running:
        yield running


@contextmanager
def serving(
    scanned: tuple[Path, Path], *options: str, environment: dict[str, str] | None = None, before: str = ""
) -> Iterator[Server]:
    """Start `moodcurve serve` with more options; at the end it is told to stop, by its process id.

    Python that is run `before` can shorten what a test would have to wait for.
    """
    music, library = scanned
    words = ["serve", "--library", str(library), "--port", "0", "--no-open", *options]
    temporary = tempfile.TemporaryDirectory(prefix="web-server-")
    command = [sys.executable, "-c", f"{before}\nfrom moodcurve.cli import main; main()", *words]
    variables = {**os.environ, "TMPDIR": temporary.name, **(environment or {})}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=variables)
    assert process.stderr is not None
    # what it says later is thrown away: a full pipe would hold it up
    rest = threading.Thread(target=process.stderr.read)
    try:
        said = []
        found = None
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            if found := re.search(r"serving at (https?://\S+)", line):
                break
        assert found, said
        rest.start()
        url = found[1].partition("?")[0].rstrip("/,")
        port = int(said[-1].rstrip("/").rpartition(":")[2].partition("/")[0])
        yield Server(url, port, process.pid, music, library, Path(temporary.name), said)
    finally:
        stop(process, rest if rest.ident is not None else None)
        left = list(Path(temporary.name).iterdir())
        temporary.cleanup()
    assert left == []


def stop(process: subprocess.Popen[str], rest: threading.Thread | None = None) -> None:
    """End a server as a service manager does; kill it if it does not end.

    What it says till then is read by `rest`, if that is given.
    """
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    ended = process.communicate if rest is None else process.wait
    try:
        ended(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        ended()
        raise
    finally:
        if rest is not None:
            rest.join()
            assert process.stderr is not None
            process.stderr.close()


def eventually(condition: object, seconds: float = 30.0) -> None:
    """Wait until something holds."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.02)
