"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a scratch path beside `path` that takes its place when the block ends without an error.

    A reader never sees half a file, and a failure or Ctrl-C leaves what was there before. Missing parent
    folders are made. The scratch name keeps the ending, since writers choose the format by it.

    Examples
    --------
    >>> with written_whole("curve.csv") as scratch:    # doctest: +SKIP
    ...     scratch.write_text("time_s,arousal,valence")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".moodcurve-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    scratch = Path(name)
    try:
        # mkstemp makes files that only their owner may read; a result gets the user's usual permissions
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
