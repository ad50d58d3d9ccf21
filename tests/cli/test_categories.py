"""The commands `categories` and `songlevel` on a folder with labels.csv."""

import json
import re
import shutil
from pathlib import Path

import pytest

from moodcurve.cli.training.categories import Scheme
from moodcurve.features import COMPARE260
from moodcurve.learn.benchmarks.mood_classes import mood_class_report
from moodcurve.learn.benchmarks.song_ratings import song_rating_report
from moodcurve.mood.classes import SCHEMES
from tests.helpers.command_line import run
from tests.helpers.training_songs import made_dataset, write_own_songs

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def own_songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty songs of fifteen artists with features, labels and a rating of each whole song."""
    home = tmp_path_factory.mktemp("songs") / "my songs"
    write_own_songs(home, made_dataset(30, frames=8, feature_set=COMPARE260))
    return home


def pictures(page: Path) -> list[str]:
    """Return the pictures that a page refers to, which must lie next to it."""
    names = re.findall(r"!\[[^]]*\]\(([^)]*)\)", page.read_text(encoding="utf-8"))
    assert all((page.parent / name).read_bytes().startswith(b"\x89PNG") for name in names)
    return names


def test_categories_prints_and_writes_results(own_songs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("categories", own_songs, "--scheme", "quadrants", "--curve", "mlr", "-o", out, "--json", tmp_path / "x")
    assert done.exit_code == 0, done.stderr
    assert "The artist of" not in done.stderr
    result = json.loads((out / "categories.json").read_text(encoding="utf-8"))
    assert (tmp_path / "x").read_text(encoding="utf-8") == (out / "categories.json").read_text(encoding="utf-8")
    assert (result["dataset"], result["songs"]) == ("my songs", 30)
    assert "moods" not in result
    assert (out / "categories.md").read_text(encoding="utf-8") == mood_class_report(result)
    assert pictures(out / "categories.md") == ["categories-quadrants-moments.png", "categories-quadrants-songs.png"]
    for part in ("moments", "songs"):
        assert f"quadrants of {part}" in done.stdout
        for name in ("svm", "softmax", "curve"):
            found = result["quadrants"][part][name]
            assert f"{found['macro_f1']['value']:.3f} ({found['macro_f1']['low']:.3f}" in done.stdout
            assert f"truth \\ {name}" in done.stdout
            row = ["tense-negative", *map(str, found["confusion"][1])]
            assert row in [line.split() for line in done.stdout.splitlines()]


def test_songlevel_prints_and_writes_results(own_songs: Path, tmp_path: Path) -> None:
    done = run("songlevel", own_songs, "--curve", "mlr", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    result = json.loads((tmp_path / "out" / "song_level.json").read_text(encoding="utf-8"))
    assert (tmp_path / "out" / "song_level.md").read_text(encoding="utf-8") == song_rating_report(result)
    assert pictures(tmp_path / "out" / "song_level.md") == ["song_level.png", "song_level-songs.png"]
    assert f"{result['valence']['line']['rmse']['value']:.3f}" in done.stdout


def test_a_song_left_out_gives_exit_code_1(own_songs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "songs"
    shutil.copytree(own_songs, folder)
    (folder / "features" / "7.csv").unlink()
    done = run("songlevel", folder, "--curve", "mlr")
    assert done.exit_code == 1
    assert "song 7 left out" in done.stderr
    assert "average of linear fit and regression" in done.stdout
    assert run("benchmark", folder, "--protocol", "deam", "--models", "mlr", "-o", tmp_path).exit_code == 1
    assert pictures(tmp_path / "deam.md") == ["deam.png", "deam-songs.png"]


@pytest.mark.parametrize("command", ["categories", "songlevel"])
def test_only_the_selected_ids_are_evaluated(own_songs: Path, tmp_path: Path, command: str) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("".join(f"{i}\n" for i in range(1, 26)))
    options = ["--scheme", "quadrants"] if command == "categories" else []
    done = run(command, own_songs, "--curve", "mlr", *options, "--ids", ids, "--json", tmp_path / "x")
    assert done.exit_code == 0, done.stderr
    assert json.loads((tmp_path / "x").read_text())["songs"] == 25
    ids.write_text("ghost\n")
    assert "none of the songs is among the 1 ids" in run(command, own_songs, "--ids", ids).stderr


@pytest.mark.usefixtures("own_cache")
def test_corrected_song_ratings_are_reported(small_deam: Path) -> None:
    assert (
        "song-level ratings of 2013 had arousal and valence exchanged"
        in run("songlevel", small_deam, "--curve", "mlr").stderr
    )


@pytest.mark.parametrize("command", ["categories", "songlevel"])
def test_errors_are_one_line(own_songs: Path, tmp_path: Path, command: str) -> None:
    unknown = run(command, own_songs, "--curve", "forest")
    assert unknown.exit_code == 2
    assert "argument --curve: 'forest' is not one of mlr, svr, " in unknown.stderr
    (tmp_path / "file").touch()
    taken = run(command, own_songs, "-o", tmp_path / "file")
    assert taken.exit_code == 1
    assert len(taken.stderr.splitlines()) == 1


def test_schemes_equal_the_names_in_the_package() -> None:
    assert list(Scheme) == list(SCHEMES)
