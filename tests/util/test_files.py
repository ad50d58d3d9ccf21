"""Atomic writes and the check before them."""

import os
from pathlib import Path

import pytest

from moodcurve.util.files import atomic_write, check_writable, write_text


def test_file_appears_only_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "curve.csv"
    with atomic_write(target) as temporary:
        temporary.write_text("half")
        assert not target.exists()
        assert temporary.suffix == ".csv"
    assert target.read_text() == "half"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_failure_keeps_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "curve.csv"
    target.write_text("before")

    def write_and_fail() -> None:
        with atomic_write(target) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        write_and_fail()
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_default_permissions(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    with atomic_write(tmp_path / "result"):
        pass
    assert (tmp_path / "result").stat().st_mode == plain.stat().st_mode


def test_error_names_the_requested_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    target = tmp_path / "taken" / "curve.csv"
    for attempt in (atomic_write(target).__enter__, lambda: check_writable(target)):
        with pytest.raises(OSError, match=r"Not a directory|File exists") as caught:
            attempt()
        assert caught.value.filename == str(target)
    (tmp_path / "folder").mkdir()

    def write() -> None:
        with atomic_write(tmp_path / "folder"):
            pass

    with pytest.raises(IsADirectoryError):
        write()
    with pytest.raises(IsADirectoryError):
        check_writable(tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "taken"]


def test_write_text_is_utf8_and_atomic(tmp_path: Path) -> None:
    path = tmp_path / "new" / "text.md"
    write_text(path, "Grün – Ω")
    assert path.read_bytes() == b"Gr\xc3\xbcn \xe2\x80\x93 \xce\xa9"
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "half \udcff")
    assert path.read_bytes().startswith(b"Gr")
    assert list(path.parent.iterdir()) == [path]


def test_check_writable_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "curve.csv"
    check_writable(target)
    assert list(tmp_path.iterdir()) == []
    target.write_text("before")
    check_writable(target)
    assert target.read_text() == "before"


def test_check_writable_creates_no_folder(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "folder" / "curve.csv")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "closed").mkdir(mode=0o500)
    if os.access(tmp_path / "closed", os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(PermissionError):
        check_writable(tmp_path / "closed" / "new" / "curve.csv")


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for number, before in enumerate(("before", None)):
        link, target = tmp_path / f"{number}.csv", tmp_path / "elsewhere" / f"{number}.txt"
        if before is not None:
            target.write_text(before)
        link.symlink_to(target)
        check_writable(link)
        with atomic_write(link) as temporary:
            temporary.write_text("after")
            assert temporary.suffix == ".csv"
        assert not link.is_symlink()
        assert link.read_text() == "after"
    assert [path.read_text() for path in (tmp_path / "elsewhere").iterdir()] == ["before"]


def test_a_link_of_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_text(tmp_path / "link" / "a.txt", "a")
    assert (tmp_path / "real" / "a.txt").read_text() == "a"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.skipif(not os.path.lexists("/dev/stdout"), reason="needs /dev/stdout")
def test_standard_output_by_its_link_is_not_replaced() -> None:
    for name in ("/dev/stdout", "/proc/self/fd/1"):
        with pytest.raises(OSError, match="is a device or a pipe"):
            check_writable(name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_devices_and_pipes_are_not_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(OSError, match="is a device or a pipe") as caught:
            check_writable(path)
        assert caught.value.filename == str(path)
        with pytest.raises(OSError, match="is a device or a pipe") as caught, atomic_write(path):
            pytest.fail("nothing should be written")
        assert caught.value.filename == str(path)
    assert pipe.is_fifo()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc/self/fd")
def test_unnamed_pipe_is_refused() -> None:
    ends = os.pipe()
    try:
        with pytest.raises(OSError, match="is a device or a pipe"):
            check_writable(f"/proc/self/fd/{ends[1]}")
    finally:
        for end in ends:
            os.close(end)
