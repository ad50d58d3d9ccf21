"""Test that archives are unpacked below their folder only, and within limits."""

import io
import stat
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from moodcurve.datasets.archives import unpack as module
from moodcurve.datasets.archives.errors import DownloadError
from moodcurve.datasets.archives.unpack import unpack
from tests.helpers.archive_server import zipped


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    return path


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_files_are_unpacked(tmp_path: Path) -> None:
    archive = write(tmp_path, zipped({"annotations/per song (2 Hz)/a.csv": b"1", "read me.txt": b"22", "empty/": b""}))
    steps: list[tuple[int, int]] = []
    unpack(archive, tmp_path / "set", progress=lambda *step: steps.append(step))
    assert names(tmp_path / "set") == {"annotations/per song (2 Hz)/a.csv", "read me.txt"}
    assert steps == [(1, 3), (3, 3)]


def test_two_archives_may_share_a_file_but_no_name(tmp_path: Path) -> None:
    unpack(write(tmp_path, zipped({"a.csv": b"one"})), tmp_path / "set")
    steps: list[tuple[int, int]] = []
    shared = write(tmp_path, zipped({"a.csv": b"one", "b.csv": b"four"}))
    unpack(shared, tmp_path / "set", progress=lambda *step: steps.append(step))
    assert steps[-1] == (7, 7)
    with pytest.raises(DownloadError, match=r"has a file that is there already, .*a\.csv"):
        unpack(write(tmp_path, zipped({"a.csv": b"two"})), tmp_path / "set")
    assert (tmp_path / "set" / "a.csv").read_bytes() == b"one"


def test_the_top_folder_is_left_out(tmp_path: Path) -> None:
    archive = write(tmp_path, zipped({"EMOPIA_2.2/label.csv": b"1", "EMOPIA_2.2/midis/a.mid": b"2", "__MACOSX/x": b""}))
    unpack(archive, tmp_path / "set", strip=True)
    assert names(tmp_path / "set") == {"label.csv", "midis/a.mid"}
    unpack(archive, tmp_path / "whole")
    assert names(tmp_path / "whole") == {"EMOPIA_2.2/label.csv", "EMOPIA_2.2/midis/a.mid"}
    unpack(write(tmp_path, zipped({"Q1/a": b"1", "Q2/b": b"2"})), tmp_path / "two", strip=True)
    assert names(tmp_path / "two") == {"Q1/a", "Q2/b"}


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/evil", "a//b", "./a", "a\\..\\evil", "C:evil", "a/.. /evil", "a\nb", "x" * 300],
)
def test_names_that_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    archive = write(tmp_path, zipped({"good": b"1", name: b"2"}))
    with pytest.raises(DownloadError, match="has a file with an unsafe name"):
        unpack(archive, tmp_path / "home" / "set")
    assert names(tmp_path) == {"set.zip"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_special_files(tmp_path: Path, kind: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DownloadError, match="has a link or a special file, link"):
        unpack(write(tmp_path, stream.getvalue()), tmp_path / "set")


def test_two_files_of_one_name(tmp_path: Path) -> None:
    archive = write(tmp_path, zipped({"a.csv": b"1", "A.csv": b"2"}))
    with pytest.raises(DownloadError, match=r"has two files of the name A\.csv"):
        unpack(archive, tmp_path / "set")


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    archive = write(tmp_path, zipped({"a": b"1", "a/b": b"2"}))
    with pytest.raises((DownloadError, NotADirectoryError)):
        unpack(archive, tmp_path / "set")


def test_an_archive_that_grows_without_limit(tmp_path: Path) -> None:
    bomb = write(tmp_path, zipped({"zeros": bytes(300 << 20)}))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(DownloadError, match=r"would become 1 files of 314\.6 MB, more than an archive of .* kB may"):
        unpack(bomb, tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_an_entry_that_is_larger_than_it_says(tmp_path: Path) -> None:
    content = bytearray(zipped({"a": bytes(100_000)}))
    # the uncompressed size in the central directory, 24 bytes after its mark
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(DownloadError, match="is not an undamaged ZIP archive"):
        unpack(write(tmp_path, bytes(content)), tmp_path / "set")
    assert sum(path.stat().st_size for path in (tmp_path / "set").rglob("*")) <= 10


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 2)
    archive = write(tmp_path, zipped(dict.fromkeys("abc", b"")))
    with pytest.raises(DownloadError, match="would become 3 files of 0 bytes"):
        unpack(archive, tmp_path / "set")


def test_a_disk_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: usage(100, 99, 1))
    with pytest.raises(DownloadError, match=r"has 1 bytes free, and 10 bytes are needed to unpack set\.zip"):
        unpack(write(tmp_path, zipped({"a": b"0123456789"})), tmp_path / "set")


@pytest.mark.parametrize(
    "content", [b"", b"not a zip", zipped({"a": b"abc" * 1000})[:-40]], ids=["empty", "text", "cut"]
)
def test_files_that_are_no_archive(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DownloadError, match="is not an undamaged ZIP archive"):
        unpack(write(tmp_path, content), tmp_path / "set")


def test_a_damaged_entry(tmp_path: Path) -> None:
    content = bytearray(zipped({"a": bytes(range(256)) * 40}))
    content[60] ^= 0xFF
    with pytest.raises(DownloadError, match="is not an undamaged ZIP archive"):
        unpack(write(tmp_path, bytes(content)), tmp_path / "set")


def test_an_archive_without_files(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="holds no files"):
        unpack(write(tmp_path, zipped({"folder/": b""})), tmp_path / "set")


def test_a_file_that_two_archives_have(tmp_path: Path) -> None:
    unpack(write(tmp_path, zipped({"readme": b"1", "a": b"1"})), tmp_path / "set")
    unpack(write(tmp_path, zipped({"readme": b"1", "b": b"2"})), tmp_path / "set")
    assert names(tmp_path / "set") == {"readme", "a", "b"}
    with pytest.raises(DownloadError, match="has a file that is there already"):
        unpack(write(tmp_path, zipped({"readme": b"other"})), tmp_path / "set")
