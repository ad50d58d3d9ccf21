"""JAMS files against the package `jams` and its schema."""

import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodcurve.curve import Curve
from moodcurve.formats import FormatError, jams_text, read_jams, to_jams, to_json, write
from tests.formats.test_csv_json import make_curve
from tests.helpers.full_curve import whole_curve

if os.environ.get("CI") != "true":
    pytest.importorskip("jams")
with warnings.catch_warnings():
    # mir_eval and jsonschema warn of each other's older ways
    warnings.simplefilter("ignore")
    import jams

validated = pytest.mark.filterwarnings("ignore:Passing a schema to Validator.iter_errors:DeprecationWarning")


@validated
@pytest.mark.parametrize("curve", [make_curve(), whole_curve()], ids=["plain", "whole"])
def test_the_package_jams_validates_and_reads_the_file(tmp_path: Path, curve: Curve) -> None:
    write(curve, tmp_path / "x.jams", "jams")
    read = jams.load(str(tmp_path / "x.jams"), validate=True, strict=True)
    assert read.file_metadata.duration == round(curve.duration_s, 3)
    (annotation,) = read.annotations
    assert annotation.namespace == "mood_thayer"
    assert (annotation.time, annotation.duration) == (0, read.file_metadata.duration)
    assert annotation.annotation_metadata.data_source == "program"
    assert annotation.annotation_metadata.annotator.model == "ffnn"
    assert annotation.annotation_metadata.annotator.feature_set == "compare236/1"
    spans, values = annotation.to_interval_values()
    np.testing.assert_allclose(spans, np.column_stack([curve.times_s, curve.times_s + 1]), rtol=0, atol=0.50001e-3)
    # half of the fourth decimal; valence first, as the namespace defines
    expected = np.column_stack([curve.valence, curve.arousal])
    np.testing.assert_allclose(values, expected, rtol=0, atol=0.50001e-4)
    assert jams.schema.__NAMESPACE__["mood_thayer"]["description"] == "Thayer mood model: (valence, arousal)"


def test_the_schema_refuses_invalid_files(tmp_path: Path) -> None:
    """That validation above means something: a value of three numbers fails it."""
    broken = to_jams(make_curve()).replace('"value": [', '"value": [0.0, ', 1)
    (tmp_path / "x.jams").write_text(broken, encoding="utf-8")
    with (
        pytest.warns(DeprecationWarning, match="Passing a schema"),
        pytest.raises(jams.SchemaError, match="too long"),
    ):
        jams.load(str(tmp_path / "x.jams"), validate=True, strict=True)


@pytest.mark.parametrize("curve", [make_curve(), whole_curve()], ids=["plain", "whole"])
def test_jams_reads_back_as_the_curve_of_the_json(tmp_path: Path, curve: Curve) -> None:
    write(curve, tmp_path / "x.jams", "jams")
    assert to_json(read_jams(tmp_path / "x.jams")) == to_json(curve)


@validated
def test_a_file_saved_again_by_the_package_jams_is_the_same_curve(tmp_path: Path) -> None:
    curve = whole_curve()
    write(curve, tmp_path / "x.jams", "jams")
    jams.load(str(tmp_path / "x.jams"), validate=False).save(str(tmp_path / "y.jams"), strict=False)
    assert to_json(read_jams(tmp_path / "y.jams")) == to_json(curve)


@validated
def test_a_file_created_by_the_package_jams_is_read(tmp_path: Path) -> None:
    made = jams.JAMS()
    made.file_metadata.duration = 9
    other, annotation = jams.Annotation("tag_open"), jams.Annotation("mood_thayer")
    other.append(time=0, duration=9, value="loud", confidence=1)
    annotation.append(time=0, duration=3, value=[-1, 1], confidence=0.5)
    annotation.append(time=3, duration=6, value=[0.25, -0.5], confidence=0.5)
    made.annotations.extend([other, annotation])
    made.save(str(tmp_path / "x.jams"))
    read = read_jams(tmp_path / "x.jams")
    assert (read.times_s.tolist(), read.arousal.tolist(), read.valence.tolist()) == ([0, 3], [1, -0.5], [-1, 0.25])
    assert (read.source, read.model, read.feature_set) == (str(tmp_path / "x.jams"), "unknown", "unknown")
    assert read.duration_s == 9
    text = (tmp_path / "x.jams").read_text(encoding="utf-8")
    (tmp_path / "y.jams").write_text(text.replace("file_metadata", "lost"), encoding="utf-8")
    assert read_jams(tmp_path / "y.jams").duration_s == 4.0  # the last time and a window of 1.0 s


@validated
def test_title_artist_and_release_are_written_with_any_characters(tmp_path: Path) -> None:
    curve = make_curve(source="caf\udce9\n.mp3")
    text = jams_text(curve.to_dict(), title='Ein "Lied"\n', artist="Beyonc\udce9", identifiers={"isrc": "X"})
    (tmp_path / "x.jams").write_bytes(text.encode("utf-8"))
    read = jams.load(str(tmp_path / "x.jams"), validate=True, strict=True)
    assert (read.file_metadata.title, read.file_metadata.artist) == ('Ein "Lied"\n', "Beyonc?")
    assert (read.file_metadata.release, read.file_metadata.identifiers.isrc) == ("", "X")
    assert "release" not in json.loads(text)["file_metadata"]
    assert jams_text(curve.to_dict()) == to_jams(curve)


def test_negative_times_are_refused() -> None:
    curve = make_curve(2, times_s=np.array([-0.5, 0.0]), source="one\ntwo.csv")
    with pytest.raises(FormatError, match=r"one\\ntwo\.csv: a point at -0\.5 s; JAMS times start at 0"):
        to_jams(curve)


def changed(item: Any) -> str:
    data = json.loads(to_jams(make_curve(2)))
    data["annotations"][0]["data"][1] = item
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: Expecting value"),
        ("[1, 2]", r"line 1: \[1.0, 2.0\]; expected an object"),
        ("{}", "key annotations: none of mood_thayer; expected JAMS with one"),
        ('{"annotations": {"namespace": "mood_thayer"}}', "key annotations: none of mood_thayer"),
        ('{"annotations": [3, {"namespace": "beat"}]}', "key annotations: none of mood_thayer"),
        ('{"annotations": [{"namespace": "mood_thayer"}]}', "data of mood_thayer: no observations; expected a list"),
        ('{"annotations": [{"namespace": "mood_thayer", "data": {"time": [0]}}]}', "data of mood_thayer: no obs"),
        (changed(7), r"data of mood_thayer, item 2: 7\.0; expected a time"),
        (changed({"time": 0.5}), "data of mood_thayer, item 2: .*as value the numbers valence and arousal"),
        (changed({"time": 0.5, "value": [0.1]}), "data of mood_thayer, item 2"),
        (changed({"time": 0.5, "value": [0.1, None]}), "data of mood_thayer, item 2"),
        (changed({"time": True, "value": [0.1, 0.2]}), "data of mood_thayer, item 2"),
        (changed({"time": 0.5, "value": [7, 3]}), r"key arousal, item 2: arousal is 3; expected a number in \[-1, 1\]"),
        (changed({"time": 0, "value": [0, 0]}), "key times_s, item 2: time_s is 0; expected a time later"),
        (to_jams(make_curve()).replace('"model": "ffnn", "f', '"model": 3, "f'), "key model: 3.0; expected a string"),
    ],
)
def test_other_json_is_refused_with_file_and_position(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.jams"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=r"bad\.jams: " + message):
        read_jams(path)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_curve_or_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "any"
    path.write_bytes(data)
    with pytest.raises(FormatError):
        read_jams(path)
