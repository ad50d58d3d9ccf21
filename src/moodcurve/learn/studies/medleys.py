"""Study changes within a recording, on medleys: songs of one artist joined to recordings of minutes.

DEAM's rated clips last half a minute and hardly change, so they cannot show how fast a prediction should be able to
move. Songs of one artist differ about as much as sections of one song, with the same voice and sound.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import artist_key
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.models.base import FittedModel, TrainingProgress
from moodcurve.learn.models.blend import BlendConfig
from moodcurve.learn.models.gp_blend import GPBlendConfig
from moodcurve.learn.models.gp_live import GPLiveConfig
from moodcurve.learn.models.state_space import LiveStateSpaceConfig
from moodcurve.learn.models.two_level import TwoLevelConfig
from moodcurve.learn.studies.folds import FOLDS, StudySource, artist_folds
from moodcurve.learn.studies.study import StudyResult, score_arm
from moodcurve.learn.training import find_family

MIN_SONGS, MAX_SONGS = 3, 5
"""Songs of a medley."""
LEAD_S = 15.0
"""Longest part of a song before its rated part."""


@dataclass(frozen=True, eq=False)
class Medley:
    """Parts of songs, one after the other.

    Attributes
    ----------
    values : (rows, columns)
        Features of all parts.
    rated : (rows,)
        True for rated rows.
    y : (rated rows, 2)
    """

    values: Float32Array
    rated: npt.NDArray[np.bool_]
    y: FloatArray


def study_medleys(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Compare models, with several lengths of context and memory, on medleys of artists they were not trained on."""
    dataset = source.read()
    splits = artist_folds(dataset.songs, seed)
    parts = [join_medleys([dataset.songs[i] for i in test], seed=seed) for _, test in splits]
    medleys = [medley for part in parts for medley in part]
    models: list[tuple[str, str, Any]] = [
        ("each row alone", "mlr", find_family("mlr").config()),
        *((f"context {s:g} s", "two-level", TwoLevelConfig(context_s=s)) for s in (600.0, 48.0, 36.0, 24.0, 10.0)),
        *(
            (f"memory {s:g} s", "state-space-live", LiveStateSpaceConfig(level_memory_s=s))
            for s in (2500.0, 1000.0, 300.0, 60.0)
        ),
        ("blend", "blend", BlendConfig()),
        ("packaged", "gp-blend", GPBlendConfig()),
        ("packaged, live", "gp-live", GPLiveConfig()),
    ]
    arms = []
    for number, (what, name, config) in enumerate(models):
        progress(number, len(models), f"{name}, {what}")
        predicted: list[FloatArray] = []
        for (train, _), part in zip(splits, parts, strict=True):
            model = find_family(name).train([dataset.songs[i] for i in train], config, seed=seed)
            predicted += predict_medleys(model, part)
        arms.append(score_arm(what, name, medleys, [predicted], seed=seed))
    std = np.mean([medley.y.std(axis=0) for medley in medleys], axis=0)
    minutes = np.mean([len(medley.values) for medley in medleys]) * HOP_S / 60
    return StudyResult(
        name="medleys",
        title="Changes within a recording: medleys",
        how=(
            f"{FOLDS} folds, split by artist. The songs of an artist, in random order, form medleys of {MIN_SONGS} to "
            f"{MAX_SONGS} songs, with up to {LEAD_S:g} s of each before its rated part: {len(medleys)} medleys of "
            f"{minutes:.1f} minutes on average. Metrics per song are per medley.",
            f"The standard deviation of labels within a medley is {std[0]:.3f} (arousal) and {std[1]:.3f} (valence), "
            "five times that within a clip.",
            "Changes are sudden and fall between songs; those between verse and chorus of one song are smaller.",
        ),
        dataset=dataset,
        songs=len(medleys),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple((arms[-1], other) for other in arms[:-1] if other.what in ("context 36 s", "memory 2500 s")),
    )


def join_medleys(songs: Sequence[Song], *, seed: int) -> list[Medley]:
    """Join the songs of each artist with at least `MIN_SONGS`; each song is in at most one medley."""
    by_artist: defaultdict[str, list[Song]] = defaultdict(list)
    for song in songs:
        by_artist[artist_key(song.artist)].append(song)
    by_artist.pop("", None)  # unknown artists
    rng = np.random.default_rng(seed)
    medleys = []
    for _, of_artist in sorted(by_artist.items()):
        order = rng.permutation(len(of_artist))
        starts = range(0, len(of_artist) - MIN_SONGS + 1, MAX_SONGS)
        medleys += [join_songs([of_artist[i] for i in order[start : start + MAX_SONGS]]) for start in starts]
    return medleys


def join_songs(songs: Sequence[Song]) -> Medley:
    """Join the rated parts of songs, each with up to `LEAD_S` before it."""
    values, rated = [], []
    for song in songs:
        start = max(0, song.rated.start - round(LEAD_S / HOP_S))
        values.append(song.full_features.values[start : song.rated.stop])
        rated.append(np.arange(start, song.rated.stop) >= song.rated.start)
    return Medley(np.vstack(values), np.concatenate(rated), np.vstack([song.y for song in songs]))


def predict_medleys(model: FittedModel, medleys: Sequence[Medley]) -> list[FloatArray]:
    """Predict the rated rows of each medley, (n, 2) in [-1, 1]."""
    return [np.clip(model.predict(medley.values)[medley.rated], -1, 1) for medley in medleys]
