"""Predictions of rows that arrive over time."""

import numpy as np
import pytest

from moodcurve.features import Features, extract
from moodcurve.runtime import model as model_module
from tests.helpers.live_sound import LIVE, music

ROWS = extract(music(12), 44100, LIVE.feature_set)


def part(start: int, end: int) -> Features:
    return Features(ROWS.values[start:end], ROWS.times_s[start:end], ROWS.feature_set, sr=ROWS.sr)


def test_peek_predicts_as_push_and_changes_nothing() -> None:
    peeking, plain = LIVE.stream(), LIVE.stream()
    for start in range(0, len(ROWS.values) - 3, 3):
        ahead = peeking.peek(part(start, start + 5))
        first, expected = peeking.push(part(start, start + 3)), plain.push(part(start, start + 3))
        np.testing.assert_array_equal(first.values, expected.values)
        assert (first.novelty, first.tags) == (expected.novelty, expected.tags)
        np.testing.assert_allclose(ahead.values[:3], first.values, atol=1e-6)
    np.testing.assert_allclose(LIVE.predict(ROWS)[start : start + 3], first.values, atol=1e-6)


def test_silence_is_relative_to_recent_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "RECENT_ROWS", 6)
    quiet = extract(1e-3 * music(12), 44100, LIVE.feature_set)  # 60 dB below
    stream = LIVE.stream()
    stream.push(ROWS)
    silent = []
    for start in range(len(quiet.values)):
        row = Features(
            quiet.values[start : start + 1], quiet.times_s[start : start + 1], quiet.feature_set, sr=quiet.sr
        )
        prediction = stream.push(row)
        assert prediction.silent is not None
        silent += prediction.silent.tolist()
    assert silent[:6] == [True] * 6  # after what was loud
    assert not any(silent[7:])  # which is forgotten
