"""A library that names files which are not its music: the server does not play them."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio.filetypes import holds_audio
from moodcurve.library.scanning.roots import remember_roots, scanned_roots
from moodcurve.library.scanning.walk import state_of
from moodcurve.web.errors import ProblemError
from moodcurve.web.responses.audio import open_unchanged
from tests.helpers.damaged_audio import ENCODED, write_av, write_encoded

AUDIO = b"fLaC and more"
KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"


def row(path: Path) -> dict[str, tuple[int, int]]:
    """Return what a library states of a file, all of it right."""
    state = state_of(path.stat())
    return {str(path): (state.size, state.mtime_ns)}


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "music"
    folder.mkdir()
    (folder / "song.flac").write_bytes(AUDIO)
    return folder


def test_only_what_lies_below_a_scanned_folder_is_served(music: Path) -> None:
    private = music.parent / "memo.flac"
    private.write_bytes(AUDIO)
    open_unchanged(row(music / "song.flac"), [str(music)]).file.close()
    for roots in ([], [str(music)], [str(music.parent / "mem")]):
        with pytest.raises(ProblemError, match="not in a folder scanned on this computer"):
            open_unchanged(row(private), roots)


@pytest.mark.parametrize("content", [KEY, b"", b"\x00" * 5000, b"PK\x03\x04" + b"x" * 9000, bytes(range(256)) * 256])
def test_only_audio_is_served_whatever_its_name(music: Path, content: bytes) -> None:
    path = music / "id_rsa.mp3"
    path.write_bytes(content)
    with pytest.raises(ProblemError, match="moved, removed or replaced"):
        open_unchanged(row(path), [str(music)])


def test_links_lead_nowhere(music: Path) -> None:
    outside = music.parent / "outside"
    outside.mkdir()
    (outside / "song.flac").write_bytes(AUDIO)
    (music / "link").symlink_to(outside)
    (music / "link.flac").symlink_to(outside / "song.flac")
    for path in (music / "link" / "song.flac", music / "link.flac", music / ".." / "outside" / "song.flac"):
        with pytest.raises(ProblemError, match="moved, removed or replaced"):
            open_unchanged(row(path), [str(music)])


def test_a_folder_swapped_for_a_link_meanwhile_serves_nothing_else(music: Path) -> None:
    album, hidden, private = music / "album", music / "hidden", music.parent / "private"
    for folder, content in ((album, AUDIO), (private, AUDIO[::-1])):
        folder.mkdir()
        (folder / "song.flac").write_bytes(b"fLaC" + content)
    stated = row(album / "song.flac")
    state = (album / "song.flac").stat()
    os.utime(private / "song.flac", ns=(state.st_atime_ns, state.st_mtime_ns))
    ended = threading.Event()

    def swap() -> None:
        while not ended.is_set():
            album.rename(hidden)
            album.symlink_to(private)
            album.unlink()
            hidden.rename(album)

    swapping = threading.Thread(target=swap)
    swapping.start()
    served = set()
    try:
        for _ in range(4000):
            try:
                with open_unchanged(stated, [str(music)]).file as file:
                    served.add(file.read())
            except ProblemError:
                continue
    finally:
        ended.set()
        swapping.join()
    assert served <= {b"fLaC" + AUDIO}  # none, where the threads' turns always fall on the link
    with open_unchanged(stated, [str(music)]).file as file:
        assert file.read() == b"fLaC" + AUDIO


def test_roots_are_remembered_outside_the_library(music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    library = tmp_path / "library.sqlite"
    assert scanned_roots(library) == []
    remember_roots(library, ["/music/b", "/music/a"])
    remember_roots(library, ["/music/b/c"])
    assert scanned_roots(library) == ["/music/a", "/music/b"]
    remember_roots(library, ["/music"])
    assert scanned_roots(library) == ["/music"]
    assert scanned_roots(tmp_path / "other.sqlite") == []
    remember_roots(tmp_path / "other.sqlite", ["/other"])
    assert scanned_roots(library) == ["/music"]
    (stored,) = (tmp_path / "state").rglob("*.json")
    for damaged in ("", "[1]", '{"x": ', '{"' + str(library.resolve()) + '": [7, null, "/m"]}', "[" * 100_000):
        stored.write_text(damaged)
        assert scanned_roots(library) in ([], ["/m"])


@pytest.mark.parametrize("name", [*ENCODED, "video.mkv"])
def test_every_kind_of_song_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (44_100, 1)).astype(np.float32)
    if name in ENCODED:
        path = write_encoded(tmp_path, name, noise)
    else:
        path = write_av(tmp_path / name, "aac", noise, sr=44_100, container="matroska")
    head = path.read_bytes()[: 1 << 16]
    assert holds_audio(head)
    if path.suffix in (".mp3", ".aac"):
        assert holds_audio(b"junk" * 300 + head)
