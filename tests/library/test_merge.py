"""Merging libraries and tables: each song once, its newest analysis, nothing lost and nothing half written."""

import itertools
import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from moodcurve.library import FileFound, Library, ProblemFound, open_library
from moodcurve.library import merge as merging
from moodcurve.library.errors import LibraryError
from moodcurve.library.export import write_rows
from moodcurve.library.merge import MergeStats, merge
from moodcurve.library.models import Analysis, Change, SongAnalyzed
from moodcurve.library.queries.query import Query
from moodcurve.library.scanning.roots import remember_roots, scanned_roots
from moodcurve.library.song_rows import LATER_COLUMNS
from moodcurve.library.tables import loading
from tests.helpers.command_line import run
from tests.helpers.library_fixtures import assert_sound, file, made_library, wandering_curve

OLD, NEW = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
BAD = ProblemFound("/q", 1, 2, "k", "no")


def song(content: str, at: str = OLD, *, model: str = "default", **fields: Any) -> SongAnalyzed:
    analysis = Analysis(
        curve=wandering_curve(12, model=model, **fields), descriptors=np.ones(3, "f4"), model_version=f"{model}-v"
    )
    return SongAnalyzed(content, analysis, at)


def write(path: Path, *changes: Change) -> Path:
    with open_library(path, write=True) as library:
        library.write(changes)
    return path


def found(path: str, content: str, **fields: Any) -> FileFound:
    return FileFound(path, 1000, 5, content, **fields)


def rows(path: Path) -> dict[str, list[Any]]:
    """Return what a library holds, without ids and order."""
    with open_library(path) as library:
        return content_of(library)


def content_of(library: Library) -> dict[str, list[Any]]:
    ids = ("id", "song", "file")
    names = {
        table: [name for _, name, *_ in library.db.execute(f"PRAGMA table_info({table})") if name not in ids]
        for table in ("song", "file", "curve", "descriptors", "measured")
    }
    return {
        table: sorted(
            map(tuple, library.db.execute(f"SELECT {', '.join(columns)} FROM {table}")), key=lambda row: repr(row)
        )
        for table, columns in names.items()
    }


def test_songs_of_all_inputs_are_in_the_result(tmp_path: Path) -> None:
    made_library(tmp_path / "a.sqlite", 12)
    write(tmp_path / "b.sqlite", song("x"), found("/x", "x", external_id="7"), ProblemFound("/bad", 1, 2, None, "no"))
    before = [rows(tmp_path / name) for name in ("a.sqlite", "b.sqlite")]
    stats = merge([str(tmp_path / "a.sqlite"), str(tmp_path / "b.sqlite")], tmp_path / "c.sqlite")
    assert (stats.songs, stats.problems, stats.shared, stats.replaced, stats.paths, stats.ids) == (13, 1, 0, 0, 0, 0)
    merged = rows(tmp_path / "c.sqlite")
    assert merged == {name: sorted(before[0][name] + before[1][name], key=repr) for name in merged}
    assert before == [rows(tmp_path / name) for name in ("a.sqlite", "b.sqlite")]
    assert_sound(tmp_path / "c.sqlite")
    assert {path.name for path in tmp_path.iterdir()} == {"a.sqlite", "b.sqlite", "c.sqlite", "c.sqlite.lock"}


def test_of_two_analyses_the_newer_is_kept(tmp_path: Path) -> None:
    one = write(tmp_path / "1.sqlite", song("x", NEW), found("/x", "x"), song("y", OLD), found("/y", "y"))
    two = write(tmp_path / "2.sqlite", song("x", OLD, model="fast"), found("/x", "x"), song("y", NEW, model="fast"),
                found("/other/y", "y"))  # fmt: skip
    for inputs in ((one, two), (two, one)):
        stats = merge([str(path) for path in inputs], tmp_path / "c.sqlite", force=True)
        assert (stats.songs, stats.shared, stats.replaced) == (2, 2, 1)
        assert sorted(stats.models) == [
            ("default", "default-v", "compare236/1", 1),
            ("fast", "fast-v", "compare236/1", 1),
        ]
        with open_library(tmp_path / "c.sqlite") as library:
            models = {each.content_hash: (each.curve.model, set(each.paths)) for each in library.songs()}
            assert models == {"x": ("default", {"/x"}), "y": ("fast", {"/y", "/other/y"})}
            assert library.descriptors("compare236/1")[1].shape == (2, 3)


def test_a_path_with_other_audio_is_counted(tmp_path: Path) -> None:
    one = write(
        tmp_path / "1.sqlite", song("x", OLD), found("/p", "x", external_id="1"), ProblemFound("/q", 1, 2, "k", "no")
    )
    two = write(tmp_path / "2.sqlite", song("y", NEW), found("/p", "y", external_id="2"), song("z"), found("/q", "z"))
    for inputs in ((one, two), (two, one)):
        stats = merge([str(path) for path in inputs], tmp_path / "c.sqlite", force=True)
        assert (stats.songs, stats.paths, stats.ids, stats.problems) == (2, 1, 1, 0)
        with open_library(tmp_path / "c.sqlite") as library:
            assert {each.content_hash: each.external_id for each in library.songs()} == {"y": "2", "z": None}
        assert_sound(tmp_path / "c.sqlite")


def test_parts_of_a_file_stay_together(tmp_path: Path) -> None:
    parts = [
        each
        for i, content in enumerate(("x#0-10", "x#10-"))
        for each in (song(content, NEW), found("/album", content, start_s=10.0 * i, length_s=10.0))
    ]
    one = write(tmp_path / "1.sqlite", *parts)
    two = write(tmp_path / "2.sqlite", song("x", OLD), found("/album", "x", external_id="9"))
    for inputs in ((one, two), (two, one)):
        stats = merge([str(path) for path in inputs], tmp_path / "c.sqlite", force=True)
        assert (stats.songs, stats.paths) == (2, 1)
        with open_library(tmp_path / "c.sqlite") as library:
            assert {(each.content_hash, each.external_id) for each in library.songs()} == {
                ("x#0-10", "9"),
                ("x#10-", "9"),
            }


def test_scanned_folders_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    one, two = (write(tmp_path / f"{name}.sqlite", song(name), found(f"/{name}", name)) for name in "ab")
    remember_roots(one, ["/music/a"])
    remember_roots(two, ["/music/b"])
    merge([str(one), str(two)], tmp_path / "c.sqlite")
    assert sorted(scanned_roots(tmp_path / "c.sqlite")) == ["/music/a", "/music/b"]


# --- tables ---


def exported(library: Path, path: Path) -> Path:
    with open_library(library) as opened:
        write_rows(opened, Query(), path, progress=lambda done, total: None)
    return path


def test_a_library_survives_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ROWS_PER_BATCH", 7)
    library = tmp_path / "a.sqlite"
    made_library(library, 20)
    part = found("/whole", "part#0-10", start_s=0.0, length_s=10.0, external_id="11")
    write(library, file("/copy \udc85.mp3", "content 3"), BAD, song("part#0-10", start_s=0.0, title="Part"), part)
    with open_library(library, write=True) as opened:
        opened.db.execute("UPDATE song SET analysed_at = '2026-02-02T00:00:00Z'")
    table = exported(library, tmp_path / "a.parquet")
    stats = merge([str(table)], tmp_path / "b.sqlite")
    assert (stats.songs, stats.problems) == (21, 1)
    assert rows(tmp_path / "b.sqlite") == rows(library)
    stats = merge([str(tmp_path / "*.parquet"), str(library)], tmp_path / "c.sqlite")
    assert (stats.songs, stats.shared, stats.replaced, stats.paths) == (21, 21, 0, 0)
    assert rows(tmp_path / "c.sqlite") == rows(library)


def test_links_and_selections_survive_parquet(tmp_path: Path) -> None:
    link = found("/p", "x", selection="track=2", names=("/link \udc85", "/other"))
    bad = ProblemFound("/q", 1, 2, "k", "no", selection="track=3", names=("/bad",))
    library = write(tmp_path / "a.sqlite", song("x", NEW, source="/p"), link, bad)
    table = exported(library, tmp_path / "a.parquet")
    merge([str(table)], tmp_path / "b.sqlite")
    assert rows(tmp_path / "b.sqlite") == rows(library)


def test_tables_without_later_columns_are_read(tmp_path: Path) -> None:
    link = found("/p", "x", selection="track=2", names=("/link",))
    library = write(tmp_path / "a.sqlite", song("x", NEW, source="/p"), link)
    table = exported(library, tmp_path / "a.parquet")
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(table).drop_columns(LATER_COLUMNS), table)
    merge([str(table)], tmp_path / "b.sqlite")
    with open_library(tmp_path / "b.sqlite") as opened:
        known = opened.known_files()["/p"]
        assert (known.content_hash, known.selection, known.names) == ("x", "", ())


def test_a_later_attempt_takes_the_place_of_a_problem(tmp_path: Path) -> None:
    for i, changes in enumerate(
        ([ProblemFound("/x", 1, 2, "x", "no")], [song("x", NEW), found("/x", "x")], [song("x", OLD), found("/y", "x")])
    ):
        exported(write(tmp_path / f"{i}.sqlite", *changes), tmp_path / f"{i}.parquet")
    for order in ("012", "102", "210"):
        for i, name in enumerate(order):
            (tmp_path / order).mkdir(exist_ok=True)
            os.link(tmp_path / f"{name}.parquet", tmp_path / order / f"{i}.parquet")
        stats = merge([str(tmp_path / order)], tmp_path / f"{order}.sqlite")
        assert (stats.songs, stats.problems) == (1, 0)
        with open_library(tmp_path / f"{order}.sqlite") as library:
            (each,) = library.songs()
            assert (each.analysed_at, set(each.paths)) == (NEW, {"/x", "/y"})


def test_of_two_rows_of_a_path_the_newer_is_kept(tmp_path: Path) -> None:
    newer = [song("y", NEW), found("/p", "y", external_id="2"), song("z", NEW), found("/z", "z")]
    older = [song("x", OLD), found("/p", "x", external_id="1"), song("z", OLD), found("/z", "z", external_id="9")]
    for i, changes in enumerate((newer, older)):
        exported(write(tmp_path / f"{i}.sqlite", *changes), tmp_path / f"{i}.parquet")
    apart = merge([str(tmp_path / "0.sqlite"), str(tmp_path / "1.sqlite")], tmp_path / "apart.sqlite")
    for order in ("01", "10"):
        (tmp_path / order).mkdir()
        for i, name in enumerate(order):
            os.link(tmp_path / f"{name}.parquet", tmp_path / order / f"{i}.parquet")
        stats = merge([str(tmp_path / order)], tmp_path / f"{order}.sqlite")
        assert (stats.songs, stats.paths, stats.ids) == (apart.songs, apart.paths, apart.ids) == (2, 1, 1)
        with open_library(tmp_path / f"{order}.sqlite") as library:
            kept = {each.content_hash: (each.analysed_at, each.external_id) for each in library.songs()}
        assert kept == {"y": (NEW, "2"), "z": (NEW, "9")}
        assert rows(tmp_path / f"{order}.sqlite") == rows(tmp_path / "apart.sqlite")


def test_a_table_that_is_none_is_named(tmp_path: Path) -> None:
    made_library(tmp_path / "a.sqlite", 3)
    done = run("export", "--library", tmp_path / "a.sqlite", "-o", tmp_path / "plain.parquet")
    assert done.exit_code == 0, done.stderr
    (tmp_path / "junk.parquet").write_bytes(b"no Parquet")
    for name, message in (("plain", "lacks the column"), ("junk", "not a table of analyzed songs")):
        done = run("merge", tmp_path / "a.sqlite", tmp_path / f"{name}.parquet", "-o", tmp_path / "c.sqlite")
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert message in done.stderr
        assert done.stderr.count(f"{name}.parquet") == 1
        assert not (tmp_path / "c.sqlite").exists()


# --- the file ---


def test_nothing_is_replaced_without_force(tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"{name}.sqlite", song(name), found(f"/{name}", name)) for name in "ab")
    before = two.read_bytes()
    parquet = tmp_path / "c.parquet"
    refused = {two: "exists", one: "is an input", tmp_path: "is a folder", parquet: "export --full"}
    for output, message in refused.items():
        with pytest.raises(LibraryError, match=message):
            merge([str(one)], output)
    text = tmp_path / "diary.txt"
    text.write_text("dear diary")
    with pytest.raises(LibraryError, match="not a library"):
        merge([str(one)], text, force=True)
    assert (text.read_text(), two.read_bytes()) == ("dear diary", before)
    assert merge([str(one)], two, force=True).songs == 1
    with open_library(two) as library:
        assert [each.content_hash for each in library.songs()] == ["a"]


def test_a_library_in_use_is_not_replaced(tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"{name}.sqlite", song(name), found(f"/{name}", name)) for name in "ab")
    with open_library(two) as library:
        assert list(library.songs())
        with pytest.raises(LibraryError, match="open in another program"):
            merge([str(one)], two, force=True)
        assert [each.content_hash for each in library.songs()] == ["b"]


@pytest.mark.parametrize("names", [["a.sqlite"], ["a.parquet"], ["b.sqlite", "a.sqlite", "a.parquet"]])
def test_a_merge_that_is_stopped_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    monkeypatch.setattr(merging, "STEPS", 200)
    made_library(tmp_path / "a.sqlite", 3)
    made_library(tmp_path / "b.sqlite", 5)
    exported(tmp_path / "a.sqlite", tmp_path / "a.parquet")
    output = write(tmp_path / "c.sqlite", song("c"), found("/c", "c"))
    (tmp_path / "c.sqlite.lock").touch()
    before, kept = {*tmp_path.iterdir()}, output.read_bytes()
    stopped = 0
    for calls in itertools.count(step=4):
        checks = itertools.count()

        def check(checks: Iterator[int] = checks, last: int = calls) -> None:
            if next(checks) >= last:
                raise KeyboardInterrupt

        try:
            merge([str(tmp_path / name) for name in names], output, force=True, check=check)
        except KeyboardInterrupt:
            stopped += 1
            assert ({*tmp_path.iterdir()}, output.read_bytes()) == (before, kept)
        else:
            break
    assert stopped > 2 * len(names)  # within statements too
    assert output.read_bytes() != kept


def test_the_command_is_stopped_within_a_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "STEPS", 200)
    made_library(tmp_path / "a.sqlite", 3)
    add_songs = merging._add_songs

    def interrupted(db: sqlite3.Connection, stats: MergeStats) -> None:
        signal.raise_signal(signal.SIGTERM)
        add_songs(db, stats)
        raise AssertionError("the statements were not stopped")

    monkeypatch.setattr(merging, "_add_songs", interrupted)
    done = run("merge", tmp_path / "a.sqlite", "-o", tmp_path / "c.sqlite")
    assert (done.exit_code, "Traceback" in done.stderr) == (128 + signal.SIGTERM, False)
    assert {path.name for path in tmp_path.iterdir()} == {"a.sqlite", "c.sqlite.lock"}


def test_the_command_says_what_it_decided(tmp_path: Path) -> None:
    one = write(tmp_path / "1.sqlite", song("x", OLD), found("/p", "x", external_id="1"), BAD)
    newer = (song("y", NEW, model="fast"), found("/p", "y", external_id="2"), song("x", NEW), found("/z", "x"))
    two = write(tmp_path / "2.sqlite", *newer)
    done = run("merge", one, two, "-o", tmp_path / "c.sqlite")
    assert (done.exit_code, done.stdout) == (0, "")
    for part in (
        "1 song in several inputs, of which 1 took a newer analysis", "1 path with different audio",
        "1 file with two external ids", "1 file that could not be used", "default default-v with compare236/1: 1",
        f"wrote {tmp_path / 'c.sqlite'}: 2 songs",
    ):  # fmt: skip
        assert part in done.stderr
    done = run("merge", one, two, "-o", tmp_path / "d.sqlite", "--json")
    assert json.loads(done.stdout)["songs"] == 2
    assert MergeStats(**json.loads(done.stdout)).paths == 1
    assert run("merge", one, "-o", "-").exit_code == 2
    assert run("merge", one, tmp_path / "absent.sqlite", "-o", tmp_path / "e.sqlite").exit_code == 1
