"""Mood classes, their probabilities, the classifiers, and their metrics."""

import json
import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss
from sklearn.svm import SVC

from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.mood_classes import class_metrics, count_classes, mood_class_report, run_mood_classes
from moodcurve.learn.models.ffnn import FFNNConfig
from moodcurve.learn.models.mood_classifiers import SoftmaxConfig, SVMConfig, fit_softmax, fit_svm
from moodcurve.learn.preprocessing.pipeline import fit_preprocessing, stack_songs
from moodcurve.mood.circumplex import quadrant
from moodcurve.mood.classes import MOODS, SCHEMES, classes, probabilities
from tests.helpers import ROOT
from tests.helpers.training_songs import made_dataset

pytestmark = pytest.mark.slow

SONGS = made_dataset(24).songs
SMALL = FFNNConfig(hidden=(16,), epochs=3)


def test_quadrants_agree_with_the_circumplex() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    points = points[np.hypot(*points.T) >= 0.1]
    expected = [quadrant(float(a), float(v)) for a, v in points]
    assert [SCHEMES["quadrants"][i] for i in classes(points, "quadrants")] == expected
    # exact zeros count as positive; there is no neutral class
    assert SCHEMES["quadrants"][classes(np.zeros((1, 2)), "quadrants")[0]] == "excited-positive"


@pytest.mark.parametrize(
    ("degrees", "mood"),
    [(0, "pleased"), (22, "pleased"), (23, "excited"), (90, "energetic"), (135, "tense"), (180, "miserable"),
     (-180, "miserable"), (225, "gloomy"), (270, "tired"), (315, "calm"), (337, "calm"), (338, "pleased")],
)  # fmt: skip
def test_moods_are_sectors_around_their_angles(degrees: float, mood: str) -> None:
    angle = math.radians(degrees)
    for radius, expected in ((0.5, mood), (0.099, "neutral")):
        point = radius * np.array([[math.sin(angle), math.cos(angle)]])
        assert MOODS[classes(point, "moods")[0]] == expected


@pytest.mark.parametrize("scheme", SCHEMES)
def test_probabilities_agree_with_random_draws(scheme: str) -> None:
    rng = np.random.default_rng(1)
    points, spread = rng.uniform(-0.6, 0.6, (5, 2)), rng.uniform(0.1, 0.4, (5, 2))
    found = probabilities(points, spread, scheme)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)
    for point, size, shares in zip(points, spread, found, strict=True):
        drawn = classes(point + size * rng.normal(size=(200_000, 2)), scheme)
        # random error of 200,000 draws is .001; the lattice is accurate to .01
        tolerance = 0.005 if scheme == "quadrants" else 0.015
        expected = np.bincount(drawn, minlength=len(shares)) / len(drawn)
        np.testing.assert_allclose(shares, expected, atol=tolerance)


def test_quadrant_probabilities_are_products_of_normal_probabilities() -> None:
    points = np.array([[0.3, -0.1], [0.0, 0.0], [-5.0, 5.0]])
    high, positive = stats.norm.cdf(points / [0.2, 0.3]).T
    expected = [high * positive, high * (1 - positive), (1 - high) * (1 - positive), (1 - high) * positive]
    np.testing.assert_allclose(probabilities(points, np.array([0.2, 0.3]), "quadrants").T, expected, atol=1e-12)


def test_long_curves_are_classified_point_by_point() -> None:
    points = np.random.default_rng(2).uniform(-1, 1, (2500, 2))
    whole = probabilities(points, np.array([0.2, 0.2]), "moods")
    np.testing.assert_array_equal(whole[2040:2060], probabilities(points[2040:2060], np.array([0.2, 0.2]), "moods"))


def test_no_points_have_no_probabilities() -> None:
    for scheme, names in SCHEMES.items():
        assert probabilities(np.empty((0, 2)), np.array([0.1, 0.1]), scheme).shape == (0, len(names))


def test_invalid_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="scheme must be one of quadrants, moods, got 'octants'"):
        classes(np.zeros((1, 2)), "octants")
    with pytest.raises(ValueError, match=r"std must be positive, got 0\.0"):
        probabilities(np.zeros((1, 2)), np.array([0.1, 0.0]), "moods")


def test_svm_equals_scikit_learn() -> None:
    config = SVMConfig(row_step=3, C=0.7, gamma=0.002)
    x, y = stack_songs(SONGS, step=3)
    steps = fit_preprocessing(stack_songs(SONGS)[0], config.preprocessing)
    machine = SVC(C=0.7, gamma=0.002, class_weight="balanced", break_ties=True).fit(
        steps.apply(x), classes(y, "quadrants")
    )
    model = fit_svm(SONGS, config)
    new = stack_songs(made_dataset(6, seed=3).songs)[0]
    np.testing.assert_array_equal(model.probabilities(new).argmax(axis=1), machine.predict(steps.apply(new)))


def test_svm_of_two_classes_gives_the_others_zero_probability() -> None:
    songs = made_dataset(10).songs
    for song in songs:
        song.annotation.valence[:] = 0.5
    shares = fit_svm(songs, SVMConfig()).probabilities(songs[0].x)
    np.testing.assert_allclose(shares[:, [0, 3]].sum(axis=1), 1)
    assert (shares[:, [1, 2]] == 0).all()


def test_softmax_network_learns_and_its_probabilities_sum_to_one() -> None:
    config = SoftmaxConfig(network=FFNNConfig(hidden=(32,), dropout=0.1, learning_rate=5e-3, epochs=8))
    model = fit_softmax(SONGS, config)
    shares = model.probabilities(stack_songs(SONGS)[0])
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    truth = classes(stack_songs(SONGS)[1], "quadrants")
    assert accuracy_score(truth, shares.argmax(axis=1)) > np.bincount(truth).max() / len(truth) + 0.1


def test_networks_depend_on_the_seed_alone() -> None:
    config = SoftmaxConfig(scheme="moods", network=SMALL)
    first, again, other = (fit_softmax(SONGS, config, seed=s).probabilities(SONGS[0].x) for s in (1, 1, 2))
    assert first.shape == (20, 9)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_metrics_equal_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = [rng.integers(0, 4, 12) for _ in range(20)]
    shares = [rng.dirichlet(np.full(4, 5.0), 12) for _ in range(20)]
    found = class_metrics(count_classes(truth, shares), 0)
    true, share = np.concatenate(truth), np.vstack(shares)
    given = share.argmax(axis=1)
    assert found["accuracy"]["value"] == pytest.approx(accuracy_score(true, given))
    assert found["macro_f1"]["value"] == pytest.approx(f1_score(true, given, average="macro"))
    assert found["log_loss"]["value"] == pytest.approx(log_loss(true, share))
    np.testing.assert_array_equal(found["confusion"], confusion_matrix(true, given))
    for name in ("accuracy", "macro_f1", "log_loss"):
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]


def test_svm_needs_two_classes() -> None:
    songs = made_dataset(6).songs
    for song in songs:
        song.annotation.arousal[:] = song.annotation.valence[:] = 0.5
    with pytest.raises(TrainingError, match="songs must be rows of at least two quadrants, got 'one class'"):
        fit_svm(songs, SVMConfig())


@pytest.mark.parametrize("kind", [SVMConfig, SoftmaxConfig])
def test_unknown_scheme_raises(kind: type) -> None:
    with pytest.raises(TrainingError, match="scheme must be one of quadrants, moods, got 'words'"):
        kind(scheme="words")


@pytest.mark.parametrize(
    ("settings", "message"), [({"C": 0.0}, "C must be"), ({"gamma": 0.0}, "gamma"), ({"row_step": 0}, "row_step")]
)
def test_settings_out_of_range_raise(settings: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        SVMConfig(**settings)


def test_comparison_counts_every_moment_and_song_once() -> None:
    result = run_mood_classes(made_dataset(20, frames=8), curve="mlr")
    for scheme, names in SCHEMES.items():
        for part, number in (("moments", 160), ("songs", 20)):
            for found in result[scheme][part].values():
                assert np.sum(found["confusion"]) == number
                assert np.shape(found["confusion"]) == (len(names), len(names))
    with pytest.raises(TrainingError, match="scheme must be one of quadrants, moods, got 'words'"):
        run_mood_classes(made_dataset(20, frames=8), schemes=("words",))
    page = mood_class_report(result)
    assert f"{result['quadrants']['moments']['svm']['accuracy']['value']:.3f}" in page
    assert "| truth \\ curve | pleased | excited |" in page


def test_page_is_made_from_the_stored_json() -> None:
    folder = ROOT / "docs" / "results"
    result = json.loads((folder / "categories.json").read_text(encoding="utf-8"))
    assert (folder / "categories.md").read_text(encoding="utf-8") == mood_class_report(result)
