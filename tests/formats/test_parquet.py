"""Parquet files against pyarrow."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodcurve.curve import Curve
from moodcurve.formats import FormatError, dumps, to_csv, to_json, write
from moodcurve.formats.parquet_file import read_parquet
from tests.formats.test_csv_json import make_curve
from tests.helpers.command_line import run
from tests.helpers.full_curve import whole_curve


def write_table(path: Path, columns: dict[str, Any], metadata: dict[str, str] | None = None) -> None:
    table = pyarrow.table(columns)
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), path)


@pytest.mark.parametrize("curve", [make_curve(), whole_curve()], ids=["plain", "whole"])
def test_pyarrow_reads_the_columns_of_the_csv_and_the_rest_as_metadata(tmp_path: Path, curve: Curve) -> None:
    write(curve, tmp_path / "x.parquet", "parquet")
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    header, *lines = to_csv(curve).splitlines()
    assert table.column_names == header.split(",")
    assert {str(field.type) for field in table.schema} == {"double"}
    # exactly: both are the float64 nearest to the same few decimals
    assert [list(row.values()) for row in table.to_pylist()] == [[float(x) for x in line.split(",")] for line in lines]
    stated = json.loads(table.schema.metadata[b"moodcurve"])
    whole = json.loads(to_json(curve))
    in_columns = {"times_s", "quadrants", *table.column_names}
    assert stated == {key: whole[key] for key in whole if key not in in_columns}
    assert stated["song"]["quadrant"] == "sad-negative"


@pytest.mark.parametrize("curve", [make_curve(source="caf\udce9.mp3"), whole_curve()], ids=["plain", "whole"])
def test_parquet_reads_back_as_the_curve_of_the_json(tmp_path: Path, curve: Curve) -> None:
    write(curve, tmp_path / "x.parquet", "parquet")
    assert to_json(read_parquet(tmp_path / "x.parquet")) == to_json(curve)


def test_any_table_with_the_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    columns = {
        "valence": pyarrow.array([0.5, -1.0], pyarrow.float32()),
        "mood": ["glad", "sad"],
        "time_s": pyarrow.array([0, 2], pyarrow.int16()),
        "arousal": [0.25, -0.1],
    }
    write_table(path, columns)
    read = read_parquet(path)
    assert (read.times_s.tolist(), read.arousal.tolist(), read.valence.tolist()) == ([0, 2], [0.25, -0.1], [0.5, -1])
    assert (read.source, read.model, read.feature_set) == (str(path), "unknown", "unknown")
    assert read.duration_s == 3.0


GOOD: dict[str, Any] = {"time_s": [0.0, 0.5], "arousal": [0.0, 0.1], "valence": [0.0, 0.1]}


@pytest.mark.parametrize(
    ("changes", "metadata", "message"),
    [
        ({"valence": None}, None, "column valence: missing; expected the columns time_s, arousal, valence"),
        ({"arousal": ["high", "low"]}, None, "column arousal: 2 of string, 0 missing; expected only numbers"),
        ({"arousal": [None, 0.1]}, None, "column arousal: 2 of double, 1 missing; expected only numbers"),
        ({"arousal": [0.0, np.nan]}, None, r"key arousal, item 2: arousal is nan; expected a number in \[-1, 1\]"),
        ({"time_s": [0.5, 0.5]}, None, "key times_s, item 2: time_s is 0.5; expected a time later"),
        ({name: pyarrow.array([], "double") for name in GOOD}, None, "column time_s: 0 of double"),
        ({"arousal_low": [0.0, 0.0]}, None, "key arousal_low, item 1: only one of arousal_low and arousal_high"),
        ({}, {"moodcurve": "{"}, "line 1: Expecting property name"),
        ({}, {"moodcurve": "{}"}, "key duration_s: missing"),
    ],
)
def test_other_tables_are_refused_with_file_and_column(
    tmp_path: Path, changes: dict[str, Any], metadata: dict[str, str] | None, message: str
) -> None:
    path = tmp_path / "bad.parquet"
    columns = {name: values for name, values in {**GOOD, **changes}.items() if values is not None}
    write_table(path, columns, metadata)
    with pytest.raises(FormatError, match=r"bad\.parquet: " + message):
        read_parquet(path)


def test_files_that_are_missing_or_not_parquet_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    write(make_curve(200), path, "parquet")
    whole = path.read_bytes()
    for part in (b"", b"PAR1", whole[:-1], whole[: len(whole) // 2], whole[4:]):
        path.write_bytes(part)
        with pytest.raises(FormatError, match=r"bad\.parquet: the file: .*; expected Parquet"):
            read_parquet(path)
    with pytest.raises(FileNotFoundError, match=r"none\.parquet"):
        read_parquet(tmp_path / "none.parquet")


@given(st.binary(max_size=200))
def test_any_bytes_give_a_curve_or_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "any"
    path.write_bytes(b"PAR1" + data + b"PAR1")
    with pytest.raises(FormatError):
        read_parquet(path)


def test_parquet_is_not_a_text_format() -> None:
    with pytest.raises(FormatError, match="parquet: unknown text format of curves; use one of csv, json, jams"):
        dumps(make_curve(), "parquet")


def test_a_missing_pyarrow_gives_one_line_with_the_extra() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from moodcurve.formats import FormatError, check_format\n"
        "check_format('jams')\n"
        "try: check_format('parquet')\n"
        "except FormatError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Parquet needs the package pyarrow: install it with pip install 'moodcurve[parquet]'\n"
    assert done.stderr == ""


def test_analyze_refuses_parquet_on_standard_output_before_work() -> None:
    done = run("analyze", "none.mp3", "-f", "parquet")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "argument -f: parquet is not text; it needs a folder to write to: -o DIR" in done.stderr
