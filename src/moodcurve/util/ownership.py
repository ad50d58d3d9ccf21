"""Find out whether other users of the machine could change a file or folder."""

import os
import stat
import sys
from functools import cache
from pathlib import Path


def changeable_at(path: Path) -> Path | None:
    """Return the file or folder through which another user could change `path`; None if there is none.

    Trusted are files and folders that belong to this user or root and that no one else may write, and the same of all
    folders above them; above them, folders with the sticky bit, such as ``/tmp``, will do. Missing ones are skipped:
    whoever may write the folder above could create them. Root is trusted everywhere, since it can change anything.

    Parameters
    ----------
    path : Path
        Without links, see `os.path.realpath`: who owns a link can change where it leads.
    """
    if sys.platform == "win32":  # folders of a user are private there
        return None
    for place in (path, *path.parents):
        try:
            status = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if is_changeable(status) and not (
            place != path and status.st_mode & stat.S_ISVTX and status.st_uid in (0, os.geteuid())
        ):
            return place
    return None


def is_changeable(status: os.stat_result) -> bool:
    """Return True if another user may write a file or folder, or owns it."""
    if sys.platform == "win32":
        return False
    by_group = status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid)
    return status.st_uid not in (0, os.geteuid()) or bool(by_group or status.st_mode & stat.S_IWOTH)


@cache
def _is_private_group(gid: int) -> bool:
    """Return True if a group has only this user: many systems make one for each, which may write the user's files."""
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:  # a container without names
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
