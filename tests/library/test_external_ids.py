"""Ids of the user's own catalogue: read from tables, kept by scans, and found by searches."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from moodcurve.library import FileFound, FileRemoved, open_library
from moodcurve.library.errors import LibraryError
from moodcurve.library.models import DropOrphans, FileIdentified
from moodcurve.library.queries.search import Query, search
from moodcurve.library.scanning.external_ids import match_ids, read_ids
from moodcurve.library.scanning.walk import walk
from tests.helpers.command_line import run
from tests.helpers.library_fixtures import file, song
from tests.helpers.scans import Scanner, copied, write_song


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    return Scanner(tmp_path, monkeypatch)


def write_ids(path: Path, ids: dict[Path, str]) -> Path:
    path.write_text("path,id\n" + "".join(f'"{name}",{identifier}\n' for name, identifier in ids.items()))
    return path


def shown_ids(library: Path) -> dict[str, str | None]:
    with open_library(library) as opened:
        return {Path(found.path).name: found.external_id for found in search(opened, Query())}


@pytest.mark.parametrize("ending", ["csv", "txt", "tsv", "csv.gz", "parquet"])
def test_ids_are_read_from_tables(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = tmp_path / f"ids.{ending}"
    paths, ids = ["/m/a, b.mp3", "c.mp3", "file:///m/%85.mp3"], [12, 7, 9]
    text = b'\xef\xbb\xbfid,other,path\r\n12,x,"/m/a, b.mp3"\r\n\r\n7,x,c.mp3\r\n9,x,file:///m/%85.mp3\r\n'
    if ending in ("csv", "txt"):
        table.write_bytes(text)
    elif ending == "csv.gz":
        table.write_bytes(gzip.compress(text))
    elif ending == "tsv":
        table.write_text("track_id\tfile\n12\t/m/a, b.mp3\n7\tc.mp3\n9\tfile:///m/%85.mp3\n")
    else:
        pyarrow.parquet.write_table(pyarrow.table({"path": paths, "id": ids}), table)
    assert read_ids(table) == {"/m/a, b.mp3": "12", str(tmp_path / "c.mp3"): "7", "/m/\udc85.mp3": "9"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"path,name\na,b\n", "no column of ids: external_id or id or track_id; it has path"),
        (b"", "no column of ids: external_id or id or track_id; it has none"),
        (b"path,id\n/a,1\n/b\n", "line 3 has no id"),
        (b"path,id\n/a,1\n/a,2\n", "line 3: /a has two ids, 1 and 2"),
        (b"path,id\n\xff,1\n", "not csv in UTF-8"),
        (b'path,id\n"/a,1\n', "not csv in UTF-8"),
    ],
)
def test_tables_without_ids_are_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LibraryError, match=message) as caught:
        read_ids(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_parquet_without_ids_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ids.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(LibraryError, match="not Parquet"):
        read_ids(path)
    pyarrow.parquet.write_table(pyarrow.table({"path": ["/a", None], "id": ["1", "2"]}), path)
    with pytest.raises(LibraryError, match="row 2 has no path"):
        read_ids(path)
    pyarrow.parquet.write_table(pyarrow.table({"path": ["/a"]}), path)
    with pytest.raises(LibraryError, match="no column of ids: external_id or id or track_id; it has path"):
        read_ids(path)


def test_ids_lead_over_links(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    real = write_song(tmp_path / "real.flac")
    link = tmp_path / "music" / "link.flac"
    link.symlink_to(real)
    found = walk([tmp_path / "music"])
    assert match_ids({str(link): "1", "/absent.mp3": "2"}, found) == ({str(real): "1"}, 1)
    assert match_ids({str(link): "1", str(real): "3"}, found) == ({str(real): "3"}, 0)


@pytest.mark.usefixtures("prepared")
def test_a_file_keeps_its_id_when_it_moves_or_changes(scanner: Scanner, tmp_path: Path) -> None:
    one, two = (write_song(scanner.music / f"{name}.flac", seed=i) for i, name in enumerate(("one", "two")))
    (scanner.music / "bad.flac").write_bytes(b"no audio")
    ids = read_ids(
        write_ids(tmp_path / "ids.csv", {one: "A-1", scanner.music / "bad.flac": "A-3", tmp_path / "x": "0"})
    )
    assert scanner(ids=ids).unknown_ids == 1
    assert shown_ids(scanner.library) == {"one.flac": "A-1", "two.flac": None}
    # unchanged files take ids too, and keep those that are not given again
    assert scanner(ids={str(two): "A-2"}).unchanged == 2
    assert shown_ids(scanner.library) == {"one.flac": "A-1", "two.flac": "A-2"}
    one.rename(scanner.music / "moved.flac")
    write_song(two, seed=5)  # other audio
    assert scanner.counts() == {"changed": 1, "moved": 1, "problems": 1, "songs": 1}
    assert shown_ids(scanner.library) == {"moved.flac": "A-1", "two.flac": "A-2"}
    with open_library(scanner.library) as opened:
        assert opened.known_files()[str(scanner.music / "bad.flac")].external_id == "A-3"
    copied(scanner.music / "moved.flac", scanner.music / "copy.flac")
    assert scanner.counts() == {"unchanged": 2, "copied": 1, "problems": 1}
    assert shown_ids(scanner.library) == {"moved.flac": "A-1", "two.flac": "A-2"}


def test_a_moved_copy_takes_the_id_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"

    def found(name: str, external_id: str | None = None) -> FileFound:
        return FileFound(name, 1, 2, "c", external_id=external_id)

    with open_library(path, write=True) as library:
        library.write([song("c"), found("/old/a", "1"), found("/old/b", "2"), found("/new/b"), found("/new/a")])
        library.write([FileRemoved("/old/a", pass_id=True), FileRemoved("/old/b", pass_id=True), DropOrphans()])
        known = library.known_files()
        assert {name: each.external_id for name, each in known.items()} == {"/new/a": "1", "/new/b": "2"}
        library.write([FileRemoved("/new/a"), FileIdentified("/new/b", "3")])
        assert {name: each.external_id for name, each in library.known_files().items()} == {"/new/b": "3"}


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "library.sqlite"
    with open_library(path, write=True) as library:
        for name in "abc":
            library.write([song(name), file(f"/m/{name}.mp3", name, title=f"Song {name}")])
        library.write(
            [file("/m/a copy.mp3", "a"), FileIdentified("/m/a copy.mp3", "x,1"), FileIdentified("/m/b.mp3", "9")]
        )
        library.write([file("/n/b.mp3", "b"), FileIdentified("/n/b.mp3", "10"), FileIdentified("/m/c.mp3", "1")])
    return path


def listed(path: Path, *options: str) -> list[dict[str, Any]]:
    done = run("search", "--library", path, "--json", *options)
    assert done.exit_code == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_songs_are_found_by_the_id_of_any_file(catalogue: Path) -> None:
    by_id = {
        name: [found["content"] for found in listed(catalogue, "--external-id", name)] for name in ("x,1", "10", "")
    }
    assert by_id == {"x,1": ["a"], "10": ["b"], "": []}
    options = ["--external-id", "x,1", "--external-id", "9", "--where", "id > 1", "--near", "0,0"]
    assert [(found["content"], found["external_id"]) for found in listed(catalogue, *options)] == [("b", "9")]
    # the file with an id represents its song
    assert [found["path"] for found in listed(catalogue, "--external-id", "x,1")] == ["/m/a copy.mp3"]
    table = run("search", "--library", catalogue, "--external-id", "x,1").stdout
    assert "x,1" in table
    assert ",external_id,path," in run("search", "--library", catalogue, "--csv").stdout.splitlines()[0]


def test_show_takes_an_external_id(catalogue: Path) -> None:
    done = run("show", "x,1", "--library", catalogue)
    assert done.exit_code == 0, done.stderr
    assert "external id x,1" in done.stdout
    assert json.loads(run("show", "10", "--library", catalogue, "-f", "json").stdout)["source"] == "/m/b.mp3"
    # ids of the library come first
    assert json.loads(run("show", "1", "--library", catalogue, "-f", "json").stdout)["source"] == "/m/a copy.mp3"
    with open_library(catalogue, write=True) as library:
        library.write([FileIdentified("/m/c.mp3", "x,1")])
    done = run("show", "x,1", "--library", catalogue)
    assert done.exit_code == 1
    assert "2 songs match; give the id of one" in done.stderr


def test_jams_carry_the_id(catalogue: Path, tmp_path: Path) -> None:
    assert (
        run("export", "--library", catalogue, "--external-id", "9", "-f", "jams", "-o", tmp_path / "j").exit_code == 0
    )
    (written,) = (tmp_path / "j").iterdir()
    assert json.loads(written.read_text())["file_metadata"]["identifiers"]["external_id"] == "9"
