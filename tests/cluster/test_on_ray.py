"""Shards as tasks of Ray: of a stand-in that runs them at once, of a cluster of this machine, and while parts of one
are killed.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from moodcurve.cluster import on_ray
from moodcurve.cluster.errors import ClusterError
from moodcurve.cluster.on_ray import LEAST_RUNNING, run_on_ray
from moodcurve.cluster.runner import MOST_LOST, RunSettings, ShardReport
from moodcurve.cluster.shards import Shard
from tests.helpers import ROOT
from tests.helpers.catalogues import VERSION, entries, result_rows, write_csv
from tests.helpers.scans import write_song

ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "RAY_ADDRESS")
}
"""Ray's processes import much, and it waits 15 s for some of them: with bytecode they start in a third of the time."""
OPTIONS: dict[str, Any] = {"env": ENVIRONMENT, "text": True, "start_new_session": True}
"""A session of its own gets a share of a busy machine (Linux divides it among sessions, not processes)."""


class RayError(Exception):
    """As of the package, with what the task raised."""

    def __init__(self, cause: Exception | None = None) -> None:
        super().__init__("The node died.\nMore.")
        self.cause = cause


class StandIn:
    """What `run_on_ray` uses of Ray; tasks run when they are asked for, the last submitted first."""

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self, processors: int = 2) -> None:
        self.processors = processors
        self.options: dict[str, Any] = {}
        self.running: dict[object, Callable[[], ShardReport]] = {}
        self.most = 0

    def remote(self, run: Callable[..., ShardReport]) -> Any:
        def submit(*arguments: Any) -> object:
            reference = object()
            self.running[reference] = lambda: run(*arguments)
            self.most = max(self.most, len(self.running))
            return reference

        def options(**given: Any) -> Any:
            self.options = given
            return SimpleNamespace(remote=submit)

        return SimpleNamespace(options=options)

    def put(self, value: bytes) -> bytes:
        return value

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": self.processors}

    def wait(self, references: list[object], *, num_returns: int, timeout: float) -> tuple[list[object], list[object]]:
        return references[-1:], references[:-1]

    def get(self, reference: object) -> ShardReport:
        return self.running.pop(reference)()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    ray = StandIn()

    @contextmanager
    def connected(address: str | None, workers: int | None) -> Iterator[StandIn]:
        yield ray

    monkeypatch.setattr(on_ray, "_connected", connected)
    return ray


SETTINGS = RunSettings("/out", VERSION)


def shards(count: int) -> Iterator[Shard]:
    return (Shard(str(number), entries(str(number))) for number in range(count))


def run(count: int, task: Callable[[str], None]) -> list[ShardReport]:
    def run_one(shard: Shard, settings: RunSettings, model: bytes) -> ShardReport:
        assert (settings, model) == (SETTINGS, b"model")
        task(shard.name)
        return ShardReport(songs=int(shard.name))

    return list(run_on_ray(shards(count), SETTINGS, b"model", lambda: None, run=run_one))


def test_tasks_in_flight_are_limited_by_the_cluster(stand_in: StandIn) -> None:
    assert sorted(report.songs for report in run(500, lambda name: None)) == list(range(500))
    assert stand_in.most == LEAST_RUNNING
    stand_in.processors = 100
    run(500, lambda name: None)
    assert stand_in.most == 200


def test_lost_machines_and_failing_stores_are_tried_again_by_ray(stand_in: StandIn) -> None:
    run(1, lambda name: None)
    assert stand_in.options["max_retries"] >= 10
    assert OSError in stand_in.options["retry_exceptions"]


def test_a_lost_shard_does_not_end_the_others(stand_in: StandIn) -> None:
    def task(name: str) -> None:
        if name == "3":
            raise RayError(OSError("the disk is full"))
        if name == "5":
            raise RayError

    reports = run(20, task)
    assert len(reports) == 20
    lost = {report.lost for report in reports if report.lost}
    assert lost == {"3: the disk is full", "5: RayError: The node died."}


def test_when_all_are_lost_the_scan_ends(stand_in: StandIn) -> None:
    def task(name: str) -> None:
        raise RayError(ValueError("the model is damaged"))

    with pytest.raises(
        ClusterError, match=f"{MOST_LOST} shards in a row could not be finished: .*: the model is damaged"
    ):
        run(100, task)


def test_a_cluster_of_this_machine_is_started_for_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []

    def init(**options: Any) -> None:
        given.append({**options, "closed": os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"]})
        if len(given) < 3:
            raise Exception("The current node timed out during startup.")

    for name in ("RAY_ADDRESS", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "RAY_USAGE_STATS_ENABLED"):
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init, shutdown=lambda: None))
    with on_ray._connected(None, 3):
        assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert [options["address"] for options in given] == ["local"] * 3  # a busy machine is given time
    assert (given[-1]["include_dashboard"], given[-1]["closed"], given[-1]["num_cpus"]) == (False, "0", 3)
    given.clear()
    with pytest.raises(ClusterError, match="no Ray cluster at host:6379: The current node"):
        on_ray._connected("host:6379", None).__enter__()
    assert len(given) == 1  # that of another is not started again
    assert "include_dashboard" not in given[0]


def open_ports(pid: int) -> set[str]:
    """Return the addresses at which a process and all below it wait for connections, except those of this machine."""
    pids, handles = [pid], set()
    for one in pids:
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            pids += map(int, path.read_text().split())
        for handle in Path(f"/proc/{one}/fd").glob("*"):
            try:
                handles.add(str(handle.readlink()))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            is_local = fields[1].startswith(("0100007F:", f"{'0' * 24}01000000:", f"{'0' * 16}FFFF00000100007F:"))
            if fields[3] == "0A" and not is_local and f"socket:[{fields[9]}]" in handles:
                found.add(fields[1])
    return found


@pytest.mark.slow
def test_a_cluster_of_this_machine_is_closed_to_others(tmp_path: Path) -> None:
    songs = [(f"song {i}", str(write_song(tmp_path / f"{i}.flac", seed=i))) for i in range(3)]
    manifest, out = write_csv(tmp_path / "all.csv", songs), tmp_path / "out"
    command = ("scan", manifest, "-o", out, "--shard-size", "2", "--model", "fast", "--json", "--on")
    start = [sys.executable, "-m", "moodcurve", *map(str, command)]
    seen: set[str] = set()
    with subprocess.Popen(
        [*start, "ray", "--workers", "1"], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as scan:
        while scan.poll() is None:
            time.sleep(0.3)
            try:
                seen |= open_ports(scan.pid)
            except OSError:  # of a process that has just ended
                continue
        assert scan.stdout is not None
        stats = json.loads(scan.stdout.read())
    assert (scan.returncode, stats["run"], stats["songs"], stats["lost"]) == (0, 2, 3, 0)
    assert seen == set()
    assert sorted(row["external_id"] for row in result_rows(out)) == ["song 0", "song 1", "song 2"]
    # the same results are those of any other way
    again = subprocess.run([*start, "processes"], capture_output=True, check=True, **OPTIONS)
    assert json.loads(again.stdout)["finished"] == 2


@pytest.mark.slow
def test_no_song_is_lost_or_doubled_when_parts_of_a_cluster_are_killed(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    options = ("--nodes", "1", "--rounds", "1", "--songs", "9", "--json", results)
    command = [sys.executable, ROOT / "benchmarks" / "kill_cluster.py", *options]
    done = subprocess.run(command, capture_output=True, timeout=500, **OPTIONS)
    assert done.returncode == 0, done.stderr[-3000:]
    counts = json.loads(results.read_text())
    assert (counts["lost"], counts["twice"]) == (0, 0)
    assert counts["task"] >= 1


def test_without_ray_the_message_names_the_extra(tmp_path: Path) -> None:
    code = "import sys; sys.modules['ray'] = None; from moodcurve.cli import main; main()"
    manifest = write_csv(tmp_path / "all.csv", [("1", "a.mp3")])
    command = [sys.executable, "-c", code, "scan", str(manifest), "--on", "ray", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "--on ray needs ray" in done.stderr
    assert "'.[ray]'" in done.stderr
