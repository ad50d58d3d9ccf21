"""Copy-protected files are refused by name, in a scan as well."""

from collections.abc import Callable
from pathlib import Path

import pytest

from moodcurve.audio import AudioError, open_audio
from moodcurve.library import open_library
from moodcurve.library.scanning.scan import scan
from tests.audio.test_reader import music
from tests.helpers.damaged_audio import write_encoded

MESSAGE = "copy-protected; only the player of the shop that sold it can decrypt it"


def with_codec(name: bytes) -> Callable[[bytes], bytes]:
    """Rename the sample format, as encryption does; without keys, the sound cannot be told from noise."""
    return lambda data: data.replace(b"mp4a", name, 1)


def with_brand(name: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:8] + name + data[12:]


def with_asf_object(data: bytes) -> bytes:
    """Add a content encryption object to a WMA file's header."""
    inner = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e") + (24).to_bytes(8, "little")
    size, count = int.from_bytes(data[16:24], "little"), int.from_bytes(data[24:28], "little")
    head = data[:16] + (size + 24).to_bytes(8, "little") + (count + 1).to_bytes(4, "little")
    return head + data[28:30] + inner + data[30:]


PROTECTED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "itunes.m4p": ("aac.m4a", lambda data: with_brand(b"M4P ")(with_codec(b"drms")(data))),
    "index at the start.m4p": ("aac-index-first.m4a", with_codec(b"drms")),
    "common encryption.m4a": ("aac.m4a", with_codec(b"enca")),
    "book.aax": ("aac.m4a", with_brand(b"aax ")),
    "book without brand.m4b": ("aac.m4a", with_codec(b"aavd")),
    "old book.aa": ("aac.m4a", lambda data: b"\0\1\0\0\x57\x90\x75\x36" + data),
    "shop.wma": ("wma.wma", with_asf_object),
}


def write_protected(folder: Path) -> list[Path]:
    paths = []
    for name, (base, change) in PROTECTED.items():
        whole = write_encoded(folder, base, music()).read_bytes()
        (folder / base).unlink()
        paths.append(folder / name)
        paths[-1].write_bytes(change(whole))
    return paths


def test_refused_by_name(tmp_path: Path) -> None:
    for path in write_protected(tmp_path):
        with pytest.raises(AudioError, match=MESSAGE):
            open_audio(path)


def test_listed_among_the_problems(tmp_path: Path) -> None:
    songs = tmp_path / "songs"
    songs.mkdir()
    paths = write_protected(songs)
    scan([songs], tmp_path / "x.sqlite", workers=1)
    with open_library(tmp_path / "x.sqlite") as library:
        found = {Path(problem.path): problem.reason for problem in library.problems()}
    assert found.keys() == set(paths)
    assert all(reason.startswith(MESSAGE) for reason in found.values())


@pytest.mark.parametrize("name", ["aac.m4a", "alac.m4a", "wma.wma"])
def test_others_are_not(tmp_path: Path, name: str) -> None:
    with open_audio(write_encoded(tmp_path, name, music())) as reader:
        assert sum(map(len, reader.blocks()))


@pytest.mark.parametrize("length", [0, 4, 8, 20, 100, 700])
def test_a_malformed_index_is_not_protection(tmp_path: Path, length: int) -> None:
    path = tmp_path / "x.m4a"
    path.write_bytes(b"\0\0\0\x18ftypM4A " + bytes(12) + b"\0\0\x10\0moov\0\0\0\x0ctrak"[:length] + bytes(length))
    with pytest.raises(AudioError, match=r"its index is missing or damaged|no audio stream"):
        open_audio(path)
