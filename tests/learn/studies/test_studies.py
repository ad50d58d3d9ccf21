"""Studies: training and test songs, metrics, the page, and the command."""

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
from moodcurve.learn.studies.features import GROUPS, POSITION_COLUMNS, column_sets
from moodcurve.learn.studies.folds import StudySource, predictions
from moodcurve.learn.studies.run import STUDIES, read_studies, run_studies, write_studies
from moodcurve.learn.studies.splits import count_songs_by_known_artists
from moodcurve.learn.studies.study import StudyResult, score_arm, studies_page
from moodcurve.learn.studies.training_size import draw_training_songs
from moodcurve.learn.training import find_family
from moodcurve.learn.tuning import TuningResult, suggest_filter_settings, suggest_two_level_settings
from moodcurve.runtime.intervals import Intervals
from tests.helpers.command_line import run
from tests.helpers.training_songs import made_dataset

pytestmark = pytest.mark.slow

DATASET = made_dataset(40, frames=6)
SONGS = DATASET.songs
HERE = StudySource(folder=Path("nowhere"))
rng = np.random.default_rng(1)
REPEATS = [[np.clip(song.y + rng.normal(0, 0.2, song.y.shape), -1, 1) for song in SONGS] for _ in range(3)]


def example_study(name: str = "split", **changes: Any) -> StudyResult:
    arms = (score_arm("one", "mlr", SONGS, REPEATS, seed=0), score_arm("other", "mlr", SONGS, REPEATS[:1], seed=0))
    plain: dict[str, Any] = {"title": "Folds", "how": ("By hand.",), "dataset": DATASET, "songs": 40, "seed": 0}
    return StudyResult(**{**plain, "name": name, "arms": arms, "pairs": (arms,), **changes})


def silent(done: int, total: int, what: str) -> None:
    """Ignore progress."""


def test_metrics_of_an_arm_are_means_over_its_repeats() -> None:
    found = score_arm("three", "mlr", SONGS, REPEATS, seed=0).metrics()
    y = np.vstack([song.y for song in SONGS])
    for column, axis in enumerate(("arousal", "valence")):
        errors = [np.sqrt(((np.vstack(one) - y)[:, column] ** 2).mean()) for one in REPEATS]
        assert found[axis]["rmse"]["value"] == pytest.approx(np.mean(errors))
        r = [np.corrcoef(np.vstack(one)[:, column], y[:, column])[0, 1] for one in REPEATS]
        assert found[axis]["r"]["value"] == pytest.approx(np.mean(r))
        assert found[axis]["r"]["low"] < found[axis]["r"]["value"] < found[axis]["r"]["high"]


def test_differences_are_paired() -> None:
    """The difference of an arm and itself is 0 in every draw. Intervals of differences come from the same draws."""
    one, other = (score_arm(str(n), "mlr", SONGS, REPEATS[n : n + 1], seed=0) for n in (0, 1))
    for metrics in one.metrics(one).values():
        assert all(metric == {"value": 0, "low": 0, "high": 0} for metric in metrics.values())
    drawn = one.drawn["arousal"]["r"] - other.drawn["arousal"]["r"]
    low, high = np.quantile(drawn[1:], [0.025, 0.975])
    assert one.metrics(other)["arousal"]["r"] == pytest.approx({"value": drawn[0], "low": low, "high": high})


def test_column_groups_partition_the_default_set() -> None:
    descriptors = list(GROUPS.values())[:4]
    assert all(sum(is_member(name) for is_member in descriptors) == 1 for name in COMPARE236.names)
    sets = column_sets()
    assert [len(columns.names) for columns in sets.values()][:3] == [260, 248, 236]
    for group in GROUPS:
        without, alone = sets[f"236 without {group}"].names, sets[f"{group} alone"].names
        assert sorted(without + alone) == sorted(COMPARE236.names)
    # the columns that the description of the data lists
    stems = ("F0final", "voicingFinalUnclipped", "jitterLocal", "jitterDDP", "shimmerLocal", "logHNR")
    assert set(POSITION_COLUMNS) == {f"{stem}_sma_de_{moment}" for stem in stems for moment in ("stddev", "amean")}
    assert set(COMPARE260.names) - set(sets["248 columns"].names) == set(POSITION_COLUMNS)


def test_smaller_draws_are_part_of_larger_ones_and_test_songs_stay() -> None:
    splits = k_fold(SONGS, 4, 0, by="artist")
    small, large, again, other = (
        draw_training_songs(splits, size, seed) for size, seed in ((7, 3), (15, 3), (7, 3), (7, 4))
    )
    for (train, test), (few, test_few), (more, _) in zip(splits, small, large, strict=True):
        assert (test_few == test).all()
        assert len(few) == 7
        assert len(more) == 15
        assert set(few) < set(more) < set(train)
    assert all((a == b).all() for (a, _), (b, _) in zip(small, again, strict=True))
    assert any((a != b).any() for (a, _), (b, _) in zip(small, other, strict=True))


def test_songs_by_artists_in_training_are_counted() -> None:
    """Songs 2k and 2k + 1 share an artist. Both count if a split separates them; unknown artists never count."""
    assert count_songs_by_known_artists(SONGS, k_fold(SONGS, 4, 0, by="artist")) == 0
    halves = [(np.arange(0, 40, 2), np.arange(1, 40, 2)), (np.arange(1, 40, 2), np.arange(0, 40, 2))]
    assert count_songs_by_known_artists(SONGS, halves) == 40
    unknown = [replace(song, artist="") for song in SONGS]
    assert count_songs_by_known_artists(unknown, halves) == 0


def test_models_can_be_tested_on_other_ratings() -> None:
    """With ratings that start two rows later, the first two predictions are missing."""
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


def test_search_sees_no_test_song(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def spy(songs, kind, base, suggest, *, trials, folds, seed):
        seen.append({artist_key(song.artist) for song in songs})
        return TuningResult(config=base, score=0.5, trials=(({}, 0.5),))

    monkeypatch.setattr(tuning, "tune", spy)
    monkeypatch.setattr(folds, "read_dataset", lambda folder, labels, feature_set: DATASET)
    monkeypatch.setattr(tuning, "SEARCHED", {"mlr": suggest_two_level_settings})
    study = tuning.study_tuning(HERE, seed=0, progress=silent)
    everyone = {artist_key(song.artist) for song in SONGS}
    tested = Counter(artist for artists in seen for artist in everyone - artists)
    assert tested == Counter(everyone)  # each artist is missing from the search of its fold only
    # every search chose the default, so nothing differs
    (difference,) = study.as_dict()["differences"]
    assert difference["arousal"]["r"] == {"value": 0, "low": 0, "high": 0}
    assert [row["chosen"] for row in study.chosen] == ["default"] * 5


def test_suggested_settings_are_valid() -> None:
    import optuna

    for name, suggest in (("two-level", suggest_two_level_settings), ("state-space-live", suggest_filter_settings)):
        trials = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        for _ in range(20):
            replace(find_family(name).config(), **suggest(trials.ask()))


def test_changed_settings_are_named() -> None:
    base = {"C": 1.0, "mlr": {"preprocessing": {"clip": 5.0, "pca_components": 0}}}
    found = {"C": 0.123456, "mlr": {"preprocessing": {"clip": 5.0, "pca_components": 30}}}
    assert differing(found, base) == "C 0.123, mlr.preprocessing.pca_components 30"
    assert differing(base, base) == ""


def test_interval_metrics_of_one_song() -> None:
    """Intervals of ±.2 for points and ±.1 for the mean; the end of the scale cuts one to .25."""
    intervals = Intervals(
        scale="constant", songs=40, arousal=(0.2, 0.2), valence=(0.2, 0.2), song_arousal=(0.1, 0.1),
        song_valence=(0.1, 0.1),
    )  # fmt: skip
    predicted = np.array([[0.0, 0.95], [0.0, 0.0]])
    y = np.array([[0.15, 0.8], [-0.25, 0.3]])
    found = intervals_study.interval_metrics(y, predicted, intervals)
    np.testing.assert_allclose(found[:, 0], [0.5, 0.4, 1, 0.2])
    np.testing.assert_allclose(found[:, 1], [0.5, (0.25 + 0.4) / 2, 1, 0.2])


def test_intervals_are_calibrated_without_the_test_songs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of random songs 90 % are covered, within .04: 2.7 standard errors of the mean of 400 songs."""
    calibrated = []
    plain = intervals_study.calibrate_intervals

    def spy(rated, predicted):
        calibrated.append(len(rated))
        return plain(rated, predicted)

    monkeypatch.setattr(intervals_study, "calibrate_intervals", spy)
    songs = made_dataset(400, frames=2).songs
    metrics = intervals_study.nested_interval_metrics(songs, None, seed=0)
    assert calibrated == [320] * 5
    assert metrics[:, 0].mean() == pytest.approx(0.9, abs=0.04)
    assert metrics[:, 2].mean() == pytest.approx(0.9, abs=0.04)


def test_page_has_each_value() -> None:
    chosen = ({"model": "mlr", "inner": 0.51234, "chosen": "C 2"},)
    stored = json.loads(json.dumps(example_study(chosen=chosen).as_dict(), allow_nan=False))
    lines = studies_page([stored]).splitlines()
    for one in stored["arms"]:
        r = one["valence"]["r"]
        cell = f"| {r['value']:.3f} ({r['low']:.3f} to {r['high']:.3f}) |"
        assert any(line.startswith(f"| {one['what']} | mlr | valence |") and cell in line for line in lines)
    assert any(line.startswith("| one vs. other | mlr | arousal | ") for line in lines)
    assert "| mlr | 0.5123 | C 2 |" in lines
    assert "## Folds" in lines
    assert "- By hand." in lines


def test_studies_that_are_not_repeated_stay(tmp_path: Path) -> None:
    write_studies([example_study("search", title="Old").as_dict()], tmp_path)
    write_studies([example_study("split").as_dict()], tmp_path)
    write_studies([example_study("search", title="New").as_dict()], tmp_path)
    kept = read_studies(tmp_path / "studies.json")
    assert [study["title"] for study in kept] == ["Folds", "New"]
    assert (tmp_path / "studies.md").read_text(encoding="utf-8") == studies_page(kept)


@pytest.mark.parametrize("content", ["nothing", "{}", '{"studies": [{"name": "split"}]}'])
def test_other_files_are_not_overwritten(content: str, tmp_path: Path) -> None:
    (tmp_path / "studies.json").write_text(content)
    with pytest.raises(TrainingError, match=r"studies.json: holds no studies; move it away"):
        write_studies([example_study().as_dict()], tmp_path)
    assert (tmp_path / "studies.json").read_text() == content


@pytest.mark.parametrize(
    ("names", "message"), [(["songs", "moods"], "unknown study 'moods'; known are feat"), ([], "no study given")]
)
def test_unknown_studies_raise_before_any_runs(names: list[str], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        run_studies(HERE, names)


@pytest.mark.parametrize("name", ["features", "songs", "split", "base"])
def test_studies_of_synthetic_songs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each study runs on a few songs, with linear regression only."""
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
        assert [one["what"] for one in study["arms"]][:3] == ["10 songs", "20 songs", "all 32 songs"]
        rmse = [one["arousal"]["rmse"]["value"] for one in study["arms"]]
        assert rmse[0] > rmse[2]  # training on 32 songs beats training on 10


def test_both_label_releases_train_and_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second release has half the songs and halved labels: r does not depend on the training labels, RMSE does."""
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
    same, foreign = (by_name[f"trained on {kind} labels, tested on DEAM labels"] for kind in ("DEAM", "2015"))
    # a linear model of halved labels predicts halved values, except at the ends of the scale
    assert same["r"]["value"] == pytest.approx(foreign["r"]["value"], abs=0.02)
    assert same["rmse"]["value"] != pytest.approx(foreign["rmse"]["value"], abs=0.01)
    assert "correlate with r 1.000." in study["how"][1]
    assert [one["what"].startswith("trained on 2015") for one in study["differences"][:2]] == [True, False]


def test_source_selects_songs_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def read(folder, labels, feature_set):
        calls.append((folder, labels, feature_set))
        return DATASET

    monkeypatch.setattr(folds, "read_dataset", read)
    assert HERE.read() is DATASET
    some = StudySource(folder=Path("there"), ids=("7", "3", "ghost")).read(
        labels="mediaeval2015", feature_set=COMPARE260
    )
    assert [song.song_id for song in some.songs] == ["3", "7"]
    assert calls == [(Path("nowhere"), "deam", COMPARE236), (Path("there"), "mediaeval2015", COMPARE260)]


def test_command_selects_songs_by_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds, "read_dataset", lambda folder, labels, feature_set: DATASET)
    seen = []

    def study(source, seed, progress):
        seen.extend(song.song_id for song in source.read().songs)
        return example_study()

    monkeypatch.setattr(run_module, "STUDIES", {"split": study})
    (tmp_path / "ids.txt").write_text("5\n2\nghost\n")
    done = run("studies", tmp_path, "--only", "split", "--ids", tmp_path / "ids.txt", "-o", tmp_path / "out")
    assert seen == ["2", "5"]
    assert done.exit_code == 1
    assert "1 of 3 ids are not in made songs: ghost" in done.stderr
    assert (tmp_path / "out" / "studies.md").is_file()


def test_command_writes_page_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "STUDIES", {"split": lambda source, seed, progress: example_study()})
    done = run("studies", tmp_path, "--only", "split", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "wrote" in done.stderr
    assert read_studies(tmp_path / "out" / "studies.json")[0]["name"] == "split"


def test_help_names_all_studies() -> None:
    shown = " ".join(run("studies", "--help").stdout.split())
    assert f"Run only these: {', '.join(STUDIES)}." in shown
