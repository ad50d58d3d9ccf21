"""Study groups of feature columns: left out, and alone."""

from collections.abc import Callable

from moodcurve.features import COMPARE236, COMPARE260, FeatureSet
from moodcurve.features.feature_sets import VOICE_NAMES
from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.studies.folds import FOLDS, StudySource, artist_folds, predictions
from moodcurve.learn.studies.study import Arm, StudyResult, score_arm

POSITION_COLUMNS = tuple(name for name in COMPARE260.names if name.startswith(VOICE_NAMES) and "_sma_de_" in name)
"""The 12 columns that reveal the position of a row in its file."""
GROUPS: dict[str, Callable[[str], bool]] = {
    "loudness, energy, zero crossings": lambda name: name.startswith(("audspec", "pcm_RMS", "pcm_zcr")),
    "26 auditory bands": lambda name: name.startswith("audSpec"),
    "spectral shape": lambda name: name.startswith("pcm_fftMag") and "mfcc" not in name,
    "MFCC": lambda name: "mfcc" in name,
    "deltas": lambda name: "_sma_de" in name,
    "standard deviations": lambda name: name.endswith("_stddev"),
}
"""Groups of compare236's columns. Each column is in one of the first four; half are deltas, and half are standard
deviations."""


def study_features(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Train without each group of columns and on each group alone, and on the larger feature sets."""
    dataset = source.read(feature_set=COMPARE260)
    sets = column_sets()
    arms: dict[tuple[str, str], Arm] = {}
    families = ("mlr", "two-level")
    for number, (what, columns) in enumerate(sets.items()):
        songs = tuple(song.select(columns) for song in dataset.songs)
        splits = artist_folds(songs, seed)
        for name in families:
            progress(number, len(sets), f"{name}, {what}")
            repeats = [predictions(songs, splits, name, seed=seed)]
            arms[what, name] = score_arm(what, name, songs, repeats, seed=seed)
    reference = "236 columns"
    pairs = [
        (arms[what, name], arms[reference, name])
        for name in families
        for what in sets
        if what != reference and not what.endswith("alone")
    ]
    return StudyResult(
        name="features",
        title="Feature columns",
        how=(
            f"{FOLDS} folds, split by artist, on labels averaged over raters.",
            "The 260 columns are those of the paper. The 248 leave out the 12 deltas of voice descriptors that shrink "
            "over a file and so reveal a row's position in it. The 236, the default, also leave out the 12 levels of "
            "these descriptors.",
            "Groups are of the 236: each column is in one of the first four; half of all are deltas, and half are "
            "standard deviations within a second.",
        ),
        dataset=dataset,
        songs=len(dataset.songs),
        seed=seed,
        arms=tuple(arms[what, name] for name in families for what in sets),
        pairs=tuple(pairs),
    )


def column_sets() -> dict[str, FeatureSet]:
    """Return the feature sets to compare, by name, the largest first."""
    names = tuple(name for name in COMPARE260.names if name not in POSITION_COLUMNS)
    sets = {
        "260 columns": COMPARE260,
        "248 columns": FeatureSet("compare260 without position", "1", names),
        "236 columns": COMPARE236,
    }
    for group, is_member in GROUPS.items():
        others = tuple(name for name in COMPARE236.names if not is_member(name))
        sets[f"236 without {group}"] = FeatureSet(f"compare236 without {group}", "1", others)
    for group, is_member in GROUPS.items():
        members = tuple(name for name in COMPARE236.names if is_member(name))
        sets[f"{group} alone"] = FeatureSet(f"compare236, {group}", "1", members)
    return sets
