"""JSON Schemas in docs/schemas against the JSON of curves and of songs in a library."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import moodcurve
from moodcurve.formats import read_json, to_json
from moodcurve.library import open_library
from moodcurve.library.queries.search import Query, search, song_json
from moodcurve.playlists import RequestOptions, make_playlist
from tests.formats.test_csv_json import make_curve
from tests.helpers import ROOT
from tests.helpers.full_curve import whole_curve
from tests.helpers.library_fixtures import made_library
from tests.helpers.short_song import small_curve
from tests.helpers.tag_strengths import made_tags


def schema(name: str) -> Any:
    return json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


def errors(name: str, data: object) -> list[str]:
    return [error.message for error in Draft202012Validator(schema(name)).iter_errors(data)]


@pytest.mark.parametrize("name", ["curve", "song", "playlist"])
def test_schemas_are_valid(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("curve", [make_curve(), make_curve(intervals=True), whole_curve(), small_curve()])
def test_curves_fit_their_schema(curve: moodcurve.Curve) -> None:
    assert errors("curve", json.loads(to_json(curve))) == []


def test_the_schema_of_curves_names_every_key() -> None:
    """So that a key that is added is described too."""
    silent = np.arange(5) == 0
    described, data = (
        schema("curve")["properties"],
        whole_curve(novelty=0.5, silent=silent, start_s=61.5, title="A song").to_dict(),
    )
    assert errors("curve", data) == []
    assert set(data) == set(described)
    assert set(data["song"]) == set(described["song"]["properties"])
    assert set(data["song"]["rating"]) == set(described["song"]["properties"]["rating"]["properties"])


@pytest.mark.usefixtures("prepared")
def test_an_analyzed_song_fits_the_schema(tmp_path: Path) -> None:
    curve = moodcurve.analyze(np.random.default_rng(0).normal(0, 0.1, 12 * 44_100), sr=44_100)
    assert errors("curve", json.loads(to_json(curve))) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "moodcurve-curve/2"),
        ("arousal", [1.5]),
        ("arousal", []),
        ("times_s", None),
        ("song", {}),
        ("warnings", "none"),
        ("novelty", -1),
        ("silent", [0, 1]),
        ("tags", {}),
        ("tags", made_tags(sad=1.5)),
    ],
)
def test_other_data_does_not_fit_the_schema_of_curves(key: str, value: object) -> None:
    assert errors("curve", whole_curve().to_dict() | {key: value}) != []


def test_an_interval_needs_both_ends_in_the_schema() -> None:
    data = whole_curve().to_dict()
    del data["arousal_high"]
    assert errors("curve", data) == ["'arousal_high' is a dependency of 'arousal_low'"]


@pytest.mark.parametrize("near", [None, (0.1, 0.2)])
def test_songs_of_a_library_fit_their_schema(tmp_path: Path, near: tuple[float, float] | None) -> None:
    made_library(tmp_path / "library.sqlite", 12)
    with open_library(tmp_path / "library.sqlite") as library:
        songs = [{"format": "moodcurve-song/1"} | song_json(song) for song in search(library, Query(near=near))]
    assert len(songs) == 12
    for song in songs:
        assert errors("song", song) == []
        assert set(song) == set(schema("song")["properties"]) - (set() if near else {"distance"})


@pytest.mark.parametrize("options", [{"from_": "tense", "to": "calm"}, {"artist_gap": 0}])
def test_playlists_fit_their_schema(tmp_path: Path, options: dict[str, Any]) -> None:
    made_library(tmp_path / "library.sqlite", 12)
    with open_library(tmp_path / "library.sqlite") as library:
        made = make_playlist(library, Query(), RequestOptions(minutes=20, **options).parse())
    data = made.to_dict()
    assert errors("playlist", json.loads(json.dumps(data))) == []
    described = schema("playlist")["properties"]
    assert set(data) == set(described)
    assert set(data["songs"][0]) == set(described["songs"]["items"]["properties"])
    assert errors("playlist", {**data, "songs": []}) != []


def test_json_from_before_the_version_key_is_read(tmp_path: Path) -> None:
    data = whole_curve().to_dict()
    del data["format"]
    (tmp_path / "old.json").write_text(json.dumps(data), encoding="utf-8")
    assert read_json(tmp_path / "old.json").to_dict() == whole_curve().to_dict()


def test_json_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(json.dumps(whole_curve().to_dict() | {"format": "moodcurve-curve/2"}))
    message = r"key format: 'moodcurve-curve/2'; expected 'moodcurve-curve/1', the version that this moodcurve reads"
    with pytest.raises(moodcurve.MoodcurveError, match=message):
        read_json(tmp_path / "new.json")
