"""A real server process with a library of composed songs, for the web tests."""

import os
import re
import shutil
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
from moodcurve.library import open_library
from moodcurve.library.scanning.scan import scan
from moodcurve.library.schema import tag_columns
from tests.helpers.tag_strengths import made_tags

SONGS = {
    "sad": ("Elegy", "The Composers", "Moods", "Classical", 1901),
    "tense": ("Menace", "The Composers", "Moods", "Classical", 1913),
    "excited": ("Fiesta", "Zoë & the Players", "Feasts", "Folk", 1968),
    "calm": ("Meadow", "Zoë & the Players", "Feasts", "Folk", 1972),
}
"""Title, artist, album, genre and year of the song of each section of the demo."""
TAGS = {
    "Elegy": made_tags(folk=0.44, acoustic=0.6123, sad=0.3, jazz=0.2),
    "Menace": made_tags(rock=0.5),
    "Fiesta": made_tags(),
    "Meadow": None,
}
"""Tags of the songs by title in the library of `tagged_server`; None as of a model that reads none."""
BROKEN = "not music.mp3"
TOKEN = "a-token-for-tests-0123"
"""Access token of the servers, unless a test chooses another."""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes
    ----------
    url : str
        URL without a trailing slash; that of the proxy, if there is one.
    port : int
        Port that it listens on.
    pid : int
    music : Path
        Folder of the songs, and of one file that is not audio.
    library : Path
    temporary : Path
        Parent of its folder for uploads.
    output : list of str
        Lines on its standard error until it accepted requests.
    """

    @property
    def left_over(self) -> list[str]:
        """Names of uploaded files that it has not removed yet."""
        return [path.name for path in self.temporary.glob("*/*") if path.name not in ("lock", "open.html", "batches")]

    url: str
    port: int
    pid: int
    music: Path
    library: Path
    temporary: Path
    output: list[str] = field(repr=False)


@pytest.fixture(scope="session")
def scanned_music(tmp_path_factory: pytest.TempPathFactory, prepared: None) -> tuple[Path, Path]:
    """A folder of four composed songs of 7 to 20 s and a file that is not audio, and the library scanned from it."""
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
    ids = {str(music / f"{section.name}.flac"): f"track-{number}" for number, section in enumerate(DEMO_SECTIONS)}
    scan([music], library, workers=1, ids=ids)
    return music, library


@pytest.fixture(scope="session")
def server(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server on the loopback address, for all tests of a run, which share its limit of requests."""
    with serving(scanned_music, "--burst", "1000") as running:
        yield running


@pytest.fixture(scope="session")
def tagged_server(scanned_music: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the same songs with the tags of `TAGS`."""
    music, scanned = scanned_music
    library = tmp_path_factory.mktemp("tagged") / "library.sqlite"
    shutil.copyfile(scanned, library)
    with open_library(library, write=True) as opened:
        for title, tags in TAGS.items():
            columns = tag_columns(tags)
            opened.db.execute(
                "UPDATE song SET tags = :tags, tag_strengths = :tag_strengths "
                "WHERE id = (SELECT song FROM file WHERE title = :title)",
                {**columns, "title": title},
            )
    # a copied library does not say which folders were scanned on this machine
    with serving((music, library), "--music", str(music)) as running:
        yield running


@contextmanager
def serving(
    scanned: tuple[Path, Path], *options: str, environment: dict[str, str] | None = None, before: str = ""
) -> Iterator[Server]:
    """Run `moodcurve serve` with additional options, and stop it at the end.

    Python code in `before` runs first, for example to shorten a waiting time.
    """
    music, library = scanned
    words = ["serve", "--library", str(library), "--port", "0", "--no-open", *options]
    temporary = tempfile.TemporaryDirectory(prefix="web-server-")
    command = [sys.executable, "-c", f"{before}\nfrom moodcurve.cli import main; main()", *words]
    variables = {**os.environ, "TMPDIR": temporary.name, "MOODCURVE_TOKEN": TOKEN, **(environment or {})}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=variables)
    assert process.stderr is not None
    # later output is read and discarded, because a full pipe would block the server
    rest = threading.Thread(target=process.stderr.read)
    try:
        output: list[str] = []
        found = None
        for line in process.stderr:
            output.append(line.rstrip("\n"))
            if found := re.search(r"serving at (https?://\S+)", line):
                break
        assert found, output
        rest.start()
        url = found[1].partition("?")[0].rstrip("/,")
        port = int(output[-1].rstrip("/").rpartition(":")[2].partition("/")[0])
        yield Server(url, port, process.pid, music, library, Path(temporary.name), output)
    finally:
        stop(process, rest if rest.ident is not None else None)
        remaining = list(Path(temporary.name).iterdir())
        temporary.cleanup()
    assert remaining == []


def stop(process: subprocess.Popen[str], rest: threading.Thread | None = None) -> None:
    """Terminate a server, and kill it if that fails.

    The thread `rest`, if given, reads its remaining output.
    """
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    ended = process.communicate if rest is None else process.wait
    try:
        ended(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        ended()
        raise
    finally:
        if rest is not None:
            rest.join()
            assert process.stderr is not None
            process.stderr.close()


def eventually(condition: object, seconds: float = 60.0) -> None:
    """Wait until a condition is true."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.02)
