"""Downloads from a local S3 server, through a proxy that refuses, cuts and stalls, and from a plain web server."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from moodcurve.cluster import retries
from moodcurve.cluster.errors import StoreError
from moodcurve.cluster.fetch import FetchLimits, fetch
from moodcurve.cluster.manifest import Entry, read_entries
from moodcurve.cluster.retries import answer, is_missing
from moodcurve.cluster.runner import RunSettings, run_shard
from moodcurve.cluster.scan import scan_catalogue
from moodcurve.cluster.shards import cut
from moodcurve.cluster.store import check_store, open_store
from moodcurve.runtime.loading import read_model
from tests.helpers.catalogues import VERSION, RecordingEngine
from tests.helpers.object_store import BUCKET, FAULTS, FlakyProxy, s3_server
from tests.helpers.scans import write_song

QUICK = FetchLimits(part_s=2.0)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, FlakyProxy]]:
    with s3_server() as started:
        yield started


@pytest.fixture
def s3(server: tuple[str, FlakyProxy], monkeypatch: pytest.MonkeyPatch) -> Iterator[FlakyProxy]:
    """A bucket behind the proxy, which is set as users set it."""
    import s3fs

    url, proxy = server
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
    monkeypatch.setattr(retries, "FIRST_WAIT_S", 0.01)
    s3fs.S3FileSystem.clear_instance_cache()
    direct = s3fs.S3FileSystem(endpoint_url=url)
    direct.mkdir(BUCKET)
    yield proxy
    direct.rm(BUCKET, recursive=True)
    s3fs.S3FileSystem.clear_instance_cache()


def put(name: str, data: bytes) -> str:
    """Store an object, and return its URL."""
    import s3fs

    s3fs.S3FileSystem().pipe_file(f"{BUCKET}/{name}", data)
    return f"s3://{BUCKET}/{name}"


def test_a_download_survives_refusals_cuts_and_stalls(s3: FlakyProxy, tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(3 * 2**20 + 5)
    url, before = put("song.flac", data), dict(s3.faults)
    answer(fetch(url, tmp_path / "copy", FetchLimits(part_mb=1, part_s=2.0)))
    assert (tmp_path / "copy").read_bytes() == data
    assert {name: s3.faults[name] - before[name] for name in FAULTS} == dict.fromkeys(FAULTS, 1)


def test_what_cannot_be_had_is_said_at_once(s3: FlakyProxy, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file") as raised:
        answer(fetch(f"s3://{BUCKET}/none.mp3", tmp_path / "copy"))
    assert is_missing(raised.value)
    with pytest.raises(StoreError, match=r"has 2 MB, more than 1"):
        answer(fetch(put("large.mp3", bytes(2**21)), tmp_path / "copy", FetchLimits(max_mb=1)))


def test_a_file_that_changes_meanwhile_is_refused(s3: FlakyProxy, tmp_path: Path) -> None:
    from moodcurve.cluster import fetch as module

    url = put("a.mp3", bytes(2**20 + 1))
    read = module._part

    async def changing(*arguments: object) -> bytes:
        data = await read(*arguments)  # type: ignore[arg-type]
        if arguments[2]:  # the second part
            system = arguments[0]
            await system._pipe_file(f"{BUCKET}/a.mp3", bytes(range(1)) * (2**20 + 1) + b"x")  # type: ignore[attr-defined]
        return data

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_part", changing)
        with pytest.raises(StoreError, match="was changed while it was read"):
            answer(fetch(url, tmp_path / "copy", FetchLimits(part_mb=1)))


def test_results_go_to_a_store_and_come_back(s3: FlakyProxy, tmp_path: Path) -> None:
    store, source = open_store(f"s3://{BUCKET}/out/"), tmp_path / "source"
    assert list(store.names()) == []
    check_store(store, tmp_path)
    source.write_bytes(b"rows")
    store.put(source, "a.parquet")
    assert (list(store.names()), store.holds("a.parquet"), store.holds("b")) == (["a.parquet"], True, False)
    store.get("a.parquet", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"rows"
    store.remove("a.parquet")
    assert list(store.names()) == []


def test_manifests_and_folders_of_a_store_are_read(s3: FlakyProxy) -> None:
    put("lists/b.csv", b"id,path\n1,x.mp3\n")
    put("lists/a.csv", b"id,path\n2,s3://other/y.mp3\n")
    expected = [Entry("2", "s3://other/y.mp3"), Entry("1", f"s3://{BUCKET}/lists/x.mp3")]
    assert list(read_entries(f"s3://{BUCKET}/lists/*.csv")) == expected
    assert list(read_entries(f"s3://{BUCKET}/lists/b.csv")) == expected[1:]
    for name in ("b/2.mp3", "b/1.flac", "a.ogg", "cover.jpg"):
        put(f"music/{name}", b"x")
    assert list(read_entries(f"s3://{BUCKET}/music")) == [
        Entry(name, f"s3://{BUCKET}/music/{name}") for name in ("a.ogg", "b/1.flac", "b/2.mp3")
    ]


def test_the_ledger_is_the_store(s3: FlakyProxy, tmp_path: Path) -> None:
    manifest = put("all.csv", b"id,path\n" + b"".join(b"%d,%d.mp3\n" % (i, i) for i in range(5)))
    engine, out = RecordingEngine(tmp_path), f"s3://{BUCKET}/moods"
    assert scan_catalogue([manifest], out, engine, shard_size=2).run == 3
    again = scan_catalogue([manifest], out, engine, shard_size=2)
    assert (again.shards, again.finished, again.run) == (3, 3, 0)


@pytest.mark.slow
def test_songs_of_a_store_are_analyzed_in_spite_of_faults(s3: FlakyProxy, tmp_path: Path) -> None:
    urls = [put(f"{i}.flac", write_song(tmp_path / f"{i}.flac", seed=i).read_bytes()) for i in range(2)]
    urls += [put("bad.flac", b"not audio" * 100), f"s3://{BUCKET}/none.flac"]
    settings = RunSettings(f"s3://{BUCKET}/out", VERSION, limits=QUICK)
    (shard,) = cut([Entry(url.rpartition("/")[2], url) for url in urls], 10, "key")
    report = run_shard(shard, settings, read_model("fast"))
    assert (report.songs, report.failed, report.lost) == (2, 2, None)
    problems = dict(report.problems)
    assert problems["none.flac"] == "no such file"
    assert problems["bad.flac"].startswith("not audio")
    assert all(s3.faults[name] >= 3 for name in FAULTS)
    assert list(open_store(settings.out).names()) == [shard.name]


class _Plain(http.server.SimpleHTTPRequestHandler):
    """A web server that ignores ranges, and refuses the first request for each file."""

    refused: set[str]

    def do_GET(self) -> None:
        if self.path not in self.refused:
            self.refused.add(self.path)
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_web_servers_without_ranges_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_S", 0.01)
    data = np.random.default_rng(0).bytes(2**20 + 7)
    (tmp_path / "song.mp3").write_bytes(data)
    handler = functools.partial(type("Handler", (_Plain,), {"refused": set()}), directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        answer(fetch(f"{url}/song.mp3", tmp_path / "copy", FetchLimits(part_mb=1)))
        assert (tmp_path / "copy").read_bytes() == data
        with pytest.raises(StoreError, match="no such file") as raised:
            answer(fetch(f"{url}/none.mp3", tmp_path / "copy"))
        assert is_missing(raised.value)
        server.shutdown()
    with pytest.raises(StoreError, match="Connect") as raised:
        answer(fetch(f"{url}/song.mp3", tmp_path / "copy"))
    assert not is_missing(raised.value)
