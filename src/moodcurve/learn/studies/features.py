"""What groups of columns tell: left out, and alone."""

from collections.abc import Callable

from moodcurve.features import COMPARE236, COMPARE260, FeatureSet
from moodcurve.features.feature_sets import VOICE_NAMES
from moodcurve.learn.models.base import Progress
from moodcurve.learn.studies.folds import FOLDS, Source, artist_folds, predictions
from moodcurve.learn.studies.study import Arm, Study, arm

LEAKING = tuple(name for name in COMPARE260.names if name.startswith(VOICE_NAMES) and "_sma_de_" in name)
"""The 12 columns that tell where in a file a row is."""
GROUPS: dict[str, Callable[[str], bool]] = {
    "loudness, energy, zero crossings": lambda name: name.startswith(("audspec", "pcm_RMS", "pcm_zcr")),
    "26 auditory bands": lambda name: name.startswith("audSpec"),
    "spectral shape": lambda name: name.startswith("pcm_fftMag") and "mfcc" not in name,
    "MFCC": lambda name: "mfcc" in name,
    "deltas": lambda name: "_sma_de" in name,
    "spreads within a second": lambda name: name.endswith("_stddev"),
}
"""Groups of compare236's columns: the first four share them out, and so do deltas and levels, spreads and means."""


def study_features(source: Source, *, seed: int, progress: Progress) -> Study:
    """Leave groups of columns out, and learn from each alone; with and without the columns that tell the place."""
    dataset = source.read(feature_set=COMPARE260)
    sets = column_sets()
    arms: dict[tuple[str, str], Arm] = {}
    families = ("mlr", "two-level")
    for number, (what, columns) in enumerate(sets.items()):
        songs = tuple(song.select(columns) for song in dataset.songs)
        splits = artist_folds(songs, seed)
        for name in families:
            progress(number, len(sets), f"{name}, {what}")
            arms[what, name] = arm(what, name, songs, [predictions(songs, splits, name, seed=seed)], seed=seed)
    reference = "236 columns"
    pairs = [
        (arms[what, name], arms[reference, name])
        for name in families
        for what in sets
        if what != reference and not what.endswith("alone")
    ]
    return Study(
        name="features",
        title="Columns",
        how=(
            f"{FOLDS} folds, artists disjoint, on labels averaged over raters.",
            "260 columns are the paper's; 248 leave out the 12 deltas of voice descriptors that shrink over a file and "
            "so tell where in it a row is; 236, the default, leave out the 12 levels of these descriptors too.",
            "Groups are of the 236: the first four share them out; deltas are half of all, and so are spreads.",
        ),
        dataset=dataset,
        songs=len(dataset.songs),
        seed=seed,
        arms=tuple(arms[what, name] for name in families for what in sets),
        pairs=tuple(pairs),
    )


def column_sets() -> dict[str, FeatureSet]:
    """Name the sets that are compared, the largest first."""
    without = FeatureSet("compare260-without-place", "1", tuple(n for n in COMPARE260.names if n not in LEAKING))
    sets = {"260 columns": COMPARE260, "248 columns": without, "236 columns": COMPARE236}
    for group, holds in GROUPS.items():
        left = tuple(name for name in COMPARE236.names if not holds(name))
        sets[f"236 without {group}"] = FeatureSet(f"compare236 without {group}", "1", left)
    for group, holds in GROUPS.items():
        kept = tuple(name for name in COMPARE236.names if holds(name))
        sets[f"{group} alone"] = FeatureSet(f"compare236, {group}", "1", kept)
    return sets
