"""Synthetic songs: features on the scales of real ones, and labels that depend on them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from moodcurve.datasets import Annotation, Dataset, Song
from moodcurve.features import COMPARE236, Features, FeatureSet, write_csv
from moodcurve.learn.preprocessing.loudness import EXPONENTS
from moodcurve.mood.circumplex import QUADRANTS


def made_dataset(songs: int, *, frames: int = 20, seed: int = 0, feature_set: FeatureSet = COMPARE236) -> Dataset:
    """Return synthetic songs whose columns mix six hidden variables, on scales from 1e-9 to 1e7 and with large means.

    Arousal depends on the first hidden variable, valence on the product of two others, which no linear model can fit.
    Songs 2k + 1 and 2k + 2 share an artist. The mixing is the same for all seeds; the seed determines the songs.
    """
    columns = len(feature_set.names)
    rng = np.random.default_rng(2015)
    mixing = rng.normal(size=(6, columns))
    scale = 10.0 ** rng.uniform(-9, 7, columns)
    mean = scale * rng.normal(0, 10, columns)
    rng = np.random.default_rng(seed)
    made = []
    for i in range(songs):
        # most of the variance lies between songs, as in real data
        hidden = rng.normal(size=6) + 0.3 * rng.normal(size=(frames, 6))
        noise = 0.5 * rng.standard_t(4, size=(frames, columns))
        values = ((hidden @ mixing + noise) * scale + mean).astype(np.float32)
        times = np.arange(frames) * 0.5
        annotation = Annotation(
            times_s=times,
            arousal=np.tanh(0.5 * hidden[:, 0]),
            valence=np.tanh(0.5 * hidden[:, 1] * hidden[:, 2]),
        )
        features = Features(values, times, feature_set)
        made.append(
            Song(
                song_id=str(i + 1),
                artist=f"artist {i // 2}",
                title=f"song {i + 1}",
                genre="",
                features=features,
                annotation=annotation,
            )
        )
    return Dataset(name="made songs", songs=tuple(made))


def made_sounding_dataset(
    songs: int, *, frames: int = 20, seed: int = 0, feature_set: FeatureSet = COMPARE236
) -> Dataset:
    """Return the songs of `made_dataset` with the columns that depend on the level as in sound, at about -20 dB.

    Those columns are positive, or a factor with either sign where they can be negative, times a power of 0.1.
    """
    exponents = level_exponents(feature_set)
    signed = np.array([name.endswith("_amean") and ("_de_" in name or "Slope" in name) for name in feature_set.names])
    dataset = made_dataset(songs, frames=frames, seed=seed, feature_set=feature_set)
    usual = made_dataset(40, feature_set=feature_set).songs
    stacked = np.vstack([song.x for song in usual]).astype(np.float64)
    mean, std = stacked.mean(axis=0), stacked.std(axis=0)

    def convert(song: Song) -> Song:
        z = (song.x - mean) / std
        at_level = 0.1**exponents * np.where(signed, z, np.exp(0.3 * z))
        values = np.where(exponents > 0, at_level, song.x).astype(np.float32)
        return replace(song, features=replace(song.features, values=values))

    return replace(dataset, songs=tuple(map(convert, dataset.songs)))


def level_exponents(feature_set: FeatureSet) -> np.ndarray:
    """Return the power of the amplitude that each column grows by."""
    found = [[e for start, e in EXPONENTS.items() if name.startswith(start)] for name in feature_set.names]
    return np.array([(*one, 0.0)[0] for one in found])


def with_quadrants_only(dataset: Dataset) -> Dataset:
    """Replace ratings by the quadrant of their mean."""
    return replace(dataset, songs=tuple(map(_with_quadrant_only, dataset.songs)))


def _with_quadrant_only(song: Song) -> Song:
    arousal, valence = song.y.mean(axis=0) >= 0
    empty = np.empty(0)
    quadrant = QUADRANTS[(0 if valence else 1) if arousal else (3 if valence else 2)]
    annotation = replace(song.annotation, times_s=empty, arousal=empty, valence=empty, quadrant=quadrant)
    none = replace(song.features, values=song.x[:0], times_s=empty)
    return replace(song, features=none, recording=song.features, annotation=annotation)


def write_own_songs(home: Path, dataset: Dataset) -> None:
    """Write songs as a custom dataset: features, labels, and a rating of each whole song, the mean of its labels."""
    (home / "features").mkdir(parents=True)
    labels, infos = ["song_id,time_s,arousal,valence"], ["song_id,artist,genre,arousal,valence"]
    for song in dataset.songs:
        with (home / "features" / f"{song.song_id}.csv").open("w", encoding="ascii") as stream:
            write_csv(song.features, stream)
        labels += [f"{song.song_id},{t},{a},{v}" for t, (a, v) in zip(song.features.times_s, song.y, strict=True)]
        a, v = 5 + 4 * song.y.mean(axis=0)
        infos.append(f'{song.song_id},{song.artist},"{song.genre}",{a},{v}')
    (home / "labels.csv").write_text("\n".join(labels))
    (home / "songs.csv").write_text("\n".join(infos))
