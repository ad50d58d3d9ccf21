"""Rows of analyzed songs: what a library stores of a file survives Parquet, and pandas and DuckDB read it as it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas
import pyarrow.parquet
import pytest

from moodcurve.audio.tags import Tags
from moodcurve.features.song.sound import Sound
from moodcurve.formats import FormatError
from moodcurve.library.models import Analysis
from moodcurve.library.queries.found_song import COLUMNS
from moodcurve.library.song_rows import ROW_SCHEMA, ROWS_FORMAT, ScannedFile, file_of, row_of, rows_writer
from moodcurve.mood.course import POINTS
from tests.helpers.library_fixtures import wandering_curve

TAGS = Tags(artist="Björk", title="Jóga", album="Homogenic", genre="pop", year=1997, track=2, duration_s=305.2)


def scanned(seed: int = 0, *, everything: bool = True, **changes: Any) -> ScannedFile:
    extra: dict[str, Any] = {}
    if everything:
        silent = np.zeros(40, np.bool_)
        silent[:3] = True
        extra = {
            "silent": silent,
            "sound": Sound(loudness_lufs=-9.5, tempo_bpm=128.0, key="Am"),
            "warnings": ("w", "x"),
        }
    curve = wandering_curve(40, seed=seed, everything=everything, **extra)
    descriptors = np.random.default_rng(seed).normal(size=749).astype("f4")
    fields: dict[str, Any] = {
        "path": f"s3://bucket/music/{seed}.flac",
        "external_id": f"track-{seed}",
        "content_hash": f"hash {seed}",
        "size": 2**40,
        "mtime_ns": 1_700_000_000_123_456_789,
        "tags": TAGS,
        "analysis": Analysis(curve=curve, descriptors=descriptors, model_version="5f10011fa853"),
        "analysed_at": "2026-05-04T03:02:01Z",
    }
    return ScannedFile(**(fields | changes))


def written(path: Path, *files: ScannedFile) -> Path:
    with path.open("wb") as stream, rows_writer(stream) as write:
        write([row_of(file) for file in files])
    return path


def read(path: Path) -> list[ScannedFile]:
    return [file_of(row, path) for row in pyarrow.parquet.read_table(path).to_pylist()]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"everything": False},
        {"everything": False, "external_id": None, "size": None, "mtime_ns": None, "tags": Tags()},
        {"path": "/m/a\udc85b.mp3", "names": ("/l/b\udc85.mp3", "/l/c.mp3"), "selection": "track=2"},
    ],
)
def test_a_file_survives_parquet(changes: dict[str, Any], tmp_path: Path) -> None:
    file = scanned(3, **changes)
    (found,) = read(written(tmp_path / "x.parquet", file))
    assert file.analysis is not None
    assert found.analysis is not None
    assert vars(found) | {"analysis": None} == vars(file) | {"analysis": None}
    data = file.analysis.curve.to_dict()
    assert found.analysis.curve.to_dict() == data | {"source": found.analysis.curve.to_dict()["source"]}
    assert found.analysis.model_version == "5f10011fa853"
    np.testing.assert_array_equal(found.analysis.descriptors, file.analysis.descriptors)


def test_a_part_of_a_file_keeps_where_it_begins(tmp_path: Path) -> None:
    file = scanned(start_s=30.5, length_s=20.0)
    assert file.analysis is not None
    curve = replace(file.analysis.curve, start_s=30.5, title="Second movement")
    (found,) = read(written(tmp_path / "x.parquet", replace(file, analysis=replace(file.analysis, curve=curve))))
    assert found.analysis is not None
    assert (found.start_s, found.length_s) == (30.5, 20.0)
    assert (found.analysis.curve.start_s, found.analysis.curve.title) == (30.5, "Second movement")


def test_a_file_that_could_not_be_used_is_a_row(tmp_path: Path) -> None:
    file = ScannedFile(path="gs://b/x.mp3", external_id="9", problem="not audio", analysed_at="2026-05-04T03:02:01Z")
    (found,) = read(written(tmp_path / "x.parquet", file))
    assert vars(found) == vars(file)


def test_the_columns_are_those_of_a_library(tmp_path: Path) -> None:
    path = written(tmp_path / "x.parquet", scanned())
    table = pyarrow.parquet.read_table(path)
    assert set(COLUMNS) - set(table.column_names) == {"id", "copies"}
    assert table.schema.metadata[b"format"] == ROWS_FORMAT.encode()
    names = [name.lower() for name in ROW_SCHEMA.names]
    assert len(set(names)) == len(names)  # Spark ignores case
    for field in ("moods", "tag_strengths"):
        inner = [child.name.lower() for child in ROW_SCHEMA.field(field).type]
        assert len(set(inner)) == len(inner)


def test_pandas_and_duckdb_read_rows_as_they_are(tmp_path: Path) -> None:
    file = scanned(7)
    assert file.analysis is not None
    curve = file.analysis.curve
    path = written(tmp_path / "x.parquet", file, ScannedFile(path="y", problem="not audio"))
    frame = pandas.read_parquet(path)
    assert frame.loc[0, "external_id"] == "track-7"
    np.testing.assert_allclose(frame.loc[0, "curve_arousal"], curve.arousal, atol=5.1e-5)
    assert frame.loc[0, "tag_strengths"]["rock"] == pytest.approx(0.35)
    assert len(frame.loc[0, "course"]) == 2 * POINTS
    assert pandas.isna(frame.loc[1, "arousal"])
    query = "SELECT path, arousal, len(curve_arousal), tag_strengths.rock, problem FROM read_parquet(?) ORDER BY path"
    rows = duckdb.execute(query, [str(path)]).fetchall()
    assert rows[0][:3] == ("s3://bucket/music/7.flac", curve.to_dict()["song"]["arousal"], 40)
    assert rows[0][3] == pytest.approx(0.35)
    assert rows[1] == ("y", None, None, None, "not audio")


def test_row_groups_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moodcurve.library.song_rows.ROWS_PER_GROUP", 2)
    path = written(tmp_path / "x.parquet", *(scanned(i) for i in range(5)))
    assert pyarrow.parquet.ParquetFile(path).num_row_groups == 3
    assert [file.external_id for file in read(path)] == [f"track-{i}" for i in range(5)]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("path", None, "column path: missing"),
        ("names", ["/l/a.mp3", None], "column names of s3://bucket/music/0.flac: null; expected paths"),
        ("content", None, "column content of s3://bucket/music/0.flac: missing"),
        ("curve_arousal", None, "key times_s"),
        ("curve_valence", [0.0, 1.0], "key valence: 2 items"),
        ("curve_arousal", [7.0] * 40, "arousal"),
        ("model", None, "key model"),
        ("duration_s", float("nan"), "key duration_s"),
        ("warnings", None, ""),
    ],
)
def test_a_row_that_holds_no_curve_is_refused(column: str, value: Any, message: str) -> None:
    row = pyarrow.Table.from_pylist([row_of(scanned())], schema=ROW_SCHEMA).to_pylist()[0] | {column: value}
    if not message:
        assert file_of(row, "t.parquet").analysis is not None
        return
    with pytest.raises(FormatError, match=r"t\.parquet") as caught:
        file_of(row, "t.parquet")
    assert message in str(caught.value)


def test_points_on_another_grid_are_refused() -> None:
    file = scanned()
    assert file.analysis is not None
    curve = replace(file.analysis.curve, times_s=file.analysis.curve.times_s + 1)
    with pytest.raises(ValueError, match=r"0\.5 s apart"):
        row_of(replace(file, analysis=replace(file.analysis, curve=curve)))


def test_a_file_has_either_an_analysis_or_a_problem() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        ScannedFile(path="x")
    with pytest.raises(ValueError, match="content_hash"):
        scanned(content_hash=None)
