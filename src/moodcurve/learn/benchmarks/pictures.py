"""Draw the best model of a benchmark song by song: predictions, coverage of its intervals, errors by genre."""

from collections.abc import Sequence

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.comparison.picture import draw_reliability, draw_song_means
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.selection import songs_by_genre
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.evaluation import SongPrediction
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.benchmarks.results import Benchmark, ModelResult
from moodcurve.learn.uncertainty.calibration import MIN_SONGS, calibrate_intervals
from moodcurve.metrics.bootstrap import Interval, bootstrap
from moodcurve.util.files import AnyPath, atomic_write
from moodcurve.util.library_settings import import_matplotlib

MIN_GENRE_SONGS = 10
COLOR = "C0"


def draw_songs(benchmark: Benchmark, path: AnyPath) -> None:
    """Draw the model with the highest CCC; the path's suffix chooses the format (png, svg, pdf).

    The intervals of each split's songs are calibrated on the predictions of all other songs.
    """
    import_matplotlib()
    from matplotlib.figure import Figure

    songs, model = benchmark.dataset.songs, best_model(benchmark)
    protocol = PROTOCOLS[benchmark.protocol]
    splits = k_fold(songs, protocol.folds, benchmark.seed, by=protocol.by)
    found = with_intervals(songs, model.predicted, splits)
    figure = Figure(figsize=(13, 8.5), layout="constrained")
    panels = figure.subplots(len(AXES), 3, squeeze=False)
    for column, axis in enumerate(AXES):
        means, coverage, genres = panels[column]
        draw_song_means(means, songs, found, column, label=model.family, color=COLOR)
        means.set_title(f"{axis}: mean over each song", fontsize=10)
        draw_reliability(coverage, songs, found, column, label=model.family, color=COLOR)
        coverage.set_title(f"{axis}: ratings inside 90 % intervals", fontsize=10)
        rows = genre_errors(songs, model.predicted, column, seed=benchmark.seed)
        for position, (_, interval) in enumerate(rows):
            genres.plot([interval.low, interval.high], [position, position], color=COLOR, linewidth=2)
            genres.plot(interval.value, position, "o", color=COLOR)
        genres.set_yticks(range(len(rows)), [label for label, _ in rows], fontsize=8)
        genres.set(ylim=(len(rows) - 0.5, -0.5), xlabel="RMSE, mean over songs")
        genres.set_title(f"{axis}: error by genre", fontsize=10)
    figure.suptitle(f"{model.family}, protocol {benchmark.protocol}: {benchmark.dataset.name}, {len(songs)} songs")
    with atomic_write(path) as scratch:
        figure.savefig(scratch)


def best_model(benchmark: Benchmark) -> ModelResult:
    """Return the model with the highest CCC, the mean of both axes; undefined ones come last."""

    def ccc(model: ModelResult) -> float:
        return float(np.nan_to_num(np.mean([model.intervals[axis]["ccc"].value for axis in AXES]), nan=-2))

    return max(benchmark.models, key=ccc)


def with_intervals(
    songs: Sequence[Song], predicted: Sequence[FloatArray], splits: Sequence[Split]
) -> list[SongPrediction]:
    """Return each song's predictions with 90 % intervals from the other splits' songs; without any for few songs."""
    found = [SongPrediction(one, None) for one in predicted]
    for train, test in splits:
        if len(train) < MIN_SONGS:
            return found
        intervals = calibrate_intervals([songs[i].y for i in train], [predicted[i] for i in train])
        for i in test:
            found[i] = SongPrediction(predicted[i], intervals.of_points(predicted[i], None))
    return found


def genre_errors(
    songs: Sequence[Song], predicted: Sequence[FloatArray], column: int, *, seed: int
) -> list[tuple[str, Interval]]:
    """Return the RMSE per song of each genre and of all songs, with 95 % intervals over songs."""
    genres = songs_by_genre(songs, min_songs=MIN_GENRE_SONGS)
    groups = {f"{genre} ({len(chosen)})": chosen for genre, chosen in genres.items()}
    groups[f"all ({len(songs)})"] = np.arange(len(songs))
    return [
        (
            label,
            bootstrap(
                [songs[i].y[:, column] for i in chosen],
                [predicted[i][:, column] for i in chosen],
                ["rmse_song"],
                seed=seed,
            )["rmse_song"],
        )
        for label, chosen in groups.items()
    ]
