"""The area under the ROC curve against scikit-learn's, with ties, weights and undefined cases."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from moodcurve.metrics.ranking import auc, weighted_auc


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, 40) / 5  # with ties
    positive = rng.random(40) < scores
    assert math.isclose(auc(positive, scores), roc_auc_score(positive, scores), rel_tol=1e-12)
    weights = rng.integers(0, 4, (3, 40)).astype(float)
    expected = [roc_auc_score(positive, scores, sample_weight=w) for w in weights]
    np.testing.assert_allclose(weighted_auc(positive, scores, weights), expected, rtol=1e-12)


def test_undefined_without_both_sides() -> None:
    assert math.isnan(auc([True, True], [0.1, 0.2]))
    assert math.isnan(weighted_auc([True, False], [1, 0], np.array([[1.0, 0.0]]))[0])


def test_extremes() -> None:
    assert auc([False, True], [0, 1]) == 1
    assert auc([True, False], [0, 1]) == 0
    assert auc([True, False], [1, 1]) == 0.5
