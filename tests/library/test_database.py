"""The library's file: reads return what was written, also after crashes, full disks and concurrent use."""

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodcurve.formats import json_text, to_csv, to_json
from moodcurve.library import (
    DropOrphans,
    FileRemoved,
    KnownFile,
    LibraryError,
    Problem,
    ProblemFound,
    Tags,
    connection,
    open_library,
)
from tests.helpers import ROOT
from tests.helpers.library_fixtures import (
    COLUMNS,
    assert_sound,
    dump,
    file,
    first_version,
    made_library,
    song,
    wandering_curve,
)

WRITER = """
import sys
sys.path.insert(0, {tests!r})
from tests.helpers.library_fixtures import file, song
from moodcurve.library import open_library
first, batches = map(int, sys.argv[2:])
with open_library(sys.argv[1], write=True) as library:
    for batch in range(first, first + batches):
        names = [f"{{batch}}-{{i}}" for i in range(5)]
        library.write(change for name in names for change in (song(name), file("/m/" + name, name)))
        print(batch, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "library.sqlite"


def writer(path: Path, first: int, batches: int) -> "subprocess.Popen[str]":
    """Start a process that writes batches of five songs and prints the number of each once it is written."""
    code = WRITER.format(tests=str(ROOT))
    command = [sys.executable, "-c", code, str(path), str(first), str(batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


# --- reading back ---


@pytest.mark.parametrize("everything", [False, True])
def test_a_stored_song_equals_its_analysis(path: Path, everything: bool) -> None:
    curve = wandering_curve(333, everything=everything, source="/m/ä\n.mp3", warnings=("the file ends early", "odd"))
    tags = Tags(artist="A", title="T", album="B", genre="G", year=1999, track=3, duration_s=7.25)
    with open_library(path, write=True) as library:
        library.write([song("c1", curve), file("/m/ä\n.mp3", "c1", **vars(tags))])
    with open_library(path) as library:
        stored = library.song(1)
    assert stored is not None
    assert json_text(stored.data) == to_json(curve)
    assert to_csv(stored.curve) == to_csv(curve)
    assert (stored.id, stored.content_hash, stored.paths, stored.tags) == (1, "c1", ("/m/ä\n.mp3",), tags)
    assert stored.analysed_at.endswith("Z")


def test_columns_equal_the_song_object_of_the_json(path: Path) -> None:
    curve = wandering_curve(100, seed=4)
    with open_library(path, write=True) as library:
        library.write([song("c", curve), file("/a.mp3", "c")])
        library.db.row_factory = sqlite3.Row
        row = dict(library.db.execute("SELECT * FROM songs").fetchone())
    data = curve.to_dict()
    whole = data["song"]
    names = (
        "arousal",
        "valence",
        "arousal_9",
        "valence_9",
        "arousal_low",
        "arousal_high",
        "valence_low",
        "valence_high",
    )
    assert {name: row[name] for name in (*names, "quadrant")} == {name: whole[name] for name in (*names, "quadrant")}
    assert row["words"].split(", ") == whole["words"]
    for quadrant, share in whole["probabilities"].items():
        assert row[f"p_{quadrant.replace('-', '_')}"] == share
    for axis in ("arousal", "valence"):
        for end in ("", "_low", "_high"):
            assert row[f"rated_{axis}{end}"] == whole["rating"][f"{axis}{end}"]
    assert whole["moods"][row["mood"]] == max(whole["moods"].values())
    assert (row["novelty"], row["duration_s"]) == (data["novelty"], data["duration_s"])


@pytest.mark.parametrize(
    "name",
    [
        "/m/two\nlines.mp3",
        "/m/🎵 \u202e.mp3",
        os.fsdecode(b"/m/\xff\xfe \x80.mp3"),
        "/m/'; DROP TABLE song; --",
        "rel.mp3",
    ],
)
def test_any_file_name_is_stored_exactly(path: Path, name: str) -> None:
    with open_library(path, write=True) as library:
        library.write([song("c"), file(name, "c"), ProblemFound(name + "x", 1, 2, None, f"{name}x: no audio")])
    with open_library(path) as library:
        found = library.song(name)
        assert found is not None
        assert found.paths == (name,)
        assert set(library.known_files()) == {name, name + "x"}
        assert [problem.path for problem in library.problems()] == [name + "x"]
        # displayed text and JSON are always UTF-8
        json.dumps(found.data, ensure_ascii=False).encode("utf-8")


def test_characters_that_sqlite_cannot_hold_are_replaced_in_tags(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("c"), file("/a", "c", title="a\0b", artist="\ud800x")])
        found = library.song(1)
    assert found is not None
    assert (found.tags.title, found.tags.artist) == ("a b", "?x")


def test_descriptors_are_stored_per_feature_set(path: Path) -> None:
    other = wandering_curve(9, feature_set="compare260/1")
    changes = [song("a"), song("b", other), song("c"), song("orphan")]
    with open_library(path, write=True) as library:
        library.write([*changes, *(file(f"/{name}", name) for name in "abc")])
        ids, values = library.descriptors("compare236/1")
        assert ids.tolist() == [1, 3]
        assert (values.shape, values.dtype) == ((2, COLUMNS), np.float32)
        np.testing.assert_array_equal(values, [changes[0].analysis.descriptors, changes[2].analysis.descriptors])
        assert library.descriptors("nothing/1")[1].shape == (0, 0)


def test_a_new_library_is_empty(path: Path) -> None:
    with open_library(path, write=True) as library:
        assert (library.known_files(), library.song_models(), library.problems()) == ({}, {}, [])
        assert (library.song(1), library.song("/x")) == (None, None)
        assert list(library.songs()) == []
        library.write([])


# --- changes ---


def test_known_files_models_and_problems(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("c"), file("/a", "c", size=5, mtime_ns=6), ProblemFound("/b", 7, 8, "d", "no")])
        assert library.known_files() == {"/a": KnownFile(5, 6, "c", None), "/b": KnownFile(7, 8, "d", "no")}
        assert library.song_models() == {"c": ("default", "compare236/1")}
        assert library.problems() == [Problem("/b", "no")]
        assert (library.problem("/b"), library.problem("/a"), library.problem("/c")) == ("no", None, None)


def test_a_moved_file_keeps_its_song(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("c"), file("/old/a", "c", title="T")])
        before = library.song(1)
        # in either order: the song stays until orphans are dropped
        library.write([FileRemoved("/old/a")])
        assert library.song(1) is None  # no file holds it now
        assert "c" in library.song_models()
        library.write([file("/new/a", "c", title="T"), DropOrphans()])
        after = library.song("/new/a")
    assert before is not None
    assert after is not None
    assert (after.id, after.analysed_at, after.paths) == (before.id, before.analysed_at, ("/new/a",))
    assert after.data["source"] == "/new/a"


def test_copies_share_a_song_shown_by_the_file_added_first(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("c"), file("/z", "c", title="first"), file("/a", "c", title="second")])
        found = library.song("/a")
        assert found is not None
        assert (found.paths, found.tags.title) == (("/z", "/a"), "first")
        assert len(list(library.songs())) == 1
        library.write([FileRemoved("/z"), DropOrphans()])
        found = library.song(1)
        assert found is not None
        assert (found.paths, found.tags.title) == (("/a",), "second")


def test_a_file_with_new_content_gets_another_song(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("c"), file("/a", "c"), file("/b", "c")])
        library.write([song("d"), file("/a", "d", size=2)])
        assert {name: known.content_hash for name, known in library.known_files().items()} == {"/a": "d", "/b": "c"}
        first, second = library.song("/b"), library.song("/a")
        assert first is not None
        assert second is not None
        assert (first.id, first.paths, second.id, second.paths) == (1, ("/b",), 2, ("/a",))


def test_new_tags_replace_the_old(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("c"), file("/a", "c", title="old", year=1990)])
        library.write([file("/a", "c", title="new", mtime_ns=77)])
        found = library.song(1)
        assert found is not None
        assert found.tags == Tags(title="new")
        assert library.known_files()["/a"].mtime_ns == 77


def test_a_new_analysis_keeps_the_song_id(path: Path) -> None:
    newer = wandering_curve(20, seed=9, model="later")
    with open_library(path, write=True) as library:
        library.write([song("b"), file("/b", "b"), song("c"), file("/a", "c")])
        library.write([song("c", newer)])
        found = library.song("/a")
        assert found is not None
        assert (found.id, found.curve.model, len(found.curve.times_s)) == (2, "later", 20)
        assert library.song_models()["c"] == ("later", "compare236/1")
        assert [stored.id for stored in library.songs()] == [1, 2]
        assert [stored.id for stored in library.songs([2, 9, 1])] == [2, 1]


def test_a_problem_replaces_a_song_and_a_song_a_problem(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("c"), file("/a", "c", title="T")])
        library.write([ProblemFound("/a", 3, 4, None, "cut short"), DropOrphans()])
        assert library.song_models() == {}
        assert library.known_files() == {"/a": KnownFile(3, 4, None, "cut short")}
        library.write([song("d"), file("/a", "d")])
        assert library.problems() == []
        found = library.song("/a")
        assert found is not None
        assert found.id == 2  # ids are never reused


def test_dropping_orphans_deletes_their_curves_and_descriptors(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("a"), song("b"), file("/a", "a"), file("/b", "b")])
        library.write([FileRemoved("/b"), FileRemoved("/never there"), DropOrphans()])
        left = dump(library)
        assert [len(left[name]) for name in ("song", "file", "curve", "descriptors")] == [1, 1, 1, 1]


def test_a_write_applies_all_changes_or_none(path: Path) -> None:
    with open_library(path, write=True) as library:
        library.write([song("a"), file("/a", "a")])
        before = dump(library)
        with pytest.raises(ValueError, match="content_hash of '/b' must be that of a stored song, got 'x'"):
            library.write([FileRemoved("/a"), DropOrphans(), song("b"), file("/b", "x")])
        assert dump(library) == before

        def interrupted() -> Iterator[Any]:
            yield song("c")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            library.write(interrupted())
        assert dump(library) == before
        library.write([song("d"), file("/d", "d")])
        assert set(library.song_models()) == {"a", "d"}


# --- refused files ---


@pytest.mark.parametrize("write", [False, True])
def test_other_files_are_refused_and_not_modified(tmp_path: Path, write: bool) -> None:
    foreign = tmp_path / "foreign.sqlite"
    with contextlib.closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE photo (id)")
        db.commit()
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, but long enough to look like one\n" * 50)
    for other in (foreign, text):
        before = other.read_bytes()
        with (
            pytest.raises(LibraryError, match=f"{other}: not a library of moodcurve"),
            open_library(other, write=write),
        ):
            pass
        assert other.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [foreign, text]


def test_a_missing_library_names_the_command_that_creates_it(path: Path) -> None:
    with (
        pytest.raises(LibraryError, match="no library here yet; create it with `moodcurve scan FOLDER`"),
        open_library(path),
    ):
        pass
    assert not path.parent.exists()
    with pytest.raises(LibraryError, match="is a folder"), open_library(path.parent.parent, write=True):
        pass


def test_an_empty_file_can_become_a_library(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(LibraryError, match="not a library"), open_library(path):
        pass
    with open_library(path, write=True) as library:
        library.write([song("a"), file("/a", "a")])


def test_a_newer_library_is_refused(path: Path) -> None:
    made_library(path, 1)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    for write in (False, True):
        with (
            pytest.raises(LibraryError, match=r"later version of moodcurve \(schema 99"),
            open_library(path, write=write),
        ):
            pass


def test_a_second_writer_gets_an_error_that_names_the_cause(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_S", 0.05)
    made_library(path, 1)
    with open_library(path, write=True) as first, open_library(path, write=True) as second:
        first.db.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryError, match="another process is writing to it"):
            second.write([song("x")])
        first.db.execute("ROLLBACK")
        second.write([song("x")])


def test_a_damaged_library_raises_a_library_error(path: Path) -> None:
    made_library(path, 40)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE curve SET packed = x'0102' WHERE song = 3")
        db.commit()
    with open_library(path) as library:
        assert library.song(2) is not None
        with pytest.raises(LibraryError, match="the curve of song 3 is damaged"):
            library.song(3)
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises(LibraryError, match="it is damaged; restore a backup"), open_library(path) as library:
        list(library.songs())


# --- faults ---


def test_a_killed_writer_loses_no_reported_batch(path: Path) -> None:
    rng = random.Random(3)
    reported = 0
    for _ in range(8):
        process = writer(path, reported, 10_000)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(rng.randrange(1, 6))]
        # kill it anywhere within the next batches
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait()
        process.stdout.close()
        reported = int(lines[-1]) + 1
        with open_library(path) as library:
            names = {name for batch in range(reported) for name in (f"{batch}-{i}" for i in range(5))}
            contents = set(library.song_models())
            # one more batch may be written and not yet reported
            assert contents >= names
            assert contents - names in (set(), {f"{reported}-{i}" for i in range(5)})
            assert {known.content_hash for known in library.known_files().values()} == contents
            assert len(library.known_files()) == len(contents)
        assert_sound(path)


def test_a_full_disk_raises_a_library_error_and_loses_nothing(path: Path) -> None:
    made_library(path, 5)
    with open_library(path, write=True) as library:
        before = dump(library)
        (pages,) = library.db.execute("PRAGMA page_count").fetchone()
        library.db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LibraryError, match="the disk is full; everything stored so far is safe"):
            library.write(change for i in range(200) for change in (song(f"n{i}"), file(f"/n/{i}", f"n{i}")))
        assert dump(library) == before
        library.db.execute("PRAGMA max_page_count = 1000000")
        library.write([song("later"), file("/later", "later")])
    assert_sound(path)


def test_a_file_size_limit_raises_a_library_error_and_loses_nothing(path: Path) -> None:
    made_library(path, 5)
    code = WRITER.format(tests=str(ROOT))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    done = subprocess.run(
        [sys.executable, "-c", code, str(path), "0", "1000"], capture_output=True, text=True, preexec_fn=limit
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("moodcurve.library.errors.LibraryError: ")
    assert "the disk" in last
    reported = [int(line) for line in done.stdout.splitlines()]
    assert reported, "some batches fit"
    with open_library(path) as library:
        assert len(library.song_models()) == 5 + 5 * len(reported)
    assert_sound(path)


def as_nobody(folder: Path, path: Path) -> str:
    """Return a library's content hashes and number of songs, read by a user without write permission."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.getuid() == 0:  # permissions do not apply to the superuser
                os.setuid(65534)
            try:
                (folder / "probe").touch()
                output = "the folder can be written"
            except OSError:
                with open_library(path) as library:
                    output = ",".join(sorted(library.song_models())) + f" {len(list(library.songs()))}"
        except LibraryError as error:
            output = str(error)
        finally:
            os.write(theirs, output.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(theirs)
    with os.fdopen(ours) as stream:
        return stream.read()


@pytest.fixture
def locked() -> Iterator[Path]:
    """Yield a folder readable by everybody, which a test fills and then makes read-only."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("log", [None, b""])
def test_a_read_only_library_can_be_read(locked: Path, log: bytes | None) -> None:
    path = locked / "library.sqlite"
    made_library(path, 2)
    if log is not None:
        path.with_name("library.sqlite-wal").write_bytes(log)
    path.chmod(0o444)
    locked.chmod(0o555)
    assert as_nobody(locked, path) == "content 0,content 1 2"


def test_a_log_left_by_a_crash_is_not_ignored_on_a_read_only_disk(locked: Path) -> None:
    path = locked / "library.sqlite"
    made_library(path, 2)
    with open_library(path, write=True) as library:
        library.write([song("x"), file("/x", "x")])
        log = path.with_name("library.sqlite-wal").read_bytes()
        body = path.read_bytes()
    path.write_bytes(body)
    path.with_name("library.sqlite-wal").write_bytes(log)
    for left in locked.iterdir():
        left.chmod(0o444)
    locked.chmod(0o555)
    output = as_nobody(locked, path)
    # some versions of SQLite read the log into memory; the last song must not be missing
    assert output == "content 0,content 1,x 3" or "library.sqlite: it cannot be opened" in output


def test_an_older_read_only_library_raises_a_library_error(locked: Path) -> None:
    path = locked / "old" / "library.sqlite"
    first_version(path)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    output = as_nobody(path.parent, path)
    path.parent.chmod(0o755)
    assert "created by an earlier version of moodcurve (schema 1; this version needs" in output
    assert "cannot be updated here" in output


# --- readers during a write ---


def test_readers_read_while_another_process_writes(path: Path) -> None:
    made_library(path, 1)
    process = writer(path, 0, 60)
    assert process.stdout is not None
    seen = [1]
    with open_library(path) as held:
        # an unfinished read does not block the writer
        middle = held.songs()
        next(middle)
        for line in process.stdout:
            with open_library(path) as library:
                seen.append(len(library.song_models()))
                assert len(library.known_files()) >= seen[-1]  # read later
            assert seen[-1] >= 1 + 5 * (int(line) + 1)
        assert process.wait() == 0
        assert len(list(middle)) == 0  # it still sees its snapshot of one song
    process.stdout.close()
    assert seen == sorted(seen)
    assert len(seen) == 61
    assert seen[-1] == 301


def test_an_open_transaction_does_not_block_readers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_S", 0.0)
    made_library(path, 2)
    with open_library(path, write=True) as library:
        library.db.execute("BEGIN IMMEDIATE")
        library.db.execute("DELETE FROM curve")
        with open_library(path) as reader:
            assert len(list(reader.songs())) == 2
        library.db.execute("ROLLBACK")


def test_a_reader_leaves_no_files_and_cannot_write(path: Path) -> None:
    made_library(path, 2)
    before = path.read_bytes()
    with open_library(path) as library:
        list(library.songs())
        with pytest.raises(LibraryError, match="it is read-only"):
            library.write([song("x")])
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == before
