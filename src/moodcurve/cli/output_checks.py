"""Where results go: refused before the work if they cannot, or if they would take the place of music."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from moodcurve.cli.framework import UsageError
from moodcurve.util.text import one_line

STDOUT = Path("-")
"""As the value of -o: standard output."""


def check_file(path: Path, *, name: str = "-o") -> None:
    """Refuse a file that cannot be written, or that is music or named like it.

    Raises
    ------
    UsageError
        If it has an ending of music or films, or is there and begins like music; or is standard output.
    OSError
        If it cannot be written.
    """
    from moodcurve.audio.filetypes import is_media_file
    from moodcurve.util.files import check_writable

    if path == STDOUT:
        raise UsageError("this does not go to standard output; give a file", name=name)
    if is_media_file(os.fspath(path)):
        raise UsageError(f"{one_line(str(path))} is music, or named like it; choose another file", name=name)
    check_writable(path)


def check_folder(path: Path, *, name: str = "-o") -> None:
    """Refuse a folder that is a file, or in which no file can be made; it need not be there.

    Raises
    ------
    UsageError
        If it is standard output.
    OSError
        If no file can be made in it.
    """
    from moodcurve.util.files import check_writable

    if path == STDOUT:
        raise UsageError("these results are files; give a folder for them", name=name)
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "is a file; give a folder, or the name of a new one", os.fspath(path))
    try:
        check_writable(path / "result")
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def check_results(json_file: Path | None, folder: Path | None) -> None:
    """Refuse what --json and -o name, if they are given, as `check_file` and `check_folder` do."""
    if json_file is not None:
        check_file(json_file, name="--json")
    if folder is not None:
        check_folder(folder)


def keep_apart(songs: Sequence[Path], results: Sequence[Path]) -> None:
    """Refuse to write a result over one of the songs.

    Raises
    ------
    UsageError
        If one of the results is one of the songs.
    """
    places = {os.path.realpath(song) for song in songs}
    for result in results:
        if os.path.realpath(result) in places:
            raise UsageError(f"{one_line(str(result))} is one of the songs; choose another", name="-o")
