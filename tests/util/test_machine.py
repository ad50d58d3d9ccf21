"""Processors and memory that may be used, read from made control groups."""

import os
from pathlib import Path

import pytest

from moodcurve.util import machine
from moodcurve.util.machine import usable_memory, usable_processors

GIB = 2**30
NONE = 9223372036854771712
"""What version 1 says of no memory limit."""


@pytest.fixture(autouse=True)
def large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine have 64 processors and 256 GiB."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    pages = {"SC_PHYS_PAGES": 256 * GIB // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", lambda name: pages[name])


class Groups:
    """A made ``/proc/self`` and the mounts that it names."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder / "proc"
        self.proc.mkdir()
        self.sys = folder / "sys fs"
        self._lines: list[str] = []

    def mount(self, name: str, kind: str, options: str, *, root: str = "/") -> Path:
        folder = self.sys / name
        folder.mkdir(parents=True)
        place = str(folder).replace(" ", "\\040")
        self._lines.append(f"31 23 0:{len(self._lines)} {root} {place} rw,nosuid shared:7 - {kind} {kind} {options}")
        (self.proc / "mountinfo").write_text("22 1 0:20 / / rw - ext4 /dev/sda rw\n" + "\n".join(self._lines) + "\n")
        return folder

    def put(self, group: str) -> None:
        (self.proc / "cgroup").write_text(group)

    def found(self) -> tuple[int, float]:
        memory = usable_memory(self.proc)
        assert memory is not None
        return usable_processors(self.proc), memory / GIB


@pytest.fixture
def groups(tmp_path: Path) -> Groups:
    return Groups(tmp_path)


def limit(folder: Path, **values: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def test_without_control_groups_all_of_the_machine_is_usable(groups: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    assert groups.found() == (64, 256)
    groups.put("0::/\n")
    groups.mount("cgroup", "cgroup2", "rw")
    assert groups.found() == (64, 256)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5})  # taskset
    assert groups.found() == (2, 256)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert groups.found() == (1, 256)


@pytest.mark.parametrize(
    ("quota", "processors"),
    [("100000 100000", 1), ("50000 100000", 1), ("150000 100000", 2), ("max 100000", 64), ("9900000 100000", 64),
     ("", 64), ("odd", 64), ("1 0", 64)],
)  # fmt: skip
def test_a_container_of_version_2(groups: Groups, quota: str, processors: int) -> None:
    groups.put("0::/\n")  # as docker run --cpus 1 -m 1g shows it
    folder = groups.mount("cgroup", "cgroup2", "rw,nsdelegate")
    limit(folder, cpu__max=quota, memory__max=GIB)
    assert groups.found() == (processors, 1)


def test_all_groups_above_a_process_limit_it(groups: Groups) -> None:
    groups.put("0::/user.slice/music.scope/job\n")
    folder = groups.mount("cgroup", "cgroup2", "rw")
    limit(folder / "user.slice", cpu__max="400000 100000", memory__max=2 * GIB)
    limit(folder / "user.slice" / "music.scope", cpu__max="max 100000", memory__max="max")
    limit(folder / "user.slice" / "music.scope" / "job", cpu__max="800000 100000", memory__max=4 * GIB)
    limit(folder / "other", cpu__max="100000 100000", memory__max=1)
    assert groups.found() == (4, 2)


def test_a_container_of_version_1(groups: Groups) -> None:
    # paths of the host, of which the mounts begin at the container's group
    groups.put("5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n")
    cpu = groups.mount("cpu,cpuacct", "cgroup", "rw,cpu,cpuacct", root="/docker/abc")
    memory = groups.mount("memory", "cgroup", "rw,memory", root="/docker/abc")
    limit(cpu, cpu__cfs_quota_us=100000, cpu__cfs_period_us=100000)
    limit(memory, memory__limit_in_bytes=GIB)
    assert groups.found() == (1, 1)
    limit(cpu, cpu__cfs_quota_us=-1)
    limit(memory, memory__limit_in_bytes=NONE)
    assert groups.found() == (64, 256)


def test_a_group_of_version_1_on_its_host(groups: Groups) -> None:
    groups.put("5:memory:/batch/job\n4:cpu,cpuacct:/batch/job\n0::/\n")
    cpu = groups.mount("cpu,cpuacct", "cgroup", "rw,cpu,cpuacct")
    memory = groups.mount("memory", "cgroup", "rw,memory")
    limit(cpu / "batch", cpu__cfs_quota_us=300000, cpu__cfs_period_us=100000)
    limit(cpu / "batch" / "job", cpu__cfs_quota_us=-1, cpu__cfs_period_us=100000)
    limit(memory / "batch" / "job", memory__limit_in_bytes=3 * GIB)
    assert groups.found() == (3, 3)


def test_paths_outside_the_mounts_mean_their_roots(groups: Groups) -> None:
    groups.put("0::/../../other\n")  # a process moved out of the namespace's root
    folder = groups.mount("cgroup", "cgroup2", "rw")
    limit(folder, cpu__max="200000 100000", memory__max=GIB)
    limit(folder.parent / "other", cpu__max="100000 100000", memory__max=1)
    assert groups.found() == (2, 1)


def test_where_the_system_tells_nothing_the_memory_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert usable_memory(tmp_path) is None


def test_this_machine_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert usable_processors(machine.PROC) >= 1
    memory = usable_memory(machine.PROC)
    assert memory is None or memory > 2**26
