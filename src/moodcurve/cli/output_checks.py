"""Check, before work starts, that results can be written and replace no music."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from moodcurve.cli.parameters import DASH_HINT, UsageError
from moodcurve.util.text import one_line

STDOUT = Path("-")
"""Standard output, as the value of --output or --json."""


def check_file(path: Path, *, name: str = "-o") -> None:
    """Check that a file can be written and is not music.

    Raises
    ------
    UsageError
        If it is standard output, has the extension of an audio or video file, or starts like audio.
    OSError
        If it cannot be written.
    """
    from moodcurve.audio.filetypes import is_media_file
    from moodcurve.util.files import check_writable

    if path == STDOUT:
        raise UsageError("this result cannot go to standard output; give a file", name=name)
    if is_media_file(os.fspath(path)):
        raise UsageError(f"{one_line(str(path))} is music, or named like it; choose another file", name=name)
    check_writable(path)


def check_folder(path: Path, *, name: str = "-o") -> None:
    """Check that files can be written to a folder, which need not exist yet.

    Raises
    ------
    UsageError
        If it is standard output, or named like music: where a file is named ``-o``, ``*`` gives the next one as value.
    OSError
        If it is a file, or no file can be written to it.
    """
    from moodcurve.audio.filetypes import is_media_file
    from moodcurve.util.files import check_writable

    if path == STDOUT:
        raise UsageError("these results are files; give a folder", name=name)
    hint = f"; {DASH_HINT}" if not path.is_dir() and is_media_file(os.fspath(path)) else ""
    if path.exists() and not path.is_dir():
        reason = f"is a file; give a folder, or the name of a new one{hint}"
        raise NotADirectoryError(errno.ENOTDIR, reason, os.fspath(path))
    if hint:
        raise UsageError(f"{one_line(str(path))} is named like music; give a folder{hint}", name=name)
    try:
        check_writable(path / "result")
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def check_results(json_file: Path | None, folder: Path | None = None) -> None:
    """Check the values of --json and --output, where they are given."""
    if json_file is not None and json_file != STDOUT:
        check_file(json_file, name="--json")
    if folder is not None:
        check_folder(folder)


def check_replaces_no_song(songs: Sequence[Path], results: Sequence[Path]) -> None:
    """Check that no result would be written over one of the songs, and that the file system allows all their names.

    Raises
    ------
    UsageError
        If a result is one of the songs.
    OSError
        If a name is too long.
    """
    from moodcurve.util.files import check_name

    originals = {os.path.realpath(song) for song in songs}
    for result in results:
        if os.path.realpath(result) in originals:
            raise UsageError(f"{one_line(str(result))} is one of the songs; choose another", name="-o")
        check_name(result)
