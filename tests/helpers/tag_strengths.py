"""Strengths of the tag network's tags, as of real music: a few strong ones and many weak ones."""

import numpy as np

from moodcurve.features.tags.names import TAGS


def made_tags(seed: int = 0, **strengths: float) -> dict[str, float]:
    """Return random strengths below 0.1, but those that are given."""
    weak = np.random.default_rng(seed).uniform(0.001, 0.09, len(TAGS)).tolist()
    return dict(zip(TAGS, weak, strict=True)) | strengths
