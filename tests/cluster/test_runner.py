"""Shards run with worker processes of their own, in this process where nothing else matters."""

import itertools
import threading
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest

from moodcurve.cluster import analyzer, runner
from moodcurve.cluster.errors import ClusterError, StoreError
from moodcurve.cluster.job import problem_of
from moodcurve.cluster.manifest import Entry
from moodcurve.cluster.results import Row, write_rows
from moodcurve.cluster.runner import MOST_LOST, RunSettings, ShardReport, run_here, run_shard, shard_runner
from moodcurve.cluster.shards import Shard, cut
from moodcurve.errors import SetupError
from moodcurve.library import open_library
from moodcurve.library.scanning.scan import scan
from moodcurve.library.scanning.selection import Selection
from moodcurve.runtime.loading import read_model
from tests.helpers.catalogues import VERSION, result_rows
from tests.helpers.scans import InProcessPool, write_song

FAST = read_model("fast")


class Pool(InProcessPool):
    """A pool of this process, which can be ended."""

    def terminate(self) -> None:
        self._items.clear()


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "Pool", Pool)


def shard_of(*entries: Entry) -> Shard:
    (shard,) = cut(entries, 100, "key")
    return shard


@pytest.fixture
def catalogue(tmp_path: Path) -> Shard:
    """Three songs, one of them twice, between files that cannot be used."""
    music = tmp_path / "music"
    songs = [write_song(music / f"{i}.flac", seed=i) for i in range(2)]
    (music / "bad.mp3").write_bytes(b"not audio" * 100)
    return shard_of(
        Entry("bad", str(music / "bad.mp3")),
        Entry("b", str(songs[1])),
        Entry("none", str(music / "none.mp3")),
        Entry("a", str(songs[0])),
        Entry("again", songs[0].as_uri()),
        Entry("folder", str(music)),
    )


@pytest.mark.usefixtures("in_process")
def test_each_entry_gets_a_row_in_order(catalogue: Shard, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = run_shard(catalogue, RunSettings(str(out), VERSION), FAST)
    assert (report.songs, report.failed, report.audio_s) == (3, 3, 6.0)
    rows = result_rows(out)
    assert [row["external_id"] for row in rows] == [entry.external_id for entry in catalogue.entries]
    problems = {row["external_id"]: row["problem"] for row in rows if row["problem"]}
    assert problems == dict(report.problems)
    assert problems["bad"].startswith("not audio")
    assert problems["none"] == "No such file or directory"
    assert problems.keys() == {"bad", "none", "folder"}
    by_id = {row["external_id"]: row for row in rows}
    assert by_id["a"]["content"] == by_id["again"]["content"] != by_id["b"]["content"]
    assert by_id["again"]["path"] == str(tmp_path / "music" / "0.flac")
    for row in rows:
        assert row["model"]
        assert row["model_version"]
        assert row["feature_set"].startswith("compare236/1")


@pytest.mark.usefixtures("in_process")
def test_rows_hold_what_a_local_scan_stores(catalogue: Shard, tmp_path: Path) -> None:
    run_shard(catalogue, RunSettings(str(tmp_path / "out"), VERSION), FAST)
    rows = {row["path"]: row for row in result_rows(tmp_path / "out") if not row["problem"]}
    scan([tmp_path / "music"], tmp_path / "library.sqlite", model="fast", workers=1)
    with open_library(tmp_path / "library.sqlite") as library:
        songs = list(library.songs())
    assert len(songs) == 2
    for song in songs:
        row = rows[song.shown]
        assert row["content"] == song.content_hash
        assert row["curve_arousal"] == pytest.approx(song.data["arousal"], abs=1e-6)
        assert (row["model"], row["feature_set"]) == (song.curve.model, song.curve.feature_set)


@pytest.mark.usefixtures("in_process")
def test_rows_hold_what_the_scan_asked_for(catalogue: Shard, tmp_path: Path) -> None:
    run_shard(catalogue, RunSettings(str(tmp_path / "out"), VERSION, Selection(track=1)), FAST)
    rows = result_rows(tmp_path / "out")
    assert {row["selection"] for row in rows} == {"track=1"}
    assert {row["problem"] is None for row in rows} == {True, False}
    run_shard(catalogue, RunSettings(str(tmp_path / "plain"), VERSION), FAST)
    assert {row["selection"] for row in result_rows(tmp_path / "plain")} == {None}


@pytest.mark.usefixtures("in_process")
def test_a_finished_shard_is_left_alone(catalogue: Shard, tmp_path: Path) -> None:
    settings = RunSettings(str(tmp_path / "out"), VERSION)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / catalogue.name).write_bytes(b"finished")
    assert run_shard(catalogue, settings, FAST) == ShardReport()
    assert (tmp_path / "out" / catalogue.name).read_bytes() == b"finished"


@pytest.mark.usefixtures("in_process")
def test_again_analyzes_what_failed_and_keeps_the_rest(catalogue: Shard, tmp_path: Path) -> None:
    settings = RunSettings(str(tmp_path / "out"), VERSION, again=True)
    run_shard(catalogue, settings, FAST)
    before = {row["external_id"]: row for row in result_rows(tmp_path / "out")}
    write_song(tmp_path / "music" / "none.mp3", seed=7)
    report = run_shard(catalogue, settings, FAST)
    assert (report.songs, report.failed) == (1, 2)
    after = {row["external_id"]: row for row in result_rows(tmp_path / "out")}
    assert [*after] == [*before]
    assert after["none"]["problem"] is None
    assert {name: after[name] for name in ("a", "b", "again")} == {name: before[name] for name in ("a", "b", "again")}


@pytest.mark.usefixtures("in_process")
def test_an_interrupt_leaves_no_results(catalogue: Shard, tmp_path: Path) -> None:
    calls = iter([None, KeyboardInterrupt()])

    def check() -> None:
        if isinstance(error := next(calls), KeyboardInterrupt):
            raise error

    engine = run_here(iter([catalogue]), RunSettings(str(tmp_path / "out"), VERSION), FAST, check)
    with pytest.raises(KeyboardInterrupt):
        next(engine)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Downloads that are copies of local files, or fail as their names say."""
    urls: list[str] = []

    async def fetch(url: str, target: Path, limits: object) -> None:
        urls.append(url)
        if "broken" in url:
            raise StoreError("the server answers 503")
        if "s3fs" in url:
            raise SetupError("s3:// needs a package that is missing")
        if "none" in url:
            raise StoreError("no such file") from FileNotFoundError()
        target.write_bytes(Path(url.removeprefix("s3://bucket")).read_bytes())

    monkeypatch.setattr(analyzer, "fetch", fetch)
    return urls


@pytest.mark.usefixtures("in_process", "fetched")
def test_copies_are_removed_as_they_are_done(tmp_path: Path) -> None:
    song = write_song(tmp_path / "a.flac")
    entries = [Entry(str(i), f"s3://bucket{song}") for i in range(12)]
    counts = []
    with shard_runner(RunSettings(str(tmp_path / "out"), VERSION), FAST) as running:
        for row in running._analyzer.rows(entries):
            assert row["problem"] is None
            assert row["path"].startswith("s3://bucket/")
            assert row["mtime_ns"] is None
            counts.append(len(list(running._folder.glob("*.flac"))))
        assert counts[-1] == 0
        assert max(counts) <= analyzer._AHEAD


@pytest.mark.usefixtures("in_process", "fetched")
def test_a_store_out_of_order_is_not_the_songs_fault(tmp_path: Path) -> None:
    settings = RunSettings(str(tmp_path / "out"), VERSION)
    with pytest.raises(StoreError, match=r"files cannot be fetched: s3://bucket/broken.*503"):
        run_shard(shard_of(*(Entry(str(i), f"s3://bucket/broken{i}") for i in range(30))), settings, FAST)
    assert not (tmp_path / "out").exists()
    report = run_shard(shard_of(*(Entry(str(i), f"s3://bucket/none{i}") for i in range(30))), settings, FAST)
    assert (report.songs, report.failed) == (0, 30)
    with pytest.raises(SetupError, match="needs a package"):
        run_shard(shard_of(Entry("1", "s3://bucket/s3fs")), settings, FAST)


@pytest.mark.usefixtures("in_process", "fetched")
def test_a_lost_shard_does_not_end_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song = write_song(tmp_path / "a.flac")
    broken = shard_of(*(Entry(str(i), f"s3://bucket/broken{i}") for i in range(30)))
    full = shard_of(*(Entry(f"full{i}", f"s3://bucket{song}") for i in range(9)))
    good = shard_of(*(Entry(f"good{i}", f"s3://bucket{song}") for i in range(3)))

    def write(rows: Iterator[Row], path: Path) -> None:
        if path.name == full.name:
            next(rows)
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        assert [found.name for found in path.parent.iterdir() if found.name not in ("lock", "model.onnx")] == []
        write_rows(rows, path)

    monkeypatch.setattr(runner, "write_rows", write)
    settings = RunSettings(str(tmp_path / "out"), VERSION)
    reports = list(run_here(iter([full, broken, good]), settings, FAST, lambda: None))
    assert [report.songs for report in reports if not report.lost] == [3]
    assert [str(report.lost).partition(": ")[0] for report in reports] == [full.name, broken.name, "None"]
    assert "No space left on device" in str(reports[0].lost)
    assert "the server answers 503" in str(reports[1].lost)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [good.name]


@pytest.mark.usefixtures("in_process", "fetched")
def test_when_all_are_lost_the_scan_ends(tmp_path: Path) -> None:
    broken = (shard_of(*(Entry(f"{n}-{i}", "s3://bucket/broken") for i in range(20))) for n in itertools.count())
    engine = run_here(broken, RunSettings(str(tmp_path / "out"), VERSION), FAST, lambda: None)
    for _ in range(MOST_LOST):
        assert next(engine).lost
    with pytest.raises(ClusterError, match=f"{MOST_LOST} shards in a row could not be finished: .*503"):
        next(engine)


@pytest.mark.slow
def test_a_killed_process_is_replaced(catalogue: Shard, tmp_path: Path) -> None:
    ended = threading.Event()

    def kill_one() -> None:
        while not ended.is_set() and not active_children():
            time.sleep(0.01)
        for child in active_children():
            child.kill()

    thread = threading.Thread(target=kill_one)
    thread.start()
    try:
        report = run_shard(catalogue, RunSettings(str(tmp_path / "out"), VERSION), FAST)
    finally:
        ended.set()
        thread.join()
    assert (report.songs, report.failed) == (3, 3)
    assert active_children() == []


def test_reasons_do_not_name_the_copy() -> None:
    from moodcurve.audio.reader import AudioError
    from moodcurve.cluster.job import SongTask

    task = SongTask("s3://bucket/a.mp3", "/tmp/x/0.mp3")
    assert problem_of(AudioError("/tmp/x/0.mp3: is empty"), task) == "is empty"
    assert problem_of(AudioError("s3://bucket/a.mp3: is empty"), task) == "is empty"
    assert problem_of(OSError(5, "Input/output error", "/tmp/x/0.mp3"), task) == "Input/output error"
