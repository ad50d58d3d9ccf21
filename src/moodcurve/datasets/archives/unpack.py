"""Unpack a ZIP archive from the network: nothing leaves its folder, and nothing grows without limit."""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from moodcurve.datasets.archives.errors import DownloadError
from moodcurve.util.text import format_bytes, one_line

MOST_FILES = 200_000
MOST_BYTES = 200 << 30
LARGEST_RATIO = 200
"""Largest ratio of the files' size to the archive's; tables of numbers reach about 10."""
_IGNORED = ("__MACOSX/", ".DS_Store")
_CHUNK = 1 << 20
_LONGEST_NAME = 255


def unpack(
    archive: Path, folder: Path, *, strip: bool = False, progress: Callable[[int, int], None] | None = None
) -> None:
    """Unpack an archive into a new or existing folder.

    Parameters
    ----------
    archive : Path
    folder : Path
    strip : bool
        Whether to leave out the archive's top folder, if it has only one.
    progress : callable, optional
        Called with the number of bytes written and of all.

    Raises
    ------
    DownloadError
        If the file is no ZIP archive or damaged, or has names that lead out of the folder, links, encrypted files,
        two files of one name, or more than the limits.
    OSError
        If a file cannot be written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _checked(archive, opened.infolist(), strip)
            total, done = sum(info.file_size for info in entries.values()), 0
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
            if total > free:
                raise DownloadError(
                    f"{folder}: has {format_bytes(free)} free, and {format_bytes(total)} are needed to unpack "
                    f"{archive.name}"
                )
            for name, info in entries.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.is_file() and _is_same(target, info):
                    done += info.file_size
                    continue  # another archive of the set has it too
                with opened.open(info) as source, target.open("xb") as stream:
                    while chunk := source.read(_CHUNK):
                        stream.write(chunk)
                        done += len(chunk)
                        if progress is not None:
                            progress(done, total)
    except FileExistsError as error:
        raise DownloadError(f"{archive.name}: has a file that is there already, {error.filename}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DownloadError(
            f"{archive}: is not an undamaged ZIP archive ({one_line(str(error))}); remove it, and run the command again"
        ) from error


def _is_same(path: Path, info: zipfile.ZipInfo) -> bool:
    """Return True if a file has the size and the checksum of an entry."""
    if path.stat().st_size != info.file_size:
        return False
    crc = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc == info.CRC


def _checked(archive: Path, infos: list[zipfile.ZipInfo], strip: bool) -> dict[str, zipfile.ZipInfo]:
    """Return the files of an archive by the name that each is written to."""
    files = [info for info in infos if not info.is_dir() and not _is_ignored(info.filename)]
    for info in files:
        _check_entry(archive, info)
    if not files:
        raise DownloadError(f"{archive.name}: holds no files")
    total = sum(info.file_size for info in files)
    if len(files) > MOST_FILES or total > min(MOST_BYTES, LARGEST_RATIO * max(archive.stat().st_size, 1 << 20)):
        raise DownloadError(
            f"{archive.name}: would become {len(files)} files of {format_bytes(total)}, more than an archive of "
            f"{format_bytes(archive.stat().st_size)} may"
        )
    tops = {info.filename.partition("/")[0] for info in files}
    nested = all("/" in info.filename for info in files)
    cut = len(next(iter(tops))) + 1 if strip and nested and len(tops) == 1 else 0
    entries: dict[str, zipfile.ZipInfo] = {}
    taken: set[str] = set()
    for info in files:
        name = info.filename[cut:]
        if name.casefold() in taken:  # also where systems do not tell capitals apart
            raise DownloadError(f"{archive.name}: has two files of the name {one_line(name)}")
        taken.add(name.casefold())
        entries[name] = info
    return entries


def _is_ignored(name: str) -> bool:
    return name.startswith(_IGNORED[0]) or name.rpartition("/")[2] == _IGNORED[1]


def _check_entry(archive: Path, info: zipfile.ZipInfo) -> None:
    """Raise an error for an entry that is not a plain file below the folder."""
    name = info.filename
    parts = name.split("/")
    # ".. " is ".." to Windows, which also takes a colon for a drive or a hidden stream
    unsafe = any(not part.strip(" .") or len(part.encode()) > _LONGEST_NAME for part in parts)
    if unsafe or "\\" in name or ":" in name or not name.isprintable():
        raise DownloadError(f"{archive.name}: has a file with an unsafe name, {one_line(name)}")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise DownloadError(f"{archive.name}: has a link or a special file, {one_line(name)}")
    if info.flag_bits & 0x1:
        raise DownloadError(f"{archive.name}: is encrypted")
