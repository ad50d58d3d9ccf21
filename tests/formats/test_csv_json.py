import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodcurve import formats
from moodcurve.curve import Curve
from moodcurve.formats import FormatError, dumps, read_csv, read_json, to_csv, to_json, write
from tests.helpers.tag_strengths import made_tags


def make_curve(n: int = 5, *, intervals: bool = False, **changes: Any) -> Curve:
    rng = np.random.default_rng(3)
    arousal, valence = rng.uniform(-0.7, 0.7, (2, n))
    fields: dict[str, Any] = {
        "times_s": np.arange(n) / 2,
        "arousal": arousal,
        "valence": valence,
        "arousal_interval": np.column_stack([arousal - 0.2, arousal + 0.25]) if intervals else None,
        "valence_interval": np.column_stack([valence - 0.3, valence + 0.3]) if intervals else None,
        "song_interval": np.array([[-0.31234, 0.2], [-0.1, 0.45678]]) if intervals else None,
        "probabilities": rng.dirichlet(np.ones(4), n) if intervals else None,
        "song_probabilities": np.array([0.7, 0.15, 0.05, 0.1]) if intervals else None,
        "song_moods": np.array([0.11111, 0.22222, 0.33333, 0.03334, 0.1, 0.05, 0.05, 0.05, 0.05])
        if intervals
        else None,
        "rating": np.array([-0.25, 0.34567]) if intervals else None,
        "rating_interval": np.array([[-0.5, 0.1], [0.0, 1.0]]) if intervals else None,
        "novelty": 1.2345 if intervals else None,
        "source": "music/Ein Lied — „heiter“.mp3",
        "model": "ffnn",
        "feature_set": "compare236/1",
        "duration_s": n / 2 + 0.51,
        "warnings": ("the file ends early",),
    }
    return Curve(**(fields | changes))


_CHANCES = b"time_s,arousal,valence,p_excited_positive,p_tense_negative,p_sad_negative,p_calm_positive\n"


def assert_same_numbers(read: Curve, curve: Curve) -> None:
    # files hold 4 decimals of values and 3 of times: half of the last step is lost at most
    for name in ("arousal", "valence", "arousal_interval", "valence_interval", "probabilities"):
        first, second = getattr(read, name), getattr(curve, name)
        assert (first is None) == (second is None)
        if second is not None:
            np.testing.assert_allclose(first, second, rtol=0, atol=0.50001e-4)
    np.testing.assert_allclose(read.times_s, curve.times_s, rtol=0, atol=0.50001e-3)


@pytest.mark.parametrize("intervals", [False, True])
def test_json_is_written_and_read_back(tmp_path: Path, intervals: bool) -> None:
    curve = make_curve(intervals=intervals)
    write(curve, tmp_path / "x.json", "json")
    read = read_json(tmp_path / "x.json")
    assert_same_numbers(read, curve)
    for name in ("source", "model", "feature_set", "warnings"):
        assert getattr(read, name) == getattr(curve, name)
    assert read.duration_s == pytest.approx(curve.duration_s, abs=0.5e-3)
    assert read.novelty == curve.novelty
    if intervals:
        np.testing.assert_allclose(read.song_interval, [[-0.3123, 0.2], [-0.1, 0.4568]], rtol=0, atol=1e-12)
    else:
        assert read.song_interval is None
    assert to_json(read) == to_json(curve)


def test_silent_points_are_written_and_read_back_as_json_alone(tmp_path: Path) -> None:
    """CSV has no such column: read from it, all points count."""
    curve = make_curve(silent=np.arange(5) < 2)
    for name, reader in (("x.json", read_json), ("x.csv", read_csv)):
        write(curve, tmp_path / name, name[2:])
        read = reader(tmp_path / name)
        if name == "x.csv":
            assert read.silent is None
        else:
            np.testing.assert_array_equal(read.silent, curve.silent)
            assert read.summary.arousal == pytest.approx(curve.summary.arousal, abs=1e-4)


def test_tags_are_written_strongest_first_and_read_back(tmp_path: Path) -> None:
    curve = make_curve(tags=made_tags(folk=0.44, acoustic=0.61234))
    write(curve, tmp_path / "x.json", "json")
    data = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert list(data)[-2:] == ["tags", "warnings"]
    assert list(data["tags"].items())[:2] == [("acoustic", 0.6123), ("folk", 0.44)]
    assert len(data["tags"]) == 50
    read = read_json(tmp_path / "x.json")
    assert read.tags == {tag: round(strength, 4) for tag, strength in made_tags(folk=0.44, acoustic=0.61234).items()}
    assert read.strongest_tags == curve.strongest_tags == {"acoustic": 0.6123, "folk": 0.44}
    assert to_json(read) == to_json(curve)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["rock"], r"key tags: \['rock'\]; expected an object with rock, pop, "),
        ({"rock": 0.5}, r"key tags\.pop: missing; expected a number in \[0, 1\]"),
        (made_tags(sad=-0.5), r"key tags\.sad: -0\.5; expected a number in \[0, 1\]"),
    ],
)
def test_other_tags_are_refused(tmp_path: Path, tags: object, message: str) -> None:
    (tmp_path / "x.json").write_text(json.dumps(make_curve().to_dict() | {"tags": tags}), encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        read_json(tmp_path / "x.json")


@pytest.mark.parametrize("silent", [[True], [0, 0, 0, 0, 0], "none", {}])
def test_other_values_of_silent_are_refused(tmp_path: Path, silent: object) -> None:
    (tmp_path / "x.json").write_text(json.dumps(make_curve().to_dict() | {"silent": silent}), encoding="utf-8")
    with pytest.raises(
        FormatError, match=r"key silent: .*; expected a list of 5 times true or false, as many as times_s"
    ):
        read_json(tmp_path / "x.json")


@pytest.mark.parametrize("intervals", [False, True])
def test_csv_is_written_and_read_back(tmp_path: Path, intervals: bool) -> None:
    curve = make_curve(intervals=intervals)
    write(curve, tmp_path / "x.csv", "csv")
    read = read_csv(tmp_path / "x.csv")
    assert_same_numbers(read, curve)
    assert (read.model, read.feature_set) == ("unknown", "unknown")
    assert read.source == str(tmp_path / "x.csv")
    assert read.duration_s == curve.times_s[-1] + 1.0
    # one line per point has no room for the song as a whole
    assert (read.song_interval, read.novelty) == (None, None)


def test_json_has_the_documented_keys() -> None:
    text = to_json(make_curve(2, arousal=np.array([0.123456, -0.5]), valence=np.array([-0.00001, 1.0])))
    data = json.loads(text, parse_constant=lambda token: pytest.fail(f"{token} in strict JSON"))
    assert list(data) == [
        "format",
        "source",
        "model",
        "feature_set",
        "duration_s",
        "times_s",
        "arousal",
        "valence",
        "song",
        "warnings",
    ]
    assert data["source"] == "music/Ein Lied — „heiter“.mp3"
    assert data["times_s"] == [0.0, 0.5]
    assert data["arousal"] == [0.1235, -0.5]
    assert data["song"] == {
        "arousal": -0.1883,
        "valence": 0.5,
        "quadrant": "calm-positive",
        "words": ["glad", "serene", "pleased"],
        "arousal_9": 4.2469,
        "valence_9": 7.0,
    }
    assert data["warnings"] == ["the file ends early"]
    assert "-0.0," not in text  # a rounded -0.00001 must not keep its sign


def test_json_has_intervals_in_the_documented_order() -> None:
    keys = list(json.loads(to_json(make_curve(intervals=True))))
    at = keys.index("valence") + 1
    assert keys[at : at + 4] == ["arousal_low", "arousal_high", "valence_low", "valence_high"]
    one = make_curve(valence_interval=np.tile([-0.1, 0.1], (5, 1)))
    assert {"valence_low", "valence_high"} <= json.loads(to_json(one)).keys()
    assert "arousal_low" not in json.loads(to_json(one))


def test_json_of_the_song_holds_what_the_model_provides() -> None:
    data = json.loads(to_json(make_curve(intervals=True)))
    assert list(data)[-3:] == ["song", "novelty", "warnings"]
    assert data["novelty"] == 1.2345
    song = data["song"]
    assert song["arousal_9"] == pytest.approx(5 + 4 * song["arousal"], abs=3e-4)  # both are rounded to .0001
    ends = {name: song[name] for name in ("arousal_low", "arousal_high", "valence_low", "valence_high")}
    assert ends == {"arousal_low": -0.3123, "arousal_high": 0.2, "valence_low": -0.1, "valence_high": 0.4568}
    assert song["probabilities"] == {
        "excited-positive": 0.7,
        "tense-negative": 0.15,
        "sad-negative": 0.05,
        "calm-positive": 0.1,
    }
    assert list(song["moods"]) == [
        *("pleased", "excited", "energetic", "tense", "miserable", "gloomy", "tired", "calm", "neutral"),
    ]
    assert song["moods"]["energetic"] == 0.3333
    rating = song["rating"]
    assert {key: value for key, value in rating.items() if "9" not in key} == {
        "arousal": -0.25,
        "valence": 0.3457,
        "arousal_low": -0.5,
        "arousal_high": 0.1,
        "valence_low": 0.0,
        "valence_high": 1.0,
    }
    assert {key: value for key, value in rating.items() if "9" in key} == {
        "arousal_9": 4.0,
        "valence_9": 6.3828,
        "arousal_9_low": 3.0,
        "arousal_9_high": 5.4,
        "valence_9_low": 5.0,
        "valence_9_high": 9.0,
    }
    plain = json.loads(to_json(make_curve()))
    assert "novelty" not in plain
    assert list(plain["song"]) == ["arousal", "valence", "quadrant", "words", "arousal_9", "valence_9"]


def test_json_has_the_probability_of_each_quadrant_over_time() -> None:
    curve = make_curve(3, intervals=True)
    data = json.loads(to_json(curve))
    keys = list(data)
    assert keys[keys.index("valence_high") + 1] == "quadrants"
    assert list(data["quadrants"]) == ["excited-positive", "tense-negative", "sad-negative", "calm-positive"]
    np.testing.assert_allclose(np.transpose(list(data["quadrants"].values())), curve.probabilities, rtol=0, atol=5e-5)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"arousal_low": -0.3123', '"arousal_low": 2', r"key song\.arousal_low: 2\.0; expected a number in \[-1, 1\]"),
        ('"valence_high": 0.4568', '"x": 0', r"key song\.valence_high: missing"),
        (
            '"arousal_high": 0.2,',
            '"arousal_high": -0.9,',
            r"key song\.arousal_low: -0\.3123; expected no more than arou",
        ),
        ('"novelty": 1.2345', '"novelty": "high"', r"key novelty: 'high'; expected a number, 0 or more"),
        ('"novelty": 1.2345', '"novelty": -1', r"key novelty: -1\.0"),
        ('"song": {', '"song": [], "other": {', r"key song: \[\]; expected an object"),
        ('"energetic": 0.3333', '"energetic": 0.9', r"key song\.moods: numbers that add up to 1\.567; expected 1"),
        ('"excited-positive": 0.7', '"excited-positive": -0.7', r"key song\.probabilities\.excited-positive: -0\.7"),
        ('"probabilities": {', '"probabilities": 1, "other": {', r"key song\.probabilities: 1\.0; expected an object"),
        ('"rating": {"arousal": -0.25', '"rating": {"x": 1', r"key song\.rating\.arousal: missing; expected a numb"),
        ('"rating": {', '"rating": 3, "other": {', r"key song\.rating: 3\.0; expected an object"),
        ('"arousal_high": 0.1, ', "", r"key song\.rating\.arousal_high: missing"),
        ('"quadrants": {', '"quadrants": [], "other": {', r"key quadrants: \[\]; expected an object"),
        ('"quadrants": {"excited-positive": [', '"quadrants": {"excited-positive": [1.5, ', r"6 items; expected 5, as"),
        ('"quadrants": {"excited-positive"', '"quadrants": {"x"', r"key quadrants\.excited-positive: missing"),
    ],
)
def test_malformed_song_keys_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = to_json(make_curve(intervals=True))
    assert text.count(old) == 1
    (tmp_path / "x.json").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        read_json(tmp_path / "x.json")


def test_reversed_interval_ends_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("time_s,arousal,valence,arousal_low,arousal_high\n0,0,0,-1,1\n0.5,0,0,0.3,-0.1\n")
    with pytest.raises(FormatError, match=r"line 3: arousal_low is 0\.3; expected no more than arousal_high, -0\.1"):
        read_csv(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"song_interval": np.zeros((2, 3))}, r"song_interval must have shape \(2, 2\), got \(2, 3\)"),
        ({"song_interval": np.array([[0.1, 0.0], [0.0, 0.0]])}, "song_interval must have low ends"),
        ({"valence_interval": np.full((5, 2), np.nan)}, "valence_interval must have low ends"),
        ({"probabilities": np.full((5, 3), 1 / 3)}, r"probabilities must have shape \(5, 4\), got \(5, 3\)"),
        ({"probabilities": np.full((5, 4), 0.3)}, "probabilities must be 0 or more and add up to 1"),
        ({"song_probabilities": np.array([1.2, -0.2, 0, 0])}, "song_probabilities must be 0 or more"),
        ({"song_moods": np.full(9, np.nan)}, "song_moods must be 0 or more and add up to 1"),
        ({"rating": np.array([0.1, 0.2])}, "rating and rating_interval must be given both, or neither"),
        ({"rating": np.array([0.1, 1.2])}, r"rating must lie in \[-1, 1\], got up to 1\.2"),
        ({"rating": np.array([np.nan, 0])}, "rating must be 2 finite numbers"),
        ({"novelty": -0.1}, "novelty must be a number, 0 or more"),
        ({"novelty": np.nan}, "novelty must be a number, 0 or more"),
    ],
)
def test_inconsistent_curves_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_curve(**changes)


def test_the_csv_reads_with_the_csv_module() -> None:
    curve = make_curve(2, arousal=np.array([0.123456, -0.5]), valence=np.array([-0.00001, 1.0]))
    assert to_csv(curve) == "time_s,arousal,valence\n0.000,0.1235,0.0000\n0.500,-0.5000,1.0000\n"
    rows = list(csv.DictReader(to_csv(make_curve(3, intervals=True)).splitlines()))
    assert len(rows) == 3
    assert list(rows[0])[3:7] == ["arousal_low", "arousal_high", "valence_low", "valence_high"]
    assert list(rows[0])[7:] == ["p_excited_positive", "p_tense_negative", "p_sad_negative", "p_calm_positive"]


def test_a_name_that_utf8_cannot_encode_is_written(tmp_path: Path) -> None:
    write(make_curve(source=str(tmp_path / "caf\udce9.mp3")), tmp_path / "x.json", "json")
    assert read_json(tmp_path / "x.json").source == (tmp_path / "caf%E9.mp3").as_uri().replace("%25", "%")


def test_an_infinite_interval_is_never_written_as_json() -> None:
    curve = make_curve(1, arousal_interval=np.array([[-np.inf, 0.5]]))
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(curve)


def test_unknown_format_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="xml: unknown curve format; use one of csv, json, jams, parquet"):
        write(make_curve(), tmp_path / "x.xml", "xml")
    assert list(tmp_path.iterdir()) == []
    assert formats.FORMATS == ("csv", "json", "jams", "parquet")
    assert dumps(make_curve(), "csv") == to_csv(make_curve())


def test_csv_from_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbfvalence, time_s,arousal\r\n0.5,0,-0.25\r\n\r\n-1,0.5,1e-1\r\n")
    read = read_csv(path)
    assert (read.times_s.tolist(), read.arousal.tolist(), read.valence.tolist()) == (
        [0.0, 0.5],
        [-0.25, 0.1],
        [0.5, -1.0],
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", r"line 1: the header is ''; expected the columns time_s, arousal, valence"),
        (b"time;a;v\n0;0;0\n", r"line 1: the header is 'time;a;v'"),
        (b"time_s,arousal\n0,0\n", r"line 1: the header"),
        (b"time_s,arousal,valence,mood\n", r"line 1: the header"),
        (b"time_s,arousal,valence,valence\n", r"line 1: the header"),
        (b"time_s,arousal,valence\n", r"line 2: no points"),
        (b"time_s,arousal,valence\n0,0,0\n0.5,0\n", r"line 3: 2 fields; expected 3"),
        (b"time_s,arousal,valence\n0,0,0\n0.5,loud,0\n", r"line 3: arousal is 'loud'; expected a number"),
        (b"time_s,arousal,valence\n0,0,0\n0,0,0\n", r"line 3: time_s is 0; expected a time later"),
        (
            b"time_s,arousal,valence\n\n0,0,0\n1,0,2\n",
            r"line 4: valence is 2; expected a number in \[-1, 1\]",
        ),
        (b"time_s,arousal,valence\n0,nan,0\n", r"line 2: arousal is nan; expected a number in"),
        (b"time_s,arousal,valence\ninf,0,0\n", r"line 2: time_s is inf; expected a time"),
        (
            b"time_s,arousal,valence,arousal_low\n0,0,0,0\n",
            r"line 2: only one of arousal_low and arousal_high",
        ),
        ("time_s,arousal,valence\n0,0,0\n".encode("utf-16"), r"byte 1: not UTF-8"),
        (_CHANCES + b"0,0,0,.2,.3,.5,.1\n", r"line 2: probabilities that add up to 1\.1; expected 1"),
        (_CHANCES + b"0,0,0,.2,.3,-.5,1\n", r"line 2: p_sad_negative is -0\.5; expected a number in \[0, 1\]"),
        (b"time_s,arousal,valence,p_sad_negative\n0,0,0,1\n", r"line 2: p_sad_negative without p_excited_positive"),
        (b"time_s,arousal,valence\n" + b"9" * 200001, r"line 2: field larger than field limit"),
    ],
)
def test_malformed_csv_is_refused_by_file_and_line(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(text)
    with pytest.raises(FormatError, match=r"bad\.csv: " + message):
        read_csv(path)


def changed(key: str, value: object) -> str:
    return json.dumps(json.loads(to_json(make_curve(2, intervals=True))) | {key: value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: Expecting value"),
        ('{"times_s": [0.0,\n', "line 2: Expecting value"),
        ("[1, 2]", r"line 1: \[1.0, 2.0\]; expected an object"),
        ("[" * 100_000, "line 1: nested too deeply"),
        ('{"times_s": [NaN]}', "a value: NaN; expected a finite number"),
        ("{}", "key times_s: missing; expected a list of numbers"),
        (changed("times_s", []), "key times_s: .*expected a list of numbers"),
        (changed("times_s", [0, True]), "key times_s: .*expected a list of numbers"),
        (changed("times_s", [0, 0]), "key times_s, item 2: time_s is 0; expected a time later"),
        (changed("arousal", [0, 0, 0]), "key arousal: 3 items; expected 2, as many as times_s"),
        (
            changed("valence", [0, -1.5]),
            r"key valence, item 2: valence is -1.5; expected a number in \[-1, 1\]",
        ),
        (changed("arousal_high", ["0", 0]), "key arousal_high: .*expected a list of numbers"),
        (changed("duration_s", None), "key duration_s: missing; expected the length"),
        (changed("duration_s", -1), "key duration_s: -1.0"),
        (changed("model", 3), "key model: 3.0; expected a string"),
        (changed("source", None), "key source: missing"),
        (changed("warnings", "late"), "key warnings: 'late'; expected a list of strings"),
        (changed("warnings", [1]), "key warnings"),
    ],
)
def test_malformed_json_is_refused_by_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"bad\.json: " + message):
        read_json(path)


def test_a_number_of_ten_thousand_digits_is_refused_as_too_large(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(to_json(make_curve(1)).replace('"valence": [', f'"valence": [{"9" * 10_000}, '))
    with pytest.raises(FormatError, match="key valence"):
        read_json(path)


def test_unknown_keys_and_a_missing_song_are_accepted(tmp_path: Path) -> None:
    data = json.loads(to_json(make_curve()))
    del data["song"], data["warnings"]
    (tmp_path / "x.json").write_text(json.dumps(data | {"tempo": 120}))
    assert_same_numbers(read_json(tmp_path / "x.json"), make_curve())


@given(st.binary(max_size=200))
def test_any_bytes_give_a_curve_or_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "any"
    path.write_bytes(data)
    for read in (read_csv, read_json):
        with pytest.raises(FormatError):
            read(path)
