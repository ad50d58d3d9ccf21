"""Names of result files."""

import os
from pathlib import Path

import numpy as np
import pytest

from moodcurve.cli.outputs import Outputs, output_stems
from moodcurve.curve import Curve


def test_different_stems_stay_as_they_are() -> None:
    assert output_stems([Path("a/one.mp3"), Path("b/two.flac")]) == {
        Path("a/one.mp3"): "one",
        Path("b/two.flac"): "two",
    }


@pytest.mark.parametrize(
    ("paths", "stems"),
    [
        (["a/one.mp3", "b/one.mp3"], ["a-one", "b-one"]),
        (["a/one.mp3", "a/one.flac"], ["a-one", "a-one-2"]),
        (["x/a/one.mp3", "y/a/one.mp3"], ["a-one", "a-one-2"]),
        # some file systems take these two for the same name
        (["a/One.mp3", "b/one.mp3"], ["a-One", "b-one"]),
        # a clash's new name may itself be taken
        (["a-one.mp3", "a/one.mp3", "b/one.mp3"], ["a-one", "a-one-2", "b-one"]),
    ],
)
def test_clashing_stems_are_prefixed_with_the_folder(paths: list[str], stems: list[str]) -> None:
    assert list(output_stems([Path(p) for p in paths]).values()) == stems


def test_long_stems_are_cut_alike_for_all_formats_and_stay_apart(tmp_path: Path) -> None:
    long = "é" * 124  # with .mp3 252 bytes
    paths = [Path("a", f"{long}.mp3"), Path("b", f"{long}.mp3"), Path(f"{long}x.mp3"), Path("x" * 240 + ".mp3")]
    stems = list(output_stems(paths).values())
    assert stems[3] == "x" * 240
    assert len({stem.casefold() for stem in stems}) == 4
    assert all(len(os.fsencode(stem)) <= 240 for stem in stems)
    assert stems[0].startswith("a-é")
    assert output_stems(paths[2:3])[paths[2]] == stems[2]  # whatever else is analyzed
    many = output_stems([Path(folder, "c", f"{long}.mp3") for folder in "abc"])
    assert len(set(many.values())) == 3
    for stem in stems:
        for file in Outputs(folder=tmp_path, formats=("csv", "parquet"), plot=True, report=True).files(stem):
            file.touch()


def test_a_song_given_twice_is_analyzed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = [Path("one.mp3"), tmp_path / "one.mp3", Path("one.mp3")]
    assert list(output_stems(paths).values()) == ["one"]


def test_all_requested_files_are_written(tmp_path: Path) -> None:
    n = 20
    curve = Curve(
        times_s=np.arange(n) / 2,
        arousal=np.linspace(-0.5, 0.5, n),
        valence=np.zeros(n),
        source="one.mp3",
        model="test",
        feature_set="compare236/1",
        duration_s=10.5,
    )
    outputs = Outputs(folder=tmp_path / "results", formats=("csv", "json"), plot=True)
    written = list(outputs.write(curve, Path("one.mp3"), "one"))
    assert written == outputs.files("one")
    assert [path.name for path in written] == ["one.csv", "one.json", "one.png"]
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        "one.csv",
        "one.json",
        "one.png",
    ]
    assert all(path.stat().st_size > 0 for path in written)


def test_a_link_to_itself_gets_a_stem(tmp_path: Path) -> None:
    loop = tmp_path / "loop.mp3"
    loop.symlink_to(loop)
    assert list(output_stems([loop, tmp_path / "one.mp3"]).values()) == ["loop", "one"]
