"""Locks on files: held by one handle, released when it closes or its process is killed."""

import os
import subprocess
import sys
from pathlib import Path

from moodcurve.util.lock import try_lock

HOLDER = """
import os, sys, time
from moodcurve.util.lock import try_lock
print(try_lock(os.open(sys.argv[1], os.O_RDWR)), flush=True)
time.sleep(600)
"""


def test_one_handle_holds_the_lock_until_it_closes(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = os.open(path, os.O_RDWR | os.O_CREAT)
    second = os.open(path, os.O_RDWR)
    assert try_lock(first)
    assert not try_lock(second)
    os.close(first)
    assert try_lock(second)
    os.close(second)


def test_a_killed_process_releases_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        handle = os.open(path, os.O_RDWR)
        assert not try_lock(handle)
        holder.kill()
    assert try_lock(handle)
    os.close(handle)
