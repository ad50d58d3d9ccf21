"""Coverage by set and genre: groups with known errors, the page, and the same numbers in JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.learn.coverage_picture import coverage_figure, reliability_figure
from moodcurve.learn.group_coverage import (
    ALL,
    CLIPS,
    EXCERPTS,
    LEVELS,
    GroupCoverage,
    LevelCoverage,
    as_dict,
    coverage_page,
    measure_groups,
    measure_levels,
)
from tests.helpers.training_songs import made_dataset

CLIP_COUNT, EXCERPT_COUNT = 200, 100


def songs_with_genres() -> list[Song]:
    """200 clips, half of them Jazz, of which 40 are Folk too; 100 excerpts, all of them Pop."""
    songs = made_dataset(CLIP_COUNT + EXCERPT_COUNT, frames=5).songs
    genres = ["Folk-Jazz" if i < 40 else "Jazz" if i < 100 else "Rock" for i in range(CLIP_COUNT)]
    genres += ["Pop"] * EXCERPT_COUNT
    return [replace(song, genre=genre) for song, genre in zip(songs, genres, strict=True)]


Measured = tuple[list[Song], list[FloatArray], list[Split]]


@pytest.fixture(scope="module")
def measured() -> Measured:
    """Errors are normal, the same in all songs but for Folk, whose valence is always .9 too low or too high."""
    songs = songs_with_genres()
    rng = np.random.default_rng(3)
    predicted = [np.clip(song.y, -0.5, 0.5) for song in songs]
    rated = [p + rng.normal(0, 0.1, p.shape) for p in predicted]
    for i in range(40):
        rated[i][:, 1] = predicted[i][:, 1] + 0.9 * (-1) ** i
    for song, y in zip(songs, rated, strict=True):
        song.annotation.arousal[:], song.annotation.valence[:] = y.T
    return songs, predicted, k_fold(songs, 5, 0, by="artist")


@pytest.fixture(scope="module")
def groups(measured: Measured) -> tuple[GroupCoverage, ...]:
    songs, predicted, splits = measured
    return measure_groups(songs, CLIP_COUNT, splits, predicted, seed=0)


@pytest.fixture(scope="module")
def levels(measured: Measured) -> tuple[LevelCoverage, ...]:
    songs, predicted, splits = measured
    return measure_levels(songs, CLIP_COUNT, splits, predicted, seed=0)


def found(groups: tuple[GroupCoverage, ...], set_name: str, genre: str) -> GroupCoverage:
    (one,) = [one for one in groups if (one.set_name, one.genre) == (set_name, genre)]
    return one


def test_groups_are_sets_and_their_genres(groups: tuple[GroupCoverage, ...]) -> None:
    names = [(one.set_name, one.genre, one.songs) for one in groups]
    clips = [(CLIPS, ALL, 200), (CLIPS, "Folk", 40), (CLIPS, "Jazz", 100), (CLIPS, "Rock", 100)]
    assert names == [*clips, (EXCERPTS, ALL, 100), (EXCERPTS, "Pop", 100)]


def test_coverage_of_errors_of_one_kind_is_the_level(groups: tuple[GroupCoverage, ...]) -> None:
    for one in groups:
        # the standard error of a fraction of .9 of 200 points of 40 songs is .02
        assert one.interval("coverage", 0)["value"] == pytest.approx(0.9, abs=0.06)
    jazz = found(groups, CLIPS, "Jazz").interval("coverage", 0)
    assert jazz["low"] < jazz["value"] < jazz["high"]


def test_intervals_are_calibrated_on_the_clips_alone(groups: tuple[GroupCoverage, ...]) -> None:
    """A fifth of the clips have errors of .9, so that intervals around all other songs are wide."""
    assert found(groups, EXCERPTS, "Pop").interval("coverage", 1)["value"] == 1
    assert found(groups, EXCERPTS, "Pop").interval("width", 1)["value"] > 1


def test_a_genre_outside_the_goal_is_named(groups: tuple[GroupCoverage, ...]) -> None:
    page = coverage_page(as_dict(groups, [], "default"))
    assert "- ten-second excerpts, Pop, valence, points: 1.000 (1.000 to 1.000), beyond chance." in page
    assert "| whole clips | Jazz | 100 |" in page
    assert "## Outside the goal\n\nNone.\n" in coverage_page(as_dict([], [], "default"))
    lowest = min(one.interval("coverage", column)["value"] for one in groups for column in range(2))
    assert f"the lowest is {lowest:.2f}, for " in page


def test_json_has_the_same_numbers(groups: tuple[GroupCoverage, ...], levels: tuple[LevelCoverage, ...]) -> None:
    stored = json.loads(json.dumps(as_dict(groups, levels, "default"), allow_nan=False))
    assert (stored["model"], stored["level"]) == ("default", 0.9)
    assert [one["songs"] for one in stored["groups"]] == [one.songs for one in groups]
    assert stored["groups"][0]["valence"]["coverage_song"] == groups[0].interval("coverage_song", 1)


def test_coverage_of_normal_errors_is_each_level(
    groups: tuple[GroupCoverage, ...], levels: tuple[LevelCoverage, ...]
) -> None:
    expected = [(name, level) for name in (CLIPS, EXCERPTS) for level in LEVELS]
    assert [(one.set_name, one.level) for one in levels] == expected
    for one in levels:
        # the standard error of a fraction of .5 of 100 excerpts of 5 points is .02
        assert one.coverage["arousal"]["value"] == pytest.approx(one.level, abs=0.07)
        assert one.coverage["arousal"]["low"] < one.coverage["arousal"]["value"] < one.coverage["arousal"]["high"]
        if one.level == 0.9:  # the level of the intervals in model files
            whole = found(groups, one.set_name, ALL)
            assert one.coverage["arousal"] == pytest.approx(whole.interval("coverage", 0), abs=1e-9)


def test_pictures_show_groups_and_levels(groups: tuple[GroupCoverage, ...], levels: tuple[LevelCoverage, ...]) -> None:
    result = as_dict(groups, levels, "default")
    panels = coverage_figure(result).axes
    assert [panel.get_title() for panel in panels[::2]] == [f"{CLIPS}, arousal", f"{EXCERPTS}, arousal"]
    means = panels[1].lines[-1]
    assert list(means.get_xdata()) == [one.interval("coverage_song", 1)["value"] for one in groups[:4]]
    valence = reliability_figure(result).axes[1].lines[-1]
    assert list(valence.get_xdata()) == list(LEVELS)
    assert list(valence.get_ydata()) == [one.coverage["valence"]["value"] for one in levels[len(LEVELS) :]]
