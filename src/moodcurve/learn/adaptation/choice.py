"""Choose a correction by cross-validation, and predict each song by a correction chosen without it."""

from collections.abc import Callable, Sequence

import numpy as np

from moodcurve._typing import AnyFloatArray, FloatArray
from moodcurve.datasets.splits import By, Split, group_songs, k_fold
from moodcurve.learn.adaptation.candidates import CANDIDATES, Candidate
from moodcurve.learn.adaptation.correction import Correction, Terms, dual_weights, fit_correction, kernel, terms_of
from moodcurve.learn.adaptation.feature_map import fit_feature_map
from moodcurve.learn.adaptation.outputs import SongOutputs

FOLDS = 10
"""Most folds; with fewer artists, each artist is a fold. A song of unknown artist counts as one."""
MANY_SONGS, FOLDS_OF_MANY = 200, 5
"""From this number of songs on, fewer folds: training takes longer, and depends less on their number."""
MIN_ARTISTS = 5
"""With fewer artists, folds are split by song, which is less strict."""


def split_by(songs: Sequence[SongOutputs]) -> By:
    """Return what folds keep together: the songs of an artist, unless there are too few artists."""
    artists = group_songs([song.song for song in songs], by="artist")
    return "artist" if len(artists) >= MIN_ARTISTS else "song"


def folds(songs: Sequence[SongOutputs], seed: int, by: By) -> list[Split]:
    """Split songs into as many folds as their number suggests."""
    rated = [song.song for song in songs]
    most = FOLDS if len(rated) < MANY_SONGS else FOLDS_OF_MANY
    return k_fold(rated, min(most, len(group_songs(rated, by=by))), seed, by=by)


def choose(songs: Sequence[SongOutputs], *, seed: int, by: By) -> tuple[Candidate, Candidate]:
    """Choose for each axis the candidate with the lowest mean squared error on held-out songs, all of equal weight.

    Parameters
    ----------
    songs : sequence of SongOutputs
        At least two, of at least two artists if `by` is ``artist``.
    seed : int
        Of the folds.
    by : {"song", "artist"}
        What the folds keep together.
    """
    errors = held_out_errors(songs, folds(songs, seed, by), CANDIDATES).mean(axis=2)
    arousal, valence = (CANDIDATES[int(number)] for number in errors.argmin(axis=0))  # of equal ones the simplest
    return arousal, valence


def held_out_errors(
    songs: Sequence[SongOutputs], splits: Sequence[Split], candidates: Sequence[Candidate]
) -> FloatArray:
    """Return the mean squared error of each song, predicted by each candidate without it: (candidates, axes, songs)."""
    feature_map = fit_feature_map(songs)  # it knows no ratings, so one for all folds is fair
    z = [feature_map.apply(song).astype(np.float32) for song in songs]  # of all rows, it is the largest array
    terms = terms_of(songs, z)
    errors = np.full((len(candidates), 2, len(songs)), np.nan)
    for train, test in splits:
        known, rows = terms.select(train), _rows([songs[i] for i in test], [z[i] for i in test])
        lengths = np.array([len(songs[i].values) for i in test])
        starts = np.cumsum(lengths) - lengths
        for number, candidate in enumerate(candidates):
            for axis in range(2):
                alpha = dual_weights(kernel(known, candidate, axis), known.deviations[:, axis])
                corrected = rows.outputs[:, axis] + kernel(rows, candidate, axis, known) @ alpha
                rated = rows.outputs[:, axis] + rows.deviations[:, axis]
                squares = (np.clip(corrected, -1, 1) - rated) ** 2
                errors[number, axis, test] = np.add.reduceat(squares, starts) / lengths
    return errors


def _rows(songs: Sequence[SongOutputs], z: Sequence[AnyFloatArray]) -> Terms:
    """Return the terms of all rated rows of songs."""
    outputs, rated = np.vstack([song.values for song in songs]), np.vstack([song.song.y for song in songs])
    return Terms(outputs=outputs, z=np.vstack(z, dtype=np.float64), deviations=rated - outputs)


def predict_held_out(
    songs: Sequence[SongOutputs],
    *,
    seed: int,
    by: By,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[FloatArray, ...]:
    """Predict each song by a correction that was chosen and fitted without its artist: nested cross-validation.

    Returns
    -------
    tuple of (n, 2)
        At the rated rows of each song, limited to [-1, 1].
    """
    predicted: dict[int, FloatArray] = {}
    splits = folds(songs, seed, by)
    for number, (train, test) in enumerate(splits):
        report(number, len(splits))
        correction = choose_and_fit([songs[i] for i in train], seed=seed, by=by)
        predicted |= {int(i): np.clip(correction.apply(songs[i]), -1, 1) for i in test}
    report(len(splits), len(splits))
    return tuple(predicted[i] for i in range(len(songs)))


def choose_and_fit(songs: Sequence[SongOutputs], *, seed: int, by: By) -> Correction:
    """Choose a correction by `choose`, and fit it to all songs."""
    return fit_correction(songs, choose(songs, seed=seed, by=by))
