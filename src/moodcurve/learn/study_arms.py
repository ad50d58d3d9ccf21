"""Studies of what a model learns from: columns, number of songs, folds, labels, and the base of the Kalman filter."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve.datasets import Dataset, DatasetError, Song
from moodcurve.datasets.layout import read_dataset
from moodcurve.datasets.splits import Split, artist_key, k_fold
from moodcurve.features import COMPARE236, COMPARE260, FeatureSet
from moodcurve.features.table import VOICED
from moodcurve.learn.benchmark import cross_predict
from moodcurve.learn.model import Progress
from moodcurve.learn.statespace import LiveStateSpaceConfig
from moodcurve.learn.studies import Arm, Predicted, Study, arm
from moodcurve.learn.training import family

FOLDS = 5
LEAKING = tuple(name for name in COMPARE260.names if name.startswith(VOICED) and "_sma_de_" in name)
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
SIZES = (50, 100, 200, 400)
"""Training songs; after them comes all of a fold's."""
REPEATS = 3
"""Draws of songs of each size."""
FOLD_SEEDS = 2
"""Ways to deal the folds, by song and by artist."""


def study_features(folder: Path, *, seed: int, progress: Progress) -> Study:
    """Leave groups of columns out, and learn from each alone; with and without the columns that tell the place."""
    dataset = read_dataset(folder, labels="deam", feature_set=COMPARE260)
    sets = column_sets()
    arms: dict[tuple[str, str], Arm] = {}
    families = ("mlr", "two-level")
    for number, (what, columns) in enumerate(sets.items()):
        songs = tuple(song.select(columns) for song in dataset.songs)
        splits = k_fold(songs, FOLDS, seed, by="artist")
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


def study_songs(folder: Path, *, seed: int, progress: Progress) -> Study:
    """Learn from ever more songs, and test on the same ones."""
    dataset = read_averaged(folder)
    splits = k_fold(dataset.songs, FOLDS, seed, by="artist")
    everything = min(len(train) for train, _ in splits)
    sizes = [size for size in SIZES if size < everything]
    families = ("mlr", "two-level", "state-space-live")
    arms, pairs = [], []
    for name in families:
        of_family = []
        for number, size in enumerate((*sizes, None)):
            progress(number, len(sizes) + 1, f"{name}, {size or 'all'} songs")
            drawn = [splits] if size is None else [fewer(splits, size, seed + repeat) for repeat in range(REPEATS)]
            repeats = [predictions(dataset.songs, part, name, seed=seed) for part in drawn]
            what = f"all ({everything}) songs" if size is None else f"{size} songs"
            of_family.append(arm(what, name, dataset.songs, repeats, seed=seed))
        arms += of_family
        pairs += list(zip(of_family[1:], of_family, strict=False))
    return Study(
        name="songs",
        title="Number of songs",
        how=(
            f"{FOLDS} folds, artists disjoint; of each fold's training songs so many are drawn, {REPEATS} times, "
            "larger draws holding the smaller ones, and figures are means over the draws. Each song is tested in "
            "every draw.",
            "Intervals are over tested songs; what the draw of training songs does to the figures is averaged, not in "
            "the interval.",
        ),
        dataset=dataset,
        songs=len(dataset.songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
    )


def fewer(splits: Sequence[Split], size: int, seed: int) -> list[Split]:
    """Keep so many songs of each split's training part: the first of a random order, so larger parts hold smaller."""
    kept = []
    for number, (train, test) in enumerate(splits):
        order = np.random.default_rng([seed, number]).permutation(len(train))
        kept.append((np.sort(train[order[:size]]), test))
    return kept


def study_split(folder: Path, *, seed: int, progress: Progress) -> Study:
    """Deal folds by song, as most published figures do, and by artist."""
    dataset = read_averaged(folder)
    songs = dataset.songs
    families = ("mlr", "two-level", "state-space-live")
    arms: list[Arm] = []
    pairs = []
    shared: list[int] = []
    for number, name in enumerate(families):
        progress(number, len(families), name)
        found: dict[str, list[Predicted]] = {"song": [], "artist": []}
        for again in range(FOLD_SEEDS):
            by_song = k_fold(songs, FOLDS, seed + again, by="song")
            shared.append(with_known_artist(songs, by_song))
            found["song"].append(predictions(songs, by_song, name, seed=seed))
            by_artist = k_fold(songs, FOLDS, seed + again, by="artist")
            found["artist"].append(predictions(songs, by_artist, name, seed=seed))
        pair = tuple(arm(f"folds by {by}", name, songs, found[by], seed=seed) for by in ("song", "artist"))
        arms += pair
        pairs.append((pair[0], pair[1]))
    return Study(
        name="split",
        title="Folds by song and by artist",
        how=(
            f"{FOLDS} folds, dealt {FOLD_SEEDS} times either way; figures are means over these.",
            f"By song, the artist of {np.mean(shared):.0f} of {len(songs)} songs is among those learned from.",
        ),
        dataset=dataset,
        songs=len(songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
    )


def with_known_artist(songs: Sequence[Song], splits: Sequence[Split]) -> int:
    """Count the songs whose artist is among those that their split learns from; an unknown artist is nobody's."""
    count = 0
    for train, test in splits:
        known = {artist_key(songs[i].artist) for i in train} - {""}
        count += sum(artist_key(songs[i].artist) in known for i in test)
    return count


def study_labels(folder: Path, *, seed: int, progress: Progress) -> Study:
    """Learn from one release of labels of the same songs, and test on either."""
    dataset = read_averaged(folder)
    other = read_dataset(folder, labels="mediaeval2015", feature_set=COMPARE236)
    kinds = {"DEAM's labels": dataset, "2015's labels": other}
    ids = {song.song_id for song in dataset.songs} & {song.song_id for song in other.songs}
    if not ids:
        raise DatasetError(f"{folder}: no song has both DEAM's labels and those of 2015")
    both = {kind: tuple(song for song in data.songs if song.song_id in ids) for kind, data in kinds.items()}
    families = ("mlr", "two-level", "state-space-live")
    arms: dict[tuple[str, str, str], Arm] = {}
    for number, name in enumerate(families):
        for trained, learned in both.items():
            for tested, songs in both.items():
                progress(number, len(families), f"{name}, {trained}")
                splits = k_fold(learned, FOLDS, seed, by="artist")
                repeats = [predictions(learned, splits, name, seed=seed, tested=songs)]
                what = f"learned from {trained}, tested on {tested}"
                arms[name, trained, tested] = arm(what, name, songs, repeats, seed=seed)
    pairs = []
    for name in families:
        for tested in kinds:
            own, foreign = sorted(kinds, key=lambda kind, tested=tested: kind != tested)  # type: ignore[misc]
            pairs.append((arms[name, foreign, tested], arms[name, own, tested]))
    return Study(
        name="labels",
        title="Labels of 2015 and DEAM's",
        how=(
            f"The {len(ids)} songs that have both; {FOLDS} folds, artists disjoint, the same for all.",
            *(_agreement(both, column, axis) for column, axis in enumerate(("arousal", "valence"))),
        ),
        dataset=replace(dataset, name=f"{dataset.name} and {other.name}"),
        songs=len(ids),
        seed=seed,
        arms=tuple(arms.values()),
        pairs=tuple(pairs),
    )


def _agreement(both: dict[str, tuple[Song, ...]], column: int, axis: str) -> str:
    """Say how the two releases' labels of one axis spread and go together."""
    one, other = both.values()
    means = np.array([[song.y[:, column].mean() for song in songs] for songs in (one, other)])
    spreads = [np.vstack([song.y for song in songs])[:, column].std() for songs in (one, other)]
    return (
        f"Labels of {axis} spread by {spreads[0]:.3f} (DEAM's) and {spreads[1]:.3f} (2015's); the songs' means of the "
        f"two correlate by {np.corrcoef(means)[0, 1]:.3f}."
    )


def study_base(folder: Path, *, seed: int, progress: Progress) -> Study:
    """Let the Kalman filter read a network's frame predictions instead of linear ones."""
    dataset = read_averaged(folder)
    splits = k_fold(dataset.songs, FOLDS, seed, by="artist")
    arms = []
    for number, base in enumerate(("mlr", "ffnn")):
        progress(number, 2, base)
        config = LiveStateSpaceConfig(base=base)
        repeats = [predictions(dataset.songs, splits, "state-space-live", seed=seed, config=config)]
        arms.append(arm(f"filter on {base}", "state-space-live", dataset.songs, repeats, seed=seed))
    return Study(
        name="base",
        title="What the Kalman filter reads",
        how=(f"{FOLDS} folds, artists disjoint; the network is the family ffnn with its defaults.",),
        dataset=dataset,
        songs=len(dataset.songs),
        seed=seed,
        arms=tuple(arms),
        pairs=((arms[1], arms[0]),),
    )


def predictions(
    songs: Sequence[Song],
    splits: Sequence[Split],
    name: str,
    *,
    seed: int,
    config: Any = None,
    tested: Sequence[Song] | None = None,
) -> Predicted:
    """Predict each song once by a family, its default settings or others; see `cross_predict`."""
    kind = family(name)
    return cross_predict(
        songs, splits, kind, config or kind.config(), seed=seed, report=lambda done: None, tested=tested
    )


def read_averaged(folder: Path) -> Dataset:
    """Read a folder as the protocol ``deam`` does."""
    return read_dataset(folder, labels="deam", feature_set=COMPARE236)
