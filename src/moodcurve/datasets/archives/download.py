"""Download a published set: fetch its archives, unpack them together, and give the folder its name at the end."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from moodcurve.datasets.archives.catalog import Archive, PublishedSet
from moodcurve.datasets.archives.errors import DownloadError
from moodcurve.datasets.archives.transfer import Patience, fetch
from moodcurve.datasets.archives.unpack import unpack
from moodcurve.util.lock import try_lock

StepProgress = Callable[[int, int, str], None]
"""Receives the number of bytes done, of all (0 if unknown), and what is being done."""
WORK_ENDING = ".download"
"""Ending of the folder next to the set's that holds archives until all of them are unpacked."""


def archives_of(one: PublishedSet, url: str | None, *, sound: bool = True) -> tuple[Archive, ...]:
    """Return the archives to fetch.

    Parameters
    ----------
    one : PublishedSet
    url : str or None
        Another address. For a set with several archives: of the folder that holds them. For any other set: of the
        archive itself.
    sound : bool
        Whether to fetch archives that hold only sound.

    Raises
    ------
    DownloadError
        If the set has no address, and none is given.
    """
    if not one.archives and url is None:
        raise DownloadError(f"{one.name}: cannot be downloaded by a program: {one.instead} ({one.page})")
    archives = [archive for archive in one.archives if sound or not archive.is_sound]
    if url is None:
        return tuple(archives)
    if len(one.archives) > 1:
        home = url.rstrip("/")
        return tuple(
            Archive(url=f"{home}/{archive.name}", strip=archive.strip, unpack=archive.unpack) for archive in archives
        )
    if not urlsplit(url).path.rpartition("/")[2]:
        raise DownloadError(f"{url}: expected the address of an archive")
    return (Archive(url=url),)


def download(
    one: PublishedSet,
    folder: Path,
    *,
    url: str | None = None,
    sound: bool = True,
    patience: Patience = Patience(),  # noqa: B008  frozen
    progress: StepProgress | None = None,
) -> None:
    """Download a set to a new folder.

    Until everything is there, archives are in a folder next to it, with the ending ``.download``; a later call
    continues there. The caller has shown the license, and the user has agreed to it.

    Parameters
    ----------
    one : PublishedSet
    folder : Path
        Must not exist, or be empty.
    url, sound
        As for `archives_of`. Archives from another address are not compared with published checksums.
    patience : Patience
    progress : callable, optional

    Raises
    ------
    DownloadError
        If the set cannot be downloaded or unpacked, or the folder is not empty.
    OSError
        If a file cannot be written.
    """
    archives, folder = archives_of(one, url, sound=sound), folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DownloadError(f"{folder}: exists; choose another folder with -o, or remove it")
    report = progress or (lambda done, total, what: None)
    work = folder.with_name(folder.name + WORK_ENDING)
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("ab") as lock:
        if not try_lock(lock.fileno()):
            raise DownloadError(f"{work}: another download to this folder is running")
        for archive in archives:
            what = f"fetching {archive.name}"
            fetch(
                archive.url,
                work / archive.name,
                page=one.page,
                checksum=archive.checksum,
                patience=patience,
                progress=lambda done, total, what=what: report(done, total, what),  # type: ignore[misc]
            )
        with tempfile.TemporaryDirectory(prefix="unpack-", dir=work) as scratch:
            home = Path(scratch) / "set"
            home.mkdir()
            for archive in archives:
                if not archive.unpack:
                    shutil.copyfile(work / archive.name, home / archive.name)
                    continue
                what = f"unpacking {archive.name}"
                unpack(
                    work / archive.name,
                    home,
                    strip=archive.strip,
                    progress=lambda done, total, what=what: report(done, total, what),  # type: ignore[misc]
                )
            if folder.exists():
                folder.rmdir()
            home.replace(folder)
    shutil.rmtree(work)
