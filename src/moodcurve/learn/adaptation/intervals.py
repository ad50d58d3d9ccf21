"""Calibrate the intervals of an adapted model on held-out songs, of which there may be only a few."""

import math
from collections.abc import Sequence

from scipy.stats import t as student_t

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.uncertainty.calibration import MIN_SONGS, Calibration, calibrate, rms_errors
from moodcurve.runtime.intervals import LEVEL, Intervals


def calibrate_few(songs: Sequence[Song], predicted: Sequence[FloatArray]) -> Calibration:
    """Calibrate by `moodcurve.learn.uncertainty.calibration.calibrate`, or from few songs as follows.

    With fewer than `MIN_SONGS` songs, no quantile of their errors holds 90 % of further songs. The margins are then
    those of Student's t distribution for the next song, if errors of songs are normal: with n songs and the root mean
    square e of their errors,

        t(0.95; n - 1) · e · sqrt(1 + 1/n)

    on both sides. Such a model has no rating of whole songs.

    Parameters
    ----------
    songs : sequence of Song
        At least two.
    predicted : sequence of (n, 2)
        Cross-validated predictions at each song's rated points.
    """
    if len(songs) >= MIN_SONGS:
        return calibrate(songs, predicted)
    errors, n = rms_errors([song.y for song in songs], predicted), len(songs)
    factor = float(student_t.ppf((1 + LEVEL) / 2, n - 1)) * math.sqrt(1 + 1 / n)
    intervals = Intervals(
        scale="constant",
        songs=n,
        arousal=(factor * errors.arousal, factor * errors.arousal),
        valence=(factor * errors.valence, factor * errors.valence),
        song_arousal=(factor * errors.song_arousal, factor * errors.song_arousal),
        song_valence=(factor * errors.song_valence, factor * errors.song_valence),
    )
    return Calibration(intervals=intervals, rms_errors=errors)
