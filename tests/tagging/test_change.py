"""Files are replaced whole, with all that belongs to them, or not at all."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moodcurve.tagging import change, scratch
from moodcurve.tagging.change import TagChange, change_tags, real_path
from moodcurve.tagging.formats.base import UntaggableError
from moodcurve.tagging.formats.opening import open_tags
from moodcurve.tagging.scratch import sweep
from moodcurve.tagging.values import ENERGY, FIELDS, MOOD
from tests.helpers.tagged_songs import write_foreign_tags, write_format

TEXTS = {MOOD: ["calm"], ENERGY: ["0.30"]}


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = write_format(tmp_path / "music", "av.flac")
    write_foreign_tags(path)
    return path


def tag(path: Path, texts: dict[str, list[str]] = TEXTS, **options: bool) -> TagChange:
    return change_tags(path, [*texts], lambda tags: tags.make(texts), **options)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_rights_attributes_and_times_stay(song: Path) -> None:
    song.chmod(0o640)
    os.utime(song, ns=(10**18, 10**18 + 7))
    try:
        os.setxattr(song, "user.rating", b"five stars")
    except OSError:
        pytest.skip("no extended attributes here")
    tag(song, keep_times=True)
    status = song.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o640, 10**18 + 7)
    assert os.getxattr(song, "user.rating") == b"five stars"
    tag(song, {MOOD: ["sad"]})
    assert song.stat().st_mtime_ns > 10**18 + 7
    assert stat.S_IMODE(song.stat().st_mode) == 0o640


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(song: Path) -> None:
    os.chown(song, 12345, 23456)
    tag(song)
    assert (song.stat().st_uid, song.stat().st_gid) == (12345, 23456)


def test_a_link_leads_to_its_file(song: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.flac"
    link.symlink_to(song)
    tag(real_path(str(link)))
    assert link.is_symlink()
    assert open_tags(song).texts(FIELDS) == TEXTS


def test_a_hard_link_and_a_read_only_file_are_refused(song: Path, tmp_path: Path) -> None:
    whole = song.read_bytes()
    os.link(song, tmp_path / "other.flac")
    with pytest.raises(UntaggableError, match="one of 2 hard links"):
        tag(song)
    (tmp_path / "other.flac").unlink()
    song.chmod(0o444)
    with pytest.raises(UntaggableError, match="read-only"):
        tag(song)
    assert song.read_bytes() == whole
    with pytest.raises(UntaggableError, match="no regular file"):
        tag(song.parent)


def state(song: Path) -> tuple[int, int, int, int]:
    """Return what writing a file or replacing it changes; reading it may change the time of access."""
    found = song.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def test_nothing_is_written_if_nothing_changes(song: Path) -> None:
    tag(song)
    before = state(song)
    assert not tag(song).changed
    assert state(song) == before


def test_a_dry_run_changes_nothing(song: Path) -> None:
    before = state(song)
    done = tag(song, dry_run=True)
    assert (done.changed, done.before, done.after) == (True, {}, TEXTS)
    assert state(song) == before
    assert names(song.parent) == ["av.flac"]


class StoppedError(Exception):
    """A test's stop."""


@pytest.mark.parametrize("step", ["write", "finish", "check_unchanged", "record", "rename"])
def test_stopped_at_any_step_the_file_is_as_it_was(song: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    whole, before = song.read_bytes(), song.stat()

    def stop(*_: object, **__: object) -> None:
        raise StoppedError

    if step == "write":
        monkeypatch.setattr("moodcurve.tagging.formats.vorbis.copy_whole", stop)
    elif step == "rename":
        monkeypatch.setattr(Path, "replace", stop)
    elif step != "record":
        monkeypatch.setattr(change, step, stop)
    with pytest.raises(StoppedError):
        change_tags(
            song, [*TEXTS], lambda tags: tags.make(TEXTS), record=stop if step == "record" else lambda *both: None
        )
    assert (song.read_bytes(), song.stat().st_ino) == (whole, before.st_ino)
    assert names(song.parent) == ["av.flac"]


def test_the_order_of_what_reaches_the_disk(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without power after any of them, the old file or the new one is there, and the journal knows of the new one."""
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "content")
        fsync(handle)

    def replaced(self: Path, target: Path) -> Path:
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    change_tags(song, [*TEXTS], lambda tags: tags.make(TEXTS), record=lambda before, after: order.append("journal"))
    assert order == ["content", "journal", "rename", "folder"]


def test_a_file_that_changes_meanwhile_is_left(song: Path) -> None:
    def meddle(before: object, after: object) -> None:
        with song.open("ab") as file:
            file.write(b"more")

    with pytest.raises(UntaggableError, match="changed by another program"):
        change_tags(song, [*TEXTS], lambda tags: tags.make(TEXTS), record=meddle)
    assert song.read_bytes().endswith(b"more")
    assert names(song.parent) == ["av.flac"]


def lose_a_tag(path: Path) -> None:
    import mutagen

    file = mutagen.File(path)
    del file["title"]
    file.save()


def change_a_sample(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-500] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "reason"), [(lose_a_tag, "other tags would not stay"), (change_a_sample, "sound would not stay")]
)
def test_a_copy_that_differs_is_thrown_away(
    song: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None], reason: str
) -> None:
    whole = song.read_bytes()
    opened = change.open_tags

    def spoiled(path: Path) -> object:
        if path != song:
            spoil(path)
        return opened(path)

    monkeypatch.setattr(change, "open_tags", spoiled)
    with pytest.raises(UntaggableError, match=reason):
        tag(song)
    assert song.read_bytes() == whole
    assert names(song.parent) == ["av.flac"]


def test_the_content_must_be_that_of_the_scan(song: Path) -> None:
    with pytest.raises(UntaggableError, match="scan it again"):
        change_tags(song, [*TEXTS], lambda tags: tags.make(TEXTS), content="0" * 40)


LEAVE = """
import os, signal, sys
from pathlib import Path
from moodcurve.tagging.scratch import scratch_file
with scratch_file(Path(sys.argv[1])) as (scratch, file):
    file.write(b"half")
    file.flush()
    print(scratch, flush=True)
    if sys.argv[2] == "wait":
        sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_swept(song: Path) -> None:
    left = subprocess.run([sys.executable, "-c", LEAVE, song, "die"], capture_output=True, text=True, check=False)
    other = Path(left.stdout.strip())
    assert other.exists()
    # not those of a running process, nor anything of another name
    with subprocess.Popen(
        [sys.executable, "-c", LEAVE, song, "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        busy = Path(running.stdout.readline().strip())
        keep = [song.with_name(".moodcurve-tag-notes.txt"), song.with_name(".moodcurve-12345678.flac")]
        for path in keep:
            path.write_bytes(b"mine")
        assert sweep(song.parent) == 1
        assert not other.exists()
        assert busy.exists()
        running.kill()
    assert sweep(song.parent) == 1
    assert names(song.parent) == sorted(["av.flac", *(path.name for path in keep)])


def test_a_link_named_like_a_scratch_file_is_not_followed(song: Path) -> None:
    trap = song.with_name(".moodcurve-tag-0123456789abcdef.flac")
    trap.symlink_to(song)
    assert sweep(song.parent) == 0
    assert song.exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_the_file(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(scratch, "_create", refuse)
    with pytest.raises(PermissionError):
        tag(song)
