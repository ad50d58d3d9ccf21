"""Divide the machine's processors and memory among worker processes."""

from moodcurve.util.machine import usable_memory, usable_processors

_MB = 2**20
PARENT_MB = 256
"""MiB of memory left for the process that starts the workers."""
WORKER_MB = 512
"""MiB of memory that a worker may need: 180 for a song of three minutes, 530 for one of an hour."""


def default_workers(items: int) -> int:
    """Return the number of processes for a number of songs: one for each usable core, or one for fewer than four songs.

    Starting a process takes as long as analyzing a song of three minutes. Where memory is short, there are fewer.
    """
    if items < 4:
        return 1
    memory = usable_memory()
    most = items if memory is None else max(1, (memory // _MB - PARENT_MB) // WORKER_MB)
    return min(items, usable_processors(), most)


def memory_share_mb(workers: int) -> int | None:
    """Return the MiB of memory that each of some workers may use, or None if the system does not tell."""
    memory = usable_memory()
    return None if memory is None else max(WORKER_MB // 2, (memory // _MB - PARENT_MB) // workers)
