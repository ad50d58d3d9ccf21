"""Metadata of model files: dataclasses are written as JSON and read back strictly."""

import json
import re
from dataclasses import dataclass

import pytest

from moodcurve.runtime import load_model
from moodcurve.runtime.intervals import Intervals, RmsErrors
from moodcurve.runtime.metadata import as_json, from_json
from moodcurve.runtime.novelty import NoveltyLimits
from moodcurve.runtime.sequence import SequenceMode
from moodcurve.runtime.song_rating import SongRating


@dataclass(frozen=True)
class Inner:
    x: float


@dataclass(frozen=True)
class Outer:
    name: str
    count: int
    pair: tuple[float, float]
    inner: Inner


OUTER = Outer("a", 3, (0.5, 1.0), Inner(2.0))
TEXT = '{"name": "a", "count": 3, "pair": [0.5, 1.0], "inner": {"x": 2.0}}'


def test_a_dataclass_is_written_and_read_back() -> None:
    assert as_json(OUTER) == TEXT
    assert from_json(Outer, TEXT) == OUTER
    found = from_json(Outer, TEXT.replace("2.0", "2").replace("0.5", "-1e-3"))
    assert found == Outer("a", 3, (-0.001, 1.0), Inner(2.0))
    assert type(found.inner.x) is float


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_and_infinity_are_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(Inner(value))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (TEXT, "", "Expecting value"),
        (TEXT, "3", "the value must be a table, got 3"),
        ('"count"', '"number"', "unknown key 'number'; known are name, count, pair, inner"),
        ('"count": 3, ', "", "missing key 'count'; expected are name, count, pair, inner"),
        ('"name"', '"also": 1, "name"', "unknown key 'also'"),
        ('"a"', "7", "name must be text, got 7"),
        ("3", "3.0", "count must be a whole number, got 3.0"),
        ("3", "true", "count must be a whole number, got True"),
        ("3", '"3"', "count must be a whole number, got '3'"),
        ("[0.5, 1.0]", "0.5", "pair must be an array, got 0.5"),
        ("[0.5, 1.0]", "[0.5]", "pair must be an array of 2 items, got [0.5]"),
        ("0.5", "false", "pair must be a finite number, got False"),
        ("0.5", "null", "pair must be a finite number, got None"),
        ("2.0", "NaN", "inner: x must be a finite number, got nan"),
        ("2.0", "-1e400", "inner: x must be a finite number, got -inf"),
        ("2.0", "1" + 400 * "0", "inner: x must be a finite number, got 1000"),
        ("2.0", 100_000 * "[", "nested too deeply"),
        ('"x"', '"y"', "inner: unknown key 'y'; known are x"),
    ],
)
def test_invalid_text_is_refused(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        from_json(Outer, TEXT.replace(old, new))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["default", "fast", "live"])
def test_packaged_models_hold_their_decoded_metadata(name: str) -> None:
    """And would be written again to the letter, so that models made before are read as ever."""
    model = load_model(name)
    kinds = {
        "rows": SequenceMode,
        "intervals": Intervals,
        "spreads": RmsErrors,
        "song_rating": SongRating,
        "novelty": NoveltyLimits,
    }
    read = {"rows": model.sequence_mode, "spreads": model.rms_errors, "novelty": model.novelty_limits}
    for key, kind in kinds.items():
        stated = model.metadata[key]
        assert as_json(from_json(kind, stated)) == stated
        held = read.get(key, getattr(model, key, None))
        assert held == from_json(kind, stated)
    plain = json.loads(model.metadata["song_rating"])
    assert model.song_rating is not None
    assert model.song_rating.valence.slope == plain["valence"]["slope"]
    assert model.song_rating.songs == plain["songs"]
    assert model.intervals is not None
    assert list(model.intervals.song_valence) == json.loads(model.metadata["intervals"])["song_valence"]
