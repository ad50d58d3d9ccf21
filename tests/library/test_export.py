"""Exports of a library, read back by independent readers: csv, json, pyarrow and jams."""

import csv
import errno
import json
import os
import re
import signal
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from moodcurve.formats import read_jams, to_csv, to_json
from moodcurve.library import Analysis, FileFound, Library, LibraryError, SongAnalyzed, Tags, open_library
from moodcurve.library import export_tables as tables_module
from moodcurve.library.export import file_name, stream_table, write_jams, write_table
from moodcurve.library.queries.search import COLUMNS, Query, search, song_json
from moodcurve.util.files import MAX_STEM_BYTES
from tests.formats.test_csv_json import make_curve
from tests.helpers.command_line import run
from tests.helpers.full_curve import whole_curve

ALL = Query(sort=("id",))
NAMES = (
    "music/plain.mp3",
    "music/two\nlines, \"quoted\".mp3",
    "music/bare\rreturn.mp3",
    "music/caf\udce9.mp3",
    "music/Größe 🎵 ‮evil‬.flac",
    "music/" + "é" * 120 + ".ogg",
    "music/...mp3",
    "music/..\\..\\up:<>|?*.mp3",
    "other/plain.mp3",
    "other/PLAIN.MP3",
)  # fmt: skip
"""File names that are valid here and difficult for tables, shells or other systems."""
CURVES = [
    whole_curve(3 + i, seed=i, source=name) if i % 2 else make_curve(3 + i, source=name, novelty=None)
    for i, name in enumerate(NAMES)
]
"""Curves of 3 points and more; every other one has all optional fields."""


def nothing(done: int, total: int) -> None:
    """Ignore progress."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Yield a library of `NAMES` with `CURVES`, two thirds of them with tags."""
    path = tmp_path / "library.sqlite"
    with open_library(path, write=True) as opened:
        changes: list[Any] = []
        for i, name in enumerate(NAMES):
            tags = Tags(artist='A "quoted", name\r\nof two lines', title=f"=1+{i}", year=1990 + i) if i % 3 else Tags()
            changes.append(SongAnalyzed(f"hash{i}", Analysis(curve=CURVES[i], descriptors=np.zeros(4, np.float32))))
            changes.append(FileFound(name, 1000, 1, f"hash{i}", tags))
        opened.write(changes)
    with open_library(path) as opened:
        yield opened


def write(library: Library, path: Path, query: Query = ALL, *, curves: bool = False) -> Path:
    write_table(library, query, path, path.suffix[1:], curves=curves, progress=nothing)
    return path


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def test_csv_of_songs_equals_the_rows_of_a_search(library: Library, tmp_path: Path) -> None:
    rows = csv_rows(write(library, tmp_path / "x.csv"))
    found = list(search(library, ALL))
    assert len(rows) == len(NAMES)
    for row, song in zip(rows, found, strict=True):
        assert tuple(row) == COLUMNS
        for name in COLUMNS:
            value = getattr(song, name)
            # numbers are exact
            read = None if row[name] == "" else type(value)(row[name]) if value is not None else row[name]
            assert read == (None if value == "" else value), name
    assert rows[1]["path"] == 'music/two\nlines, "quoted".mp3'
    assert rows[2]["path"] == "music/bare\rreturn.mp3"
    assert rows[3]["path"] == f"{Path.cwd().as_uri()}/music/caf%E9.mp3"
    assert rows[1]["artist"] == 'A "quoted", name\r\nof two lines'


def test_json_lines_of_songs_equal_the_json_of_a_search(library: Library, tmp_path: Path) -> None:
    lines = write(library, tmp_path / "x.jsonl").read_bytes().decode("utf-8").split("\n")
    assert lines.pop() == ""
    read = [json.loads(line, parse_constant=lambda token: pytest.fail(f"{token} in strict JSON")) for line in lines]
    assert read == [song_json(song) for song in search(library, ALL)]
    assert read[1]["probabilities"].keys() == read[3]["probabilities"].keys()
    assert read[0]["probabilities"] is None


def test_parquet_of_songs_has_typed_columns_and_the_same_values(library: Library, tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(write(library, tmp_path / "x.parquet"))
    assert tuple(table.column_names) == COLUMNS
    kinds = {name: str(table.schema.field(name).type) for name in ("id", "year", "path", "mood", "arousal", "novelty")}
    assert kinds == {
        "id": "int64", "year": "int64", "path": "string", "mood": "string", "arousal": "double", "novelty": "double",
    }  # fmt: skip
    found = [{name: getattr(song, name) for name in COLUMNS} for song in search(library, ALL)]
    assert table.to_pylist() == found


def test_table_of_points_equals_the_csv_of_each_curve(library: Library, tmp_path: Path) -> None:
    rows = csv_rows(write(library, tmp_path / "x.csv", curves=True))
    for song in library.songs():
        header, *lines = to_csv(song.curve).splitlines()
        points = [row for row in rows if row["id"] == str(song.id)]
        assert len(points) == len(lines)
        for point, line in zip(points, lines, strict=True):
            given = {name: float(value) for name, value in point.items() if value and name != "id"}
            assert given == dict(zip(header.split(","), map(float, line.split(",")), strict=True))
    table = pyarrow.parquet.read_table(write(library, tmp_path / "x.parquet", curves=True))
    assert [str(field.type) for field in table.schema] == ["int64", *["double"] * 11]
    assert table.column_names == list(rows[0])
    as_text = [{name: "" if value is None else str(value) for name, value in row.items()} for row in table.to_pylist()]
    assert as_text == rows


def test_json_lines_of_curves_equal_the_json_of_each_curve(library: Library, tmp_path: Path) -> None:
    path = write(library, tmp_path / "x.jsonl", curves=True)
    read = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    assert read == [{"id": i + 1, **curve.to_dict()} for i, curve in enumerate(CURVES)]


@pytest.mark.parametrize("curves", [False, True])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_the_batch_size_does_not_change_the_table(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, curves: bool
) -> None:
    def content(path: Path) -> object:
        return pyarrow.parquet.read_table(path).to_pylist() if ending == "parquet" else path.read_bytes()

    whole = content(write(library, tmp_path / f"x.{ending}", curves=curves))
    monkeypatch.setattr(tables_module, "SONGS_PER_BATCH", 3)
    monkeypatch.setattr(tables_module, "POINTS_PER_BATCH", 10)
    assert content(write(library, tmp_path / f"y.{ending}", curves=curves)) == whole


def test_songs_are_read_one_batch_at_a_time(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_module, "POINTS_PER_BATCH", 10)
    taken = []
    batches = tables_module.curve_batches(taken.append(song.id) or song for song in library.songs())  # type: ignore[func-returns-value]
    assert [len(next(batches)["id"]), taken] == [3 + 4 + 5, [1, 2, 3]]


@pytest.mark.parametrize("curves", [False, True])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_table_without_songs_has_its_columns(library: Library, tmp_path: Path, ending: str, curves: bool) -> None:
    path = write(library, tmp_path / f"x.{ending}", Query(artist="nobody"), curves=curves)
    columns = list(tables_module.CURVE_COLUMNS) if curves else list(COLUMNS)
    if ending == "parquet":
        table = pyarrow.parquet.read_table(path)
        assert (table.column_names, len(table)) == (columns, 0)
    else:
        assert path.read_text() == ("" if ending == "jsonl" else ",".join(columns) + "\n")


def test_the_query_filters_sorts_and_limits(library: Library, tmp_path: Path) -> None:
    query = Query(where="duration_s > 3", sort=("-duration",), limit=3)
    rows = csv_rows(write(library, tmp_path / "x.csv", query))
    assert [row["id"] for row in rows] == ["10", "9", "8"]
    ids = [row["id"] for row in csv_rows(write(library, tmp_path / "y.csv", query, curves=True))]
    assert list(dict.fromkeys(ids)) == ["10", "9", "8"]
    near = csv_rows(write(library, tmp_path / "z.csv", Query(near=(0.5, 0.5))))
    distances = [float(row["distance"]) for row in near]
    assert distances == sorted(distances)
    assert distances[0] == pytest.approx(np.hypot(float(near[0]["arousal"]) - 0.5, float(near[0]["valence"]) - 0.5))


@pytest.mark.filterwarnings("ignore:Passing a schema to Validator.iter_errors:DeprecationWarning")
def test_jams_files_are_valid_and_equal_each_curve(library: Library, tmp_path: Path) -> None:
    jams = pytest.importorskip("jams") if os.environ.get("CI") != "true" else __import__("jams")
    write_jams(library, ALL, tmp_path / "out", progress=nothing)
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == len(NAMES)
    for song in library.songs():
        path = tmp_path / "out" / file_name(song)
        assert to_json(read_jams(path)) == to_json(song.curve)
        about = jams.load(str(path), validate=True, strict=True).file_metadata
        assert about.identifiers["moodcurve_content"] == song.content_hash
        assert (about.title, about.artist) == (song.tags.title or "", song.tags.artist or "")


def test_jams_names_are_safe_and_unique_on_all_systems(library: Library) -> None:
    names = [file_name(song) for song in library.songs()]
    assert names[0] == "plain-1.jams"
    assert names[1:4] == ["two_lines, _quoted-2.jams", "bare_return-3.jams", "caf-4.jams"]
    assert names[4] == "Größe 🎵 _evil-5.jams"
    assert names[6:8] == ["song-7.jams", "up-8.jams"]
    for name in names:
        # FAT, NTFS and APFS allow 255 units or more, and none of these characters
        assert len(name.encode("utf-8")) <= MAX_STEM_BYTES + len("-10.jams")
        assert not set(name) & set('\\/:*?"<>|')
        assert name.isprintable()
        assert not name.startswith((".", "-", " "))
    # some file systems do not distinguish names by case or Unicode composition
    assert len({unicodedata.normalize("NFD", name.casefold()) for name in names}) == len(names)


class DiskFull:
    """A progress callback that raises an error after the third song."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.seen: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        """Fail once three songs are done."""
        self.seen.append((done, total))
        if done == 3:
            raise self.error


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "jams"])
@pytest.mark.parametrize("curves", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_an_interrupted_export_leaves_the_target_unchanged(
    library: Library, tmp_path: Path, ending: str, curves: bool, error: BaseException
) -> None:
    target = tmp_path / "new" / f"x.{ending}"
    target.parent.mkdir()
    progress = DiskFull(error)
    if ending == "jams":
        target.mkdir()
        with pytest.raises(type(error)) as caught:
            write_jams(library, ALL, target, progress=progress)
        assert list(target.iterdir()) == []
    else:
        target.write_text("before")
        with pytest.raises(type(error)) as caught:
            write_table(library, ALL, target, ending, curves=curves, progress=progress)
        assert target.read_text() == "before"
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(target)
    assert progress.seen == [(i, len(NAMES)) for i in range(4)]
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_that_is_not_empty_is_refused(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "note.txt").write_text("mine")
    for target, wrong in ((folder, r"full: is not empty, .*"), (folder / "note.txt", r"note\.txt: is a file")):
        with pytest.raises(LibraryError, match=f"{wrong}; choose a new or empty folder"):
            write_jams(library, ALL, target, progress=nothing)
    assert [path.read_text() for path in folder.iterdir()] == ["mine"]
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    (tmp_path / "empty").mkdir()
    write_jams(library, ALL, tmp_path / "link", progress=nothing)
    assert len(list((tmp_path / "empty").iterdir())) == len(NAMES)
    assert (tmp_path / "link").is_symlink()


def test_an_unknown_format_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="format must be one of csv, jsonl, parquet, got 'xml'"):
        write(library, tmp_path / "x.xml")
    with (tmp_path / "y").open("wb") as stream, pytest.raises(ValueError, match="got 'xml'"):
        stream_table(library, ALL, stream, "xml", curves=False, progress=nothing)
    assert not (tmp_path / "x.xml").exists()


def file_of(library: Library) -> tuple[str, str]:
    return "--library", str(library.path)


@pytest.mark.parametrize("options", [(), ("--curves",), ("--where", "id > 3", "--sort=-id", "--limit", "2")])
@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_standard_output_equals_the_file(
    library: Library, tmp_path: Path, options: tuple[str, ...], format: str
) -> None:
    path = tmp_path / f"x.{format.upper()}"
    to_file = run("export", *file_of(library), *options, "-o", path)
    assert (to_file.exit_code, to_file.stdout) == (0, "")
    songs = 2 if "--limit" in options else len(NAMES)
    assert to_file.stderr == f"moodcurve: wrote {path}: {songs} songs\n"
    written = path.read_bytes().decode("utf-8")
    for output in ((), ("-o", "-")):
        printed = run("export", *file_of(library), *options, "-f", format, *output)
        assert (printed.exit_code, printed.stderr) == (0, "")
        assert printed.stdout == written
    if not options and format == "csv":
        assert run("export", *file_of(library), "--songs").stdout == written
    if "--limit" in options and format == "csv":
        assert run("search", *file_of(library), *options, "--csv").stdout == written


def test_jams_and_parquet_from_the_command_line(library: Library, tmp_path: Path) -> None:
    done = run("export", *file_of(library), "-f", "jams", "-o", tmp_path / "out", "--title", "=1+1")
    assert (done.exit_code, done.stderr) == (0, f"moodcurve: wrote {tmp_path / 'out'}: 1 song\n")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["two_lines, _quoted-2.jams"]
    again = run("export", *file_of(library), "-f", "jams", "-o", tmp_path / "out")
    assert again.exit_code == 1
    assert "choose a new or empty folder" in again.stderr
    done = run("export", *file_of(library), "--curves", "-o", tmp_path / "x.parquet")
    assert done.exit_code == 0
    assert len(pyarrow.parquet.read_table(tmp_path / "x.parquet")) == sum(len(curve.times_s) for curve in CURVES)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-f", "parquet"), "argument -f/--format: parquet cannot go to standard output; give -o FILE|DIR"),
        (("-f", "jams", "-o", "-"), "argument -f/--format: jams cannot go to standard output"),
        (("--songs", "--curves"), "argument --songs: choose one of this and --curves"),
        (("-f", "jams", "-o", "x", "--songs"), "argument --songs: choose one of this and -f jams"),
        (("-f", "xml"), "'xml' is not one of csv, jsonl, parquet, jams"),
        (("--where", "nonsense"), "argument --where: .*no such column"),
        (("--where", "nonsense", "--curves", "-o", "x.csv"), "argument --where: .*no such column"),
        (
            ("-o", "x.json"),
            r"argument -o/--output: x\.json does not end in one of \.csv, \.jsonl, \.parquet; "
            r"JSON lines are \.jsonl; give ",
        ),
        (
            ("-o", "x.xlsx"),
            r"argument -o/--output: x\.xlsx does not end in one of \.csv, \.jsonl, \.parquet; give the format with -f",
        ),
        (("-o", "x"), "argument -o/--output: x does not end in one of"),
        (("-o", "songs.jams"), "argument -o/--output: .*does not end in one of"),
        (("-f", "csv", "-o", "LIBRARY"), "argument -o/--output: .* is the library itself; choose another"),
    ],
)
def test_wrong_usage_is_an_error_and_writes_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    before = Path(library.path).read_bytes()
    done = run("export", *file_of(library), *(str(library.path) if word == "LIBRARY" else word for word in words))
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.search(message, done.stderr)
    assert list((tmp_path / "cwd").iterdir()) == []
    assert Path(library.path).read_bytes() == before


def test_a_folder_as_output_of_a_table_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    done = run("export", *file_of(library), "-o", tmp_path / "x.csv")
    assert (done.exit_code, done.stderr) == (1, f"moodcurve: {tmp_path / 'x.csv'}: is a folder, not a file\n")


def test_ctrl_c_during_an_export_leaves_nothing(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(data: dict[str, Any], **names: Any) -> str:
        signal.raise_signal(signal.SIGINT)
        return "{}"

    monkeypatch.setattr("moodcurve.library.export.jams_text", press)
    done = run("export", *file_of(library), "-f", "jams", "-o", tmp_path / "new" / "out")
    assert (done.exit_code, done.stderr) == (130, "moodcurve: interrupted\n")
    assert list((tmp_path / "new").iterdir()) == []


def test_iterators_can_be_closed_after_the_library(library: Library) -> None:
    with open_library(library.path) as opened:
        songs, found = opened.songs(), search(opened, ALL)
        assert next(songs).id == next(found).id == 1
    for left in (songs, found):
        left.close()  # type: ignore[attr-defined]
