import os
from pathlib import Path

import pytest

from moodcurve.cluster.errors import ClusterError
from moodcurve.cluster.store import LocalStore, check_store, open_store


def test_files_come_and_go(tmp_path: Path) -> None:
    store, source = open_store(str(tmp_path / "new" / "out")), tmp_path / "source"
    assert list(store.names()) == []
    check_store(store, tmp_path)
    assert list(store.names()) == []
    for content in (b"first", b"second"):
        source.write_bytes(content)
        store.put(source, "a.parquet")
        store.get("a.parquet", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == content
    assert (list(store.names()), store.holds("a.parquet"), store.holds("b")) == (["a.parquet"], True, False)
    store.remove("a.parquet")
    assert list(store.names()) == []


def test_two_processes_of_one_number_may_check_a_store_at_once(tmp_path: Path) -> None:
    class Slow(LocalStore):
        def holds(self, name: str) -> bool:
            check_store(LocalStore(tmp_path / "out"), tmp_path)  # as of a scan in another container
            return super().holds(name)

    check_store(Slow(tmp_path / "out"), tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_store_that_loses_files_is_refused(tmp_path: Path) -> None:
    class Losing(LocalStore):
        def holds(self, name: str) -> bool:
            return False

    with pytest.raises(OSError, match="does not stay"):
        check_store(Losing(tmp_path / "out"), tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_killed_writer_left_is_no_result_and_goes_with_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".a.parquet-xyz.part"
    left.write_bytes(b"half")
    store = LocalStore(tmp_path)
    assert (list(store.names()), list(tmp_path.glob("*.parquet"))) == ([], [])
    source = tmp_path / "source"
    source.write_bytes(b"whole")
    store.put(source, "a.parquet")
    assert not left.exists()


def test_a_writer_that_another_overtook_is_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, source = LocalStore(tmp_path / "out"), tmp_path / "source"
    source.write_bytes(b"whole")
    flush = os.fsync

    def overtaken(handle: int) -> None:
        flush(handle)
        monkeypatch.setattr(os, "fsync", flush)
        LocalStore(tmp_path / "out").put(source, "a.parquet")

    monkeypatch.setattr(os, "fsync", overtaken)
    store.put(source, "a.parquet")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.parquet"]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    source = tmp_path / "source"
    source.write_bytes(b"whole")
    with pytest.raises(OSError, match="No space left"):
        LocalStore(tmp_path / "out").put(source, "a.parquet")
    assert list((tmp_path / "out").iterdir()) == []


def test_web_servers_take_no_results() -> None:
    with pytest.raises(ClusterError, match="nothing can be written there; use a folder, s3:// or gs://"):
        open_store("https://example.org/out")
