"""Parquet files of analyzed songs as a library: the same answers as from SQLite, from here and from an object store."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest
import s3fs

from moodcurve.library import ProblemFound, open_library
from moodcurve.library.errors import LibraryError
from moodcurve.library.export import write_rows
from moodcurve.library.queries import search as in_library
from moodcurve.library.queries.query import Query
from moodcurve.library.queries.sql_guard import ConditionError
from moodcurve.library.song_rows import LATER_COLUMNS
from moodcurve.library.tables import search as in_tables
from moodcurve.library.tables.connection import open_tables
from moodcurve.library.tables.location import find_tables, names_tables
from tests.helpers.command_line import run
from tests.helpers.library_fixtures import file, made_library, song
from tests.helpers.object_store import s3_server
from tests.library.test_external_ids import listed

SONGS = 40
QUERIES = {
    "all": Query(),
    "sorted": Query(sort=("-year", "title", "id"), limit=7, offset=3),
    "text": Query(text=("uber", "bjork"), genre="JAZZ"),
    "title": Query(title="song 6", artist="dvorak"),
    "quadrants": Query(quadrants=("calm-positive", "neutral"), year=(1960, 1990)),
    "words": Query(words=(("calm", "serene"), ("relaxed", "sleepy", "calm"))),
    "tags": Query(tags=((("rock", 0.7), ("acoustic", 0.15)),)),
    "ranges": Query(arousal=(-0.2, None), valence=(None, 0.3), duration_s=(40, 200), energy=(0.3, 0.9)),
    "course": Query(starts=("calm", "sad", "neutral"), time_in=(("calm-positive", 0.1),), volatility=(0, 1)),
    "near": Query(near=(0.1, 0.2), radius=0.4),
    "drawing": Query(arousal_drawing=((0.0, -0.5), (1.0, 0.5)), text=("song",), limit=5),
    "where": Query(where="novelty > 0.2 AND year IS NOT NULL -- a comment", sort=("-arousal",)),
    "ids": Query(external_ids=("id 3", "id 5", "absent")),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    made = made_library(path, SONGS)
    with open_library(path, write=True) as opened, closing(duckdb.connect()):
        opened.db.execute("UPDATE file SET external_id = 'id ' || id")
        opened.write([ProblemFound("/music/bad.mp3", 1, 2, None, "not audio")])
    assert len(made) == SONGS
    return path


@pytest.fixture(scope="module")
def tables(library: Path) -> Path:
    """The library's songs in the order of their ids, in three files of a folder."""
    folder = library.parent / "tables"
    folder.mkdir()
    with open_library(library) as opened:
        write_rows(opened, Query(sort=("id",)), library.parent / "all.parquet", progress=lambda done, total: None)
    whole = pyarrow.parquet.read_table(library.parent / "all.parquet")
    for i, (start, length) in enumerate(((0, 5), (5, 20), (25, SONGS))):
        pyarrow.parquet.write_table(whole.slice(start, length), folder / f"part-{i}.parquet")
    return folder


def plain(song: Any) -> list[Any]:
    """Return values to compare with; SQLite rounds halves of a few columns otherwise than Python."""
    return [pytest.approx(value, abs=1.01e-4) if isinstance(value, float) else value for value in song]


def without_units(songs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in song.items() if not key.endswith("_01")} for song in songs]


@pytest.mark.parametrize("name", QUERIES)
def test_answers_are_those_of_a_library(library: Path, tables: Path, name: str) -> None:
    query = QUERIES[name]
    with open_library(library) as opened, open_tables(str(tables)) as found:
        expected = list(in_library.search(opened, query))
        assert [list(song) for song in in_tables.search(found, query)] == [plain(song) for song in expected]
        assert in_tables.count(found, query) == in_library.count(opened, query)
    assert expected  # the query finds something to compare


@pytest.mark.parametrize("size", [1, 7, SONGS])
def test_a_drawing_is_compared_with_every_song(tables: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(in_tables, "COURSES_PER_BATCH", size)
    with open_tables(str(tables)) as opened:
        songs = list(in_tables.search(opened, Query(arousal_drawing=((0.0, -0.5), (1.0, 0.5)))))
    assert len(songs) == SONGS
    assert all(song.distance is not None for song in songs)


def test_the_command_line_prints_the_same(library: Path, tables: Path) -> None:
    for options in (["--near", "0,0.2"], ["--tag", "rock:0.3", "--limit", "4"], ["--external-id", "id 7"]):
        found = listed(Path(f"{tables}/*.parquet"), *options)
        assert found
        assert without_units(found) == without_units(listed(library, *options))
    table, other = (run("search", "bjork", "--library", where) for where in (tables, library))
    assert (table.stdout, table.stderr, table.exit_code) == (other.stdout, other.stderr, 0)


@pytest.mark.parametrize("name", ["id 9", "9", "/music/2/008 x.mp3"])
def test_show_reads_a_row(library: Path, tables: Path, name: str) -> None:
    shown = [run("show", name, "--library", where, "-f", "json") for where in (tables, library)]
    assert shown[0] == shown[1]
    assert json.loads(shown[0].stdout)["source"] == "/music/2/008 x.mp3"
    assert run("show", "absent", "--library", tables).exit_code == 1


def test_links_are_found_by_their_words_and_shown_by_the_own_path(tmp_path: Path) -> None:
    """As docs/library.md says: tables of 0.2.0 do not have the names of links."""
    path = tmp_path / "library.sqlite"
    with open_library(path, write=True) as opened:
        opened.write([song("x"), replace(file("/annex/key.mp3", "x"), names=("/music/Baltimore.mp3",))])
        write_rows(opened, Query(), tmp_path / "x.parquet", progress=lambda done, total: None)
    (found,) = listed(tmp_path / "x.parquet", "baltimore")
    assert found["path"] == "/annex/key.mp3"
    shown = run("show", "/annex/key.mp3", "--library", tmp_path / "x.parquet", "-f", "json")
    assert json.loads(shown.stdout)["source"] == "/annex/key.mp3"


@pytest.mark.parametrize("old", [("part-0", "part-1", "part-2"), ("part-0",), ("part-1",)])
def test_tables_of_an_earlier_version(library: Path, tables: Path, tmp_path: Path, old: tuple[str, ...]) -> None:
    folder = shutil.copytree(tables, tmp_path / "mixed")
    for name in old:
        path = folder / f"{name}.parquet"
        pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).drop_columns(LATER_COLUMNS), path)
    assert len(listed(folder)) == SONGS
    for name in ("id 2", "id 9", "id 30"):  # one in each file
        shown = run("show", name, "--library", folder, "-f", "json")
        assert shown.exit_code == 0, shown.stderr
        assert shown == run("show", name, "--library", library, "-f", "json")


def test_show_names_a_table_that_lacks_a_column(tables: Path, tmp_path: Path) -> None:
    folder = broken(tables, tmp_path / "broken", "SELECT * EXCLUDE (curve_arousal) FROM '{table}'")
    done = run("show", "id 9", "--library", folder)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "part-1.parquet: lacks the column 'curve_arousal'" in done.stderr


def test_other_commands_say_what_to_do(tables: Path) -> None:
    for command in (["similar", "1"], ["playlist", "--from", "calm"], ["problems"], ["search", "-f", "m3u8"]):
        done = run(*command, "--library", tables)
        assert done.exit_code == 2
        assert "merge" in done.stderr


def test_places_of_tables(tables: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = tuple(str(tables / f"part-{i}.parquet") for i in range(3))
    folder = tmp_path / "deep"
    shutil.copytree(tables, folder / "a" / "b")
    for hidden in ("_temporary/x.parquet", "a/.y.parquet", "note.txt"):
        (folder / hidden).parent.mkdir(exist_ok=True)
        (folder / hidden).write_bytes(b"")
    assert len(find_tables(str(folder)).files) == 3
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tables)
    for text in (str(tables), f"{tables}/*.parquet", "part-?.parquet", ".", f"{tables.parent}/**/part*.parquet"):
        assert names_tables(text), text
        assert find_tables(text).files == files, text
    for text in (
        "absent.sqlite",
        str(tables.parent / "library.sqlite"),
        str(tmp_path / "empty"),
        "file:///m/x.sqlite",
    ):
        assert not names_tables(text), text
    with pytest.raises(LibraryError, match="no Parquet files there"):
        find_tables("absent/*.parquet")


def test_a_search_that_finds_nothing_reads_the_tables_once(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Query] = []
    count = in_tables.count
    monkeypatch.setattr(in_tables, "count", lambda opened, query: counted.append(query) or count(opened, query))
    done = run("search", "--artist", "nobody", "--library", tables)
    assert (done.exit_code, counted) == (0, [])
    assert "no matching songs" in done.stderr


def test_a_library_of_one_file(library: Path) -> None:
    assert len(listed(library.parent / "all.parquet")) == SONGS


# --- files that are not tables ---


def broken(tables: Path, folder: Path, sql: str) -> Path:
    """Copy the tables; the second file is what SQL makes of it."""
    shutil.copytree(tables, folder)
    path = folder / "part-1.parquet"
    duckdb.execute(f"COPY ({sql.format(table=tables / path.name)}) TO '{path}'")
    return folder


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * EXCLUDE (arousal) FROM '{table}'", "Failed to read file"),
        ("SELECT * REPLACE ('high' AS arousal) FROM '{table}'", 'failed to cast column "arousal"'),
        ("SELECT * REPLACE (NULL AS content) FROM '{table}'", "no valid content"),
        ("SELECT * REPLACE (CAST('nan' AS DOUBLE) AS arousal) FROM '{table}'", "no valid arousal"),
        ("SELECT * REPLACE ('rock loud' AS tags) FROM '{table}'", "no valid tags"),
    ],
)
def test_a_file_that_is_no_table_is_named(tables: Path, tmp_path: Path, sql: str, message: str) -> None:
    folder = broken(tables, tmp_path / "broken", sql)
    done = run("search", "--library", folder, "--json")
    assert done.exit_code == 1
    assert message in done.stderr
    assert str(folder) in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("damage", [b"", b"no Parquet at all", None])
def test_a_damaged_file_is_named(tables: Path, tmp_path: Path, damage: bytes | None) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(tables, folder)
    path = folder / "part-1.parquet"
    path.write_bytes(path.read_bytes()[:-100] if damage is None else damage)
    done = run("search", "--library", folder)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "part-1.parquet" in done.stderr


def test_a_first_file_without_a_column_is_named(tables: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    duckdb.execute(f"COPY (SELECT * EXCLUDE (folded_title) FROM '{tables}/part-0.parquet') TO '{path}'")
    with pytest.raises(LibraryError, match=r"x\.parquet: lacks the column 'folded_title'"), open_tables(str(path)):
        pass
    duckdb.execute(f"COPY (SELECT * REPLACE ('x' AS year) FROM '{tables}/part-0.parquet') TO '{path}'")
    with pytest.raises(LibraryError, match="its column 'year' is VARCHAR"), open_tables(str(path)):
        pass


# --- conditions ---


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("no_column > 1", "no_column"),
        ("1); DROP VIEW songs; SELECT (1", "one condition"),
        ("EXISTS (SELECT 1 FROM read_text('/etc/hostname'))", "disabled by configuration"),
        ("EXISTS (SELECT 1 FROM read_parquet('{other}'))", "disabled by configuration"),
        ("title = $name", "name"),
        ("length(getenv('HOME')) > 0", "getenv"),
    ],
)
def test_a_condition_reads_nothing_but_the_files(tables: Path, tmp_path: Path, condition: str, message: str) -> None:
    other = shutil.copy(tables / "part-0.parquet", tmp_path / "other.parquet")
    query = Query(where=condition.format(other=other))
    with open_tables(str(tables)) as opened, pytest.raises(ConditionError, match=message) as caught:
        list(in_tables.search(opened, query))
    assert "\n" not in str(caught.value)
    done = run("search", "--library", tables, "--where", condition)
    assert done.exit_code == 2


def test_files_of_a_web_server_are_not_searched() -> None:
    done = run("search", "--library", "http://127.0.0.1:1/songs.parquet")
    assert done.exit_code == 1
    assert "files of a web server cannot be searched; make a library of them first: moodcurve merge" in done.stderr


# --- object stores ---


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[s3fs.S3FileSystem]:
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "y"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    with s3_server() as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        s3fs.S3FileSystem.clear_instance_cache()
        yield s3fs.S3FileSystem()
        s3fs.S3FileSystem.clear_instance_cache()


def test_tables_of_an_object_store(store: s3fs.S3FileSystem, library: Path, tables: Path) -> None:
    store.mkdir("catalogue")
    for path in tables.iterdir():
        store.put(str(path), f"catalogue/songs/{path.name}")
    store.pipe("catalogue/songs/_log.json", b"{}")
    expected = listed(library, "--near", "0,0.2", "--limit", "5")
    for place in ("s3://catalogue/songs/*.parquet", "s3://catalogue/songs", "s3://catalogue/songs/"):
        done = run("search", "--library", place, "--json", "--near", "0,0.2", "--limit", "5")
        assert done.exit_code == 0, done.stderr
        assert without_units(json.loads(done.stdout)) == without_units(expected)
    merged = library.parent / "merged.sqlite"
    done = run("merge", "s3://catalogue/songs/*.parquet", "-o", merged)
    assert done.exit_code == 0, done.stderr
    assert len(listed(merged)) == SONGS
    one = run("search", "--library", "s3://catalogue/songs/part-0.parquet", "--json")
    assert len(json.loads(one.stdout)) == 5
    # a condition reads nothing else of the store
    where = "EXISTS (SELECT 1 FROM read_text('s3://catalogue/songs/_log.json'))"
    done = run("search", "--library", "s3://catalogue/songs/*.parquet", "--where", where)
    assert (done.exit_code, "disabled by configuration" in done.stderr) == (2, True)
    for place, message in (
        ("s3://catalogue/none/*.parquet", "no Parquet files there"),
        ("s3://absent/*.parquet", "s3://absent/*.parquet: "),
        ("s3://catalogue/absent.parquet", "absent.parquet"),
        ("nothing://x/*.parquet", "unknown kind of URL; use a path, s3"),
    ):
        done = run("search", "--library", place)
        assert done.exit_code == 1, place
        assert message in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
