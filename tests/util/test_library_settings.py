"""Libraries imported without the settings of the working folder."""

import subprocess
import sys

THREADS = """
import sys, threading
from moodcurve.util.library_settings import import_numba
found = []
threads = [threading.Thread(target=lambda: found.append(import_numba().njit)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(len(found) != 4)
"""


def test_threads_wait_for_the_whole_of_numba() -> None:
    """As in the first analysis on a machine, whose decoder measures loudness while the features are compiled."""
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
