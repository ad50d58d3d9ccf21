"""Studies beside the protocols: which songs are learned from and tested, and the figures that follow."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodcurve.datasets.splits import artist_key, k_fold
from moodcurve.features import COMPARE236, COMPARE260
from moodcurve.learn import TrainingError
from moodcurve.learn.config import differing
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.studies import folds, labels, tuning
from moodcurve.learn.studies import intervals as intervals_study
from moodcurve.learn.studies import run as run_module
from moodcurve.learn.studies.features import GROUPS, LEAKING, column_sets
from moodcurve.learn.studies.folds import Source, predictions
from moodcurve.learn.studies.run import STUDIES, read_studies, run_studies, write_studies
from moodcurve.learn.studies.splits import with_known_artist
from moodcurve.learn.studies.study import Study, arm, page
from moodcurve.learn.studies.training_size import fewer
from moodcurve.learn.training import find_family
from moodcurve.learn.tuning import TuningResult, suggest_filter_settings, suggest_two_level_settings
from moodcurve.runtime.intervals import Intervals
from tests.helpers.command_line import run
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(40, frames=6)
SONGS = DATASET.songs
HERE = Source(folder=Path("nowhere"))
rng = np.random.default_rng(1)
REPEATS = [[np.clip(song.y + rng.normal(0, 0.2, song.y.shape), -1, 1) for song in SONGS] for _ in range(3)]


def made_study(name: str = "split", **changes: Any) -> Study:
    arms = (arm("one", "mlr", SONGS, REPEATS, seed=0), arm("other", "mlr", SONGS, REPEATS[:1], seed=0))
    plain: dict[str, Any] = {"title": "Folds", "how": ("By hand.",), "dataset": DATASET, "songs": 40, "seed": 0}
    return Study(**{**plain, "name": name, "arms": arms, "pairs": (arms,), **changes})


def silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""


def test_an_arms_figures_are_means_over_its_repeats() -> None:
    found = arm("three", "mlr", SONGS, REPEATS, seed=0).figures()
    y = np.vstack([song.y for song in SONGS])
    for column, axis in enumerate(("arousal", "valence")):
        errors = [np.sqrt(((np.vstack(one) - y)[:, column] ** 2).mean()) for one in REPEATS]
        assert found[axis]["rmse"]["value"] == pytest.approx(np.mean(errors))
        r = [np.corrcoef(np.vstack(one)[:, column], y[:, column])[0, 1] for one in REPEATS]
        assert found[axis]["r"]["value"] == pytest.approx(np.mean(r))
        assert found[axis]["r"]["low"] < found[axis]["r"]["value"] < found[axis]["r"]["high"]


def test_differences_are_paired() -> None:
    """Of an arm with itself they are 0 in every draw; the interval of a difference is that of the same draws."""
    one, other = (arm(str(n), "mlr", SONGS, REPEATS[n : n + 1], seed=0) for n in (0, 1))
    for figures in one.figures(one).values():
        assert all(figure == {"value": 0, "low": 0, "high": 0} for figure in figures.values())
    drawn = one.drawn["arousal"]["r"] - other.drawn["arousal"]["r"]
    low, high = np.quantile(drawn[1:], [0.025, 0.975])
    assert one.figures(other)["arousal"]["r"] == pytest.approx({"value": drawn[0], "low": low, "high": high})


def test_groups_of_columns_share_out_the_default_set() -> None:
    descriptors = list(GROUPS.values())[:4]
    assert all(sum(holds(name) for holds in descriptors) == 1 for name in COMPARE236.names)
    sets = column_sets()
    assert [len(columns.names) for columns in sets.values()][:3] == [260, 248, 236]
    for group in GROUPS:
        left, alone = sets[f"236 without {group}"].names, sets[f"{group} alone"].names
        assert sorted(left + alone) == sorted(COMPARE236.names)
    # as the data's description lists them
    stems = ("F0final", "voicingFinalUnclipped", "jitterLocal", "jitterDDP", "shimmerLocal", "logHNR")
    assert set(LEAKING) == {f"{stem}_sma_de_{moment}" for stem in stems for moment in ("stddev", "amean")}
    assert set(COMPARE260.names) - set(sets["248 columns"].names) == set(LEAKING)


def test_smaller_training_parts_lie_within_larger_ones_and_tests_stay() -> None:
    splits = k_fold(SONGS, 4, 0, by="artist")
    small, large, again, other = (fewer(splits, size, seed) for size, seed in ((7, 3), (15, 3), (7, 3), (7, 4)))
    for (train, test), (few, test_few), (more, _) in zip(splits, small, large, strict=True):
        assert (test_few == test).all()
        assert len(few) == 7
        assert len(more) == 15
        assert set(few) < set(more) < set(train)
    assert all((a == b).all() for (a, _), (b, _) in zip(small, again, strict=True))
    assert any((a != b).any() for (a, _), (b, _) in zip(small, other, strict=True))


def test_songs_by_known_artists_are_counted() -> None:
    """Songs 2k and 2k + 1 share an artist: both count where the two are parted, and no song of nobody."""
    assert with_known_artist(SONGS, k_fold(SONGS, 4, 0, by="artist")) == 0
    halves = [(np.arange(0, 40, 2), np.arange(1, 40, 2)), (np.arange(1, 40, 2), np.arange(0, 40, 2))]
    assert with_known_artist(SONGS, halves) == 40
    unknown = [replace(song, artist="") for song in SONGS]
    assert with_known_artist(unknown, halves) == 0


def test_models_are_tested_on_other_ratings_of_the_same_moments() -> None:
    """Ratings that begin two rows later: the same predictions, without the first two."""
    later = []
    for song in SONGS:
        annotation = replace(
            song.annotation,
            **{name: getattr(song.annotation, name)[2:] for name in ("times_s", "arousal", "valence")},
        )
        cut = replace(song.features, values=song.features.values[2:], times_s=song.features.times_s[2:])
        later.append(replace(song, features=cut, recording=song.features, annotation=annotation))
    splits = k_fold(SONGS, 4, 0, by="artist")
    own = predictions(SONGS, splits, "mlr", seed=0)
    other = predictions(SONGS, splits, "mlr", seed=0, tested=later)
    for p, q in zip(own, other, strict=True):
        np.testing.assert_array_equal(p[2:], q)


def test_a_search_sees_no_song_that_its_choice_is_tested_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def spy(songs, kind, base, suggest, *, trials, folds, seed):
        seen.append({artist_key(song.artist) for song in songs})
        return TuningResult(config=base, score=0.5, trials=(({}, 0.5),))

    monkeypatch.setattr(tuning, "tune", spy)
    monkeypatch.setattr(folds, "read_dataset", lambda folder, labels, feature_set: DATASET)
    monkeypatch.setattr(tuning, "SEARCHED", {"mlr": suggest_two_level_settings})
    study = tuning.study_search(HERE, seed=0, progress=silent)
    everyone = {artist_key(song.artist) for song in SONGS}
    tested = Counter(artist for artists in seen for artist in everyone - artists)
    assert tested == Counter(everyone)  # each artist is kept from one search alone, that of its own fold
    # the default was chosen everywhere, so nothing differs
    (difference,) = study.as_dict()["differences"]
    assert difference["arousal"]["r"] == {"value": 0, "low": 0, "high": 0}
    assert [row["chosen"] for row in study.chosen] == ["the default"] * 5


def test_suggested_settings_are_settings() -> None:
    import optuna

    for name, suggest in (("two-level", suggest_two_level_settings), ("state-space-live", suggest_filter_settings)):
        trials = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        for _ in range(20):
            replace(find_family(name).config(), **suggest(trials.ask()))


def test_chosen_settings_are_named() -> None:
    base = {"C": 1.0, "mlr": {"preprocessing": {"clip": 5.0, "pca_components": 0}}}
    found = {"C": 0.123456, "mlr": {"preprocessing": {"clip": 5.0, "pca_components": 30}}}
    assert differing(found, base) == "C 0.123, mlr.preprocessing.pca_components 30"
    assert differing(base, base) == ""


def test_figures_of_one_songs_intervals() -> None:
    """Reach .2 both ways for points, .1 for the mean; the scale's end cuts one interval to .25."""
    intervals = Intervals(
        scale="constant", songs=40, arousal=(0.2, 0.2), valence=(0.2, 0.2), song_arousal=(0.1, 0.1),
        song_valence=(0.1, 0.1),
    )  # fmt: skip
    answer = np.array([[0.0, 0.95], [0.0, 0.0]])
    y = np.array([[0.15, 0.8], [-0.25, 0.3]])
    found = intervals_study.song_figures(y, answer, intervals)
    np.testing.assert_allclose(found[:, 0], [0.5, 0.4, 1, 0.2])
    np.testing.assert_allclose(found[:, 1], [0.5, (0.25 + 0.4) / 2, 1, 0.2])


def test_intervals_are_calibrated_without_the_songs_they_are_judged_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of songs that differ by chance alone, 9 of 10 are held: within .04 on 400 songs' means, 2.7 standard errors."""
    calibrated = []
    plain = intervals_study.calibrate_intervals

    def spy(rated, predicted):
        calibrated.append(len(rated))
        return plain(rated, predicted)

    monkeypatch.setattr(intervals_study, "calibrate_intervals", spy)
    songs = made_dataset(400, frames=2).songs
    held = intervals_study.nested(songs, "", seed=0)
    assert calibrated == [320] * 5
    assert held[:, 0].mean() == pytest.approx(0.9, abs=0.04)
    assert held[:, 2].mean() == pytest.approx(0.9, abs=0.04)


def test_tags_are_those_of_enough_songs() -> None:
    genres = ["Rock"] * 30 + ["Rock-Pop"] * 5 + ["Folk, Pop"] * 5
    found = intervals_study.tags([replace(song, genre=genre) for song, genre in zip(SONGS, genres, strict=True)])
    assert {tag: list(chosen) for tag, chosen in found.items()} == {"Rock": list(range(35))}


def test_the_page_holds_each_figure() -> None:
    chosen = ({"model": "mlr", "inner": 0.51234, "chosen": "C 2"},)
    stored = json.loads(json.dumps(made_study(chosen=chosen).as_dict(), allow_nan=False))
    lines = page([stored]).splitlines()
    for one in stored["arms"]:
        figure = one["valence"]["r"]
        cell = f"| {figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f}) |"
        assert any(line.startswith(f"| {one['what']} | mlr | valence |") and cell in line for line in lines)
    assert any(line.startswith("| one - other | mlr | arousal | ") for line in lines)
    assert "| mlr | 0.5123 | C 2 |" in lines
    assert "## Folds" in lines
    assert "- By hand." in lines


def test_studies_that_were_not_done_again_stay(tmp_path: Path) -> None:
    write_studies([made_study("search", title="Old").as_dict()], tmp_path)
    write_studies([made_study("split").as_dict()], tmp_path)
    write_studies([made_study("search", title="New").as_dict()], tmp_path)
    held = read_studies(tmp_path / "studies.json")
    assert [study["title"] for study in held] == ["Folds", "New"]
    assert (tmp_path / "studies.md").read_text(encoding="utf-8") == page(held)


@pytest.mark.parametrize("content", ["nothing", "{}", '{"studies": [{"name": "split"}]}'])
def test_another_file_of_that_name_is_not_overwritten(content: str, tmp_path: Path) -> None:
    (tmp_path / "studies.json").write_text(content)
    with pytest.raises(TrainingError, match=r"studies.json: holds no studies; move it away"):
        write_studies([made_study().as_dict()], tmp_path)
    assert (tmp_path / "studies.json").read_text() == content


@pytest.mark.parametrize(
    ("names", "message"), [(["songs", "moods"], "study 'moods' is not known; there are feat"), ([], "no study given")]
)
def test_unknown_studies_are_refused_before_any_is_done(names: list[str], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        run_studies(HERE, names)


@pytest.mark.parametrize("name", ["features", "songs", "split", "base"])
def test_studies_of_made_songs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each runs whole and gives figures of each arm, on few songs and with linear regression alone."""
    dataset = made_dataset(40, frames=4, feature_set=COMPARE260 if name == "features" else COMPARE236)
    module = STUDIES[name].__module__
    monkeypatch.setattr(folds, "read_dataset", lambda folder, labels, feature_set: dataset)
    monkeypatch.setattr("moodcurve.learn.studies.training_size.SIZES", (10, 20, 100))
    monkeypatch.setattr(
        f"{module}.predictions",
        lambda songs, splits, name, seed, config=None: predictions(songs, splits, "mlr", seed=seed),
    )
    study = STUDIES[name](HERE, seed=0, progress=silent).as_dict()
    json.dumps(study, allow_nan=False)
    assert study["name"] == name
    assert study["songs"] == 40
    assert all(-1 <= one["arousal"]["r"]["value"] <= 1 for one in study["arms"])
    assert study["differences"]
    if name == "songs":
        assert [one["what"] for one in study["arms"]][:3] == ["10 songs", "20 songs", "all (32) songs"]
        rmse = [one["arousal"]["rmse"]["value"] for one in study["arms"]]
        assert rmse[0] > rmse[2]  # of ten songs nobody learns as much as of 32


def test_either_labels_teach_and_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other release has half the songs, its labels halved: r the same whichever was learned, RMSE not."""
    half = []
    for song in SONGS[::2]:
        annotation = replace(song.annotation, arousal=song.annotation.arousal / 2, valence=song.annotation.valence / 2)
        half.append(replace(song, annotation=annotation))
    kinds = {"deam": DATASET, "mediaeval2015": replace(DATASET, songs=tuple(half))}
    monkeypatch.setattr(folds, "read_dataset", lambda folder, labels, feature_set: kinds[labels])
    monkeypatch.setattr(
        labels,
        "predictions",
        lambda songs, splits, name, seed, tested: predictions(
            songs, splits, "mlr", seed=seed, tested=tested, config=MLRConfig()
        ),
    )
    study = labels.study_labels(HERE, seed=0, progress=silent).as_dict()
    assert study["songs"] == 20
    by_name = {one["what"]: one["arousal"] for one in study["arms"] if one["family"] == "mlr"}
    own, foreign = (by_name[f"learned from {kind} labels, tested on DEAM's labels"] for kind in ("DEAM's", "2015's"))
    # a linear model of halved labels gives halved answers, but where the scale's end cuts them
    assert own["r"]["value"] == pytest.approx(foreign["r"]["value"], abs=0.02)
    assert own["rmse"]["value"] != pytest.approx(foreign["rmse"]["value"], abs=0.01)
    assert "the songs' means of the two correlate by 1.000." in study["how"][1]
    assert [one["what"].startswith("learned from 2015's") for one in study["differences"][:2]] == [True, False]


def test_a_source_gives_the_songs_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def read(folder, labels, feature_set):
        asked.append((folder, labels, feature_set))
        return DATASET

    monkeypatch.setattr(folds, "read_dataset", read)
    assert HERE.read() is DATASET
    some = Source(folder=Path("there"), ids=("7", "3", "ghost")).read(labels="mediaeval2015", feature_set=COMPARE260)
    assert [song.song_id for song in some.songs] == ["3", "7"]
    assert asked == [(Path("nowhere"), "deam", COMPARE236), (Path("there"), "mediaeval2015", COMPARE260)]


def test_the_command_studies_the_songs_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds, "read_dataset", lambda folder, labels, feature_set: DATASET)
    seen = []

    def study(source, seed, progress):
        seen.extend(song.song_id for song in source.read().songs)
        return made_study()

    monkeypatch.setattr(run_module, "STUDIES", {"split": study})
    (tmp_path / "ids.txt").write_text("5\n2\nghost\n")
    done = run("studies", tmp_path, "--only", "split", "--ids", tmp_path / "ids.txt", "-o", tmp_path / "out")
    assert seen == ["2", "5"]
    assert done.exit_code == 1
    assert "1 of 3 ids are not among the songs of made songs: ghost" in done.stderr
    assert (tmp_path / "out" / "studies.md").is_file()


def test_the_command_writes_page_and_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "STUDIES", {"split": lambda source, seed, progress: made_study()})
    done = run("studies", tmp_path, "--only", "split", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "wrote" in done.stderr
    assert read_studies(tmp_path / "out" / "studies.json")[0]["name"] == "split"


def test_the_help_names_all_studies() -> None:
    shown = " ".join(run("studies", "--help").stdout.split())
    assert f"Of {', '.join(STUDIES)}; all without it." in shown
