"""Lock open files exclusively."""

import os
import sys

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCKED_BYTE = 1 << 20
"""Offset of the byte that Windows locks: beyond what the file holds, so that others can still read it."""


def try_lock(handle: int) -> bool:
    """Lock an open file without waiting; return False if another handle holds the lock.

    The system releases the lock when the handle is closed or its process ends, killed or not.

    Parameters
    ----------
    handle : int
        File descriptor, open for writing; its position becomes 0.
    """
    try:
        if sys.platform == "win32":
            os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.lseek(handle, 0, os.SEEK_SET)
    return True
