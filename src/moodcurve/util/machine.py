"""Find out how many processors and how much memory this process may use, within containers too."""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

PROC = Path("/proc/self")
"""What Linux tells of this process."""


def usable_processors(proc: Path = PROC) -> int:
    """Return the number of processors that this process may keep busy.

    The smaller of those that it may run on (``taskset``, ``docker --cpuset-cpus``) and the share of time that its
    control groups allow, rounded up (``docker --cpus``).
    """
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = min((share for folder in _groups(proc, "cpu") if (share := _processors(folder)) is not None), default=None)
    return processors if quota is None else max(1, min(processors, math.ceil(quota)))


def usable_memory(proc: Path = PROC) -> int | None:
    """Return the bytes of memory that this process and its workers may use, or None if the system does not tell.

    The smallest of the machine's memory and the limits of its control groups (``docker --memory``).
    """
    limits = [limit for folder in _groups(proc, "memory") if (limit := _memory(folder)) is not None]
    with suppress(AttributeError, ValueError, OSError):  # not on Windows
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limits, default=None)


def _groups(proc: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the control groups of this process that a controller may limit, of both versions.

    The limits of all groups above a process hold. A container may see its group as the root of the mount, or see
    paths of its host, of which only the mount's root is there.
    """
    paths: dict[str, str] = {}
    for line in _lines(proc / "cgroup"):  # 4:cpu,cpuacct:/docker/abc, and 0::/docker/abc of version 2
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number == "0" and not names:
            paths["cgroup2"] = path
        elif controller in names.split(","):
            paths["cgroup"] = path
    for line in _lines(proc / "mountinfo"):
        before, _, after = line.partition(" - ")
        kind, options = after.split()[0], after.split()[-1].split(",")
        if kind in paths and (kind == "cgroup2" or controller in options):
            root, mount = before.split()[3:5]
            folder = Path(_unescaped(mount))
            below = PurePosixPath(paths[kind])
            root_path = PurePosixPath(_unescaped(root))
            below = below.relative_to(root_path) if below.is_relative_to(root_path) else PurePosixPath()
            yield folder
            for name in below.parts:
                if name in ("/", ".."):
                    continue
                folder /= name
                yield folder


def _lines(path: Path) -> list[str]:
    with suppress(OSError):
        return path.read_text("utf-8", "surrogateescape").splitlines()
    return []


def _unescaped(text: str) -> str:
    """Return a path of mountinfo, in which spaces and the like are octal numbers."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")


def _processors(folder: Path) -> float | None:
    """Return how many processors' time a group may use; None if it is not limited."""
    quota, _, period = "".join(_lines(folder / "cpu.max")).partition(" ")
    if not quota:
        quota, period = ("".join(_lines(folder / f"cpu.cfs_{name}_us")) for name in ("quota", "period"))
    # "max", or -1 in version 1, is no limit
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def _memory(folder: Path) -> int | None:
    """Return the bytes of memory that a group may use; None if it is not limited."""
    for name in ("memory.max", "memory.limit_in_bytes"):
        text = "".join(_lines(folder / name))
        if text.isdecimal() and int(text):  # "max" is no limit, and version 1 then has a number near 2**63
            return int(text)
    return None
