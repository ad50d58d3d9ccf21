"""Replace the extraction of features in the tests of labels: rows every 0.5 s, with made values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from moodcurve.datasets.cache import CachedFeatures
from moodcurve.datasets.sound import reader
from moodcurve.features import Features, FeatureSet


@pytest.fixture
def made_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each sound rows of random values."""

    def features(paths: Sequence[Path], wanted: FeatureSet, **options: Any) -> list[CachedFeatures]:
        found = []
        for seed, path in enumerate(paths):
            times_s = np.arange(0, soundfile.info(path).duration - 1 + 1e-9, 0.5)
            values = np.random.default_rng(seed).normal(size=(len(times_s), len(wanted.names))).astype(np.float32)
            found.append(CachedFeatures(features=Features(values, times_s, wanted)))
        return found

    monkeypatch.setattr(reader, "audio_features", features)
