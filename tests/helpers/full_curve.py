"""A curve that has all that a curve may have."""

from typing import Any

import numpy as np

from moodcurve.curve import Curve
from moodcurve.features.song.sound import Sound
from tests.formats.test_csv_json import make_curve
from tests.helpers.tag_strengths import made_tags


def whole_curve(n: int = 5, *, seed: int = 1, **changes: Any) -> Curve:
    """Make a curve with intervals, probabilities of its points and as a whole, a rating, novelty, tags and sound."""
    rng = np.random.default_rng(seed)
    fields: dict[str, Any] = {
        "probabilities": rng.dirichlet(np.ones(4), n),
        "song_probabilities": rng.dirichlet(np.ones(4)),
        "song_moods": rng.dirichlet(np.ones(9)),
        "rating": rng.uniform(-0.5, 0.5, 2),
        "rating_interval": np.array([[-0.75, 0.75], [-0.6, 0.9]]),
        "tags": made_tags(seed, acoustic=0.612, folk=0.44, guitar=0.3, indie=0.2),
        "sound": Sound(loudness_lufs=-9.5, tempo_bpm=128.0, key="Am", danceability=0.71),
    }
    return make_curve(n, intervals=True, **(fields | changes))
