import datetime
import decimal
import gzip
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from moodcurve.cluster.errors import ClusterError
from moodcurve.cluster.manifest import Entry, read_entries
from moodcurve.library.id_tables import Columns
from tests.helpers.catalogues import write_csv


def write_parquet(target: Path, **columns: Sequence[object]) -> None:
    pyarrow.parquet.write_table(pyarrow.table(columns), target)


def test_kinds_of_manifests_give_the_same_entries(tmp_path: Path) -> None:
    rows = [("1", "a.mp3"), ("2", "s3://b/c.mp3"), ("3", "/music/d, e.mp3")]
    expected = [Entry("1", f"{tmp_path}/a.mp3"), Entry("2", "s3://b/c.mp3"), Entry("3", "/music/d, e.mp3")]
    write_csv(tmp_path / "all.csv", rows)
    (tmp_path / "all.tsv").write_text("id\tpath\n" + "".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8-sig")
    (tmp_path / "all.csv.gz").write_bytes(gzip.compress((tmp_path / "all.csv").read_bytes()))
    write_parquet(tmp_path / "all.parquet", path=[path for _, path in rows], id=[1, 2, 3], other=[0.5] * 3)
    for name in ("all.csv", "all.tsv", "all.csv.gz", "all.parquet"):
        assert list(read_entries(str(tmp_path / name))) == expected, name


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (pyarrow.array([b"0123456789abcdef"], pyarrow.uuid()), "30313233-3435-3637-3839-616263646566"),
        (pyarrow.array(["7"]).dictionary_encode(), "7"),
        (pyarrow.array(["7"], pyarrow.large_string()), "7"),
        ([0], "0"),
        ([1.0], "1.0"),
        ([False], "False"),
        ([datetime.date(2026, 5, 4)], "2026-05-04"),
        ([decimal.Decimal("1.50")], "1.50"),
    ],
)
def test_ids_in_parquet_have_the_texts_of_python(ids: Sequence[object], text: str, tmp_path: Path) -> None:
    """They name the shards: with other texts, a catalogue would not go on after an update."""
    write_parquet(tmp_path / "all.parquet", id=ids, path=["/a.mp3"])
    assert list(read_entries(str(tmp_path / "all.parquet"))) == [Entry(text, "/a.mp3")]


def test_texts_in_parquet_may_be_bytes(tmp_path: Path) -> None:
    """As some programs write them; beside paths that are text, bytes are ids of their own kind."""
    write_parquet(tmp_path / "all.parquet", id=["é".encode()], path=[b"/a.mp3"])
    assert list(read_entries(str(tmp_path / "all.parquet"))) == [Entry("é", "/a.mp3")]
    write_parquet(tmp_path / "all.parquet", id=[b"\xff1"], path=["/a.mp3"])
    assert list(read_entries(str(tmp_path / "all.parquet"))) == [Entry("b'\\xff1'", "/a.mp3")]
    write_parquet(tmp_path / "all.parquet", id=[1], path=[b"\xff.mp3"])
    with pytest.raises(ClusterError, match="not parquet in UTF-8"):
        list(read_entries(str(tmp_path / "all.parquet")))


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pyarrow.table([["a"], ["b"], ["c"]], names=["id", "path", "path"])
    pyarrow.parquet.write_table(table, tmp_path / "all.parquet")
    with pytest.raises(ClusterError, match=r"all\.parquet: several columns have the name path$"):
        list(read_entries(str(tmp_path / "all.parquet")))


def test_text_has_a_path_in_each_line_which_is_the_id(tmp_path: Path) -> None:
    manifest = tmp_path / "songs.txt"
    manifest.write_bytes(b"a.mp3\r\n\nAlben/\xc3\x89mile.mp3\n")
    assert list(read_entries(str(manifest))) == [
        Entry("a.mp3", f"{tmp_path}/a.mp3"),
        Entry("Alben/Émile.mp3", f"{tmp_path}/Alben/Émile.mp3"),
    ]


def test_columns_can_be_named(tmp_path: Path) -> None:
    manifest = write_csv(tmp_path / "x.csv", [("7", "x", "/a.mp3")], header=("isrc", "path", "master"))
    assert list(read_entries(str(manifest), Columns("isrc", "master"))) == [Entry("7", "/a.mp3")]
    assert list(read_entries(str(manifest))) == [Entry("x", f"{tmp_path}/x")]  # without ids, the path is the id


def test_a_pattern_stands_for_several_manifests(tmp_path: Path) -> None:
    for name in ("part-1", "part-0"):
        write_parquet(tmp_path / f"{name}.parquet", id=[name], path=["/a.mp3"])
    assert [entry.external_id for entry in read_entries(f"{tmp_path}/part-*.parquet")] == ["part-0", "part-1"]
    with pytest.raises(ClusterError, match=r"none-\*.csv: no such file"):
        list(read_entries(f"{tmp_path}/none-*.csv"))


def test_a_folder_gives_its_audio_files_in_order(tmp_path: Path) -> None:
    for name in ("b/2.mp3", "b/1.flac", "a.ogg", ".hidden/x.mp3", "b/.y.mp3", "cover.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert list(read_entries(str(tmp_path))) == [
        Entry(name, f"{tmp_path}/{name}") for name in ("a.ogg", "b/1.flac", "b/2.mp3")
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", "id,path\n1,\n", "line 2 has no path"),
        ("x.csv", "id,path\n1,a.mp3\n,b.mp3\n", "line 3 has no id"),
        ("x.csv", "id,name\n1,a\n", "no column of paths: path or url or uri or file or location; it has id, name"),
        ("x.csv", "", "no column of paths"),
        ("x.csv", "id,path\n", "it holds no rows"),
        ("x.csv", 'id,path\n1,"a', "unexpected end of data"),
        ("x.parquet", "text", "not Parquet"),
        ("x.json", "{}", "not a manifest; expected is a folder, or a file named .parquet"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ClusterError, match=message):
        list(read_entries(str(tmp_path / name)))


def test_missing_and_undecodable_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"x\.csv: No such file"):
        list(read_entries(str(tmp_path / "x.csv")))
    packed = gzip.compress(b"id,path\n1,a.mp3\n")
    for damaged in (packed[:-9], packed[:-3], packed[:-6] + b"other!", packed[:10] + b"\x07" + packed[11:]):
        (tmp_path / "x.csv.gz").write_bytes(damaged)
        with pytest.raises(ClusterError, match=r"x\.csv\.gz: damaged gzip data \("):
            list(read_entries(str(tmp_path / "x.csv.gz")))
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ClusterError, match="codec can't decode"):
        list(read_entries(str(tmp_path / "x.txt")))
    with pytest.raises(ClusterError, match="it holds no audio files"):
        list(read_entries(str(tmp_path)))
    with pytest.raises(ClusterError, match="unknown kind of URL"):
        list(read_entries("ftp://host/x.csv"))


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Held at once, twenty thousand more rows would take 4 MB."""
    peaks = []
    for rows in (1000, 21_000):
        manifest = tmp_path / f"{rows}.csv"
        write_csv(manifest, [(str(number), f"/music/{number}.mp3") for number in range(rows)])
        tracemalloc.start()
        assert sum(1 for _ in read_entries(str(manifest))) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2**18
