"""How well changes within a recording are followed, on songs of one artist joined to recordings of minutes.

DEAM's rated clips last half a minute and hardly change, so they cannot tell how fast a model should let its answer
move. Songs of one artist differ about as sections of a song do, in the same voice and sound.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.datasets import Song
from moodcurve.datasets.splits import artist_key
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.models.base import FittedModel, TrainingProgress
from moodcurve.learn.models.blend import BlendConfig
from moodcurve.learn.models.state_space import LiveStateSpaceConfig
from moodcurve.learn.models.two_level import TwoLevelConfig
from moodcurve.learn.release import LIVE_CONFIG
from moodcurve.learn.studies.folds import FOLDS, Source, artist_folds
from moodcurve.learn.studies.study import Study, arm
from moodcurve.learn.training import find_family

FEWEST, MOST = 3, 5
"""Songs of a medley."""
LEAD_S = 15.0
"""How much of a song is heard before its rated part, at most."""


@dataclass(frozen=True, eq=False)
class Medley:
    """Parts of songs one after the other.

    Attributes
    ----------
    values : (rows, columns)
        Features of all parts.
    rated : (rows,)
        Which rows are rated.
    y : (rated rows, 2)
    """

    values: npt.NDArray[np.float32]
    rated: npt.NDArray[np.bool_]
    y: npt.NDArray[np.float64]


def study_medleys(source: Source, *, seed: int, progress: TrainingProgress) -> Study:
    """Compare models, and settings of how much a level may change, on medleys of artists not learned from."""
    dataset = source.read()
    splits = artist_folds(dataset.songs, seed)
    parts = [medleys([dataset.songs[i] for i in test], seed=seed) for _, test in splits]
    joined = [medley for part in parts for medley in part]
    ways: list[tuple[str, str, Any]] = [
        ("each row for itself", "mlr", find_family("mlr").config()),
        *((f"context {s:g} s", "two-level", TwoLevelConfig(context_s=s)) for s in (600.0, 48.0, 36.0, 24.0, 10.0)),
        *(
            (f"memory {s:g} s", "state-space-live", LiveStateSpaceConfig(level_memory_s=s))
            for s in (2500.0, LIVE_CONFIG.level_memory_s, 300.0, 60.0)
        ),
        ("packaged", "blend", BlendConfig()),
    ]
    arms = []
    for number, (what, name, config) in enumerate(ways):
        progress(number, len(ways), f"{name}, {what}")
        found: list[npt.NDArray[np.float64]] = []
        for (train, _), part in zip(splits, parts, strict=True):
            model = find_family(name).train([dataset.songs[i] for i in train], config, seed=seed)
            found += answers(model, part)
        arms.append(arm(what, name, joined, [found], seed=seed))
    spread = np.mean([medley.y.std(axis=0) for medley in joined], axis=0)
    minutes = np.mean([len(medley.values) for medley in joined]) * HOP_S / 60
    return Study(
        name="medleys",
        title="Songs of one artist joined to medleys",
        how=(
            f"{FOLDS} folds, artists disjoint; the songs of an artist, in random order, in medleys of {FEWEST} to "
            f"{MOST} with up to {LEAD_S:g} s of each before its rated part: {len(joined)} medleys of {minutes:.1f} "
            "minutes on average, which stand where songs stand in other tables.",
            f"Labels spread within a medley by {spread[0]:.3f} (arousal) and {spread[1]:.3f} (valence); within a clip "
            "by a fifth of that.",
            "Changes are sudden and fall between songs; those of a song between verse and chorus are smaller.",
        ),
        dataset=dataset,
        songs=len(joined),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple((arms[-1], other) for other in arms[:-1] if other.what in ("context 36 s", "memory 2500 s")),
    )


def medleys(songs: Sequence[Song], *, seed: int) -> list[Medley]:
    """Join the songs of each artist who has enough of them; each song is in at most one medley."""
    by_artist: defaultdict[str, list[Song]] = defaultdict(list)
    for song in songs:
        by_artist[artist_key(song.artist)].append(song)
    by_artist.pop("", None)  # nobody's
    rng = np.random.default_rng(seed)
    joined = []
    for _, own in sorted(by_artist.items()):
        order = rng.permutation(len(own))
        starts = range(0, len(own) - FEWEST + 1, MOST)
        joined += [medley([own[i] for i in order[start : start + MOST]]) for start in starts]
    return joined


def medley(songs: Sequence[Song]) -> Medley:
    """Join the rated parts of songs, with what is known of the seconds before each."""
    values, rated = [], []
    for song in songs:
        start = max(0, song.rated.start - round(LEAD_S / HOP_S))
        values.append(song.full_features.values[start : song.rated.stop])
        rated.append(np.arange(start, song.rated.stop) >= song.rated.start)
    return Medley(np.vstack(values), np.concatenate(rated), np.vstack([song.y for song in songs]))


def answers(model: FittedModel, joined: Sequence[Medley]) -> list[npt.NDArray[np.float64]]:
    """Predict the rated rows of each medley, (n, 2), limited to [-1, 1]."""
    return [np.clip(model.predict(one.values)[one.rated], -1, 1) for one in joined]
