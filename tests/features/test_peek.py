"""Rows of a recording as if it ended here, which leave its extractor as it was."""

import numpy as np
import pytest

from moodcurve.features import COMPARE236, Extractor, FeatureSet, feature_set
from tests.helpers.live_sound import music

SR = 44100
SETS = (COMPARE236, feature_set("compare236+tonal1+tags1"))


@pytest.mark.parametrize("columns", SETS, ids=lambda columns: columns.name)
@pytest.mark.parametrize("step_s", [0.31, 1.7])
def test_peek_is_what_flush_would_return_and_changes_nothing(columns: FeatureSet, step_s: float) -> None:
    x, step = music(9), round(step_s * SR)
    peeking, plain = Extractor(SR, columns), Extractor(SR, columns)
    for start in range(0, len(x), step):
        found = peeking.peek()
        expected = Extractor.resume(peeking.save()).flush()
        np.testing.assert_array_equal(found.values, expected.values)
        np.testing.assert_array_equal(found.times_s, expected.times_s)
        block = x[start : start + step]
        np.testing.assert_array_equal(peeking.push(block).values, plain.push(block).values)
    np.testing.assert_array_equal(peeking.flush().values, plain.flush().values)


def test_peek_has_a_row_0_04_s_after_its_window() -> None:
    extractor = Extractor(SR, SETS[1])
    x = music(2)
    extractor.push(x[: round(1.04 * SR) - 1])
    assert len(extractor.peek().values) == 0
    extractor.push(x[round(1.04 * SR) - 1 : round(1.04 * SR)])
    assert extractor.peek().times_s.tolist() == [0.0]
